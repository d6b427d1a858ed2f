"""Columns of events at one moment, as fast as the engine hands them out: unordered, in batches of bounded size.

The engine reads 2048 rows at a time, even for a smaller batch. Of rows so wide that these alone would be too much, it
gets a range of row numbers at a time.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from inference_events.events.columns import ColumnSelection, batch_schema
from inference_events.events.hours import HourRange
from inference_events.events.store_errors import ModelUnknown, RevisionChanged
from inference_events.events.types import DataRevision
from inference_events.stores.duckdb.changes import data_revision, dirty_hours
from inference_events.stores.duckdb.deltas import latest, selected_rows
from inference_events.stores.duckdb.sql import arrow, conditions, number
from inference_events.stores.duckdb.table_schema import LABEL_TYPE, TableSchema

BATCH_BYTES = 16 * 1024 * 1024
# Larger batches are no faster.
MAX_BATCH_ROWS = 65_536
VECTOR_ROWS = 2048
# The engine may read rows for so many batches before it hands out the first one.
MAX_BATCHES_AT_ONCE = 4
# Rows that are weighed: some at each of several places, because each place costs a block of every column.
WEIGHED_PLACES = 8
WEIGHED_ROWS = 32


@contextmanager
def open_snapshot(db: duckdb.DuckDBPyConnection, schema: TableSchema, revision: int) -> "Iterator[DuckDBSnapshot]":
    """Give a snapshot of a model. Raises ModelUnknown and RevisionChanged."""
    db.begin()
    try:
        check_revision(db, schema, revision)
        snapshot = DuckDBSnapshot(db, schema)
        with closing(snapshot):
            yield snapshot
    finally:
        db.rollback()


def check_revision(db: duckdb.DuckDBPyConnection, schema: TableSchema, revision: int) -> None:
    """Raise ModelUnknown or RevisionChanged if the model has another revision, in the transaction or by `schema`."""
    rows = db.execute("SELECT revision FROM models WHERE model_id = ?", [schema.model_id]).fetchall()
    if not rows:
        raise ModelUnknown
    if rows != [(revision,)] or schema.revision != revision:
        raise RevisionChanged


class DuckDBSnapshot:
    """`Snapshot` in a transaction of one cursor."""

    is_slow = False

    def __init__(self, db: duckdb.DuckDBPyConnection, schema: TableSchema) -> None:
        self._db = db
        self._schema = schema
        self._reader: pa.RecordBatchReader | None = None
        self._weighed: dict[pa.Schema, float] = {}

    def data_revision(self, environment_id: str) -> DataRevision:
        return data_revision(self._db, self._schema.model_id, environment_id)

    def dirty_hours(self, environment_id: str, since: DataRevision) -> list[HourRange]:
        return dirty_hours(self._db, self._schema.model_id, environment_id, since)

    def columns(self, selection: ColumnSelection) -> Generator[pa.RecordBatch, None, None]:
        schema = batch_schema(selection, self._schema.arrow)
        row_bytes = self._row_bytes(selection, schema)
        rows = max(min(int(BATCH_BYTES / row_bytes), MAX_BATCH_ROWS), 1)
        where, parameters = conditions(selection)
        for part in self._parts(rows, where, parameters) if selection.most is None else [""]:
            query = self._query(selection, f"{where}{part}")
            self._reader = self._db.sql(query, params=parameters).to_arrow_reader(rows)
            with self._reader as reader:
                for batch in reader:
                    yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)

    def cancel(self) -> None:
        with suppress(duckdb.Error):
            self._db.interrupt()

    def close(self) -> None:
        """Close a read that was not read to its end. The transaction cannot end before."""
        if self._reader is not None:
            self._reader.close()

    def _query(self, selection: ColumnSelection, where: str) -> str:
        stored = {column.name: column for column in self._schema.declared}
        names = ["timestamp", *(["event_id"] if selection.most is not None else [])]
        names += ["received_at"] if selection.with_received else []
        names += ["violations"] if selection.with_violations else []
        names += [stored[name].sql_name for name in selection.columns]
        for name in selection.labels:
            column = stored[name]
            names.append(column.label_name if column.labelled else f"NULL::{LABEL_TYPE}")
        query = latest(self._schema, names, selected_rows(self._schema, names, where))
        return query if selection.most is None else f"{query} ORDER BY e.event_id LIMIT {selection.most}"

    def _parts(self, rows: int, where: str, parameters: Sequence[Any]) -> Iterator[str]:
        """Yield further conditions that select rows part by part, if the engine would read too much at once."""
        if rows * MAX_BATCHES_AT_ONCE >= VECTOR_ROWS:
            yield ""
            return
        range_query = f"SELECT min(e.rowid), max(e.rowid) FROM {self._schema.table} e WHERE {where}"
        [(first, last)] = self._db.execute(range_query, parameters).fetchall()
        for low in range(first or 0, (-1 if last is None else last) + 1, rows):
            yield f" AND e.rowid >= {low} AND e.rowid < {low + rows}"

    def _row_bytes(self, selection: ColumnSelection, schema: pa.Schema) -> float:
        """Return about how many bytes a row takes."""
        if not selection.with_violations and all(map(_is_fixed, schema.types)):
            return 8.0 * len(schema)
        if schema not in self._weighed:
            self._weighed[schema] = self._weigh(selection)
        return self._weighed[schema]

    def _weigh(self, selection: ColumnSelection) -> float:
        last_row = number(self._db, f"SELECT coalesce(max(rowid), 0) FROM {self._schema.table}")
        places = np.linspace(0, max(last_row - WEIGHED_ROWS, 0), WEIGHED_PLACES).astype(np.int64)
        chosen = np.unique(places[:, None] + np.arange(WEIGHED_ROWS))
        weighed = arrow(self._db, self._query(selection, f"e.rowid IN ({', '.join(map(str, chosen))})"))
        return max(int(weighed.nbytes) / max(len(weighed), 1), 1.0)


def _is_fixed(kind: Any) -> bool:
    return not pa.types.is_string(kind) and not pa.types.is_list(kind)
