"""Write a batch in one transaction.

The steps take their locks in one order: those of attempts, the model's locks, the job's row, the event rows in order of
their keys, the idempotency records in order of theirs. So any number of replicas may write the same ids without
deadlocks.
"""

from uuid import uuid4

from inference_events.events.store_errors import OutOfTurn, RecordExists, RevisionChanged
from inference_events.events.types import Statuses, Write
from inference_events.stores.postgres import clocks, records
from inference_events.stores.postgres.connections import Connection
from inference_events.stores.postgres.jobs import advance, check_fence, job_progress
from inference_events.stores.postgres.row_writer import RowWriter
from inference_events.stores.postgres.schemas import Schemas


class WriteUnit:
    """One write as a unit of `Transactions`. A second run finds out whether the first was committed."""

    def __init__(self, write: Write, schemas: Schemas) -> None:
        self._write = write
        self._schemas = schemas
        self._batch_id = uuid4()
        self._statuses: Statuses | None = None

    def __call__(self, db: Connection, attempt: int) -> Statuses:
        """Write and return the statuses. Raises a StoreError."""
        write = self._write
        if write.epoch is None:
            clocks.lock_for_request(db, write.model_id, self._batch_id, records.attempt_locks(write))
        else:
            clocks.lock_for_job(db, write.model_id)
        if write.chunk is not None:
            # This also waits for an earlier run of the same chunk.
            check_fence(db, write.chunk.job_id, write.chunk.fence)
        if attempt and self._statuses is not None and self._is_committed(db):
            return self._statuses
        claims = write.claims
        if claimed := records.find_claimed(db, claims):
            raise RecordExists(*write.indexes(claimed))
        self._statuses = self._written(db)
        records.insert_records(db, self._batch_id, write, self._statuses)
        return self._statuses

    def _is_committed(self, db: Connection) -> bool:
        chunk = self._write.chunk
        if chunk is not None:
            return job_progress(db, chunk.job_id).next_row == chunk.end
        return records.is_committed(db, self._batch_id, self._write)

    def _written(self, db: Connection) -> Statuses:
        write = self._write
        clock = clocks.read_clock(db, write.model_id, write.environment_id)
        if clock.revision != write.batch.revision:
            raise RevisionChanged
        if write.chunk is not None and job_progress(db, write.chunk.job_id).next_row != write.chunk.start:
            raise OutOfTurn
        schema = self._schemas.get(db, write.model_id, clock.revision, clock.schema_version)
        statuses = RowWriter(db, write, schema, clock).write()
        if write.chunk is not None:
            advance(db, write.chunk, statuses)
        return statuses
