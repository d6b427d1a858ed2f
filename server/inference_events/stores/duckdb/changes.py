"""Changes: which hours of which environment each commit changed, one row for each range of hours.

The number of rows and the highest id of an environment are its data revision. A figure that was computed from the same
snapshot is valid while the revision stays the same. When it changes, the rows with higher ids name the hours whose
events may have changed.

A row is inserted in the transaction that it describes, and never updated. Many rows are compacted: all rows of one
range become one, with the last id and their number in `changes`, so nothing is lost. Only if an environment has a great
many ranges are its oldest ranges joined.
"""

from itertools import count

import duckdb
import pyarrow as pa

from inference_events.events.hours import HourRange, hour_ranges, joined
from inference_events.events.types import DataRevision
from inference_events.stores.duckdb.sql import arrow, insert_rows, number

COMPACT_AFTER = 4096
MAX_KEPT_RANGES = 1000
# The model id of the row that keeps the highest id after models are dropped.
NO_MODEL = ""
COLUMNS = pa.schema(
    [
        ("id", pa.int64()),
        ("model_id", pa.string()),
        ("environment_id", pa.string()),
        ("first_hour", pa.int64()),
        ("last_hour", pa.int64()),
        ("changes", pa.int64()),
    ]
)

COMPACTED = """
WITH ranges AS (
    SELECT max(id) AS id, model_id, environment_id, first_hour, last_hour, sum(changes) AS changes
    FROM changes GROUP BY model_id, environment_id, first_hour, last_hour
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY model_id, environment_id ORDER BY id DESC) AS age FROM ranges
)
SELECT
    max(id) AS id, model_id, environment_id, min(first_hour) AS first_hour, max(last_hour) AS last_hour,
    sum(changes)::BIGINT AS changes
FROM ranked GROUP BY model_id, environment_id, least(age, ?) ORDER BY id
"""


class Changes:
    """The changes of the transactions of one connection. After a rollback, make a new one."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._db = connection
        self._ids = count(number(connection, "SELECT coalesce(max(id), 0) + 1 FROM changes"))
        self._uncompacted = number(connection, "SELECT count(*) FROM changes")
        self._noted: set[tuple[str, str, HourRange]] = set()

    @property
    def are_many(self) -> bool:
        """Return whether it is time for `compact`. Any thread may call it."""
        return self._uncompacted > COMPACT_AFTER

    def begin(self) -> None:
        self._noted = set()

    def note(self, model_id: str, environment_id: str, *times: pa.ChunkedArray) -> None:
        """Note that this transaction wrote or deleted events with these old and new times."""
        self._noted |= {(model_id, environment_id, hours) for hours in hour_ranges(times)}

    def insert(self) -> None:
        """Insert the noted changes. Call it before the commit."""
        if self._noted:
            rows = [(next(self._ids), *ids, first, last, 1) for *ids, (first, last) in sorted(self._noted)]
            insert_rows(self._db, "changes", COLUMNS, rows)
            self._uncompacted += len(rows)

    def forget(self, model_id: str) -> None:
        """Delete the changes of a dropped model. Their ids are not used again."""
        self._noted = {noted for noted in self._noted if noted[0] != model_id}
        self._db.execute("DELETE FROM changes WHERE model_id IN (?, ?)", [model_id, NO_MODEL])
        insert_rows(self._db, "changes", COLUMNS, [(next(self._ids), NO_MODEL, "", 0, 0, 0)])

    def compact(self) -> None:
        """Keep one row for each range of hours. Join the oldest ranges of an environment that has too many."""
        compacted = arrow(self._db, COMPACTED, [MAX_KEPT_RANGES])
        self._db.execute("DELETE FROM changes")
        self._db.from_arrow(compacted).insert_into("changes")
        self._uncompacted = 0


def data_revision(db: duckdb.DuckDBPyConnection, model_id: str, environment_id: str) -> DataRevision:
    """Return the data revision of an environment in the connection's snapshot."""
    [found] = db.execute(
        "SELECT coalesce(sum(changes), 0)::BIGINT, coalesce(max(id), 0) FROM changes"
        " WHERE model_id = ? AND environment_id = ?",
        [model_id, environment_id],
    ).fetchall()
    return DataRevision(*found)


def data_revisions(db: duckdb.DuckDBPyConnection, model_id: str) -> dict[str, DataRevision]:
    """Return the data revision of each environment of a model that has one, in the connection's snapshot."""
    rows = db.execute(
        "SELECT environment_id, sum(changes)::BIGINT, max(id) FROM changes WHERE model_id = ? GROUP BY environment_id",
        [model_id],
    ).fetchall()
    return {environment_id: DataRevision(changes, last) for environment_id, changes, last in rows}


def dirty_hours(
    db: duckdb.DuckDBPyConnection, model_id: str, environment_id: str, since: DataRevision
) -> list[HourRange]:
    """Return the hours that changed after a data revision; all hours ever changed if the revision is unknown."""
    rows = db.execute(
        "SELECT first_hour, last_hour, max(id), sum(changes)::BIGINT FROM changes"
        " WHERE model_id = ? AND environment_id = ? GROUP BY first_hour, last_hour",
        [model_id, environment_id],
    ).fetchall()
    is_known = since.last <= max((row[2] for row in rows), default=0) and since.changes <= sum(row[3] for row in rows)
    return joined((first, last) for first, last, last_id, _ in rows if last_id > since.last or not is_known)
