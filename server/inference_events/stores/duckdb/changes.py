"""Changes: which hours of which environment each commit changed, one row for each range of hours.

The number of rows and the highest id of an environment are its data revision: a figure that was computed from one
snapshot together with it is right as long as it stays the same. If it does not, rows with a higher id name the hours in
which events may have changed.

Rows are only inserted, with the commit that they are about. When there are many, they are folded: of all rows of one
range the last id is kept and `changes` counts them, so nothing is lost. Only if an environment has a great many
ranges, the oldest become one.
"""

from itertools import count

import duckdb
import pyarrow as pa

from inference_events.events.hours import HourRange, hour_ranges, joined
from inference_events.events.types import DataRevision
from inference_events.stores.duckdb.sql import arrow, insert_rows, number

FOLD_AFTER = 4096
MAX_KEPT_RANGES = 1000
# Stands for dropped models: it keeps the highest id that was given out.
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

FOLDED = """
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
        self._unfolded = number(connection, "SELECT count(*) FROM changes")
        self._noted: set[tuple[str, str, HourRange]] = set()

    @property
    def are_many(self) -> bool:
        """Whether it is time for `fold`. Any thread may ask."""
        return self._unfolded > FOLD_AFTER

    def begin(self) -> None:
        self._noted = set()

    def note(self, model_id: str, environment_id: str, *times: pa.ChunkedArray) -> None:
        """Note that events with these times, old or new ones, were written or deleted in this transaction."""
        self._noted |= {(model_id, environment_id, hours) for hours in hour_ranges(times)}

    def insert(self) -> None:
        """Insert what was noted. Call it before the commit."""
        if self._noted:
            rows = [(next(self._ids), *ids, first, last, 1) for *ids, (first, last) in sorted(self._noted)]
            insert_rows(self._db, "changes", COLUMNS, rows)
            self._unfolded += len(rows)

    def forget(self, model_id: str) -> None:
        """Drop the changes of a model that is dropped. No id is given out again."""
        self._noted = {noted for noted in self._noted if noted[0] != model_id}
        self._db.execute("DELETE FROM changes WHERE model_id IN (?, ?)", [model_id, NO_MODEL])
        insert_rows(self._db, "changes", COLUMNS, [(next(self._ids), NO_MODEL, "", 0, 0, 0)])

    def fold(self) -> None:
        """Keep one row for each range of hours, and for the oldest ranges of an environment one."""
        folded = arrow(self._db, FOLDED, [MAX_KEPT_RANGES])
        self._db.execute("DELETE FROM changes")
        self._db.from_arrow(folded).insert_into("changes")
        self._unfolded = 0


def data_revision(db: duckdb.DuckDBPyConnection, model_id: str, environment_id: str) -> DataRevision:
    """Return the data revision of an environment that the connection's snapshot sees."""
    [found] = db.execute(
        "SELECT coalesce(sum(changes), 0)::BIGINT, coalesce(max(id), 0) FROM changes"
        " WHERE model_id = ? AND environment_id = ?",
        [model_id, environment_id],
    ).fetchall()
    return DataRevision(*found)


def dirty_hours(
    db: duckdb.DuckDBPyConnection, model_id: str, environment_id: str, since: DataRevision
) -> list[HourRange]:
    """Return the hours that changes after a data revision name, all that any names if the store never had it."""
    rows = db.execute(
        "SELECT first_hour, last_hour, max(id), sum(changes)::BIGINT FROM changes"
        " WHERE model_id = ? AND environment_id = ? GROUP BY first_hour, last_hour",
        [model_id, environment_id],
    ).fetchall()
    is_known = since.last <= max((row[2] for row in rows), default=0) and since.changes <= sum(row[3] for row in rows)
    return joined((first, last) for first, last, last_id, _ in rows if last_id > since.last or not is_known)
