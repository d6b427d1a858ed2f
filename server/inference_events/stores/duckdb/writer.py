"""Execute the commands of the writing thread, on one connection: see `group_commit`."""

from typing import Any

import duckdb
import structlog

from inference_events.events.merging import WriteVersion
from inference_events.events.store_errors import OutOfTurn, RecordExists, RevisionChanged
from inference_events.events.types import Deletion, IdempotencyRecord, JobProgress, RetryKey, Statuses, Write
from inference_events.stores.duckdb.changes import Changes
from inference_events.stores.duckdb.checkpoints import Checkpoints
from inference_events.stores.duckdb.commands import (
    AcceptJob,
    ApplySchema,
    Compact,
    CompactChanges,
    Drop,
    EndJob,
    EndOrphans,
    ForgetJobs,
    Purge,
    StartJob,
    Vacuum,
)
from inference_events.stores.duckdb.epochs import Epochs
from inference_events.stores.duckdb.progress import advance, forget_jobs, job_progress, set_progress
from inference_events.stores.duckdb.records import (
    RecordIndex,
    find_claimed,
    insert_records,
    purge_records,
    with_statuses,
)
from inference_events.stores.duckdb.rows import EventRows
from inference_events.stores.duckdb.sql import (
    schema_of,
)
from inference_events.stores.duckdb.tables import Tables
from inference_events.stores.duckdb.writing import BatchWriter

log = structlog.get_logger(__name__)

MAX_DELTAS = 1 << 16
MAX_COMPACTED = 1 << 13
VACUUM_CHANGES = 1 << 21
VACUUM = "SET GLOBAL max_vacuum_tasks = 100"
NO_VACUUM = "SET GLOBAL max_vacuum_tasks = 0"


class Writer:
    """Executes commands in the committer's thread. `committed` has the schemas that readers see."""

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
        self._rows = EventRows(connection)
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
        """Vacuum or checkpoint if it is due, and return whether it was. A failure loses nothing."""
        vacuums, self._vacuums = self._vacuums, False
        if not vacuums and not self._checkpoints.reset_if_due():
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
        """Let the engine vacuum when it closes."""
        self._db.execute(VACUUM)

    def needs_vacuum(self) -> bool:
        """Return whether it is time for a Vacuum. Any thread may call it."""
        return self._rows.changes >= VACUUM_CHANGES

    def needs_change_compaction(self) -> bool:
        """Return whether it is time for a CompactChanges. Any thread may call it."""
        return self._changes.are_many

    def needs_compaction(self, model_id: str) -> bool:
        """Return whether it is time for a Compact. Any thread may call it."""
        return self._rows.count_deltas(model_id) > self._max_deltas

    def apply(self, command: Any) -> Any:
        """Execute a command and return its result. Raises a StoreError."""
        match command:
            case Write():
                return self._write_with_records(command)
            case Deletion():
                return self._delete(command)
            case ApplySchema():
                return self._apply_schema(command)
            case Drop(model_id):
                return self._drop(model_id)
            case Compact(model_id):
                return self._compact(model_id)
            case CompactChanges():
                return self._changes.compact() if self.needs_change_compaction() else None
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
        raise TypeError(f"unknown command {type(command).__name__}")

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
        """Make a checkpoint that vacuums."""
        self._rows.changes = 0
        self._db.execute(VACUUM)
        self._checkpoint()
        self._db.execute(NO_VACUUM)

    def _checkpoint(self) -> None:
        with self._checkpoints.observed():
            self._db.execute("CHECKPOINT")

    def _write_with_records(self, write: Write) -> Statuses:
        """Execute a write and store the records of its requests. Raises RecordExists if one has a record."""
        claims = write.claims
        repeated = [claim for claim in claims if claim in self._claims]
        if claimed := repeated + find_claimed(self._db, self._record_index, claims):
            raise RecordExists(*write.indexes(claimed))
        statuses = self._write(write)
        self._claims.update(claims)
        self._records += [with_statuses(request, statuses) for request in write.records]
        return statuses

    def _write(self, write: Write) -> Statuses:
        if write.chunk is not None:
            self._epochs.check(write.chunk.job_id, write.chunk.fence)
        schema = schema_of(self._tables.schemas, write.model_id)
        if schema.revision != write.batch.revision:
            raise RevisionChanged
        if write.chunk is not None and job_progress(self._db, write.chunk.job_id).next_row != write.chunk.start:
            raise OutOfTurn
        statuses = BatchWriter(self._rows, self._changes, schema, write, self._stamp(write)).write()
        self._checkpoints.note_write(schema.table, len(schema.declared))
        if write.chunk is not None:
            advance(self._db, write.chunk, statuses)
        return statuses

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
