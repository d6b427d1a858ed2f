"""Open jobs with their epochs, and the progress of jobs, which is stored in the transactions of their writes."""

from collections.abc import Collection, Sequence

import orjson

from inference_events.events.progress import advanced
from inference_events.events.store_errors import Fenced, JobClosed
from inference_events.events.types import Chunk, JobProgress, RejectedRow, Statuses
from inference_events.stores.postgres.clocks import lock_for_acceptance
from inference_events.stores.postgres.connections import Connection, Timestamp
from inference_events.stores.postgres.escaping import escape, unescape

FORGOTTEN_ROWS = 10_000


def accept_job(db: Connection, model_id: str, job_id: str) -> int:
    """Open a job at a new epoch and return it. A job that is open already keeps its own."""
    lock_for_acceptance(db, model_id)
    known = db.execute("SELECT epoch FROM open_jobs WHERE job_id = %s", [job_id]).fetchone()
    if known is not None:
        return int(known[0])
    [(epoch,)] = db.execute(
        "INSERT INTO clocks AS c (model_id, epoch) VALUES (%s, 1)"
        " ON CONFLICT (model_id) DO UPDATE SET epoch = c.epoch + 1 RETURNING c.epoch",
        [model_id],
    ).fetchall()
    db.execute("INSERT INTO open_jobs (job_id, model_id, epoch) VALUES (%s, %s, %s)", [job_id, model_id, epoch])
    return int(epoch)


def end_job(db: Connection, job_id: str) -> None:
    """Close a job, if it is open."""
    db.execute("DELETE FROM open_jobs WHERE job_id = %s", [job_id])


def start_job(db: Connection, job_id: str, fence: int) -> None:
    """Raise the fence of an open job, after waiting for the writes of an earlier run. Raises Fenced."""
    check_fence(db, job_id, fence)
    db.execute("UPDATE open_jobs SET fence = %s WHERE job_id = %s", [fence, job_id])


def check_fence(db: Connection, job_id: str, fence: int) -> None:
    """Lock an open job with its fence. Raises JobClosed, and Fenced if a later run has started."""
    row = db.execute("SELECT fence FROM open_jobs WHERE job_id = %s FOR UPDATE", [job_id]).fetchone()
    if row is None:
        raise JobClosed
    if fence < row[0]:
        raise Fenced


def end_orphans(db: Connection, known: Collection[str], accepted_before: int) -> None:
    """Close the jobs that were accepted before a time, except the known ones."""
    chosen = "SELECT job_id FROM open_jobs WHERE accepted_at < %s AND job_id <> ALL(%s) ORDER BY job_id FOR UPDATE"
    db.execute(f"DELETE FROM open_jobs WHERE job_id IN ({chosen})", [Timestamp(accepted_before), list(known)])


def job_progress(db: Connection, job_id: str) -> JobProgress:
    """Return the progress of a job."""
    row = db.execute("SELECT next_row, counts, counters FROM job_progress WHERE job_id = %s", [job_id]).fetchone()
    return JobProgress() if row is None else JobProgress(row[0], orjson.loads(row[1]), orjson.loads(row[2]))


def set_progress(db: Connection, job_id: str, progress: JobProgress) -> None:
    """Store the progress of a job."""
    db.execute(
        "INSERT INTO job_progress VALUES (%s, %s, %s, %s) ON CONFLICT (job_id) DO UPDATE"
        " SET next_row = excluded.next_row, counts = excluded.counts, counters = excluded.counters",
        [job_id, progress.next_row, *(orjson.dumps(each).decode() for each in (progress.counts, progress.counters))],
    )


def advance(db: Connection, chunk: Chunk, statuses: Statuses) -> None:
    """Store that a chunk is written, the statuses of its rows, and the rejected rows."""
    progress, rejected = advanced(job_progress(db, chunk.job_id), chunk, statuses)
    set_progress(db, chunk.job_id, progress)
    if rejected:
        with db.cursor() as cursor, cursor.copy("COPY rejected_rows FROM STDIN") as copy:
            for each in rejected:
                copy.write_row((chunk.job_id, each.row, escape(each.reason), escape(each.message)))


def rejected_rows(db: Connection, job_id: str, offset: int, limit: int) -> tuple[list[RejectedRow], int]:
    """Return a page of a job's rejected rows in order of their number, and how many there are."""
    [(total,)] = db.execute("SELECT count(*) FROM rejected_rows WHERE job_id = %s", [job_id]).fetchall()
    rows = db.execute(
        "SELECT row, reason, message FROM rejected_rows WHERE job_id = %s ORDER BY row LIMIT %s OFFSET %s",
        [job_id, limit, offset],
    ).fetchall()
    return [RejectedRow(row, unescape(reason), unescape(message)) for row, reason, message in rows], total


def forget_some_rows(db: Connection, job_ids: Sequence[str]) -> bool:
    """Delete some rejected rows of jobs, then their progress. Return False if more rows are left."""
    chosen = "SELECT ctid FROM rejected_rows WHERE job_id = ANY(%s) LIMIT %s"
    gone = db.execute(
        f"DELETE FROM rejected_rows WHERE ctid = ANY(ARRAY({chosen}))", [list(job_ids), FORGOTTEN_ROWS]
    ).rowcount
    if gone == FORGOTTEN_ROWS:
        return False
    db.execute("DELETE FROM job_progress WHERE job_id = ANY(%s)", [list(job_ids)])
    return True
