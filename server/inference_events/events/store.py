"""What every event store does, with any engine. The docstrings are the contract; one suite of tests
(`tests/stores/contract`) holds each engine to it.
"""

from collections.abc import Collection, Generator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Protocol

import pyarrow as pa

from inference_events.events.columns import ColumnSelection
from inference_events.events.types import (
    DataRevision,
    Deletion,
    IdempotencyRecord,
    JobProgress,
    MatchCount,
    Query,
    RejectedRow,
    RetryKey,
    Scan,
    Statuses,
    StoredEvents,
    Traffic,
    Write,
)


class Snapshot(Protocol):
    """A model's events at one moment, for one thread. What is written meanwhile neither waits for it nor shows in it.

    Each call may raise Retryable, and any error after `cancel`.
    """

    @property
    def is_slow(self) -> bool:
        """Whether reading events a second time takes longer than keeping them in memory."""

    def data_revision(self, environment_id: str) -> DataRevision:
        """Return the data revision of an environment at this moment, (0, 0) before its first event."""

    def dirty_hours(self, environment_id: str, since: DataRevision) -> list[tuple[int, int]]:
        """Return the hours that changed after a data revision until this moment, as `EventStore.dirty_hours` does.

        If the revision is later than this moment, they are all hours that have ever had events.
        """

    def columns(self, selection: ColumnSelection) -> Generator[pa.RecordBatch, None, None]:
        """Yield columns of the events selected, batch by batch, in any order; nothing if there are none.

        Batches have the schema of `batch_schema`, and some 16 MiB. Read one to its end, or close it, before the next.
        """

    def cancel(self) -> None:
        """Stop the read that runs. Any thread may call it."""


class EventStore(Protocol):
    """Keeps events. Writes return futures that are done once the write is committed and synced to disk.

    Writes to one model are applied in the order of the calls. A read that begins after a future is done sees its
    effect. Each call may raise Retryable.
    """

    def apply_schema(
        self,
        model_id: str,
        revision: int,
        schema: pa.Schema,
        targets: Collection[str] = (),
        updatable: Collection[str] = (),
    ) -> Future[None]:
        """Create or change a model's columns. From now on the store keeps when the targets among them got a value.

        Updates of the `updatable` columns, targets among them, may be faster. Those of others work as well.

        A dropped column keeps its values, which read as undeclared; a column of another type gets them converted.
        Fails with LossyRetyping if a value would be lost, and with TooManyColumns if an engine for which each column
        costs memory has no room for the new ones. Either changes nothing.
        """

    def drop(self, model_id: str) -> Future[None]:
        """Remove a model's events. Dropping an unknown model is harmless."""

    def write(self, write: Write) -> Future[Statuses]:
        """Commit a batch and return one RowStatus per row.

        Repeated ids apply in order. In an APPEND without chunk, other content for
        a stored id fails the whole batch with ContentConflict; with a chunk the row is rejected on its own.
        A stored row whose hash has an older version is compared by its values. If they are equal it gets the new hash.
        Fails with ModelUnknown or RevisionChanged, with RecordExists if one of the idempotency keys has a record, with
        OutOfTurn if the chunk before is not committed, and with Fenced if the chunk's run may not write any more.
        A store that several replicas share also fails with RecordExists if a request without a key has a record, as
        `RecordOfRows` says. A retry waits for the first attempt that another replica is writing.
        """

    def delete(self, deletion: Deletion) -> Future[int]:
        """Delete events, record the number as the job's progress, and return it. Repeating it is harmless.

        Fails with ModelUnknown, and with Fenced if the run may not delete any more.
        """

    def read(self, query: Query) -> StoredEvents:
        """Return the events selected. Fails with ModelUnknown, or RevisionChanged if the query names a revision.

        If the query's time is up, it returns the events found up to the place `searched_to`. An engine that searches
        in no order fails with SearchTimeout.
        """

    def count_matches(self, query: Query, most: int | None = None) -> MatchCount:
        """Count the events that a query selects, without its limit and `after`: all, or up to `most`.

        If the query's time is up, it returns how many were found by then. Fails as `read` does.
        """

    def scan(self, scan: Scan) -> Generator[StoredEvents, None, None]:
        """Yield the events selected, part by part, in order of timestamp and id; nothing if there are none.

        `system` has event_id and timestamp only, `values` the scan's columns in its order. A part has some 64 MiB.
        All parts show the state at one moment; writes go on meanwhile. Close a scan that is not read to its end.
        Fails with ModelUnknown or RevisionChanged, but only before the first part.
        """

    def snapshot(self, model_id: str, revision: int) -> AbstractContextManager[Snapshot]:
        """Open the present moment of a model whose schema has this revision, to read columns of it several times.

        Fails with ModelUnknown or RevisionChanged.
        """

    def count(self, model_id: str, environment_id: str, start: int | None = None, end: int | None = None) -> int:
        """Return the number of events, of all or of a range of time. Fails with ModelUnknown."""

    def counts(self, model_id: str) -> Mapping[str, int]:
        """Return the number of events of each environment that has any, by its id. Fails with ModelUnknown."""

    def traffic(self, model_id: str, environment_id: str, start: int | None = None, end: int | None = None) -> Traffic:
        """Return the traffic of all events or of a range of time, at one moment. Fails with ModelUnknown."""

    def data_revision(self, model_id: str, environment_id: str) -> DataRevision:
        """Return the data revision of an environment, (0, 0) before its first event. Fails with ModelUnknown.

        Each commit that changes its events raises it. Writes that change nothing do not, nor do changes of the schema.
        It never returns to an earlier value, not even for a model that is dropped and defined again.
        """

    def data_revisions(self, model_id: str) -> Mapping[str, DataRevision]:
        """Return the data revision of each environment that has ever had an event, by its id, at one moment.

        It reads changes, no events, so it takes the same time for any number of events. Fails with ModelUnknown.
        """

    def dirty_hours(self, model_id: str, environment_id: str, since: DataRevision) -> list[tuple[int, int]]:
        """Return the hours in which events may have changed after a data revision, as sorted ranges with gaps.

        A range is its first and last hour, in hours since 1970 (UTC). An event that moved counts at its old and at its
        new time. If changes were many or long ago, or the store never had the revision, hours without a change may be
        among them. Fails with ModelUnknown.
        """


