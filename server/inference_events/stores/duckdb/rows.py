"""The rows of the event tables: found by event id without a scan, read and changed by row_key."""

from collections.abc import Sequence
from dataclasses import replace

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inference_events.events.statuses import FOUND_COLUMNS
from inference_events.events.types import Deletion, EventBatch
from inference_events.stores.duckdb.deltas import latest
from inference_events.stores.duckdb.id_index import IdIndex, RowIds, RowKeys, hash_ids
from inference_events.stores.duckdb.sql import EVENT_COLUMNS, KEY_COLUMNS, arrow, conditions, number, registered
from inference_events.stores.duckdb.table_schema import TableSchema

ROW_ID = "rowid"
FIRST_UNCOMMITTED = 36_028_797_018_960_000
KNOWN_BY_ID = tuple(FOUND_COLUMNS.names)


class EventRows:
    """Reads and changes rows within the transactions of one connection, and keeps the index of their ids up to date.

    A row's row_key is unique and larger than those of all rows inserted before. So rows are stored in the order of
    their row_keys, and the engine skips most blocks. A `rowid` is valid for one transaction. `changes` counts the rows
    that were written or deleted.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._db = connection
        self._id_indexes: dict[str, IdIndex] = {}
        self._row_ids: dict[str, RowIds] = {}
        self._deltas: dict[str, int] = {}
        self._orders: dict[str, list[str]] = {}
        self.changes = 0
        self._changed: set[str] = set()

    def begin(self) -> None:
        self._changed = set()

    def rollback(self) -> None:
        """Drop the indexes that are ahead of their tables. They are rebuilt when they are needed."""
        self._orders = {}
        for model_id in self._changed:
            self.forget(model_id)

    def forget(self, model_id: str) -> None:
        """Drop what is cached of a dropped table."""
        self._id_indexes.pop(model_id, None)
        self._row_ids.pop(model_id, None)
        self._deltas.pop(model_id, None)
        self.forget_columns(model_id)

    def forget_columns(self, model_id: str) -> None:
        """Drop the cached order of a table's columns, which have changed."""
        self._orders.pop(model_id, None)

    def find(
        self, schema: TableSchema, environment_id: str, system: pa.Table, columns: Sequence[str]
    ) -> pa.Table | None:
        """Return columns of the rows that have one of the ids of `system`, None if there are none."""
        row_keys = self._id_index(schema).find(system["id_hash"].to_numpy())
        if not len(row_keys):
            return None
        rows = self._look(schema, row_keys, [*columns, "environment_id"])
        is_wanted = pc.and_(
            pc.equal(rows["environment_id"], environment_id), pc.is_in(rows["event_id"], system["event_id"])
        )
        return rows.filter(is_wanted)

    def _look(self, schema: TableSchema, row_keys: RowKeys, columns: Sequence[str]) -> pa.Table:
        """Return columns of rows by their row_keys; `row_key` must be among the columns.

        A look-up by row key reads the keys of all rows. So the expected rowids are tried first, and the rest is
        joined by key: rows that a vacuum moved, or that the transaction has inserted.
        """
        row_ids = self._row_ids_of(schema)
        candidates = pa.table({"row_key": row_keys, "row": row_ids.guess(row_keys)})
        with registered(self._db, candidates=candidates):
            near = f"SELECT e.*, e.rowid FROM {schema.table} e WHERE e.rowid IN (SELECT row FROM candidates)"
            rows = arrow(self._db, latest(schema, columns, near))
            rows = rows.filter(pc.is_in(rows["row_key"], candidates["row_key"]))
            if len(rows) == len(row_keys):
                return rows
            near = f"SELECT e.*, e.rowid FROM {schema.table} e JOIN candidates USING (row_key)"
            rows = arrow(self._db, latest(schema, [*columns, ROW_ID], near))
        found = rows[ROW_ID].to_numpy()
        if np.any((found != row_ids.guess(rows["row_key"].to_numpy())) & (found < FIRST_UNCOMMITTED)):
            del self._row_ids[schema.model_id]
        return rows

    def read(self, schema: TableSchema, row_keys: RowKeys, columns: Sequence[str]) -> pa.Table:
        """Return columns of the rows with these row_keys, in their order."""
        wanted = f"SELECT e.*, e.rowid, w.row FROM {schema.table} e JOIN wanted w USING (row_key)"
        with registered(self._db, wanted=pa.table({"row": np.arange(len(row_keys)), "row_key": row_keys})):
            return arrow(self._db, f"{latest(schema, columns, wanted)} ORDER BY e.row")

    def insert(self, schema: TableSchema, rows: pa.Table) -> None:
        """Insert rows that have all columns except the row_key."""
        id_index, hashes = self._id_index(schema), rows["id_hash"].to_numpy()
        row_keys = id_index.reserve(len(rows))
        rows = rows.append_column("row_key", pa.array(row_keys)).select(self._order(schema))
        self._db.from_arrow(rows).insert_into(schema.table)
        self._changed.add(schema.model_id)
        self.changes += len(rows)
        id_index.add(hashes, row_keys)

    def put_deltas(self, schema: TableSchema, deltas: pa.Table) -> None:
        """Replace the deltas of rows."""
        with registered(self._db, incoming=deltas):
            self._db.execute(f"DELETE FROM {schema.deltas} WHERE row_key IN (SELECT row_key FROM incoming)")
            self._db.execute(f"INSERT INTO {schema.deltas} BY NAME SELECT * FROM incoming")
        self.changes += len(deltas)
        self._deltas[schema.model_id] = number(self._db, f"SELECT count(*) FROM {schema.deltas}")

    def set_hashes(self, schema: TableSchema, rows: pa.Table) -> None:
        """Set the content hashes of rows and their version, by `rowid`."""
        with registered(self._db, hashed=rows.rename_columns({ROW_ID: "row"})):
            self._db.execute(
                f"UPDATE {schema.table} e SET content_hash = h.content_hash, hash_version = h.hash_version"
                " FROM hashed h WHERE e.rowid = h.row"
            )
        self.changes += len(rows)

    def count_deltas(self, model_id: str) -> int:
        """Return the number of a model's deltas after this process last wrote one."""
        return self._deltas.get(model_id, 0)

    def compact(self, schema: TableSchema, limit: int) -> int:
        """Rewrite the rows with deltas that are stored closest together. Return how many, at most `limit`."""
        row_keys = arrow(self._db, f"SELECT row_key FROM {schema.deltas} ORDER BY row_key")["row_key"].to_numpy()
        count = min(limit, len(row_keys))
        if not count:
            return 0
        start = np.argmin(row_keys[count - 1 :] - row_keys[: len(row_keys) - count + 1])
        rows = self.read(schema, row_keys[start : start + count], all_columns(schema))
        self.delete(schema, rows)
        self.insert(schema, rows.drop_columns([ROW_ID, "row_key"]))
        self._deltas[schema.model_id] = len(row_keys) - count
        return count

    def delete(self, schema: TableSchema, rows: pa.Table) -> None:
        """Delete rows by `rowid`, row_key and id_hash."""
        with registered(self._db, gone=rows.select([ROW_ID, "row_key"])):
            self._db.execute(f"DELETE FROM {schema.table} WHERE rowid IN (SELECT rowid FROM gone)")
            self._db.execute(f"DELETE FROM {schema.deltas} WHERE row_key IN (SELECT row_key FROM gone)")
        self._changed.add(schema.model_id)
        self.changes += len(rows)
        self._id_index(schema).remove(rows["id_hash"].to_numpy(), rows["row_key"].to_numpy())

    def select(self, schema: TableSchema, deletion: Deletion) -> pa.Table:
        """Return rowid, row_key, id_hash and timestamp of the rows that a deletion selects."""
        where, parameters = conditions(deletion)
        ids = list(deletion.event_ids or ())
        candidates = self._candidates(schema, deletion.environment_id, ids)
        if deletion.event_ids is not None:
            where += " AND e.row_key IN (SELECT row_key FROM candidates)"
        with registered(self._db, wanted=pa.table({"event_id": pa.array(ids, pa.string())}), candidates=candidates):
            selected = f"SELECT e.*, e.rowid FROM {schema.table} e WHERE {where} AND e.epoch < ?"
            rows = latest(schema, [ROW_ID, "row_key", "id_hash", "timestamp", "epoch"], selected)
            return arrow(
                self._db,
                f"SELECT * FROM ({rows}) WHERE epoch < ?",
                [*parameters, deletion.epoch, deletion.epoch],
            )

    def _order(self, schema: TableSchema) -> list[str]:
        """Return the columns in the table's order, which depends on when each was added."""
        if schema.model_id not in self._orders:
            described = self._db.execute(f"SELECT name FROM pragma_table_info('{schema.table}') ORDER BY cid")
            self._orders[schema.model_id] = [name for (name,) in described.fetchall()]
        return self._orders[schema.model_id]

    def _candidates(self, schema: TableSchema, environment_id: str, ids: Sequence[str]) -> pa.Table:
        return pa.table({"row_key": self._id_index(schema).find(hash_ids(environment_id, pa.array(ids, pa.string())))})

    def _row_ids_of(self, schema: TableSchema) -> RowIds:
        if schema.model_id not in self._row_ids:
            # Without ORDER BY, the window reads the rows in their stored order.
            before = f"SELECT row_key, row_key - rowid AS shift, lag(shift) OVER () AS before FROM {schema.table}"
            known = arrow(
                self._db, f"SELECT row_key AS start, shift FROM ({before}) WHERE shift IS DISTINCT FROM before"
            )
            self._row_ids[schema.model_id] = RowIds(known["start"].to_numpy(), known["shift"].to_numpy())
        return self._row_ids[schema.model_id]

    def _id_index(self, schema: TableSchema) -> IdIndex:
        if schema.model_id not in self._id_indexes:
            stored = arrow(self._db, f"SELECT id_hash, row_key FROM {schema.table} ORDER BY id_hash")
            self._id_indexes[schema.model_id] = IdIndex(stored["id_hash"].to_numpy(), stored["row_key"].to_numpy())
        return self._id_indexes[schema.model_id]


def all_columns(schema: TableSchema) -> list[str]:
    """Return the names of all columns of a row, including its `rowid`."""
    return [ROW_ID, *stored_columns(schema)]


def stored_columns(schema: TableSchema) -> list[str]:
    """Return the names of the columns of the event table."""
    return [*KEY_COLUMNS, *EVENT_COLUMNS, *schema.sql_columns]


def with_id_hashes(environment_id: str, batch: EventBatch) -> EventBatch:
    """Return a batch with the hashes of its ids, and whether the ids are distinct."""
    hashes = hash_ids(environment_id, batch.system["event_id"].combine_chunks())
    ordered = np.sort(hashes)
    return replace(
        batch,
        system=batch.system.append_column("id_hash", pa.array(hashes)),
        has_distinct_ids=not np.any(ordered[1:] == ordered[:-1]),
    )
