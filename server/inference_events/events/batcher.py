"""Batch concurrent publish and update requests. Each gets its own response.

Ingesting has a high fixed cost per batch. So one thread takes all requests that came while it was busy. Their responses
wait for the commit. Heavy requests go through a thread of their own: a light one never waits for a heavy one to be
ingested.
"""

import asyncio
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, islice
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import structlog

from inference_events.context import KeyClaimed, RawEvents, Request
from inference_events.errors import ApiError, BadRequest, ErrorDetail, ServiceUnavailable
from inference_events.events.closable_queue import ClosableQueue, QueueClosed
from inference_events.events.ingest.batch import Defaults, Ingested, RowFault, ingest_published, ingest_updates
from inference_events.events.ingest.json_text import JsonReader
from inference_events.events.ingest.rows import IncomingRows, JsonRows, TableRows
from inference_events.events.results import Count, IngestResult, ViolationCount
from inference_events.events.store import EventStore
from inference_events.events.store_errors import ContentConflict, RecordExists
from inference_events.events.types import RecordOfRows, RetryKey, Statuses, Write, WriteKind
from inference_events.idempotency.records import idempotency_record, joined_since, retry_key
from inference_events.messages import pointer
from inference_events.models.registry import ATTEMPTS, SCHEMA_STALE, ModelRegistry
from inference_events.models.schema import ModelSchema

Event: TypeAlias = Mapping[str, Any]
Events: TypeAlias = Sequence[Event] | RawEvents

MAX_BATCH_EVENTS = 8_000
# About the size of a usual event.
EVENT_BYTES = 400
EVENT_COLUMNS = 20
# A light request has fewer events than this. They take about 0.1 s to ingest if each value must be looked at.
HEAVY_EVENTS = 2_000
# Ingesting takes some 50 µs for each column of the model, even for one event.
WIDE_COLUMNS = 1_000
# Each column costs some microseconds, even if a single event has it. A model has at most 10,000.
MAX_COLUMNS = 20_000
# One batch is committed while the next is made.
MAX_BATCHES_IN_FLIGHT = 2

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class WriteTarget:
    """Where events go and what they do there; `dataset` is None for PRODUCTION, which has no datasets."""

    model_id: str
    dataset: str | None
    kind: WriteKind


@dataclass(eq=False)
class _PendingRequest:
    """The events of one request. `done` gets their result. `weight` is how many usual events they count as."""

    target: WriteTarget
    events: Events
    request: Request
    done: asyncio.Future[IngestResult]
    weight: int
    attempts: int = 0

    def decoded(self) -> Sequence[Event]:
        if isinstance(self.events, RawEvents):
            self.events = self.events.decode()
        return self.events


@dataclass(frozen=True)
class _Slice:
    """One request's share of a batch: the rows from `low` up to `high`."""

    pending: _PendingRequest
    low: int
    high: int

    def record(self, result: IngestResult, received_at: int) -> RecordOfRows:
        request = self.pending.request
        record = idempotency_record(request, result, received_at)
        return RecordOfRows(record, self.low, self.high, request.is_retry, joined_since(request, received_at))


class _Lane:
    """The requests that one thread ingests. `ahead` bounds the batches that wait for the store."""

    def __init__(self) -> None:
        self.queue: ClosableQueue[_PendingRequest] = ClosableQueue()
        self.ahead = threading.Semaphore(MAX_BATCHES_IN_FLIGHT)

    def take(self) -> list[_PendingRequest | None]:
        """Wait for requests and return those for the next batches; None stands for the end."""
        taken = [self.queue.get()]
        with self.ahead:
            pass  # What comes until the store has room belongs to the same batch.
        size = 0
        while taken[-1] is not None and not self.queue.is_empty():
            size += taken[-1].weight
            if size >= MAX_BATCH_EVENTS:
                break
            taken.append(self.queue.get())
        return taken


