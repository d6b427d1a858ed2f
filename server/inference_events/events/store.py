"""What every event store does, whatever engine is under it. The docstrings are the contract; one suite of tests
(`tests/stores/contract`) holds each engine to it.

Events travel in Arrow: an `EventBatch` in, `StoredEvents` out, row by row in step with each other.
"""

from collections import Counter
from collections.abc import Collection, Generator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Mask = npt.NDArray[np.bool_]
Statuses = npt.NDArray[np.int8]
# How often things were found, by their kind and name.
Counters = Mapping[str, Mapping[str, int]]

TIMESTAMP = pa.timestamp("us")
# Stands for the time of a label that was written before the times of labels were kept.
UNKNOWN_TIME = 0
VIOLATIONS = pa.list_(pa.struct([("column", pa.string()), ("kind", pa.string()), ("value", pa.string())]))
SYSTEM_SCHEMA = pa.schema(
    [
        ("event_id", pa.string()),
        ("timestamp", TIMESTAMP),
        ("received_at", TIMESTAMP),
        ("content_hash", pa.uint64()),
        ("undeclared", pa.string()),
        ("violations", VIOLATIONS),
    ]
)


class StoreError(Exception):
    """The store refuses a call for a reason that the caller can act on."""


class StoreUnreadable(StoreError):
    """The engine cannot open what it kept. `args` is why."""


class StoreTooNew(StoreError):
    """A newer version wrote what is kept. `args` are its format and the newest format that is known here."""


class StoreOutdated(StoreError):
    """An older version wrote what is kept, and it must be migrated first. `args` are as in StoreTooNew."""


class StoreTooOld(StoreError):
    """A version that is too old to be migrated wrote what is kept. `args` says how that shows."""


class StoreClosed(StoreError):
    """The store is closed, or is closing. It accepts no more calls."""


class Retryable(StoreError):
    """The store could not do the call now, or cannot know whether it did. The same call may be made again."""


class ModelUnknown(StoreError):
    """The model has no table: it was never defined, or it was dropped."""


class RecordExists(StoreError):
    """There are retry records of these keys, and nothing was written. `args` are the keys."""


class RevisionChanged(StoreError):
    """The batch was made for another revision of the model's schema. Make it again."""


class LossyRetyping(StoreError):
    """A column's stored values do not all have a counterpart in its new type. `args` names the columns."""


class TooManyColumns(StoreError):
    """All models together would have more columns than the store may hold. `args` is the limit."""


class OutOfTurn(StoreError):
    """The chunk does not begin where its job has come to: one before it is not committed."""


class Fenced(StoreError):
    """A later run of the job has started, or the job is closed. This run must stop."""


class JobClosed(Fenced):
    """The job is not open: it has ended, or was never accepted."""


class ContentConflict(StoreError):
    """A dataset holds other content for these ids. `rows` are their places in the batch."""

    def __init__(self, rows: Sequence[int]) -> None:
        super().__init__("other content is stored for these ids")
        self.rows = list(rows)


class WriteKind(Enum):
    """PUBLISH adds or replaces events of the time series, APPEND adds to a dataset, UPDATE changes columns."""

    PUBLISH = "publish"
    APPEND = "append"
    UPDATE = "update"


class RowStatus(IntEnum):
    """What became of one row of a batch."""

    CREATED = 0
    REPLACED = 1
    UNCHANGED = 2
    UPDATED = 3
    UNKNOWN = 4
    CONFLICT = 5


# The statuses of rows that changed what is stored.
CHANGES = (RowStatus.CREATED, RowStatus.REPLACED, RowStatus.UPDATED)


@dataclass(frozen=True)
class EventBatch:
    """Rows to write, made against one `revision` of a model's schema.

    `system` has SYSTEM_SCHEMA; its timestamp is null where the row has none. `values` has the model's declared
    columns. `carried` tells per declared column which rows say something about it: where a row does not, a
    stored value stays. `violations` in `system` may name columns that are not carried; they bind new events only.
    `hash_version` is that of the content hashes in `system`.
    `labels` is for the store alone: per target column the time of receipt of each row that gives it a value.
    `has_distinct_ids` is true only if no id repeats. A store sets it if it knows that anyway, which saves grouping ids.
    """

    revision: int
    system: pa.Table
    values: pa.Table
    carried: Mapping[str, Mask]
    hash_version: int
    labels: Mapping[str, pa.Array] = field(default_factory=dict)
    has_distinct_ids: bool = False

    def __len__(self) -> int:
        return int(self.system.num_rows)

    @cached_property
    def groups(self) -> npt.NDArray[np.int64]:
        """Number the rows' ids in order of their first appearance: rows of one id have one number."""
        if self.has_distinct_ids:
            return np.arange(len(self))
        encoded = self.system["event_id"].combine_chunks().dictionary_encode()
        numbers: npt.NDArray[np.int64] = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        return numbers


class RetryKey(NamedTuple):
    """What a request and those that repeat it have in common. With an idempotency key, the body does not matter."""

    token_id: str
    method: str
    path: str
    idempotency_key: str | None


@dataclass(frozen=True)
class IdempotencyRecord:
    """What a repeated request is recognised by, and what its response is made of. Times are UTC microseconds.

    `answer` is the store's to keep, not to read. `statuses` has a RowStatus per event of the request. It is None in
    records of older versions, whose `answer` is all of the response.
    """

    token_id: str
    method: str
    path: str
    idempotency_key: str | None
    body_digest: bytes
    answer: bytes
    created_at: int
    statuses: bytes | None = None

    @property
    def key(self) -> RetryKey:
        return RetryKey(self.token_id, self.method, self.path, self.idempotency_key)


