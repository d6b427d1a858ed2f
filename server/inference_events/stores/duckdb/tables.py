"""Create, change and drop the event tables as the models' schemas change."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields

import duckdb
import pyarrow as pa

from inference_events.events.store_errors import LossyRetyping
from inference_events.stores.duckdb.deltas import delta_columns
from inference_events.stores.duckdb.sql import EVENT_COLUMNS, KEY_COLUMNS, SYSTEM_COLUMNS, number, registered
from inference_events.stores.duckdb.table_schema import LABEL_TYPE, ColumnChange, StoredColumn, TableSchema

MAX_ALTERS = 100
# Ids are distinct and looked up one by one: to read a compressed id, the engine would decode a block.
STORED_AS = {"event_id": "USING COMPRESSION uncompressed"}


class Tables:
    """Applies schemas to tables, within the transactions of one connection.

    `schemas` has the schema of each model id in the current transaction.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._db = connection
        self.schemas = {schema.model_id: schema for schema in _load(connection)}

    def define(self, model_id: str, revision: int, schema: pa.Schema, targets: Collection[str]) -> None:
        """Create or change the tables of a model that has no deltas. Raises LossyRetyping."""
        before = self.schemas.get(model_id) or TableSchema(model_id, revision)
        changes = before.changes(schema, targets)
        schema = before.after(revision, changes)
        if model_id not in self.schemas:
            self.create(self._db, schema.table, self.columns(schema))
        else:
            self._change_columns(schema, changes)
            self._db.execute(f"DROP TABLE {schema.deltas}")
        self.create(self._db, schema.deltas, delta_columns(schema))
        self._keep(schema)

    def drop(self, model_id: str) -> None:
        """Drop the tables of a model, if it has any."""
        schema = self.schemas.pop(model_id, None)
        if schema is not None:
            self._db.execute(f"DROP TABLE {schema.table}")
            self._db.execute(f"DROP TABLE {schema.deltas}")
            self._forget(model_id)

    @staticmethod
    def columns(schema: TableSchema) -> dict[str, str]:
        """Return the columns of an event table with their types."""
        return KEY_COLUMNS | EVENT_COLUMNS | schema.sql_columns

    @staticmethod
    def create(db: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str]) -> None:
        """Create an empty table."""
        declared = ", ".join(f"{name} {kind} {STORED_AS.get(name, '')}" for name, kind in columns.items())
        db.execute(f"CREATE TABLE {table} ({declared})")

    def _change_columns(self, schema: TableSchema, changes: Sequence[ColumnChange]) -> None:
        lossy = [change.new.name for change in changes if change.retypes and self._loses(schema, change)]
        if lossy:
            raise LossyRetyping(*lossy)
        if sum(change.adds or change.labels for change in changes) > MAX_ALTERS:
            self._rebuild(schema, changes)
            return
        for change in changes:
            self._alter(schema, change)

    def _rebuild(self, schema: TableSchema, changes: Sequence[ColumnChange]) -> None:
        """Change many columns in one statement: each ALTER holds memory that grows with the number of columns."""
        values = ", ".join(selected for change in changes for selected in _rebuilt(change))
        self.create(self._db, "rebuilt", self.columns(schema))
        self._db.execute(f"INSERT INTO rebuilt BY NAME SELECT {SYSTEM_COLUMNS}, {values} FROM {schema.table} e")
        self._db.execute(f"DROP TABLE {schema.table}")
        self._db.execute(f"ALTER TABLE rebuilt RENAME TO {schema.table}")

    def _loses(self, schema: TableSchema, change: ColumnChange) -> bool:
        assert change.old is not None
        name, old, new = change.old.sql_name, change.old.sql_type, change.new.sql_type
        lost = f"TRY_CAST(TRY_CAST({name} AS {new}) AS {old}) IS DISTINCT FROM {name}"
        return number(self._db, f"SELECT count(*) FROM {schema.table} WHERE {lost}") > 0

    def _alter(self, schema: TableSchema, change: ColumnChange) -> None:
        name, kind = change.new.sql_name, change.new.sql_type
        if change.adds:
            self._db.execute(f"ALTER TABLE {schema.table} ADD COLUMN {name} {kind}")
        elif change.retypes:
            self._db.execute(f"ALTER TABLE {schema.table} ALTER COLUMN {name} SET DATA TYPE {kind}")
        if change.labels:
            self._db.execute(f"ALTER TABLE {schema.table} ADD COLUMN {change.new.label_name} {LABEL_TYPE}")

    def _keep(self, schema: TableSchema) -> None:
        self._forget(schema.model_id)
        self._db.execute("INSERT INTO models VALUES (?, ?)", [schema.model_id, schema.revision])
        columns = schema.columns
        rows = {field.name: [getattr(column, field.name) for column in columns] for field in fields(StoredColumn)}
        rows |= {"model_id": [schema.model_id] * len(columns), "ordinal": list(range(len(columns)))}
        with registered(self._db, schema=pa.table(rows)):
            self._db.execute("INSERT INTO columns BY NAME SELECT * FROM schema")
        self.schemas[schema.model_id] = schema

    def _forget(self, model_id: str) -> None:
        self._db.execute("DELETE FROM models WHERE model_id = ?", [model_id])
        self._db.execute("DELETE FROM columns WHERE model_id = ?", [model_id])


def _rebuilt(change: ColumnChange) -> Iterator[str]:
    old, new = change.old, change.new
    yield f"CAST({'NULL' if old is None else f'e.{old.sql_name}'} AS {new.sql_type}) AS {new.sql_name}"
    if old is not None and old.labelled:
        yield f"e.{old.label_name}"


def _load(db: duckdb.DuckDBPyConnection) -> list[TableSchema]:
    models = db.execute("SELECT model_id, revision FROM models").fetchall()
    selected = "model_id, number, name, sql_type, dropped, labelled"
    rows = db.execute(f"SELECT {selected} FROM columns ORDER BY ordinal").fetchall()
    columns: dict[str, list[StoredColumn]] = {}
    for model_id, *column in rows:
        columns.setdefault(model_id, []).append(StoredColumn(*column))
    return [TableSchema(model_id, revision, tuple(columns.get(model_id, ()))) for model_id, revision in models]