class RequestBatcher:
    """Batches events of requests, and completes each request once they are on disk. Rules: `POST /v3/events`."""

    def __init__(
        self,
        store: EventStore,
        registry: ModelRegistry,
        observe: Callable[[int, int], None] = lambda requests, events: None,
    ) -> None:
        """Start to take events. `observe` gets the requests and events of each batch."""
        self._store = store
        self._observe = observe
        self._registry = registry
        self._reader = JsonReader()
        self._light, self._heavy = _Lane(), _Lane()
        # One thread each: several would fight for the interpreter around each small step.
        self._threads = [
            threading.Thread(target=self._run, args=(lane,), name=name, daemon=True)
            for lane, name in ((self._light, "ingest"), (self._heavy, "ingest-heavy"))
        ]
        for thread in self._threads:
            thread.start()

    async def submit(self, target: WriteTarget, events: Events, request: Request) -> IngestResult:
        """Store a request's events, or none of them, and return what became of them.

        Raises BadRequest if one cannot be an event, ObjectNotFound, and ServiceUnavailable after `stop`.
        """
        if request.project_ids is not None:
            # The thread that writes serves all tokens at once, and so sees the models of all projects.
            self._registry.model(target.model_id)
        done: asyncio.Future[IngestResult] = asyncio.get_running_loop().create_future()
        self._put(_PendingRequest(target, events, request, done, _weight(events, request)))
        return await done

    def queue_depth(self) -> int:
        """Return how many requests wait to be ingested."""
        return self._light.queue.depth() + self._heavy.queue.depth()

    def stop(self) -> None:
        """Accept no more requests. Requests that are being written are completed when the store has committed them."""
        # The light lane first: what it finds to be heavy goes to the other one.
        for lane, thread in zip((self._light, self._heavy), self._threads, strict=True):
            lane.queue.close()
            thread.join()

    def _put(self, pending: _PendingRequest) -> None:
        """Queue a request's events. Raises ServiceUnavailable after `stop`."""
        try:
            self._lane(pending).queue.put(pending)
        except QueueClosed:
            raise ServiceUnavailable("The server is stopping; try again") from None

    def _lane(self, pending: _PendingRequest) -> _Lane:
        return self._light if pending.weight < HEAVY_EVENTS else self._heavy

    def _run(self, lane: _Lane) -> None:
        while self._write_next(lane):
            pass

    def _write_next(self, lane: _Lane) -> bool:
        """Wait for requests and write them. Return whether there can be more."""
        # Not in the loop of `_run`, which would keep the last batch in memory until the next one comes.
        waiting = lane.take()
        for group in _grouped([pending for pending in waiting if pending is not None]):
            self._write_group(group)
        return None not in waiting

    def _write_group(self, group: Sequence[_PendingRequest]) -> None:
        """Write the events of a group. After a failure, try each request alone: one must not fail the rest."""
        try:
            self._ingest_and_write(group)
        except Exception as error:
            if len(group) == 1:
                if not isinstance(error, ApiError):
                    log.error("ingest_failed", exc_info=True)
                _refuse(group, error)
                return
            for pending in group:
                self._write_group([pending])

    def _ingest_and_write(self, group: Sequence[_PendingRequest]) -> None:
        target, received_at = group[0].target, time.time_ns() // 1000
        if any(pending.attempts for pending in group):
            self._registry.sync_schema(target.model_id)
        schema = self._registry.schema(target.model_id)
        if len(schema.columns) >= WIDE_COLUMNS and self._lane(group[0]) is self._light:
            self._move_to_heavy(group)
            return
        rows, slices = self._incoming_rows(group, schema)
        ingested = _ingest_rows(target.kind, rows, schema, received_at)
        if ingested.faults:
            self._reject_invalid(slices, ingested.faults)
            return
        environment_id = self._registry.get_or_create_environment_id(target.model_id, target.dataset)
        results = [_result(target.kind, slice_, ingested, schema.timestamp_column) for slice_ in slices]
        records = [slice_.record(result, received_at) for slice_, result in zip(slices, results, strict=True)]
        write = Write(target.model_id, environment_id, target.kind, ingested.batch, received_at, records=records)
        ahead = self._lane(group[0]).ahead
        ahead.acquire()
        try:
            written = self._store.write(write)
        except BaseException:
            ahead.release()
            raise
        self._observe(len(group), len(ingested.batch))
        written.add_done_callback(partial(self._written, slices, results))

    def _move_to_heavy(self, group: Sequence[_PendingRequest]) -> None:
        for pending in group:
            pending.weight = HEAVY_EVENTS
            self._put(pending)

    def _incoming_rows(
        self, group: Sequence[_PendingRequest], schema: ModelSchema
    ) -> tuple[IncomingRows, list[_Slice]]:
        """Put the events of a group into one table."""
        read = self._parse_texts(group, schema)
        if read is not None:
            table, sizes = read
            return TableRows(table, is_csv=False), _slices(group, sizes)
        for pending in group:
            _check_columns(pending.decoded())
        events = [event for pending in group for event in pending.decoded()]
        is_update = group[0].target.kind is WriteKind.UPDATE
        rows = JsonRows(events, unwraps=schema.unwrapped if is_update else frozenset())
        return rows, _slices(group, [len(pending.decoded()) for pending in group])

    def _parse_texts(self, group: Sequence[_PendingRequest], schema: ModelSchema) -> tuple[pa.Table, list[int]] | None:
        """Parse the texts of a group with Arrow, or return None if the events must be decoded one by one.

        Updates must be: they distinguish null from missing."""
        undecoded = [pending.events for pending in group if isinstance(pending.events, RawEvents)]
        if len(undecoded) < len(group) or group[0].target.kind is WriteKind.UPDATE:
            return None
        read = self._reader.read([events.text for events in undecoded], schema)
        if read is not None and all(events.allows(size) for events, size in zip(undecoded, read[1], strict=True)):
            return read
        self._reader.observe(group[0].decoded(), schema)
        return None

    def _reject_invalid(self, slices: Sequence[_Slice], faults: Sequence[RowFault]) -> None:
        """Reject requests with invalid events; write the rest."""
        others = []
        for slice_ in slices:
            own = [_fault(fault, slice_.low) for fault in faults if slice_.low <= fault.row < slice_.high]
            if own:
                _refuse([slice_.pending], BadRequest.with_details(*own))
            else:
                others.append(slice_.pending)
        if others:
            self._write_group(others)

    def _written(self, slices: Sequence[_Slice], results: Sequence[IngestResult], written: Future[Statuses]) -> None:
        """Pass on the results, in the thread that writes. If the schema has just changed, queue the requests again."""
        group = [slice_.pending for slice_ in slices]
        self._lane(group[0]).ahead.release()
        error = written.exception()
        if isinstance(error, SCHEMA_STALE):
            self._requeue(group)
        elif isinstance(error, RecordExists):
            self._reject_claimed(group, error.args)
        elif isinstance(error, ContentConflict):
            _refuse(group, BadRequest.with_details(*_conflicts(error.rows)))
        elif error is not None:
            _refuse(group, error)
        else:
            _complete(slices, results, written.result())

    def _reject_claimed(self, group: Sequence[_PendingRequest], claimed: Collection[int]) -> None:
        """Reject requests that have a record; queue the rest again."""
        _refuse([group[index] for index in claimed], KeyClaimed())
        self._requeue([pending for index, pending in enumerate(group) if index not in claimed])

    def _requeue(self, group: Sequence[_PendingRequest]) -> None:
        for pending in group:
            pending.attempts += 1
            try:
                if pending.attempts == ATTEMPTS:
                    raise BadRequest("The model's schema keeps changing; try again")
                self._put(pending)
            except ApiError as error:
                _refuse([pending], error)