@dataclass(frozen=True)
class RecordOfRows:
    """The record of one request of a batch, without statuses. The request brought the rows from `low` up to `high`."""

    record: IdempotencyRecord
    low: int
    high: int


@dataclass(frozen=True)
class RejectedRow:
    """A row of a file that could not be an event."""

    row: int
    reason: str
    message: str


@dataclass(frozen=True)
class RowCount:
    """Adds to a job's counters. `rows` are rows of the batch, of which those count that are stored; without them, all.

    `kind` and `name` say which counter.
    """

    kind: str
    name: str
    rows: npt.NDArray[np.int64] | None = None


@dataclass(frozen=True)
class Chunk:
    """A part of a job's file: its progress is committed together with its rows.

    `fence` is that of the run that writes, see `JobStore.start_job`. `rows` are the file's row numbers of the batch,
    `start` is the number of the chunk's first row, `end` that after its last.
    """

    job_id: str
    fence: int
    start: int
    end: int
    rows: npt.NDArray[np.int64]
    rejected: Sequence[RejectedRow] = ()
    counts: Sequence[RowCount] = ()


@dataclass(frozen=True)
class Write:
    """One batch to commit as a whole.

    `epoch` is that of the job which writes, None for a request. Job writes are ordered at the acceptance of the job: if
    a request wrote a column after it, the stored value stays.
    `records` are those of the requests that write; each holds another idempotency key, or none.
    """

    model_id: str
    environment_id: str
    kind: WriteKind
    batch: EventBatch
    received_at: int
    epoch: int | None = None
    chunk: Chunk | None = None
    records: Sequence[RecordOfRows] = ()

    @property
    def claims(self) -> list[RetryKey]:
        """Return the keys of the requests that hold an idempotency key."""
        keys = (one.record.key for one in self.records)
        return [key for key in keys if key.idempotency_key is not None]


@dataclass(frozen=True)
class Deletion:
    """Delete what was written before a job's `epoch`: in the time range (start inclusive, end exclusive), or by id.

    `fence` is that of the run that deletes, see `JobStore.start_job`.
    """

    model_id: str
    environment_id: str
    epoch: int
    job_id: str
    fence: int
    start: int | None = None
    end: int | None = None
    event_ids: Sequence[str] | None = None


class DataRevision(NamedTuple):
    """A state of an environment's events: how many changes were ever made, and the highest id of one."""

    changes: int
    last: int


@dataclass(frozen=True)
class Query:
    """Select events, in order of timestamp and id. `after` is the place of the last one already read."""

    model_id: str
    environment_id: str
    limit: int
    event_ids: Sequence[str] | None = None
    start: int | None = None
    end: int | None = None
    after: tuple[int, str] | None = None


@dataclass(frozen=True)
class Scan:
    """Select all events of an environment, or those in a time range, with some of the columns of a `revision`.

    Of more than `most` events a sample is taken, by a hash of their ids: the same events give the same sample.
    """

    model_id: str
    environment_id: str
    revision: int
    columns: Sequence[str]
    most: int
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class StoredEvents:
    """Events as stored. `system` has event_id, timestamp, received_at, updated_at, undeclared and violations.

    `labelled_at` has a column for each declared column that is, or was, a target: the time of receipt of the write
    that first gave it a value. It is null if none did, and UNKNOWN_TIME if the value is older than these times.
    """

    system: pa.Table
    values: pa.Table
    labelled_at: pa.Table = field(default_factory=lambda: pa.table({}))


@dataclass(frozen=True)
class JobProgress:
    """How far a job has come in the store: the next row to read, what became of the rows before it, what was found."""

    next_row: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    counters: Counters = field(default_factory=dict)


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
        """

    def delete(self, deletion: Deletion) -> Future[int]:
        """Delete events, record the number as the job's progress, and return it. Repeating it is harmless.

        Fails with ModelUnknown, and with Fenced if the run may not delete any more.
        """

    def read(self, query: Query) -> StoredEvents:
        """Return the events selected. Fails with ModelUnknown."""

    def scan(self, scan: Scan) -> Generator[StoredEvents, None, None]:
        """Yield the events selected, part by part, in order of timestamp and id; nothing if there are none.

        `system` has event_id and timestamp only, `values` the scan's columns in its order. A part has some 64 MiB.
        All parts show the state at one moment; writes go on meanwhile. Close a scan that is not read to its end.
        Fails with ModelUnknown or RevisionChanged, but only before the first part.
        """

    def count(self, model_id: str, environment_id: str, start: int | None = None, end: int | None = None) -> int:
        """Return the number of events, of all or of a range of time. Fails with ModelUnknown."""

    def counts(self, model_id: str) -> Mapping[str, int]:
        """Return the number of events of each environment that has any, by its id. Fails with ModelUnknown."""

    def data_revision(self, model_id: str, environment_id: str) -> DataRevision:
        """Return the data revision of an environment, (0, 0) before its first event. Fails with ModelUnknown.

        Each commit that changes its events raises it. Writes that change nothing do not, nor do changes of the schema.
        It never returns to an earlier value, not even for a model that is dropped and defined again.
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


def added(one: Counters, other: Counters) -> Counters:
    """Return the sums of two counters."""
    return {kind: Counter(one.get(kind, {})) + Counter(other.get(kind, {})) for kind in {**one, **other}}


def counts(statuses: Statuses) -> dict[str, int]:
    """Count statuses by their lower-case names, without zeros."""
    return {status.name.lower(): n for status in RowStatus if (n := int((statuses == status).sum()))}
