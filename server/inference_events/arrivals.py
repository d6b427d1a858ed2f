"""Events that requests bring: what waits together is ingested at once, written at once, and answered one by one.

Looking at a batch takes about as long for one event as for a hundred. So one thread takes all that has come while it
was busy; the answers wait for the commit.
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
from queue import SimpleQueue
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import structlog

from inference_events.context import Request, UndecodedEvents
from inference_events.errors import ApiError, BadRequest, Fault, ServiceUnavailable
from inference_events.events.records import retry_key, retry_record
from inference_events.events.results import Count, IngestResult, ViolationCount
from inference_events.events.store import (
    ContentConflict,
    EventStore,
    RecordExists,
    RecordOfRows,
    RetryKey,
    Statuses,
    Write,
    WriteKind,
)
from inference_events.ingest.batch import Ingested, Made, RowFault, ingest_published, ingest_updates
from inference_events.ingest.json_text import JsonReader
from inference_events.ingest.rows import FileRows, JsonRows, Rows
from inference_events.ingest.schema import ModelSchema
from inference_events.messages import pointer
from inference_events.retries import KeyClaimed
from inference_events.targets import ATTEMPTS, OUT_OF_STEP, Targets

Event: TypeAlias = Mapping[str, Any]
Events: TypeAlias = Sequence[Event] | UndecodedEvents

MOST_EVENTS_AT_ONCE = 8_000
# About how long the text of an event is, where it has not been decoded.
EVENT_BYTES = 400
EVENT_COLUMNS = 20
# Each column costs some microseconds, even if a single event has it. A model has at most 10,000.
MAX_COLUMNS = 20_000
# One batch is committed while the next is made.
BATCHES_AHEAD = 2

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Target:
    """Where events go and what they do there; `dataset` is None for PRODUCTION."""

    model_id: str
    dataset: str | None
    kind: WriteKind


@dataclass(eq=False)
class _Arrival:
    """The events of one request. `done` gets their result."""

    target: Target
    events: Events
    request: Request
    done: asyncio.Future[IngestResult]
    attempts: int = 0

    @property
    def weight(self) -> int:
        """Return how many events there are, or for wide or undecoded ones how many usual events match their size."""
        if isinstance(self.events, UndecodedEvents):
            return len(self.events.text) // EVENT_BYTES
        return max(len(self.events), sum(map(len, self.events)) // EVENT_COLUMNS)

    def decoded(self) -> Sequence[Event]:
        if isinstance(self.events, UndecodedEvents):
            self.events = self.events.decode()
        return self.events


@dataclass(frozen=True)
class _Part:
    """One request's share of a batch: the rows from `low` up to `high`."""

    arrival: _Arrival
    low: int
    high: int

    def record(self, result: IngestResult, received_at: int) -> RecordOfRows:
        return RecordOfRows(retry_record(self.arrival.request, result, received_at), self.low, self.high)


