"""Changes: which hours of an environment each write transaction changed, one row for each range of hours.

Rows are only inserted, so writers do not wait for each other. But then a row may become visible after one with a higher
id. So each row keeps the number of its transaction and that of the oldest one that was running: what comes late was
written by one that ran at the same time. These numbers are only compared among transactions that ran at once, so they
may start again in a restored database.
"""

from collections.abc import Sequence

import pyarrow as pa

from inference_events.events.hours import HourRange, hour_ranges, joined
from inference_events.events.types import DataRevision
from inference_events.stores.postgres.clocks import lock_for_folding, read_clock
from inference_events.stores.postgres.connections import Connection

# The newest rows of an environment are never folded, so that a recent revision leads to few dirty hours.
KEPT_ROWS = 2048
MAX_KEPT_RANGES = 1000

# Of the rows of one range the last id is kept; the oldest ranges become one.
FOLD = """
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
    """Note that events with these times, old or new ones, were written or deleted in this transaction."""
    ranges = hour_ranges(times) if times else []
    if ranges:
        firsts, lasts = zip(*ranges, strict=True)
        db.execute(
            "INSERT INTO changes (environment, first_hour, last_hour)"
            " SELECT %s, first_hour, last_hour FROM unnest(%s::int4[], %s::int4[]) AS r (first_hour, last_hour)",
            [environment, list(firsts), list(lasts)],
        )


def data_revision(db: Connection, model_id: str, environment_id: str) -> DataRevision:
    """Return the data revision of an environment that the snapshot sees. Raises ModelUnknown."""
    environment = read_clock(db, model_id, environment_id).environment
    [row] = db.execute(
        "SELECT coalesce(sum(changes), 0)::int8, coalesce(max(id), 0) FROM changes WHERE environment = %s",
        [environment],
    ).fetchall()
    return DataRevision(*row)


def dirty_hours(db: Connection, model_id: str, environment_id: str, since: DataRevision) -> list[HourRange]:
    """Return the hours that changes after a data revision name, all that any names if it is old or unknown."""
    environment = read_clock(db, model_id, environment_id).environment
    return joined(db.execute(DIRTY, {"environment": environment, **since._asdict()}).fetchall())


def fold_changes(db: Connection, model_id: str, environment_id: str) -> None:
    """Fold the older rows of an environment. Raises ModelUnknown."""
    environment = read_clock(db, model_id, environment_id).environment
    if environment is not None:
        lock_for_folding(db, environment)
        db.execute(FOLD, [environment, environment, KEPT_ROWS, environment, MAX_KEPT_RANGES])
