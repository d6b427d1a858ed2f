"""Everything that is written, by one thread on one connection: see `group_commit`."""

from dataclasses import replace
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import structlog

from inference_events.events.content import outdated_rows, same_content
from inference_events.events.merging import (
    Deduplicated,
    ExistingRows,
    RowNumbers,
    StoredRows,
    WriteVersion,
    append_statuses,
    column_epochs,
    deduplicate,
    merge_rows,
    publish_statuses,
    take_rows,
    update_statuses,
    with_label_times,
)
from inference_events.events.store import (
    CHANGES,
    TIMESTAMP,
    ContentConflict,
    Deletion,
    EventBatch,
    IdempotencyRecord,
    JobProgress,
    Mask,
    OutOfTurn,
    RecordExists,
    RetryKey,
    RevisionChanged,
    RowStatus,
    Statuses,
    Write,
    WriteKind,
)
from inference_events.stores.duckdb.changes import Changes
from inference_events.stores.duckdb.checkpoints import Checkpoints
from inference_events.stores.duckdb.commands import (
    AcceptJob,
    ApplySchema,
    Compact,
    Drop,
    EndJob,
    EndOrphans,
    FoldChanges,
    ForgetJobs,
    Purge,
    StartJob,
    Vacuum,
)
from inference_events.stores.duckdb.deltas import OVERRIDDEN, make_deltas, own_columns
from inference_events.stores.duckdb.epochs import Epochs
from inference_events.stores.duckdb.progress import advance, forget_jobs, job_progress, set_progress
from inference_events.stores.duckdb.records import (
    RecordIndex,
    find_claimed,
    insert_records,
    purge_records,
    with_statuses,
)
from inference_events.stores.duckdb.rows import KNOWN_BY_ID, ROW_ID, Rows, all_columns
from inference_events.stores.duckdb.sql import (
    EVENT_COLUMNS,
    declared_values,
    schema_of,
)
from inference_events.stores.duckdb.table_schema import TableSchema, arrow_type
from inference_events.stores.duckdb.tables import Tables

log = structlog.get_logger(__name__)

MAX_DELTAS = 1 << 16
MAX_COMPACTED = 1 << 13
VACUUM_CHANGES = 1 << 21
VACUUM = "SET GLOBAL max_vacuum_tasks = 100"
NO_VACUUM = "SET GLOBAL max_vacuum_tasks = 0"


