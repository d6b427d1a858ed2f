"""Write one batch: find its stored rows, decide the status of each row, then insert, rewrite or write deltas."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inference_events.events.content import outdated_rows, same_content
from inference_events.events.merging import (
    Deduplicated,
    RowNumbers,
    StoredRows,
    WriteVersion,
    column_epochs,
    deduplicate,
    merge_rows,
    new_rows,
    take_rows,
    with_label_times,
)
from inference_events.events.statuses import ExistingRows, first_of_each, row_statuses
from inference_events.events.types import (
    CHANGES,
    EventBatch,
    Mask,
    RowStatus,
    Statuses,
    Write,
    WriteKind,
)
from inference_events.stores.column_types import arrow_type
from inference_events.stores.duckdb.changes import Changes
from inference_events.stores.duckdb.deltas import OVERRIDDEN, make_deltas, own_columns
from inference_events.stores.duckdb.rows import KNOWN_BY_ID, ROW_ID, EventRows, all_columns
from inference_events.stores.duckdb.sql import EVENT_COLUMNS, declared_values
from inference_events.stores.duckdb.table_schema import TableSchema


class BatchWriter:
    """Executes one `Write` on the rows of its model, and notes the hours that it changes."""

    def __init__(
        self, rows: EventRows, changes: Changes, schema: TableSchema, write: Write, stamp: WriteVersion
    ) -> None:
        self._rows = rows
        self._changes = changes
        self._schema = schema
        self._write = write
        self._stamp = stamp
        # A job changes so many rows that rewriting them costs less than deltas.
        self._writes_deltas = write.kind is WriteKind.UPDATE and write.epoch is None

    def write(self) -> Statuses:
        """Write the batch and return the statuses of its rows. Raises ContentConflict."""
        batch = self._write.batch
        found = self._with_new_hashes(self._find())
        statuses = row_statuses(self._write, found)
        unchanged = np.flatnonzero((statuses == RowStatus.UNCHANGED) & found.is_stored)
        if self._stamp.notes and len(unchanged):
            self._confirm(take_rows(batch, unchanged), found)
        changing = np.flatnonzero(np.isin(statuses, CHANGES))
        if len(changing):
            self._change(take_rows(batch, changing), found)
        return statuses

    def _change(self, batch: EventBatch, found: ExistingRows) -> None:
        deduplicated = deduplicate(with_label_times(batch, [column.name for column in self._schema.labelled]))
        found = ExistingRows.match(deduplicated.batch, found.stored)
        self._insert_new(deduplicated, np.flatnonzero(~found.is_stored))
        self._merge(deduplicated.batch, np.flatnonzero(found.is_stored), found)

    def _confirm(self, batch: EventBatch, found: ExistingRows) -> None:
        """Stamp stored events that were acknowledged again: jobs accepted earlier must not change them."""
        schema, stamp = self._schema, self._stamp
        batch = deduplicate(batch).batch
        row_keys = ExistingRows.match(batch, found.stored).row_keys(np.arange(len(batch)))
        stored = self._rows.read(schema, row_keys, ["row_key", *own_columns(schema, {"column_epochs", "updated_at"})])
        noted = column_epochs(batch, self._write.kind, stamp, stored["column_epochs"].to_pylist())
        epochs = pa.repeat(pa.scalar(stamp.epoch, pa.int64()), len(stored))
        system = pa.table({name: stored[name] for name in OVERRIDDEN} | {"epoch": epochs, "column_epochs": noted})
        confirmed = replace(_rows_of(schema, stored), system=system)
        self._rows.put_deltas(schema, make_deltas(schema, stored, confirmed, {}))

    def _find(self) -> ExistingRows:
        schema, write = self._schema, self._write
        columns = _delta_look_up_columns(schema, write.batch, self._stamp) if self._writes_deltas else KNOWN_BY_ID
        stored = self._rows.find(schema, write.environment_id, write.batch.system, columns)
        return ExistingRows.nothing(len(write.batch)) if stored is None else ExistingRows.match(write.batch, stored)

    def _with_new_hashes(self, found: ExistingRows) -> ExistingRows:
        """Replace the hashes of older versions of stored rows that have the same content."""
        schema, write = self._schema, self._write
        if write.kind is WriteKind.UPDATE:
            return found
        rows = outdated_rows(write.batch, found, write.kind)
        if not len(rows):
            return found
        stored = self._rows.read(schema, found.row_keys(rows), all_columns(schema))
        is_same = same_content(take_rows(write.batch, rows), _rows_of(schema, stored), write.kind)
        is_same[is_same] = first_of_each(found.number[rows[is_same]])
        rows, stored = rows[is_same], stored.filter(pa.array(is_same))
        hashes = write.batch.system["content_hash"].take(pa.array(rows))
        versions = pa.repeat(pa.scalar(write.batch.hash_version, pa.uint8()), len(rows))
        hashed = {ROW_ID: stored[ROW_ID], "content_hash": hashes, "hash_version": versions}
        self._rows.set_hashes(schema, pa.table(hashed))
        return found.with_hashes(rows, hashes.to_numpy())

    def _insert_new(self, deduplicated: Deduplicated, rows: RowNumbers) -> None:
        if len(rows):
            new = new_rows(deduplicated, rows, self._write, self._stamp)
            environments = pa.repeat(self._write.environment_id, len(rows))
            self._note(new.system)
            self._insert(replace(new, system=new.system.append_column("environment_id", environments)))

    def _merge(self, batch: EventBatch, rows: RowNumbers, found: ExistingRows) -> None:
        if self._writes_deltas:
            moves = _moves(take_rows(batch, rows), found.rows(rows))
            self._put_deltas(take_rows(batch, rows[~moves]), found.rows(rows[~moves]))
            rows = rows[moves]
        if len(rows):
            self._rewrite(take_rows(batch, rows), found.row_keys(rows))

    def _put_deltas(self, batch: EventBatch, stored: pa.Table) -> None:
        if len(batch):
            self._note(stored)
            merged = merge_rows(_rows_of(self._schema, stored), batch, self._write, self._stamp)
            self._rows.put_deltas(self._schema, make_deltas(self._schema, stored, merged, batch.carried))

    def _rewrite(self, batch: EventBatch, row_keys: RowNumbers) -> None:
        stored = self._rows.read(self._schema, row_keys, all_columns(self._schema))
        self._rows.delete(self._schema, stored)
        before = replace(_rows_of(self._schema, stored), system=stored.select(["id_hash", *EVENT_COLUMNS]))
        merged = merge_rows(before, batch, self._write, self._stamp)
        self._note(stored, merged.system)
        self._insert(merged, stored)

    def _note(self, *systems: pa.Table) -> None:
        times = (system["timestamp"] for system in systems)
        self._changes.note(self._write.model_id, self._write.environment_id, *times)

    def _insert(self, rows: StoredRows, before: pa.Table | None = None) -> None:
        """Insert rows; `before` has the values of dropped columns if the rows were already stored."""
        schema = self._schema
        columns = dict(zip(rows.system.column_names, rows.system.columns, strict=True))
        columns |= zip((c.sql_name for c in schema.declared), rows.values.columns, strict=True)
        columns |= {c.label_name: rows.labels[c.name] for c in schema.labelled}
        for name, kind in ((name, kind) for c in schema.dropped for name, kind in c.sql_columns.items()):
            nothing = pa.nulls(len(rows.system), arrow_type(kind))
            columns[name] = nothing if before is None else before[name]
        self._rows.insert(schema, pa.table(columns))


def _delta_look_up_columns(schema: TableSchema, batch: EventBatch, stamp: WriteVersion) -> list[str]:
    """Return the columns needed to write deltas. Each further column costs a block to read for every row."""
    extends = batch.system["undeclared"].null_count < len(batch)
    merged = [name for name, is_merged in {"undeclared": extends, "column_epochs": stamp.notes}.items() if is_merged]
    return [
        "row_key",
        "event_id",
        "NULL::UBIGINT AS content_hash",
        "NULL::UTINYINT AS hash_version",
        "timestamp",
        *own_columns(schema, merged),
    ]


def _rows_of(schema: TableSchema, stored: pa.Table) -> StoredRows:
    labels = {column.name: stored[column.label_name] for column in schema.labelled}
    return StoredRows(stored, declared_values(stored, schema.declared), labels)


def _moves(batch: EventBatch, stored: pa.Table) -> Mask:
    """Return which stored rows change their time. Rows are selected and sorted by it, so these must be rewritten."""
    moves: Mask = pc.fill_null(pc.not_equal(batch.system["timestamp"], stored["timestamp"]), False).to_numpy()
    return moves
