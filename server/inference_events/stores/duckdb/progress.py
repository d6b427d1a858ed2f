"""How far jobs have come, kept in the transactions of what they write."""

from collections.abc import Sequence

import duckdb
import numpy as np
import orjson
import pyarrow as pa

from inference_events.events.store import Chunk, Counters, JobProgress, RejectedRow, RowStatus, Statuses, added, counts
from inference_events.stores.duckdb.sql import number, registered

FORGOTTEN_ROWS = 100_000


def job_progress(db: duckdb.DuckDBPyConnection, job_id: str) -> JobProgress:
    rows = db.execute("SELECT next_row, counts, counters FROM job_progress WHERE job_id = ?", [job_id]).fetchall()
    return JobProgress(rows[0][0], *map(orjson.loads, rows[0][1:])) if rows else JobProgress()


def advance(db: duckdb.DuckDBPyConnection, chunk: Chunk, statuses: Statuses) -> None:
    """Note that a chunk is written, what became of its rows, and which were rejected."""
    conflicts = [
        RejectedRow(int(row), "Conflict", "other content is stored for this id")
        for row in chunk.rows[statuses == RowStatus.CONFLICT]
    ]
    rejected = [*chunk.rejected, *conflicts]
    done = job_progress(db, chunk.job_id)
    gained = counts(statuses) | {"rejected_rows": len(rejected)}
    gained.pop("conflict", None)
    totals = {name: done.counts.get(name, 0) + gained.get(name, 0) for name in done.counts.keys() | gained}
    counters = added(done.counters, _counted(chunk, statuses))
    set_progress(db, chunk.job_id, JobProgress(chunk.end, totals, counters))
    if rejected:
        rows = pa.Table.from_pylist(
            [{"job_id": chunk.job_id, "row": r.row, "reason": r.reason, "message": r.message} for r in rejected]
        )
        with registered(db, rejected=rows):
            db.execute("INSERT INTO rejected_rows SELECT job_id, row, reason, message FROM rejected")


def _counted(chunk: Chunk, statuses: Statuses) -> Counters:
    is_stored = ~np.isin(statuses, (RowStatus.UNKNOWN, RowStatus.CONFLICT))
    counted: dict[str, dict[str, int]] = {}
    for one in chunk.counts:
        count = len(statuses) if one.rows is None else int(np.count_nonzero(is_stored[one.rows]))
        if count:
            counted.setdefault(one.kind, {})[one.name] = count
    return counted


def set_progress(db: duckdb.DuckDBPyConnection, job_id: str, progress: JobProgress) -> None:
    db.execute("DELETE FROM job_progress WHERE job_id = ?", [job_id])
    db.execute(
        "INSERT INTO job_progress VALUES (?, ?, ?, ?)",
        [job_id, progress.next_row, *(orjson.dumps(each).decode() for each in (progress.counts, progress.counters))],
    )


def forget_jobs(db: duckdb.DuckDBPyConnection, job_ids: Sequence[str]) -> bool:
    """Forget jobs with up to FORGOTTEN_ROWS of their rejected rows. Return False if more of them are left."""
    with registered(db, gone=pa.table({"job_id": pa.array(job_ids, pa.string())})):
        rows = f"SELECT rowid FROM rejected_rows WHERE job_id IN (SELECT job_id FROM gone) LIMIT {FORGOTTEN_ROWS}"
        if number(db, f"DELETE FROM rejected_rows WHERE rowid IN ({rows})") == FORGOTTEN_ROWS:
            return False
        db.execute("DELETE FROM job_progress WHERE job_id IN (SELECT job_id FROM gone)")
    return True
