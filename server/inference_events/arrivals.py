"""Events that requests bring: what waits together is ingested at once, written at once, and answered one by one.

Looking at a batch takes about as long for one event as for a hundred. So one thread takes all that has come while it
was busy; the answers wait for the commit.
"""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from queue import SimpleQueue
from typing import Any, TypeAlias

import structlog

from inference_events.context import Request
from inference_events.errors import ApiError, BadRequest, Fault
from inference_events.events.records import retry_record
from inference_events.events.store import (
    ContentConflict,
    EventStore,
    RetryRecord,
    RowStatus,
    Statuses,
    Write,
    WriteKind,
)
from inference_events.ingest.batch import Ingested, Made, RowFault, ingest_published, ingest_updates
from inference_events.ingest.rows import JsonRows
from inference_events.ingest.schema import ModelSchema
from inference_events.ingest.violations import Violations
from inference_events.targets import ATTEMPTS, OUT_OF_STEP, Targets

Event: TypeAlias = Mapping[str, Any]

MOST_EVENTS_AT_ONCE = 8_000
# One batch is committed while the next is made.
BATCHES_AHEAD = 2

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Target:
    """Where events go and what they do there; `dataset` is None for PRODUCTION."""

    model_id: str
    dataset: str | None
    kind: WriteKind


@dataclass(frozen=True)
class Outcome:
    """What became of one request's events, by their order in it, and what is told of their columns."""

    ids: list[str]
    statuses: Statuses
    violations: Violations
    ignored_columns: list[str]
    undeclared_columns: list[str]

    def count(self, status: RowStatus) -> int:
        return int((self.statuses == status).sum())


@dataclass(eq=False)
class _Arrival:
    """The events of one request. `done` gets its answer, which `describe` makes of the outcome."""

    target: Target
    events: Sequence[Event]
    request: Request
    describe: Callable[[Outcome], Any]
    done: asyncio.Future[Any]
    attempts: int = 0
    answer: Any = None


class Arrivals:
    """Takes events from requests and answers when they are on disk. Rules: `openapi.yaml`, `POST /v3/events`."""

    def __init__(self, store: EventStore, targets: Targets) -> None:
        self._store = store
        self._targets = targets
        self._queue: SimpleQueue[_Arrival | None] = SimpleQueue()
        self._ahead = threading.Semaphore(BATCHES_AHEAD)
        # One thread: several would fight for the interpreter around each small step.
        self._thread = threading.Thread(target=self._run, name="ingest", daemon=True)
        self._thread.start()

    async def answer(
        self, target: Target, events: Sequence[Event], request: Request, describe: Callable[[Outcome], Any]
    ) -> Any:
        """Store a request's events, or none of them, and return what `describe` makes of the outcome.

        Raises BadRequest where one cannot be an event, and ObjectNotFound.
        """
        done = asyncio.get_running_loop().create_future()
        self._queue.put(_Arrival(target, events, request, describe, done))
        return await done

    def stop(self) -> None:
        """Take no more; what is written already is answered when the store has committed it."""
        self._queue.put(None)
        self._thread.join()

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
            size += len(taken[-1].events)
            if size >= MOST_EVENTS_AT_ONCE:
                break
            taken.append(self._queue.get())
        return taken

    def _submit(self, group: Sequence[_Arrival]) -> None:
        try:
            self._write(group)
        except ApiError as error:
            _refuse(group, error)
        except Exception as error:
            self._submit_each(group, error)

    def _submit_each(self, group: Sequence[_Arrival], error: Exception) -> None:
        """After a failure, try each request by itself, so that one does not fail its neighbours."""
        if len(group) == 1:
            log.error("ingest_failed", exc_info=error)
            _refuse(group, error)
            return
        for arrival in group:
            self._submit([arrival])

    def _write(self, group: Sequence[_Arrival]) -> None:
        target, time_ = group[0].target, time.time_ns() // 1000
        if any(arrival.attempts for arrival in group):
            self._targets.mend(target.model_id)
        schema = self._targets.schema(target.model_id)
        ingested = _ingest(target, [event for arrival in group for event in arrival.events], schema, time_)
        if ingested.faults:
            self._leave_out_faulty(group, ingested.faults)
            return
        parts = _Parts(group, ingested, time_)
        environment_id = self._targets.make_environment_id(target.model_id, target.dataset)
        write = Write(target.model_id, environment_id, target.kind, ingested.batch, time_, records=parts.records)
        self._ahead.acquire()
        self._store.write(write).add_done_callback(partial(self._written, group))

    def _leave_out_faulty(self, group: Sequence[_Arrival], faults: Sequence[RowFault]) -> None:
        """Refuse the requests that have faults, as wholes, and take up the others again."""
        others = []
        for arrival, low, high in _places(group):
            own = [fault for fault in faults if low <= fault.row < high]
            if own:
                _refuse([arrival], BadRequest.naming(*(_fault(one, low) for one in own)))
            else:
                others.append(arrival)
        if others:
            self._submit(others)

    def _written(self, group: Sequence[_Arrival], written: Future[Statuses]) -> None:
        """Answer, in the committer's thread; where the schema has just changed, do it anew."""
        self._ahead.release()
        error = written.exception()
        if isinstance(error, OUT_OF_STEP):
            self._try_again(group)
        elif isinstance(error, ContentConflict):
            _refuse(group, BadRequest.naming(*_conflicts(error.rows)))
        elif error is not None:
            _refuse(group, error)
        else:
            _answer(group)

    def _try_again(self, group: Sequence[_Arrival]) -> None:
        for arrival in group:
            arrival.attempts += 1
            if arrival.attempts < ATTEMPTS:
                self._queue.put(arrival)
            else:
                _refuse([arrival], BadRequest("The model's schema keeps changing; try again"))


