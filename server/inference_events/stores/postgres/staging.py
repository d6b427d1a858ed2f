"""Copy rows into a temporary table, and move them into `events` by one statement.

The temporary tables end with their transaction. Values are sent in the binary form of their columns: times are eight
bytes, and JSON is a version byte and the text.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from psycopg import sql

from inference_events.events.types import TIMESTAMP
from inference_events.stores.postgres.connections import POSTGRES_EPOCH, Connection

# The type in which each column of `events` is sent.
TYPES = {
    "environment": "int4",
    "event_id": "text",
    "long_id": "text",
    "ts": "int8",
    "received_at": "int8",
    "updated_at": "int8",
    "content_hash": "int8",
    "hash_version": "int2",
    "epoch": "int8",
    "column_epochs": "bytea",
    "violations": "bytea",
    "labelled_at": "bytea",
    "undeclared": "bytea",
    "labels": "bytea",
    "fixed": "bytea",
}
COLUMNS = ", ".join(TYPES)
JSON_FORM = b"\x01"

# Locks stored rows and inserts new ones in one order, so that writers cannot deadlock. Rows that are only locked get no
# new version.
INSERT_OR_LOCK = f"""
INSERT INTO events AS e ({COLUMNS}) SELECT {COLUMNS} FROM new_events WHERE environment = %s
ORDER BY environment, event_id
ON CONFLICT (environment, event_id) DO UPDATE SET epoch = e.epoch WHERE false
RETURNING e.event_id
"""


def insert_or_lock(db: Connection, environment: int, columns: Sequence[Sequence[Any]]) -> set[str]:
    """Insert the rows of an environment that are not stored, and lock the others. Return the inserted keys.

    `columns` are those of TYPES. The keys must be distinct.
    """
    db.execute("CREATE TEMPORARY TABLE new_events (LIKE events) ON COMMIT DROP")
    _copy(db, "new_events", list(TYPES), columns)
    return {key for (key,) in db.execute(INSERT_OR_LOCK, [environment])}


def update_rows(db: Connection, environment: int, names: Sequence[str], columns: Sequence[Sequence[Any]]) -> None:
    """Set columns of locked rows. `names` are some of TYPES, the key `event_id` first."""
    chosen = sql.SQL(", ").join(map(sql.Identifier, names))
    db.execute(
        sql.SQL(
            "CREATE TEMPORARY TABLE changed_events ON COMMIT DROP AS SELECT {} FROM events"
            " WHERE environment = %s LIMIT 0"
        ).format(chosen),
        [environment],
    )
    _copy(db, "changed_events", names, columns)
    assignments = sql.SQL(", ").join(sql.SQL("{0} = s.{0}").format(sql.Identifier(name)) for name in names[1:])
    db.execute(
        sql.SQL(
            "UPDATE events e SET {} FROM changed_events s WHERE e.environment = %s AND e.event_id = s.event_id"
        ).format(assignments),
        [environment],
    )


def sent_times(column: pa.ChunkedArray | pa.Array) -> list[int | None]:
    """Return times in the form in which they are sent: microseconds since 2000."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    moved: list[int | None]
    if whole.null_count:
        moved = [None if time is None else time - POSTGRES_EPOCH for time in whole.cast(pa.int64()).to_pylist()]
    else:
        moved = (whole.cast(TIMESTAMP).cast(pa.int64()).to_numpy() - POSTGRES_EPOCH).tolist()
    return moved


def sent_json(documents: Sequence[bytes | None]) -> list[bytes | None]:
    """Return JSON in the form in which it is sent."""
    return [None if document is None else JSON_FORM + document for document in documents]


def signed(hashes: pa.ChunkedArray | pa.Array) -> list[int]:
    """Return 64-bit hashes in the form in which they are sent: the same bits as signed integers."""
    numbers: list[int] = np.asarray(hashes).astype(np.uint64).view(np.int64).tolist()
    return numbers


def _copy(db: Connection, table: str, names: Sequence[str], columns: Sequence[Sequence[Any]]) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    with db.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types([TYPES[name] for name in names])
        for row in zip(*columns, strict=True):
            copy.write_row(row)