class JobStore(Protocol):
    """Keeps the epochs of models, their open jobs, and how far each job has come, in step with the events.

    A job may run several times, and a run may go on after another process has taken its job over. So each run has a
    fence, a number that grows from run to run of a job. Only the latest run that has started can write.
    """

    def accept_job(self, model_id: str, job_id: str) -> Future[int]:
        """Raise the model's epoch, open a job at it, and return it. Repeating it returns the same epoch.

        Earlier writes belong to a smaller epoch, later ones to this epoch or a larger one.
        """

    def start_job(self, job_id: str, fence: int) -> Future[None]:
        """Let only this run of the job, or a later one, write. Repeating it is harmless.

        Fails with Fenced if the job is not open or a later run has started.
        """

    def end_job(self, job_id: str) -> Future[None]:
        """Close a job. Closing a job that is not open is harmless."""

    def end_orphans(self, known: Collection[str], accepted_before: int) -> Future[None]:
        """Close the jobs that were accepted before a time (UTC microseconds), except the `known` ones.

        A crash may leave a job open: between its acceptance and its first commit elsewhere, or before `end_job`.
        """

    def progress(self, job_id: str) -> JobProgress:
        """Return how far a job has come. An unknown job has no progress."""

    def rejected_rows(self, job_id: str, offset: int, limit: int) -> tuple[list[RejectedRow], int]:
        """Return a page of a job's rejected rows in order of their number, and how many there are."""

    def forget_jobs(self, job_ids: Sequence[str]) -> Future[bool]:
        """Forget the progress and the rejected rows of jobs that ended.

        One call forgets a limited number of rows, so that other writes need not wait long. Call it until it returns
        True.
        """


class RecordStore(Protocol):
    """Keeps the idempotency records that `EventStore.write` commits together with the events."""

    def find_record(self, key: RetryKey, body_digest: bytes) -> IdempotencyRecord | None:
        """Return the newest record of the key, or without an idempotency key of the digest."""

    def purge_records(self, before: int) -> Future[None]:
        """Forget records made before a time (UTC microseconds)."""


class Store(EventStore, JobStore, RecordStore, Protocol):
    """All that one engine keeps, and its own life. Every call after `close` raises StoreClosed."""

    def ping(self) -> bool:
        """Return whether the store can be read."""

    def queue_depth(self) -> int:
        """Return how many writes wait to be committed."""

    def close(self) -> None:
        """Finish what was accepted and close the engine."""
