"""The values that event stores take and return.

Events travel in Arrow: an `EventBatch` in, `StoredEvents` out, row by row in step with each other.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from functools import cached_property
from math import inf
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from inference_events.events.filters import EventFilter

Mask = npt.NDArray[np.bool_]
Statuses = npt.NDArray[np.int8]
# The time and the id of an event.
Place: TypeAlias = tuple[int, str]
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


class IdempotencyRecord(NamedTuple):
    """What a repeated request is recognised by, and what its response is made of. Times are UTC microseconds.

    `response` is the store's to keep, not to read. `statuses` has a RowStatus per event of the request. It is None in
    records of older versions, whose `response` is all of it.
    """

    token_id: str
    method: str
    path: str
    idempotency_key: str | None
    body_digest: bytes
    response: bytes
    created_at: int
    statuses: bytes | None = None

    @property
    def key(self) -> RetryKey:
        return RetryKey(self.token_id, self.method, self.path, self.idempotency_key)


@dataclass(frozen=True)
class RecordOfRows:
    """The record of one request of a batch, without statuses. The request brought the rows from `low` up to `high`.

    `since` is None if the request has an idempotency key. Otherwise, records with the same body that were made at
    `since` (UTC microseconds) or later belong to the same request: all of them if `is_retry`, else only those of
    retries, which were faster at another replica.
    """

    record: IdempotencyRecord
    low: int
    high: int
    is_retry: bool = False
    since: int | None = None


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

    @cached_property
    def requests(self) -> Sequence[RecordOfRows]:
        """Return the records as a tuple."""
        return tuple(self.records)

    @property
    def claims(self) -> list[RetryKey]:
        """Return the keys of the requests that hold an idempotency key."""
        keys = (one.record.key for one in self.requests)
        return [key for key in keys if key.idempotency_key is not None]

    def indexes(self, claims: Sequence[RetryKey]) -> list[int]:
        """Return the indexes in `records` of the requests with some keys."""
        return [index for index, one in enumerate(self.requests) if one.record.key in claims]


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


class Traffic(NamedTuple):
    """The events of a range of time: how many, the time of the newest (UTC microseconds), and the data revision."""

    events: int
    newest: int | None
    data_revision: DataRevision


@dataclass(frozen=True)
class Query:
    """Select events, in order of timestamp and id, ascending or descending.

    `after` is the place of the last one already read. `columns` are those to read, None for all. Filters and columns
    are those of a `revision` of the model's schema. `deadline` is a time of `time.monotonic`, for a query with filters.
    """

    model_id: str
    environment_id: str
    limit: int
    event_ids: Sequence[str] | None = None
    start: int | None = None
    end: int | None = None
    after: Place | None = None
    is_descending: bool = False
    filters: Sequence[EventFilter] = ()
    columns: Sequence[str] | None = None
    revision: int | None = None
    deadline: float = inf


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
    `searched_to` is the place up to which events were searched when the time was up; these are all up to there.
    """

    system: pa.Table
    values: pa.Table
    labelled_at: pa.Table = field(default_factory=lambda: pa.table({}))
    searched_to: Place | None = None


class MatchCount(NamedTuple):
    """How many events match; if it is not exact, there are at least so many."""

    total: int
    is_exact: bool


@dataclass(frozen=True)
class JobProgress:
    """How far a job has come in the store: the next row to read, what became of the rows before it, what was found."""

    next_row: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    counters: Counters = field(default_factory=dict)


def added(one: Counters, other: Counters) -> Counters:
    """Return the sums of two counters."""
    return {kind: Counter(one.get(kind, {})) + Counter(other.get(kind, {})) for kind in {**one, **other}}


def counts(statuses: Statuses) -> dict[str, int]:
    """Count statuses by their lower-case names, without zeros."""
    return {status.name.lower(): n for status in RowStatus if (n := int((statuses == status).sum()))}
