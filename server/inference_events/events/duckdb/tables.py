"""The tables of events: made, changed and removed as the models' schemas are."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import duckdb
import pyarrow as pa

from inference_events.events.duckdb.layout import LABEL_TYPE, Change, Layout, StoredColumn
from inference_events.events.duckdb.patches import table_of_patches
from inference_events.events.duckdb.sql import EVENT_COLUMNS, KEY_COLUMNS, SYSTEM_COLUMNS, number, registered
from inference_events.events.store import LossyRetyping

MOST_ALTERS = 100
# Ids are all different, and looked up one by one: to read one that is compressed, the engine decodes a block.
STORED_AS = {"event_id": "USING COMPRESSION uncompressed"}


class Tables:
    """Keeps tables in step with schemas, within the transactions of one connection.

    `layouts` are the layouts by model id as the transaction sees them.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._db = connection
        self.layouts = {layout.model_id: layout for layout in _load(connection)}

    def define(self, model_id: str, revision: int, schema: pa.Schema, targets: Collection[str]) -> None:
        """Create or change the tables of a model, which has no patches. Raises LossyRetyping."""
        before = self.layouts.get(model_id) or Layout(model_id, revision)
        changes = before.changes(schema, targets)
        layout = before.after(revision, changes)
        if model_id not in self.layouts:
            self.create(self._db, layout.table, self.columns(layout))
        else:
            self._change_columns(layout, changes)
            self._db.execute(f"DROP TABLE {layout.deltas}")
        self.create(self._db, layout.deltas, table_of_patches(layout))
        self._keep(layout)

    def drop(self, model_id: str) -> None:
        """Remove the tables of a model, if it has any."""
        layout = self.layouts.pop(model_id, None)
        if layout is not None:
            self._db.execute(f"DROP TABLE {layout.table}")
            self._db.execute(f"DROP TABLE {layout.deltas}")
            self._forget(model_id)

    @staticmethod
    def columns(layout: Layout) -> dict[str, str]:
        """Return the columns of a table of events, with their types."""
        return KEY_COLUMNS | EVENT_COLUMNS | layout.sql_columns

    @staticmethod
    def create(db: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str]) -> None:
        """Create an empty table."""
        declared = ", ".join(f"{name} {kind} {STORED_AS.get(name, '')}" for name, kind in columns.items())
        db.execute(f"CREATE TABLE {table} ({declared})")

    def _change_columns(self, layout: Layout, changes: Sequence[Change]) -> None:
        lossy = [change.new.name for change in changes if change.retypes and self._loses(layout, change)]
        if lossy:
            raise LossyRetyping(*lossy)
        if sum(change.adds or change.labels for change in changes) > MOST_ALTERS:
            self._rebuild(layout, changes)
            return
        for change in changes:
            self._alter(layout, change)

    def _rebuild(self, layout: Layout, changes: Sequence[Change]) -> None:
        """Change many columns in one statement: what each ALTER of a transaction holds grows with the columns."""
        values = ", ".join(selected for change in changes for selected in _rebuilt(change))
        self.create(self._db, "rebuilt", self.columns(layout))
        self._db.execute(f"INSERT INTO rebuilt BY NAME SELECT {SYSTEM_COLUMNS}, {values} FROM {layout.table} e")
        self._db.execute(f"DROP TABLE {layout.table}")
        self._db.execute(f"ALTER TABLE rebuilt RENAME TO {layout.table}")

    def _loses(self, layout: Layout, change: Change) -> bool:
        assert change.old is not None
        name, old, new = change.old.sql_name, change.old.sql_type, change.new.sql_type
        lost = f"TRY_CAST(TRY_CAST({name} AS {new}) AS {old}) IS DISTINCT FROM {name}"
        return number(self._db, f"SELECT count(*) FROM {layout.table} WHERE {lost}") > 0

    def _alter(self, layout: Layout, change: Change) -> None:
        name, kind = change.new.sql_name, change.new.sql_type
        if change.adds:
            self._db.execute(f"ALTER TABLE {layout.table} ADD COLUMN {name} {kind}")
        elif change.retypes:
            self._db.execute(f"ALTER TABLE {layout.table} ALTER COLUMN {name} SET DATA TYPE {kind}")
        if change.labels:
            self._db.execute(f"ALTER TABLE {layout.table} ADD COLUMN {change.new.label_name} {LABEL_TYPE}")

    def _keep(self, layout: Layout) -> None:
        self._forget(layout.model_id)
        self._db.execute("INSERT INTO models VALUES (?, ?)", [layout.model_id, layout.revision])
        rows = pa.Table.from_pylist([vars(c) | {"model_id": layout.model_id} for c in layout.columns])
        with registered(self._db, layout=rows.append_column("ordinal", pa.array(range(len(rows))))):
            self._db.execute("INSERT INTO columns BY NAME SELECT * FROM layout")
        self.layouts[layout.model_id] = layout

    def _forget(self, model_id: str) -> None:
        self._db.execute("DELETE FROM models WHERE model_id = ?", [model_id])
        self._db.execute("DELETE FROM columns WHERE model_id = ?", [model_id])


def _rebuilt(change: Change) -> Iterator[str]:
    old, new = change.old, change.new
    yield f"CAST({'NULL' if old is None else f'e.{old.sql_name}'} AS {new.sql_type}) AS {new.sql_name}"
    if old is not None and old.labelled:
        yield f"e.{old.label_name}"


def _load(db: duckdb.DuckDBPyConnection) -> list[Layout]:
    models = db.execute("SELECT model_id, revision FROM models").fetchall()
    selected = "model_id, number, name, sql_type, dropped, labelled"
    rows = db.execute(f"SELECT {selected} FROM columns ORDER BY ordinal").fetchall()
    columns: dict[str, list[StoredColumn]] = {}
    for model_id, *column in rows:
        columns.setdefault(model_id, []).append(StoredColumn(*column))
    return [Layout(model_id, revision, tuple(columns.get(model_id, ()))) for model_id, revision in models]
