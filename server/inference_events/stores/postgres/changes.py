"""Changes: which hours of an environment each write transaction changed, one row for each range of hours.

Rows are only inserted, so writers do not wait for each other. But then a row may become visible after one with a higher
id. So each row has the number of its transaction and the number of the oldest transaction that ran at that time: a row
that becomes visible late was written by a concurrent transaction. Only the numbers of concurrent transactions are
compared, so they may start again in a restored database.
"""

from collections.abc import Sequence

import pyarrow as pa

from inference_events.events.hours import HourRange, hour_ranges, joined
from inference_events.events.types import DataRevision
from inference_events.stores.postgres.clocks import lock_for_compaction, read_clock
from inference_events.stores.postgres.connections import Connection

# The newest rows of an environment are never compacted, so that a recent revision has few dirty hours.
KEPT_ROWS = 2048
MAX_KEPT_RANGES = 1000

# The rows of one range become one row with the last id; the oldest ranges are joined.
COMPACT = """
WITH old AS (
    DELETE FROM changes WHERE environment = %s AND id <=
        (SELECT id FROM changes WHERE environment = %s ORDER BY id DESC OFFSET %s LIMIT 1)
    RETURNING *
), ranges AS (
    SELECT max(id) AS id, first_hour, last_hour, max(xid::text::int8) AS xid, sum(changes) AS changes
    FROM old GROUP BY first_hour, last_hour
), ranked AS (
    SELECT *, row_number() OVER (ORDER BY id DESC) AS age FROM ranges
)
INSERT INTO changes (id, environment, first_hour, last_hour, changes, xid, oldest_xid) OVERRIDING SYSTEM VALUE
SELECT max(id), %s, min(first_hour), max(last_hour), sum(changes), max(xid)::text::xid8, '3'::xid8
FROM ranked GROUP BY least(age, %s)
"""

DIRTY = """
WITH known AS (
    SELECT xid, oldest_xid FROM changes WHERE environment = %(environment)s AND id = %(last)s
    AND %(changes)s <= (SELECT sum(changes) FROM changes WHERE environment = %(environment)s AND id <= %(last)s)
)
SELECT first_hour, last_hour FROM changes c
WHERE c.environment = %(environment)s AND (
    c.id > %(last)s
    OR EXISTS (SELECT 1 FROM known k WHERE c.xid >= k.oldest_xid AND c.xid <> k.xid)
    OR NOT EXISTS (SELECT 1 FROM known)
)
GROUP BY first_hour, last_hour
"""


def note_changes(db: Connection, environment: int, times: Sequence[pa.ChunkedArray]) -> None:
    """Insert the change of this transaction, which wrote or deleted events with these old and new times."""
    ranges = hour_ranges(times) if times else []
    if ranges:
        firsts, lasts = zip(*ranges, strict=True)
        db.execute(
            "INSERT INTO changes (environment, first_hour, last_hour)"
            " SELECT %s, first_hour, last_hour FROM unnest(%s::int4[], %s::int4[]) AS r (first_hour, last_hour)",
            [environment, list(firsts), list(lasts)],
        )


def data_revision(db: Connection, model_id: str, environment_id: str) -> DataRevision:
    """Return the data revision of an environment in the snapshot. Raises ModelUnknown."""
    environment = read_clock(db, model_id, environment_id).environment
    [row] = db.execute(
        "SELECT coalesce(sum(changes), 0)::int8, coalesce(max(id), 0) FROM changes WHERE environment = %s",
        [environment],
    ).fetchall()
    return DataRevision(*row)


def data_revisions(db: Connection, model_id: str) -> dict[str, DataRevision]:
    """Return the data revision of each environment of a model that has one, in the snapshot. Raises ModelUnknown."""
    read_clock(db, model_id)
    rows = db.execute(
        "SELECT n.environment_id, sum(c.changes)::int8, max(c.id)"
        " FROM event_environments n JOIN changes c ON c.environment = n.number"
        " WHERE n.model_id = %s AND n.dropped_at IS NULL GROUP BY n.environment_id",
        [model_id],
    ).fetchall()
    return {environment_id: DataRevision(changes, last) for environment_id, changes, last in rows}


def dirty_hours(db: Connection, model_id: str, environment_id: str, since: DataRevision) -> list[HourRange]:
    """Return the hours that changed after a data revision; all hours ever changed if it is old or unknown."""
    environment = read_clock(db, model_id, environment_id).environment
    return joined(db.execute(DIRTY, {"environment": environment, **since._asdict()}).fetchall())


def compact_changes(db: Connection, model_id: str, environment_id: str) -> None:
    """Compact the older rows of an environment. Raises ModelUnknown."""
    environment = read_clock(db, model_id, environment_id).environment
    if environment is not None:
        lock_for_compaction(db, environment)
        db.execute(COMPACT, [environment, environment, KEPT_ROWS, environment, MAX_KEPT_RANGES])
