"""The rows of the tables of events: found by their ids without looking through a table, read and changed by place."""

from collections.abc import Sequence

import duckdb
import numpy as np
import pyarrow as pa

from inference_events.events.duckdb.identity import Identity, Places, hash_ids
from inference_events.events.duckdb.layout import Layout
from inference_events.events.duckdb.sql import EVENT_COLUMNS, PLACE_COLUMNS, arrow, conditions, registered
from inference_events.events.store import Deletion

ROW_ID = "rowid"
KNOWN_BY_ID = ("place", "event_id", "content_hash")


class Rows:
    """Reads and changes rows within the transactions of one connection, and keeps the index of their ids in step.

    A row's place is a number of its own, larger than that of every row inserted before, so that rows lie in the order
    of their places and the engine passes over all but those it needs. `rowid` holds for one transaction.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._db = connection
        self._identities: dict[str, Identity] = {}
        self._changed: set[str] = set()

    def begin(self) -> None:
        self._changed = set()

    def rollback(self) -> None:
        """Forget the indexes that are ahead of their tables; they are made anew when they are needed."""
        for model_id in self._changed:
            self.forget(model_id)

    def forget(self, model_id: str) -> None:
        """Drop the index of a table that is no more."""
        self._identities.pop(model_id, None)

    def find(
        self, layout: Layout, environment_id: str, ids: pa.ChunkedArray, columns: Sequence[str]
    ) -> pa.Table | None:
        """Return these columns of the rows that have one of the ids, None if there are none."""
        candidates = self._candidates(layout, environment_id, ids.to_pylist())
        if not len(candidates):
            return None
        with registered(self._db, wanted=pa.table({"event_id": ids}), candidates=candidates):
            return arrow(
                self._db,
                f"SELECT {_selected(columns)} FROM {layout.table} e JOIN candidates USING (place)"
                " SEMI JOIN wanted USING (event_id) WHERE e.environment_id = ?",
                [environment_id],
            )

    def read(self, layout: Layout, places: Places, columns: Sequence[str]) -> pa.Table:
        """Return these columns of the rows at places, in step with them."""
        with registered(self._db, wanted=pa.table({"row": np.arange(len(places)), "place": places})):
            return arrow(
                self._db,
                f"SELECT {_selected(columns)} FROM {layout.table} e JOIN wanted w USING (place) ORDER BY w.row",
            )

    def insert(self, layout: Layout, rows: pa.Table) -> None:
        """Insert rows, which get a place and the hash of their id."""
        identity = self._identity(layout)
        places = identity.reserve(len(rows))
        [environment_id] = rows["environment_id"].unique().to_pylist()
        hashes = hash_ids(environment_id, rows["event_id"].to_pylist())
        rows = rows.append_column("place", pa.array(places)).append_column("id_hash", pa.array(hashes))
        with registered(self._db, incoming=rows):
            self._db.execute(f"INSERT INTO {layout.table} BY NAME SELECT * FROM incoming")
        self._changed.add(layout.model_id)
        identity.add(hashes, places)

    def change(self, layout: Layout, rows: pa.Table) -> None:
        """Set the columns of `rows` in the rows that their `rowid` names."""
        names = [name for name in rows.column_names if name != ROW_ID]
        assignments = ", ".join(f"{name} = n.{name}" for name in names)
        with registered(self._db, incoming=rows.rename_columns([*names, "id"])):
            self._db.execute(f"UPDATE {layout.table} e SET {assignments} FROM incoming n WHERE e.rowid = n.id")

    def delete(self, layout: Layout, rows: pa.Table) -> None:
        """Delete rows, known by `rowid`, place and id_hash."""
        with registered(self._db, gone=rows.select(["rowid"])):
            self._db.execute(f"DELETE FROM {layout.table} WHERE rowid IN (SELECT rowid FROM gone)")
        self._changed.add(layout.model_id)
        self._identity(layout).remove(rows["id_hash"].to_numpy(), rows["place"].to_numpy())

    def select(self, layout: Layout, deletion: Deletion) -> pa.Table:
        """Return rowid, place and id_hash of the rows that a deletion is about."""
        where, parameters = conditions(deletion)
        ids = list(deletion.event_ids or ())
        candidates = self._candidates(layout, deletion.environment_id, ids)
        if deletion.event_ids is not None:
            where += " AND e.place IN (SELECT place FROM candidates)"
        with registered(self._db, wanted=pa.table({"event_id": pa.array(ids, pa.string())}), candidates=candidates):
            return arrow(
                self._db,
                f"SELECT e.rowid, e.place, e.id_hash FROM {layout.table} e WHERE {where} AND e.position < ?",
                [*parameters, deletion.position],
            )

    def _candidates(self, layout: Layout, environment_id: str, ids: Sequence[str]) -> pa.Table:
        return pa.table({"place": self._identity(layout).find(hash_ids(environment_id, ids))})

    def _identity(self, layout: Layout) -> Identity:
        if layout.model_id not in self._identities:
            stored = arrow(self._db, f"SELECT id_hash, place FROM {layout.table} ORDER BY id_hash")
            self._identities[layout.model_id] = Identity(stored["id_hash"].to_numpy(), stored["place"].to_numpy())
        return self._identities[layout.model_id]


def all_columns(layout: Layout) -> list[str]:
    """Return the names of all that a row has, its `rowid` too."""
    return [ROW_ID, *PLACE_COLUMNS, *EVENT_COLUMNS, *(column.sql_name for column in layout.columns)]


def _selected(columns: Sequence[str]) -> str:
    return ", ".join(f"e.{name}" for name in columns)
