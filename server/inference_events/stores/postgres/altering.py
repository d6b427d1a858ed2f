"""Change the columns of a model, or drop it.

Adding and dropping columns changes no row. Only a change of a column's type converts stored values. DuckDB does that,
so that both engines convert in the same way.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from psycopg import sql

from inference_events.events.store_errors import LossyRetyping, ModelUnknown
from inference_events.stores.postgres import clocks
from inference_events.stores.postgres.columns import to_arrow, to_python
from inference_events.stores.postgres.connections import Connection
from inference_events.stores.postgres.payloads import pack, unpack
from inference_events.stores.postgres.schemas import PAYLOADS, Column, EventSchema, load_schema, save_schema
from inference_events.stores.postgres.staging import update_rows

CONVERTED_ROWS = 5000
Pair = tuple[Column, Column]


def change_schema(
    db: Connection,
    model_id: str,
    revision: int,
    schema: pa.Schema,
    targets: Collection[str],
    updatable: Collection[str],
) -> None:
    """Declare exactly these columns for a model. Raises LossyRetyping."""
    clocks.lock_for_schema_change(db, model_id)
    before = _known_schema(db, model_id, revision)
    after = before.after(revision, schema, targets, updatable)
    retyped = before.retyped(after)
    if retyped:
        _convert_all(db, model_id, retyped)
    save_schema(db, after)


def hide_model(db: Connection, model_id: str) -> None:
    """Make a model unknown and close its jobs. Its events are still stored, but no query finds them."""
    clocks.lock_for_schema_change(db, model_id)
    db.execute("UPDATE clocks SET revision = NULL, schema_version = schema_version + 1 WHERE model_id = %s", [model_id])
    db.execute(
        "UPDATE event_environments SET dropped_at = clock_timestamp() WHERE model_id = %s AND dropped_at IS NULL",
        [model_id],
    )
    db.execute("DELETE FROM event_columns WHERE model_id = %s", [model_id])
    db.execute("DELETE FROM open_jobs WHERE model_id = %s", [model_id])


def hidden_environments(db: Connection, model_id: str) -> list[int]:
    """Return the environments of a dropped model that still have events."""
    rows = db.execute(
        "SELECT number FROM event_environments WHERE model_id = %s AND dropped_at IS NOT NULL", [model_id]
    )
    return [number for (number,) in rows]


def forget_environment(db: Connection, environment: int) -> None:
    """Delete an environment that has no events left."""
    db.execute("DELETE FROM changes WHERE environment = %s", [environment])
    db.execute("DELETE FROM event_environments WHERE number = %s", [environment])


def _known_schema(db: Connection, model_id: str, revision: int) -> EventSchema:
    try:
        clock = clocks.read_clock(db, model_id)
    except ModelUnknown:
        # The version continues after a drop, so that no replica mistakes the new columns for the old ones.
        row = db.execute("SELECT schema_version FROM clocks WHERE model_id = %s", [model_id]).fetchone()
        return EventSchema(model_id, revision, row[0] if row else 0)
    return load_schema(db, model_id, clock.revision, clock.schema_version)


def _convert_all(db: Connection, model_id: str, retyped: Sequence[Pair]) -> None:
    lossy: set[str] = set()
    rows = db.execute("SELECT number FROM event_environments WHERE model_id = %s AND dropped_at IS NULL", [model_id])
    for (environment,) in rows.fetchall():
        for payload in PAYLOADS:
            pairs = [pair for pair in retyped if pair[0].payload == payload]
            if pairs:
                lossy |= _convert(db, environment, payload, pairs)
    if lossy:
        raise LossyRetyping(*(new.name for _, new in retyped if new.name in lossy))


def _convert(db: Connection, environment: int, payload: str, pairs: Sequence[Pair]) -> set[str]:
    """Convert the values of columns of one payload. Return the names of the columns that would lose a value."""
    lossy: set[str] = set()
    for keys, arrays in _read_payloads(db, environment, payload):
        for old, new in pairs:
            values = [array[old.index] if old.index < len(array) else None for array in arrays]
            converted, is_lost = convert(to_arrow(values, old.arrow), old.type, new.type)
            if is_lost.any():
                lossy.add(new.name)
            for array, value in zip(arrays, to_python(converted), strict=True):
                if old.index < len(array):
                    array[old.index] = value
        if not lossy:
            update_rows(db, environment, ["event_id", payload], [keys, [pack(array) for array in arrays]])
            db.execute("DROP TABLE changed_events")
    return lossy


def _read_payloads(db: Connection, environment: int, payload: str) -> Iterator[tuple[list[str], list[list[Any]]]]:
    statement = sql.SQL(
        "SELECT e.event_id, e.{} FROM events e WHERE e.environment = %s AND e.event_id > %s"
        " ORDER BY e.event_id LIMIT %s FOR UPDATE"
    ).format(sql.Identifier(payload))
    last = ""
    while rows := db.execute(statement, [environment, last, CONVERTED_ROWS]).fetchall():
        last = rows[-1][0]
        yield [key for key, _ in rows], [unpack(stored) for _, stored in rows]


def convert(values: pa.Array, old: str, new: str) -> tuple[pa.Array, np.ndarray[Any, np.dtype[np.bool_]]]:
    """Return values converted from one DuckDB type to another, and which of them would be lost."""
    with duckdb.connect() as db:
        db.execute("SET threads = 1")
        db.register("stored", pa.table({"value": values}))
        table = db.sql(
            f"SELECT TRY_CAST(value AS {new}) AS converted,"
            f" TRY_CAST(TRY_CAST(value AS {new}) AS {old}) IS DISTINCT FROM value AS is_lost FROM stored"
        ).to_arrow_table()
    return table["converted"].combine_chunks(), table["is_lost"].to_numpy()
