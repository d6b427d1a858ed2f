"""Delete events, few rows in each transaction, so that requests do not wait long.

Rows are locked in order of their keys.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from inference_events.events.types import Deletion, JobProgress
from inference_events.stores.postgres import clocks
from inference_events.stores.postgres.changes import note_changes
from inference_events.stores.postgres.connections import Connection
from inference_events.stores.postgres.escaping import event_key
from inference_events.stores.postgres.jobs import check_fence, job_progress, set_progress
from inference_events.stores.postgres.rows import times
from inference_events.stores.postgres.selecting import in_range
from inference_events.stores.postgres.transactions import Transactions

DELETED_ROWS = 10_000
DELETED = "deleted_events"


def delete_events(transactions: Transactions, deletion: Deletion) -> int:
    """Delete the events that a deletion selects, and return how many its job has deleted.

    If the job runs again, it deletes no newer events: those have its epoch or a later one.
    """
    if deletion.event_ids is not None:
        keys = sorted({event_key(each) for each in deletion.event_ids})
        for start in range(0, max(len(keys), 1), DELETED_ROWS):
            batch = keys[start : start + DELETED_ROWS]
            transactions.write(partial(_delete_batch, deletion, batch))
    else:
        while transactions.write(lambda db, _: _delete_range(db, deletion)):
            pass
    return transactions.read(lambda db: job_progress(db, deletion.job_id)).counts[DELETED]


def empty_environment(transactions: Transactions, environment: int) -> None:
    """Delete all events of an environment that nobody writes to any more."""
    while transactions.write(lambda db, _: _delete_some(db, environment)):
        pass


def _delete_batch(deletion: Deletion, keys: Sequence[str], db: Connection, _: int) -> None:
    _delete(db, deletion, keys)


def _delete_range(db: Connection, deletion: Deletion) -> bool:
    """Delete some events of a time range. Return whether there may be more."""
    environment = clocks.read_clock(db, deletion.model_id, deletion.environment_id).environment
    where, parameters = _conditions(environment, deletion)
    rows = db.execute(
        f"SELECT e.event_id FROM events e WHERE {where} ORDER BY e.ts LIMIT {DELETED_ROWS}", parameters
    ).fetchall()
    _delete(db, deletion, [key for (key,) in rows])
    return len(rows) == DELETED_ROWS


def _delete(db: Connection, deletion: Deletion, keys: Sequence[str]) -> None:
    """Delete events that are older than the deletion, and add their number to its job's progress."""
    clocks.lock_for_job(db, deletion.model_id)
    check_fence(db, deletion.job_id, deletion.fence)
    environment = clocks.read_clock(db, deletion.model_id, deletion.environment_id).environment
    where, parameters = _conditions(environment, deletion)
    rows = db.execute(
        f"SELECT e.event_id, e.ts FROM events e WHERE {where} AND e.event_id = ANY(%s) ORDER BY e.event_id FOR UPDATE",
        [*parameters, list(keys)],
    ).fetchall()
    _remove(db, environment, rows)
    done = job_progress(db, deletion.job_id).counts.get(DELETED, 0)
    set_progress(db, deletion.job_id, JobProgress(0, {DELETED: done + len(rows)}))


def _conditions(environment: int | None, deletion: Deletion) -> tuple[str, list[Any]]:
    where, parameters = in_range(deletion.start, deletion.end)
    return f"e.environment = %s{where} AND e.epoch < %s", [environment, *parameters, deletion.epoch]


def _delete_some(db: Connection, environment: int) -> bool:
    rows = db.execute(
        "SELECT e.event_id, e.ts FROM events e WHERE e.environment = %s"
        f" ORDER BY e.event_id LIMIT {DELETED_ROWS} FOR UPDATE",
        [environment],
    ).fetchall()
    db.execute(
        "DELETE FROM events e WHERE e.environment = %s AND e.event_id = ANY(%s)",
        [environment, [key for key, _ in rows]],
    )
    return len(rows) == DELETED_ROWS


def _remove(db: Connection, environment: int | None, rows: Sequence[tuple[Any, ...]]) -> None:
    """Delete locked rows and insert the change."""
    if not rows or environment is None:
        return
    db.execute(
        "DELETE FROM events e WHERE e.environment = %s AND e.event_id = ANY(%s)",
        [environment, [key for key, _ in rows]],
    )
    note_changes(db, environment, [times([ts for _, ts in rows])])
