"""The progress of jobs, stored in the transactions of their writes."""

from collections.abc import Sequence

import duckdb
import orjson
import pyarrow as pa

from inference_events.events.progress import advanced
from inference_events.events.types import Chunk, JobProgress, Statuses
from inference_events.stores.duckdb.sql import number, registered

FORGOTTEN_ROWS = 100_000


def job_progress(db: duckdb.DuckDBPyConnection, job_id: str) -> JobProgress:
    rows = db.execute("SELECT next_row, counts, counters FROM job_progress WHERE job_id = ?", [job_id]).fetchall()
    return JobProgress(rows[0][0], *map(orjson.loads, rows[0][1:])) if rows else JobProgress()


def advance(db: duckdb.DuckDBPyConnection, chunk: Chunk, statuses: Statuses) -> None:
    """Store that a chunk is written, the statuses of its rows, and the rejected rows."""
    progress, rejected = advanced(job_progress(db, chunk.job_id), chunk, statuses)
    set_progress(db, chunk.job_id, progress)
    if rejected:
        rows = pa.Table.from_pylist(
            [{"job_id": chunk.job_id, "row": r.row, "reason": r.reason, "message": r.message} for r in rejected]
        )
        with registered(db, rejected=rows):
            db.execute("INSERT INTO rejected_rows SELECT job_id, row, reason, message FROM rejected")


def set_progress(db: duckdb.DuckDBPyConnection, job_id: str, progress: JobProgress) -> None:
    db.execute("DELETE FROM job_progress WHERE job_id = ?", [job_id])
    db.execute(
        "INSERT INTO job_progress VALUES (?, ?, ?, ?)",
        [job_id, progress.next_row, *(orjson.dumps(each).decode() for each in (progress.counts, progress.counters))],
    )


def forget_jobs(db: duckdb.DuckDBPyConnection, job_ids: Sequence[str]) -> bool:
    """Delete up to FORGOTTEN_ROWS rejected rows of jobs, then their progress. Return False if more rows are left."""
    with registered(db, gone=pa.table({"job_id": pa.array(job_ids, pa.string())})):
        rows = f"SELECT rowid FROM rejected_rows WHERE job_id IN (SELECT job_id FROM gone) LIMIT {FORGOTTEN_ROWS}"
        if number(db, f"DELETE FROM rejected_rows WHERE rowid IN ({rows})") == FORGOTTEN_ROWS:
            return False
        db.execute("DELETE FROM job_progress WHERE job_id IN (SELECT job_id FROM gone)")
    return True