def _weight(events: Events, request: Request) -> int:
    """Return how many events there are, or for large ones how many usual events match their size."""
    count = 0 if isinstance(events, RawEvents) else len(events)
    return max(count, request.body_bytes // EVENT_BYTES, request.body_values // EVENT_COLUMNS)


def _grouped(requests: Sequence[_PendingRequest]) -> list[list[_PendingRequest]]:
    """Put together what goes to the same target.

    Appends stay alone, because one that conflicts fails as a whole. Of several attempts under one idempotency key each
    is in another group, because a write holds a key once.
    """
    groups: dict[tuple[WriteTarget, int | None, int], list[_PendingRequest]] = {}
    attempts: Counter[RetryKey] = Counter()
    for number, pending in enumerate(requests):
        own = number if pending.target.kind is WriteKind.APPEND else None
        key = retry_key(pending.request)
        groups.setdefault((pending.target, own, attempts[key]), []).append(pending)
        attempts[key] += key.idempotency_key is not None
    return list(groups.values())


def _slices(group: Sequence[_PendingRequest], sizes: Sequence[int]) -> list[_Slice]:
    ends = list(accumulate(sizes, initial=0))
    return [_Slice(*bounds) for bounds in zip(group, ends, ends[1:], strict=False)]


def _ingest_rows(kind: WriteKind, rows: IncomingRows, schema: ModelSchema, received_at: int) -> Ingested:
    if kind is WriteKind.UPDATE:
        check_updatable(schema.id_column)
        return ingest_updates(rows, schema, Defaults(b"", received_at))
    defaults = Defaults(os.urandom(16), received_at)
    return ingest_published(rows, schema, defaults, makes_missing_ids=kind is WriteKind.APPEND)


def _result(kind: WriteKind, slice_: _Slice, ingested: Ingested, timestamp_column: str | None) -> IngestResult:
    violations = ingested.violations.within(slice_.low, slice_.high).rows_by_name()
    date_like = np.zeros(0, np.int64)
    if ingested.date_like is not None and timestamp_column is not None:
        date_like = np.flatnonzero(ingested.date_like[slice_.low : slice_.high])
    return IngestResult(
        kind,
        ingested.ids[slice_.low : slice_.high],
        [ViolationCount(column, found, _count(kind, rows)) for column, found, rows in violations],
        _own(ingested.ignored_columns, slice_.pending),
        _own(ingested.undeclared_columns, slice_.pending),
        None if _has_times(slice_, ingested, timestamp_column) else timestamp_column,
        timestamp_column,
        _count(kind, date_like),
    )


def _count(kind: WriteKind, rows: npt.NDArray[np.int64]) -> Count:
    return Count(len(rows), rows.tolist() if kind is WriteKind.UPDATE else None)


def _has_times(slice_: _Slice, ingested: Ingested, timestamp_column: str | None) -> bool:
    times = ingested.batch.system["timestamp"]
    if timestamp_column is None or not times.null_count or slice_.low == slice_.high:
        return True
    own = times.slice(slice_.low, slice_.high - slice_.low)
    return own.null_count < len(own) or _has(timestamp_column, slice_.pending)


def _check_columns(events: Sequence[Event]) -> None:
    """Raise BadRequest if the events of a request have too many different columns."""
    if sum(map(len, events)) <= MAX_COLUMNS:
        return
    columns: set[str] = set()
    for event in events:
        columns.update(islice(event, MAX_COLUMNS + 1))
        if len(columns) > MAX_COLUMNS:
            raise BadRequest.with_details(
                ErrorDetail(f"have more than {MAX_COLUMNS} different columns", "/source/events")
            )


def _own(columns: Sequence[str], pending: _PendingRequest) -> list[str]:
    """Return those of a group's columns that some event of a request has."""
    if not columns:
        return []
    # A set: each event may have other columns, so that to look for each column in each event would be quadratic.
    own = set().union(*pending.decoded())
    return [column for column in columns if column in own]


def _has(column: str, pending: _PendingRequest) -> bool:
    return any(column in event for event in pending.decoded())


def check_updatable(id_column: str | None) -> None:
    """Raise BadRequest where a model names no column by which an event to update is found."""
    if id_column is None:
        raise BadRequest.at("/model_id", "names a model that has no event_id_col")


def _fault(fault: RowFault, low: int) -> ErrorDetail:
    return ErrorDetail(fault.message, pointer(["source", "events", fault.row - low, fault.column]))


def _conflicts(rows: Sequence[int]) -> list[ErrorDetail]:
    return [ErrorDetail("other content is stored for this id in the dataset", f"/source/events/{row}") for row in rows]


def _complete(slices: Sequence[_Slice], results: Sequence[IngestResult], statuses: Statuses) -> None:
    done = [result.with_statuses(statuses[p.low : p.high]) for p, result in zip(slices, results, strict=True)]

    def complete() -> None:
        for slice_, result in zip(slices, done, strict=True):
            if not slice_.pending.done.done():
                slice_.pending.done.set_result(result)

    _on_loop([slice_.pending for slice_ in slices], complete)


def _refuse(group: Sequence[_PendingRequest], error: BaseException) -> None:
    if isinstance(error, ApiError):
        # Its frames know the events and the future that holds the error: the cycle would keep all of them in memory.
        error.__traceback__ = None

    def refuse() -> None:
        for pending in _waiting(group):
            pending.done.set_exception(error)

    _on_loop(group, refuse)


def _waiting(group: Sequence[_PendingRequest]) -> list[_PendingRequest]:
    return [pending for pending in group if not pending.done.done()]


def _on_loop(group: Sequence[_PendingRequest], act: Callable[[], object]) -> None:
    """Act in the thread of the event loop. Each call wakes it, so one serves all of a group."""
    group[0].done.get_loop().call_soon_threadsafe(act)