class _Parts:
    """Tells of an ingested group what is whose, once it is known what became of the rows."""

    def __init__(self, group: Sequence[_Arrival], ingested: Ingested, received_at: int) -> None:
        self._group = group
        self._ingested = ingested
        self._received_at = received_at

    def records(self, statuses: Statuses) -> list[RetryRecord]:
        """Make the answers of all requests, and the records by which their retries get them again."""
        for arrival, low, high in _places(self._group):
            arrival.answer = arrival.describe(self._outcome(arrival, low, high, statuses[low:high]))
        return [retry_record(arrival.request, arrival.answer, self._received_at) for arrival in self._group]

    def _outcome(self, arrival: _Arrival, low: int, high: int, statuses: Statuses) -> Outcome:
        ingested = self._ingested
        return Outcome(
            ingested.ids[low:high],
            statuses,
            ingested.violations.within(low, high),
            _own(ingested.ignored_columns, arrival.events),
            _own(ingested.undeclared_columns, arrival.events),
        )


def _grouped(arrivals: Sequence[_Arrival]) -> list[list[_Arrival]]:
    """Put together what goes to the same target. Appends stay alone, as one that conflicts fails as a whole."""
    groups: dict[tuple[Target, int | None], list[_Arrival]] = {}
    for number, arrival in enumerate(arrivals):
        own = number if arrival.target.kind is WriteKind.APPEND else None
        groups.setdefault((arrival.target, own), []).append(arrival)
    return list(groups.values())


def _places(group: Sequence[_Arrival]) -> Iterator[tuple[_Arrival, int, int]]:
    """Yield each arrival with the place of its first row in the group's batch and the place after its last."""
    ends = list(accumulate((len(arrival.events) for arrival in group), initial=0))
    return zip(group, ends, ends[1:], strict=False)


def _ingest(target: Target, events: Sequence[Event], schema: ModelSchema, received_at: int) -> Ingested:
    if target.kind is WriteKind.UPDATE:
        check_updatable(schema.id_column)
        return ingest_updates(JsonRows(events, unwraps=schema.unwrapped), schema, Made(b"", received_at))
    made = Made(os.urandom(16), received_at)
    return ingest_published(JsonRows(events), schema, made, makes_missing_ids=target.kind is WriteKind.APPEND)


def check_updatable(id_column: str | None) -> None:
    """Raise BadRequest where a model names no column by which an event to update is found."""
    if id_column is None:
        raise BadRequest.naming(Fault("names a model that has no event_id_col", "/model_id"))


def _own(columns: Sequence[str], events: Sequence[Event]) -> list[str]:
    """Return those of a group's columns that some of these events have."""
    return [column for column in columns if any(column in event for event in events)]


def _fault(fault: RowFault, low: int) -> Fault:
    return Fault(fault.message, f"/source/events/{fault.row - low}/{_escaped(fault.column)}")


def _conflicts(rows: Sequence[int]) -> list[Fault]:
    return [Fault("other content is stored for this id in the dataset", f"/source/events/{row}") for row in rows]


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _answer(group: Sequence[_Arrival]) -> None:
    def answer() -> None:
        for arrival in _waiting(group):
            arrival.done.set_result(arrival.answer)

    _on_loop(group, answer)


def _refuse(group: Sequence[_Arrival], error: BaseException) -> None:
    def refuse() -> None:
        for arrival in _waiting(group):
            arrival.done.set_exception(error)

    _on_loop(group, refuse)


def _waiting(group: Sequence[_Arrival]) -> list[_Arrival]:
    return [arrival for arrival in group if not arrival.done.done()]


def _on_loop(group: Sequence[_Arrival], act: Callable[[], object]) -> None:
    """Act in the thread of the event loop. Each call wakes it, so one serves all of a group."""
    group[0].done.get_loop().call_soon_threadsafe(act)
