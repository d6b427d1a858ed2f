"""The parts of this engine's statements: tables, conditions, and rows as Arrow."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

import duckdb
import pyarrow as pa

from inference_events.events.columns import ColumnSelection
from inference_events.events.merging import STORED_COLUMNS
from inference_events.events.statuses import FOUND_COLUMNS
from inference_events.events.store_errors import ModelUnknown
from inference_events.events.types import Deletion, Query, Scan
from inference_events.stores.column_types import arrow_type
from inference_events.stores.duckdb.table_schema import StoredColumn, TableSchema

FEW_ROWS = 4
SYSTEM_TABLES = """
CREATE TABLE IF NOT EXISTS clocks (model_id VARCHAR, epoch BIGINT);
CREATE TABLE IF NOT EXISTS open_jobs (
    job_id VARCHAR, model_id VARCHAR, epoch BIGINT, fence BIGINT, accepted_at BIGINT
);
CREATE TABLE IF NOT EXISTS changes (
    id BIGINT, model_id VARCHAR, environment_id VARCHAR, first_hour BIGINT, last_hour BIGINT, changes BIGINT
);
CREATE TABLE IF NOT EXISTS models (model_id VARCHAR, revision BIGINT);
CREATE TABLE IF NOT EXISTS columns (
    model_id VARCHAR, ordinal BIGINT, number BIGINT, name VARCHAR, sql_type VARCHAR, dropped BOOLEAN, labelled BOOLEAN
);
CREATE TABLE IF NOT EXISTS job_progress (job_id VARCHAR, next_row BIGINT, counts VARCHAR, counters VARCHAR);
CREATE TABLE IF NOT EXISTS rejected_rows (job_id VARCHAR, row BIGINT, reason VARCHAR, message VARCHAR);
CREATE TABLE IF NOT EXISTS records (
    token_id VARCHAR, method VARCHAR, path VARCHAR, idempotency_key VARCHAR, body_digest BLOB, answer BLOB,
    created_at BIGINT, statuses BLOB
);
"""
# The columns that locate a row: see `rows`.
KEY_COLUMNS = {"row_key": "BIGINT", "id_hash": "UBIGINT"}
EVENT_COLUMNS = {
    "event_id": "VARCHAR",
    "timestamp": "TIMESTAMP",
    "received_at": "TIMESTAMP",
    "content_hash": "UBIGINT",
    "hash_version": "UTINYINT",
    "undeclared": "VARCHAR",
    "violations": 'STRUCT("column" VARCHAR, kind VARCHAR, "value" VARCHAR)[]',
    "environment_id": "VARCHAR",
    "updated_at": "TIMESTAMP",
    "epoch": "BIGINT",
    "column_epochs": "VARCHAR",
}
SYSTEM_COLUMNS = ", ".join(f"e.{name}" for name in KEY_COLUMNS | EVENT_COLUMNS)

assert {*STORED_COLUMNS.names, *FOUND_COLUMNS.names} <= {*EVENT_COLUMNS, *KEY_COLUMNS}


@contextmanager
def registered(db: duckdb.DuckDBPyConnection, **tables: pa.Table) -> Iterator[None]:
    """Let statements on `db` read Arrow tables by name."""
    for name, table in tables.items():
        db.register(name, table)
    try:
        yield
    finally:
        for name in tables:
            db.unregister(name)


def insert_rows(db: duckdb.DuckDBPyConnection, table: str, columns: pa.Schema, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows with all columns of a table, in the table's order."""
    if len(rows) <= FEW_ROWS:
        # For few rows, planning a statement takes less time than registering a table.
        placeholders = ", ".join([f"({', '.join('?' * len(columns))})"] * len(rows))
        db.execute(f"INSERT INTO {table} VALUES {placeholders}", list(chain.from_iterable(rows)))
    else:
        values = [pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), columns, strict=True)]
        db.from_arrow(pa.table(values, schema=columns)).insert_into(table)


def schema_of(schemas: dict[str, TableSchema], model_id: str) -> TableSchema:
    if model_id not in schemas:
        raise ModelUnknown
    return schemas[model_id]


def conditions(selection: Query | Deletion | Scan | ColumnSelection) -> tuple[str, list[Any]]:
    """Return the WHERE clause on table `e`. Ids are looked up in a registered table `wanted`."""
    conditions: list[tuple[str, list[Any]]] = [("e.environment_id = ?", [selection.environment_id])]
    if isinstance(selection, Query | Deletion) and selection.event_ids is not None:
        conditions.append(("e.event_id IN (SELECT event_id FROM wanted)", []))
    if selection.start is not None:
        conditions.append(("e.timestamp >= make_timestamp(?)", [selection.start]))
    if selection.end is not None:
        conditions.append(("e.timestamp < make_timestamp(?)", [selection.end]))
    if isinstance(selection, ColumnSelection) and selection.after is not None:
        conditions.append(("e.event_id > ?", [selection.after]))
    if isinstance(selection, Query) and selection.after is not None:
        time, event_id = selection.after
        beyond = "<" if selection.is_descending else ">"
        # The first condition alone lets the engine skip the blocks of earlier pages.
        conditions.append((f"e.timestamp {beyond}= make_timestamp(?)", [time]))
        conditions.append((f"(e.timestamp {beyond} make_timestamp(?) OR e.event_id {beyond} ?)", [time, event_id]))
    return " AND ".join(text for text, _ in conditions), [value for _, values in conditions for value in values]


def declared_values(rows: pa.Table, columns: Sequence[StoredColumn]) -> pa.Table:
    """Return the values of columns under the users' names."""
    schema = pa.schema([(column.name, arrow_type(column.sql_type)) for column in columns])
    return pa.table(
        [rows[c.sql_name].cast(field.type) for c, field in zip(columns, schema, strict=True)], schema=schema
    )


def literal(text: str) -> str:
    """Quote text for a statement that cannot have parameters."""
    return "'" + text.replace("'", "''") + "'"


def arrow(db: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
    return db.sql(sql, params=list(parameters)).to_arrow_table()


def number(db: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any] = ()) -> int:
    [(number,)] = db.execute(sql, list(parameters)).fetchall()
    return int(number)
