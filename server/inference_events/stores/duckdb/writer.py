"""Everything that is written, by one thread on one connection: see `group_commit`."""

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
    Drop,
    EndJob,
    EndOrphans,
    FoldChanges,
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
from inference_events.stores.duckdb.rows import Rows
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
            raise RecordExists(*write.places(claimed))
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