class Writer:
    """Does the work of the committer's thread on one connection. `committed` are the schemas that readers see."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        max_deltas: int,
        record_index: RecordIndex,
        checkpoints: Checkpoints,
    ) -> None:
        self._db = connection
        self._db.execute(NO_VACUUM)
        self._tables = Tables(connection)
        self.committed = self._tables.schemas
        self._epochs = Epochs(connection)
        self._rows = Rows(connection)
        self._changes = Changes(connection)
        self._max_deltas = max_deltas
        self._record_index = record_index
        self._checkpoints = checkpoints
        self._records: list[IdempotencyRecord] = []
        self._claims: set[RetryKey] = set()
        self._vacuums = False

    def begin(self) -> None:
        self._vacuums = False
        self._tables.schemas = dict(self.committed)
        self._records = []
        self._claims = set()
        self._rows.begin()
        self._changes.begin()
        self._db.begin()

    def commit(self) -> None:
        if self._records:
            insert_records(self._db, self._record_index, self._records)
        self._changes.insert()
        with self._checkpoints.observed():
            self._db.commit()
        self.committed = self._tables.schemas

    def after_commit(self) -> bool:
        """Tidy up if it is time, and return whether it was. Nobody waits for it, and a failure loses nothing."""
        vacuums, self._vacuums = self._vacuums, False
        if not vacuums and not self._checkpoints.take_due():
            return False
        try:
            if vacuums:
                self._vacuum()
            else:
                self._checkpoint()
        except duckdb.Error as error:
            log.warning("checkpoint_failed", exc_info=error)
        return True

    def rollback(self) -> None:
        self._db.rollback()
        self._rows.rollback()
        self._epochs = Epochs(self._db)
        self._changes = Changes(self._db)

    def close(self) -> None:
        """Leave it to the engine to tidy up when it closes."""
        self._db.execute(VACUUM)

    def needs_vacuum(self) -> bool:
        """Return whether it is time for a Vacuum. Any thread may call it."""
        return self._rows.changes >= VACUUM_CHANGES

    def needs_folding(self) -> bool:
        """Return whether it is time for a FoldChanges. Any thread may call it."""
        return self._changes.are_many

    def needs_compaction(self, model_id: str) -> bool:
        """Return whether it is time for a Compact. Any thread may call it."""
        return self._rows.count_deltas(model_id) > self._max_deltas

    def apply(self, work: Any) -> Any:
        """Do a piece of work and return its result. Raises a StoreError."""
        match work:
            case Write():
                return self._write_claimed(work)
            case Deletion():
                return self._delete(work)
            case ApplySchema():
                return self._apply_schema(work)
            case Drop(model_id):
                return self._drop(model_id)
            case Compact(model_id):
                return self._compact(model_id)
            case FoldChanges():
                return self._changes.fold() if self.needs_folding() else None
            case Vacuum():
                self._vacuums |= self.needs_vacuum()
                return None
            case AcceptJob(model_id, job_id):
                return self._epochs.accept(model_id, job_id)
            case EndJob(job_id):
                return self._epochs.end(job_id)
            case StartJob(job_id, fence):
                return self._epochs.start(job_id, fence)
            case EndOrphans(known, accepted_before):
                return self._epochs.end_orphans(known, accepted_before)
            case Purge(before):
                return purge_records(self._db, before)
            case ForgetJobs(job_ids):
                return forget_jobs(self._db, job_ids)
        raise TypeError(f"unknown work {type(work).__name__}")

    def _drop(self, model_id: str) -> None:
        self._tables.drop(model_id)
        self._rows.forget(model_id)
        self._epochs.forget(model_id)
        self._changes.forget(model_id)

    def _apply_schema(self, definition: ApplySchema) -> None:
        model_id = definition.model_id
        schema = self._tables.schemas.get(model_id)
        while schema is not None and self._rows.compact(schema, MAX_COMPACTED):
            pass
        self._tables.define(model_id, definition.revision, definition.schema, definition.targets)
        self._rows.forget_columns(model_id)

    def _compact(self, model_id: str) -> None:
        schema = self._tables.schemas.get(model_id)
        if schema is not None and self.needs_compaction(model_id):
            self._rows.compact(schema, MAX_COMPACTED)

    def _vacuum(self) -> None:
        """Make a checkpoint that tidies up."""
        self._rows.changes = 0
        self._db.execute(VACUUM)
        self._checkpoint()
        self._db.execute(NO_VACUUM)

    def _checkpoint(self) -> None:
        with self._checkpoints.observed():
            self._db.execute("CHECKPOINT")

    def _write_claimed(self, write: Write) -> Statuses:
        """Do a write and keep the records of its requests. Raises RecordExists if one has a record."""
        claims = write.claims
        repeated = [claim for claim in claims if claim in self._claims]
        if claimed := repeated + find_claimed(self._db, self._record_index, claims):
            raise RecordExists(*claimed)
        statuses = self._write(write)
        self._claims.update(claims)
        self._records += [with_statuses(one, statuses) for one in write.records]
        return statuses

    def _write(self, write: Write) -> Statuses:
        if write.chunk is not None:
            self._epochs.check(write.chunk.job_id, write.chunk.fence)
        schema = schema_of(self._tables.schemas, write.model_id)
        if schema.revision != write.batch.revision:
            raise RevisionChanged
        if write.chunk is not None and job_progress(self._db, write.chunk.job_id).next_row != write.chunk.start:
            raise OutOfTurn
        stamp = self._stamp(write)
        found = self._with_new_hashes(schema, write, self._find(schema, write, stamp))
        statuses = _statuses(write, found)
        unchanged = np.flatnonzero((statuses == RowStatus.UNCHANGED) & found.is_stored)
        if stamp.notes and len(unchanged):
            self._confirm(schema, write, take_rows(write.batch, unchanged), found, stamp)
        changing = np.flatnonzero(np.isin(statuses, CHANGES))
        if len(changing):
            self._change(schema, write, take_rows(write.batch, changing), found, stamp)
        if write.chunk is not None:
            advance(self._db, write.chunk, statuses)
        return statuses

    def _change(
        self, schema: TableSchema, write: Write, batch: EventBatch, found: ExistingRows, stamp: WriteVersion
    ) -> None:
        folded = deduplicate(with_label_times(batch, [column.name for column in schema.labelled]))
        found = ExistingRows.match(folded.batch, found.stored)
        self._insert_new(schema, write, folded, np.flatnonzero(~found.is_stored), stamp)
        self._merge(schema, write, folded.batch, np.flatnonzero(found.is_stored), found, stamp)

    def _confirm(
        self, schema: TableSchema, write: Write, batch: EventBatch, found: ExistingRows, stamp: WriteVersion
    ) -> None:
        """Note that stored events were acknowledged again: jobs accepted before that must not undo them."""
        batch = deduplicate(batch).batch
        row_keys = ExistingRows.match(batch, found.stored).row_keys(np.arange(len(batch)))
        stored = self._rows.read(schema, row_keys, ["row_key", *own_columns(schema, {"column_epochs", "updated_at"})])
        noted = column_epochs(batch, write.kind, stamp, stored["column_epochs"].to_pylist())
        epochs = pa.repeat(pa.scalar(stamp.epoch, pa.int64()), len(stored))
        system = pa.table({name: stored[name] for name in OVERRIDDEN} | {"epoch": epochs, "column_epochs": noted})
        confirmed = replace(_rows_of(schema, stored), system=system)
        self._rows.put_deltas(schema, make_deltas(schema, stored, confirmed, {}))

    def _find(self, schema: TableSchema, write: Write, stamp: WriteVersion) -> ExistingRows:
        columns = _delta_look_up_columns(schema, write.batch, stamp) if _writes_deltas(write) else KNOWN_BY_ID
        stored = self._rows.find(schema, write.environment_id, write.batch.system, columns)
        return ExistingRows.nothing(len(write.batch)) if stored is None else ExistingRows.match(write.batch, stored)

    def _with_new_hashes(self, schema: TableSchema, write: Write, found: ExistingRows) -> ExistingRows:
        """Give stored rows whose hash has an older version the new hash if their content is the same."""
        if write.kind is WriteKind.UPDATE:
            return found
        rows = outdated_rows(write.batch, found, write.kind)
        if not len(rows):
            return found
        stored = self._rows.read(schema, found.row_keys(rows), all_columns(schema))
        is_same = same_content(take_rows(write.batch, rows), _rows_of(schema, stored), write.kind)
        is_same[is_same] = _is_first(found.number[rows[is_same]])
        rows, stored = rows[is_same], stored.filter(pa.array(is_same))
        hashes = write.batch.system["content_hash"].take(pa.array(rows))
        versions = pa.repeat(pa.scalar(write.batch.hash_version, pa.uint8()), len(rows))
        hashed = {ROW_ID: stored[ROW_ID], "content_hash": hashes, "hash_version": versions}
        self._rows.set_hashes(schema, pa.table(hashed))
        return found.with_hashes(rows, hashes.to_numpy())

    def _insert_new(
        self, schema: TableSchema, write: Write, folded: Deduplicated, rows: RowNumbers, stamp: WriteVersion
    ) -> None:
        if not len(rows):
            return
        batch = folded.batch
        system = batch.system.take(pa.array(rows))
        system = system.set_column(1, "timestamp", pc.coalesce(system["timestamp"], system["received_at"]))
        self._changes.note(write.model_id, write.environment_id, system["timestamp"])
        updated = pc.if_else(pa.array(folded.is_repeated[rows]), pa.scalar(write.received_at, TIMESTAMP), None)
        system = system.append_column("environment_id", pa.repeat(write.environment_id, len(rows)))
        system = system.append_column("updated_at", updated)
        versions = pa.repeat(pa.scalar(batch.hash_version, pa.uint8()), len(rows))
        system = system.append_column("hash_version", versions)
        system = system.append_column("epoch", pa.repeat(pa.scalar(stamp.epoch, pa.int64()), len(rows)))
        noted = pa.nulls(len(rows), pa.string())
        if stamp.notes:
            noted = column_epochs(batch, write.kind, stamp, [None] * len(batch)).take(pa.array(rows))
        system = system.append_column("column_epochs", noted)
        new = take_rows(batch, rows)
        self._insert(schema, StoredRows(system, new.values, new.labels))

    def _merge(
        self,
        schema: TableSchema,
        write: Write,
        batch: EventBatch,
        rows: RowNumbers,
        found: ExistingRows,
        stamp: WriteVersion,
    ) -> None:
        if _writes_deltas(write):
            moves = _moves(take_rows(batch, rows), found.rows(rows))
            self._patch(schema, write, take_rows(batch, rows[~moves]), found.rows(rows[~moves]), stamp)
            rows = rows[moves]
        if len(rows):
            self._rewrite(schema, write, take_rows(batch, rows), found.row_keys(rows), stamp)

    def _patch(
        self, schema: TableSchema, write: Write, batch: EventBatch, stored: pa.Table, stamp: WriteVersion
    ) -> None:
        if not len(batch):
            return
        self._changes.note(write.model_id, write.environment_id, stored["timestamp"])
        laid_over = merge_rows(_rows_of(schema, stored), batch, write, stamp)
        self._rows.put_deltas(schema, make_deltas(schema, stored, laid_over, batch.carried))

    def _rewrite(
        self, schema: TableSchema, write: Write, batch: EventBatch, row_keys: RowNumbers, stamp: WriteVersion
    ) -> None:
        stored = self._rows.read(schema, row_keys, all_columns(schema))
        self._rows.delete(schema, stored)
        before = replace(_rows_of(schema, stored), system=stored.select(["id_hash", *EVENT_COLUMNS]))
        merged = merge_rows(before, batch, write, stamp)
        self._changes.note(write.model_id, write.environment_id, stored["timestamp"], merged.system["timestamp"])
        self._insert(schema, merged, stored)

    def _insert(self, schema: TableSchema, rows: StoredRows, before: pa.Table | None = None) -> None:
        """Insert rows; `before` holds the values of dropped columns where the rows were stored already."""
        columns = dict(zip(rows.system.column_names, rows.system.columns, strict=True))
        columns |= zip((c.sql_name for c in schema.declared), rows.values.columns, strict=True)
        columns |= {c.label_name: rows.labels[c.name] for c in schema.labelled}
        for name, kind in ((name, kind) for c in schema.dropped for name, kind in c.sql_columns.items()):
            nothing = pa.nulls(len(rows.system), arrow_type(kind))
            columns[name] = nothing if before is None else before[name]
        self._rows.insert(schema, pa.table(columns))
        self._checkpoints.note_write(schema.table, len(columns))

    def _delete(self, deletion: Deletion) -> int:
        self._epochs.check(deletion.job_id, deletion.fence)
        done = job_progress(self._db, deletion.job_id)
        if "deleted_events" in done.counts:
            return done.counts["deleted_events"]
        schema = schema_of(self._tables.schemas, deletion.model_id)
        gone = self._rows.select(schema, deletion)
        self._rows.delete(schema, gone)
        self._changes.note(deletion.model_id, deletion.environment_id, gone["timestamp"])
        set_progress(self._db, deletion.job_id, JobProgress(0, {"deleted_events": len(gone)}))
        return len(gone)

    def _stamp(self, write: Write) -> WriteVersion:
        return self._epochs.stamp(write.model_id) if write.epoch is None else WriteVersion(write.epoch)


def _writes_deltas(write: Write) -> bool:
    """Return whether a write makes deltas. Jobs change enough rows that rewriting those costs less."""
    return write.kind is WriteKind.UPDATE and write.epoch is None


def _delta_look_up_columns(schema: TableSchema, batch: EventBatch, stamp: WriteVersion) -> list[str]:
    """List what must be known of rows to delta them: of each column more, the engine reads a block for every row."""
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


def _is_first(numbers: RowNumbers) -> Mask:
    """Mark the first of each number."""
    is_first = np.zeros(len(numbers), bool)
    is_first[np.unique(numbers, return_index=True)[1]] = True
    return is_first


def _moves(batch: EventBatch, stored: pa.Table) -> Mask:
    """Mark the stored rows whose time changes. Rows are found and ordered by it, so these are rewritten."""
    moves: Mask = pc.fill_null(pc.not_equal(batch.system["timestamp"], stored["timestamp"]), False).to_numpy()
    return moves


def _statuses(write: Write, found: ExistingRows) -> Statuses:
    match write.kind:
        case WriteKind.PUBLISH:
            return publish_statuses(write.batch, found)
        case WriteKind.UPDATE:
            return update_statuses(found)
    statuses = append_statuses(write.batch, found)
    conflicts = np.flatnonzero(statuses == RowStatus.CONFLICT)
    if len(conflicts) and write.chunk is None:
        raise ContentConflict(conflicts.tolist())
    return statuses
