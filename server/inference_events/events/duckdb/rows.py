"""The rows of the tables of events: found by their ids without looking through a table, read and changed by place."""

from collections.abc import Sequence
from dataclasses import replace

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inference_events.events.duckdb.identity import Identity, Places, RowIds, hash_ids
from inference_events.events.duckdb.layout import Layout
from inference_events.events.duckdb.patches import latest
from inference_events.events.duckdb.sql import EVENT_COLUMNS, PLACE_COLUMNS, arrow, conditions, number, registered
from inference_events.events.store import Deletion, EventBatch

ROW_ID = "rowid"
FIRST_UNCOMMITTED = 36_028_797_018_960_000
KNOWN_BY_ID = ("place", "event_id", "content_hash", "hash_version")


class Rows:
    """Reads and changes rows within the transactions of one connection, and keeps the index of their ids in step.

    A row's place is a number of its own, larger than that of every row inserted before, so that rows lie in the order
    of their places and the engine passes over all but those it needs. `rowid` holds for one transaction.
    `changes` counts the rows that were written or deleted.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._db = connection
        self._identities: dict[str, Identity] = {}
        self._row_ids: dict[str, RowIds] = {}
        self._patches: dict[str, int] = {}
        self._orders: dict[str, list[str]] = {}
        self.changes = 0
        self._changed: set[str] = set()

    def begin(self) -> None:
        self._changed = set()

    def rollback(self) -> None:
        """Forget the indexes that are ahead of their tables; they are made anew when they are needed."""
        self._orders = {}
        for model_id in self._changed:
            self.forget(model_id)

    def forget(self, model_id: str) -> None:
        """Drop the index of a table that is no more."""
        self._identities.pop(model_id, None)
        self._row_ids.pop(model_id, None)
        self._patches.pop(model_id, None)
        self.forget_columns(model_id)

    def forget_columns(self, model_id: str) -> None:
        """Drop what is known of a table's columns, which have changed."""
        self._orders.pop(model_id, None)

    def find(self, layout: Layout, environment_id: str, system: pa.Table, columns: Sequence[str]) -> pa.Table | None:
        """Return these columns of the rows that have one of the ids of `system`, None if there are none."""
        places = self._identity(layout).find(system["id_hash"].to_numpy())
        if not len(places):
            return None
        rows = self._look(layout, places, [*columns, "environment_id"])
        is_wanted = pc.and_(
            pc.equal(rows["environment_id"], environment_id), pc.is_in(rows["event_id"], system["event_id"])
        )
        return rows.filter(is_wanted)

    def _look(self, layout: Layout, places: Places, columns: Sequence[str]) -> pa.Table:
        """Return these columns, `place` among them, of the rows at places.

        By place the engine looks through the places of all rows, so it is told where they should be, and asked again
        where some are not: since the engine left out deleted rows, or as the transaction has inserted them.
        """
        row_ids = self._row_ids_of(layout)
        candidates = pa.table({"place": places, "row": row_ids.guess(places)})
        with registered(self._db, candidates=candidates):
            near = f"SELECT e.*, e.rowid FROM {layout.table} e WHERE e.rowid IN (SELECT row FROM candidates)"
            rows = arrow(self._db, latest(layout, columns, near))
            rows = rows.filter(pc.is_in(rows["place"], candidates["place"]))
            if len(rows) == len(places):
                return rows
            near = f"SELECT e.*, e.rowid FROM {layout.table} e JOIN candidates USING (place)"
            rows = arrow(self._db, latest(layout, [*columns, ROW_ID], near))
        found = rows[ROW_ID].to_numpy()
        if np.any((found != row_ids.guess(rows["place"].to_numpy())) & (found < FIRST_UNCOMMITTED)):
            del self._row_ids[layout.model_id]
        return rows

    def read(self, layout: Layout, places: Places, columns: Sequence[str]) -> pa.Table:
        """Return these columns of the rows at places, in step with them."""
        wanted = f"SELECT e.*, e.rowid, w.row FROM {layout.table} e JOIN wanted w USING (place)"
        with registered(self._db, wanted=pa.table({"row": np.arange(len(places)), "place": places})):
            return arrow(self._db, f"{latest(layout, columns, wanted)} ORDER BY e.row")

    def insert(self, layout: Layout, rows: pa.Table) -> None:
        """Insert rows, which have all columns but the place."""
        identity, hashes = self._identity(layout), rows["id_hash"].to_numpy()
        places = identity.reserve(len(rows))
        rows = rows.append_column("place", pa.array(places)).select(self._order(layout))
        self._db.from_arrow(rows).insert_into(layout.table)
        self._changed.add(layout.model_id)
        self.changes += len(rows)
        identity.add(hashes, places)

    def patch(self, layout: Layout, patches: pa.Table) -> None:
        """Put patches in the place of those that their rows have."""
        with registered(self._db, incoming=patches):
            self._db.execute(f"DELETE FROM {layout.patches} WHERE place IN (SELECT place FROM incoming)")
            self._db.execute(f"INSERT INTO {layout.patches} BY NAME SELECT * FROM incoming")
        self.changes += len(patches)
        self._patches[layout.model_id] = number(self._db, f"SELECT count(*) FROM {layout.patches}")

    def set_hashes(self, layout: Layout, rows: pa.Table) -> None:
        """Set the content hashes of rows, known by `rowid`, and their version."""
        with registered(self._db, hashed=rows.rename_columns({ROW_ID: "row"})):
            self._db.execute(
                f"UPDATE {layout.table} e SET content_hash = h.content_hash, hash_version = h.hash_version"
                " FROM hashed h WHERE e.rowid = h.row"
            )
        self.changes += len(rows)

    def count_patches(self, model_id: str) -> int:
        """Return how many patches there were after the last one that this process made."""
        return self._patches.get(model_id, 0)

    def fold(self, layout: Layout, most: int) -> int:
        """Write rows that have patches anew, those that lie closest together; return how many, at most `most`."""
        places = arrow(self._db, f"SELECT place FROM {layout.patches} ORDER BY place")["place"].to_numpy()
        count = min(most, len(places))
        if not count:
            return 0
        start = np.argmin(places[count - 1 :] - places[: len(places) - count + 1])
        rows = self.read(layout, places[start : start + count], all_columns(layout))
        self.delete(layout, rows)
        self.insert(layout, rows.drop_columns([ROW_ID, "place"]))
        self._patches[layout.model_id] = len(places) - count
        return count

    def delete(self, layout: Layout, rows: pa.Table) -> None:
        """Delete rows, known by `rowid`, place and id_hash."""
        with registered(self._db, gone=rows.select([ROW_ID, "place"])):
            self._db.execute(f"DELETE FROM {layout.table} WHERE rowid IN (SELECT rowid FROM gone)")
            self._db.execute(f"DELETE FROM {layout.patches} WHERE place IN (SELECT place FROM gone)")
        self._changed.add(layout.model_id)
        self.changes += len(rows)
        self._identity(layout).remove(rows["id_hash"].to_numpy(), rows["place"].to_numpy())

    def select(self, layout: Layout, deletion: Deletion) -> pa.Table:
        """Return rowid, place and id_hash of the rows that a deletion is about."""
        where, parameters = conditions(deletion)
        ids = list(deletion.event_ids or ())
        candidates = self._candidates(layout, deletion.environment_id, ids)
        if deletion.event_ids is not None:
            where += " AND e.place IN (SELECT place FROM candidates)"
        with registered(self._db, wanted=pa.table({"event_id": pa.array(ids, pa.string())}), candidates=candidates):
            selected = f"SELECT e.*, e.rowid FROM {layout.table} e WHERE {where} AND e.position < ?"
            rows = latest(layout, [ROW_ID, "place", "id_hash", "position"], selected)
            return arrow(
                self._db,
                f"SELECT * FROM ({rows}) WHERE position < ?",
                [*parameters, deletion.position, deletion.position],
            )

    def _order(self, layout: Layout) -> list[str]:
        """Return the columns as they lie in the table. That depends on when each of them came."""
        if layout.model_id not in self._orders:
            self._orders[layout.model_id] = self._db.table(layout.table).columns
        return self._orders[layout.model_id]

    def _candidates(self, layout: Layout, environment_id: str, ids: Sequence[str]) -> pa.Table:
        return pa.table({"place": self._identity(layout).find(hash_ids(environment_id, ids))})

    def _row_ids_of(self, layout: Layout) -> RowIds:
        if layout.model_id not in self._row_ids:
            # Without an order of its own the window goes through the rows as they lie.
            before = f"SELECT place, place - rowid AS shift, lag(shift) OVER () AS before FROM {layout.table}"
            known = arrow(self._db, f"SELECT place AS start, shift FROM ({before}) WHERE shift IS DISTINCT FROM before")
            self._row_ids[layout.model_id] = RowIds(known["start"].to_numpy(), known["shift"].to_numpy())
        return self._row_ids[layout.model_id]

    def _identity(self, layout: Layout) -> Identity:
        if layout.model_id not in self._identities:
            stored = arrow(self._db, f"SELECT id_hash, place FROM {layout.table} ORDER BY id_hash")
            self._identities[layout.model_id] = Identity(stored["id_hash"].to_numpy(), stored["place"].to_numpy())
        return self._identities[layout.model_id]


def all_columns(layout: Layout) -> list[str]:
    """Return the names of all that a row has, its `rowid` too."""
    return [ROW_ID, *stored_columns(layout)]


def stored_columns(layout: Layout) -> list[str]:
    """Return the names of the columns of the table of events."""
    return [*PLACE_COLUMNS, *EVENT_COLUMNS, *layout.sql_columns]


def with_id_hashes(environment_id: str, batch: EventBatch) -> EventBatch:
    """Return a batch with the hashes of its ids, by which their rows are found."""
    hashes = hash_ids(environment_id, batch.system["event_id"].to_pylist())
    return replace(batch, system=batch.system.append_column("id_hash", pa.array(hashes)))