class Arrivals:
    """Takes events from requests and answers when they are on disk. Rules: `openapi.yaml`, `POST /v3/events`."""

    def __init__(
        self,
        store: EventStore,
        targets: Targets,
        observe: Callable[[int, int], None] = lambda requests, events: None,
    ) -> None:
        """Start to take events. `observe` gets the requests and events of each batch."""
        self._store = store
        self._observe = observe
        self._targets = targets
        self._queue: SimpleQueue[_Arrival | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._is_stopped = False
        self._ahead = threading.Semaphore(BATCHES_AHEAD)
        self._reader = JsonReader()
        # One thread: several would fight for the interpreter around each small step.
        self._thread = threading.Thread(target=self._run, name="ingest", daemon=True)
        self._thread.start()

    async def submit(self, target: Target, events: Events, request: Request) -> IngestResult:
        """Store a request's events, or none of them, and return what became of them.

        Raises BadRequest if one cannot be an event, ObjectNotFound, and ServiceUnavailable after `stop`.
        """
        if request.project_ids is not None:
            # The thread that writes serves all tokens at once, and so sees the models of all projects.
            self._targets.model(target.model_id)
        done: asyncio.Future[IngestResult] = asyncio.get_running_loop().create_future()
        self._put(_Arrival(target, events, request, done))
        return await done

    def queue_depth(self) -> int:
        """Return how many requests wait to be ingested."""
        return self._queue.qsize()

    def stop(self) -> None:
        """Take no more; what is written already is answered when the store has committed it."""
        with self._lock:
            if not self._is_stopped:
                self._queue.put(None)
            self._is_stopped = True
        self._thread.join()

    def _put(self, arrival: _Arrival) -> None:
        """Queue a request's events. Raises ServiceUnavailable after `stop`."""
        # Under a lock: nobody would read what is queued after the end marker.
        with self._lock:
            if self._is_stopped:
                raise ServiceUnavailable("The server is stopping; try again")
            self._queue.put(arrival)

    def _run(self) -> None:
        stopping = False
        while not stopping:
            waiting = self._take()
            stopping = None in waiting
            for group in _grouped([arrival for arrival in waiting if arrival is not None]):
                self._submit(group)

    def _take(self) -> list[_Arrival | None]:
        taken = [self._queue.get()]
        with self._ahead:
            pass  # What comes until the store has room belongs to the same batch.
        size = 0
        while taken[-1] is not None and not self._queue.empty():
            size += taken[-1].weight
            if size >= MOST_EVENTS_AT_ONCE:
                break
            taken.append(self._queue.get())
        return taken

    def _submit(self, group: Sequence[_Arrival]) -> None:
        """Write what a group brings. After a failure try each by itself, so that one does not fail its neighbours."""
        try:
            self._write(group)
        except Exception as error:
            if len(group) == 1:
                if not isinstance(error, ApiError):
                    log.error("ingest_failed", exc_info=True)
                _refuse(group, error)
                return
            for arrival in group:
                self._submit([arrival])

    def _write(self, group: Sequence[_Arrival]) -> None:
        target, received_at = group[0].target, time.time_ns() // 1000
        if any(arrival.attempts for arrival in group):
            self._targets.mend(target.model_id)
        schema = self._targets.schema(target.model_id)
        rows, parts = self._rows(group, schema)
        ingested = _ingest(target.kind, rows, schema, received_at)
        if ingested.faults:
            self._leave_out_faulty(parts, ingested.faults)
            return
        environment_id = self._targets.make_environment_id(target.model_id, target.dataset)
        results = [_result(target.kind, part, ingested, schema.timestamp_column) for part in parts]
        records = [part.record(result, received_at) for part, result in zip(parts, results, strict=True)]
        write = Write(target.model_id, environment_id, target.kind, ingested.batch, received_at, records=records)
        self._ahead.acquire()
        try:
            written = self._store.write(write)
        except BaseException:
            self._ahead.release()
            raise
        self._observe(len(group), len(ingested.batch))
        written.add_done_callback(partial(self._written, parts, results))

    def _rows(self, group: Sequence[_Arrival], schema: ModelSchema) -> tuple[Rows, list[_Part]]:
        """Put the events of a group into one table."""
        read = self._read(group, schema)
        if read is not None:
            table, sizes = read
            return FileRows(table, text=False), _parts(group, sizes)
        for arrival in group:
            _check_columns(arrival.decoded())
        events = [event for arrival in group for event in arrival.decoded()]
        is_update = group[0].target.kind is WriteKind.UPDATE
        rows = JsonRows(events, unwraps=schema.unwrapped if is_update else frozenset())
        return rows, _parts(group, [len(arrival.decoded()) for arrival in group])

    def _read(self, group: Sequence[_Arrival], schema: ModelSchema) -> tuple[pa.Table, list[int]] | None:
        """Read a group's events from their text. Updates are not: they tell a null from what is not there."""
        undecoded = [arrival.events for arrival in group if isinstance(arrival.events, UndecodedEvents)]
        if len(undecoded) < len(group) or group[0].target.kind is WriteKind.UPDATE:
            return None
        read = self._reader.read([events.text for events in undecoded], schema)
        if read is not None and all(events.allows(size) for events, size in zip(undecoded, read[1], strict=True)):
            return read
        self._reader.learn(group[0].decoded(), schema)
        return None

    def _leave_out_faulty(self, parts: Sequence[_Part], faults: Sequence[RowFault]) -> None:
        """Refuse the requests that have faults, as wholes, and take up the others again."""
        others = []
        for part in parts:
            own = [_fault(fault, part.low) for fault in faults if part.low <= fault.row < part.high]
            if own:
                _refuse([part.arrival], BadRequest.naming(*own))
            else:
                others.append(part.arrival)
        if others:
            self._submit(others)

    def _written(self, parts: Sequence[_Part], results: Sequence[IngestResult], written: Future[Statuses]) -> None:
        """Pass on the results, in the thread that writes. If the schema has just changed, submit the requests again."""
        self._ahead.release()
        group = [part.arrival for part in parts]
        error = written.exception()
        if isinstance(error, OUT_OF_STEP):
            self._try_again(group)
        elif isinstance(error, RecordExists):
            self._leave_out_claimed(group, error.args)
        elif isinstance(error, ContentConflict):
            _refuse(group, BadRequest.naming(*_conflicts(error.rows)))
        elif error is not None:
            _refuse(group, error)
        else:
            _complete(parts, results, written.result())

    def _leave_out_claimed(self, group: Sequence[_Arrival], claimed: Collection[RetryKey]) -> None:
        """Refuse the requests whose keys have a record, and resubmit the others."""
        _refuse([arrival for arrival in group if retry_key(arrival.request) in claimed], KeyClaimed())
        self._try_again([arrival for arrival in group if retry_key(arrival.request) not in claimed])

    def _try_again(self, group: Sequence[_Arrival]) -> None:
        for arrival in group:
            arrival.attempts += 1
            try:
                if arrival.attempts == ATTEMPTS:
                    raise BadRequest("The model's schema keeps changing; try again")
                self._put(arrival)
            except ApiError as error:
                _refuse([arrival], error)


def _grouped(arrivals: Sequence[_Arrival]) -> list[list[_Arrival]]:
    """Put together what goes to the same target.

    Appends stay alone, because one that conflicts fails as a whole. Of several attempts under one idempotency key each
    is in another group, because a write holds a key once.
    """
    groups: dict[tuple[Target, int | None, int], list[_Arrival]] = {}
    attempts: Counter[RetryKey] = Counter()
    for number, arrival in enumerate(arrivals):
        own = number if arrival.target.kind is WriteKind.APPEND else None
        key = retry_key(arrival.request)
        groups.setdefault((arrival.target, own, attempts[key]), []).append(arrival)
        attempts[key] += key.idempotency_key is not None
    return list(groups.values())


def _parts(group: Sequence[_Arrival], sizes: Sequence[int]) -> list[_Part]:
    ends = list(accumulate(sizes, initial=0))
    return [_Part(*bounds) for bounds in zip(group, ends, ends[1:], strict=False)]


def _ingest(kind: WriteKind, rows: Rows, schema: ModelSchema, received_at: int) -> Ingested:
    if kind is WriteKind.UPDATE:
        check_updatable(schema.id_column)
        return ingest_updates(rows, schema, Made(b"", received_at))
    made = Made(os.urandom(16), received_at)
    return ingest_published(rows, schema, made, makes_missing_ids=kind is WriteKind.APPEND)


def _result(kind: WriteKind, part: _Part, ingested: Ingested, timestamp_column: str | None) -> IngestResult:
    violations = ingested.violations.within(part.low, part.high).rows_by_name()
    date_like = np.zeros(0, np.int64)
    if ingested.date_like is not None and timestamp_column is not None:
        date_like = np.flatnonzero(ingested.date_like[part.low : part.high])
    return IngestResult(
        kind,
        ingested.ids[part.low : part.high],
        [ViolationCount(column, found, _count(kind, rows)) for column, found, rows in violations],
        _own(ingested.ignored_columns, part.arrival),
        _own(ingested.undeclared_columns, part.arrival),
        None if _has_times(part, ingested, timestamp_column) else timestamp_column,
        timestamp_column,
        _count(kind, date_like),
    )


def _count(kind: WriteKind, rows: npt.NDArray[np.int64]) -> Count:
    return Count(len(rows), rows.tolist() if kind is WriteKind.UPDATE else None)


def _has_times(part: _Part, ingested: Ingested, timestamp_column: str | None) -> bool:
    times = ingested.batch.system["timestamp"]
    if timestamp_column is None or not times.null_count or part.low == part.high:
        return True
    own = times.slice(part.low, part.high - part.low)
    return own.null_count < len(own) or _has(timestamp_column, part.arrival)


def _check_columns(events: Sequence[Event]) -> None:
    """Raise BadRequest if the events of a request have too many different columns."""
    if sum(map(len, events)) <= MAX_COLUMNS:
        return
    columns: set[str] = set()
    for event in events:
        columns.update(islice(event, MAX_COLUMNS + 1))
        if len(columns) > MAX_COLUMNS:
            raise BadRequest.naming(Fault(f"have more than {MAX_COLUMNS} different columns", "/source/events"))


def _own(columns: Sequence[str], arrival: _Arrival) -> list[str]:
    """Return those of a group's columns that some event of a request has."""
    if not columns:
        return []
    # A set: each event may have other columns, so that to look for each column in each event would be quadratic.
    own = set().union(*arrival.decoded())
    return [column for column in columns if column in own]


def _has(column: str, arrival: _Arrival) -> bool:
    return any(column in event for event in arrival.decoded())


def check_updatable(id_column: str | None) -> None:
    """Raise BadRequest where a model names no column by which an event to update is found."""
    if id_column is None:
        raise BadRequest.naming(Fault("names a model that has no event_id_col", "/model_id"))


def _fault(fault: RowFault, low: int) -> Fault:
    return Fault(fault.message, pointer(["source", "events", fault.row - low, fault.column]))


def _conflicts(rows: Sequence[int]) -> list[Fault]:
    return [Fault("other content is stored for this id in the dataset", f"/source/events/{row}") for row in rows]


def _complete(parts: Sequence[_Part], results: Sequence[IngestResult], statuses: Statuses) -> None:
    done = [result.with_statuses(statuses[p.low : p.high]) for p, result in zip(parts, results, strict=True)]

    def complete() -> None:
        for part, result in zip(parts, done, strict=True):
            if not part.arrival.done.done():
                part.arrival.done.set_result(result)

    _on_loop([part.arrival for part in parts], complete)


def _refuse(group: Sequence[_Arrival], error: BaseException) -> None:
    if isinstance(error, ApiError):
        # Its frames know the events and the future that holds the error: the cycle would keep all of them in memory.
        error.__traceback__ = None

    def refuse() -> None:
        for arrival in _waiting(group):
            arrival.done.set_exception(error)

    _on_loop(group, refuse)


def _waiting(group: Sequence[_Arrival]) -> list[_Arrival]:
    return [arrival for arrival in group if not arrival.done.done()]


def _on_loop(group: Sequence[_Arrival], act: Callable[[], object]) -> None:
    """Act in the thread of the event loop. Each call wakes it, so one serves all of a group."""
    group[0].done.get_loop().call_soon_threadsafe(act)
