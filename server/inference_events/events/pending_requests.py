"""Requests that wait for the result of their events, and their shares of a batch."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from inference_events.context import RawEvents, Request
from inference_events.errors import ApiError
from inference_events.events.results import IngestResult
from inference_events.events.types import RecordOfRows, RetryKey, Statuses, WriteKind
from inference_events.idempotency.records import idempotency_record, joined_since, retry_key

Event: TypeAlias = Mapping[str, Any]
Events: TypeAlias = Sequence[Event] | RawEvents
# About the size of a usual event.
EVENT_BYTES = 400
EVENT_COLUMNS = 20


@dataclass(frozen=True)
class WriteTarget:
    """Where events go and what they do there; `dataset` is None for PRODUCTION, which has no datasets."""

    model_id: str
    dataset: str | None
    kind: WriteKind


@dataclass(eq=False)
class PendingRequest:
    """The events of one request. `done` gets their result. `weight` is how many usual events they count as."""

    target: WriteTarget
    events: Events
    request: Request
    done: asyncio.Future[IngestResult]
    weight: int
    attempts: int = 0

    def decoded(self) -> Sequence[Event]:
        """Return the events as objects. Raises BadRequest if their text breaks the contract."""
        if isinstance(self.events, RawEvents):
            self.events = self.events.decode()
        return self.events


@dataclass(frozen=True)
class Slice:
    """One request's share of a batch: the rows from `low` up to `high`."""

    pending: PendingRequest
    low: int
    high: int

    def record(self, result: IngestResult, received_at: int) -> RecordOfRows:
        """Return the idempotency record of the request, for the rows of its share."""
        request = self.pending.request
        record = idempotency_record(request, result, received_at)
        return RecordOfRows(record, self.low, self.high, request.is_retry, joined_since(request, received_at))


def weight_of(events: Events, request: Request) -> int:
    """Return how many events there are, or for large ones how many usual events match their size."""
    count = 0 if isinstance(events, RawEvents) else len(events)
    return max(count, request.body_bytes // EVENT_BYTES, request.body_values // EVENT_COLUMNS)


def grouped(requests: Sequence[PendingRequest]) -> list[list[PendingRequest]]:
    """Put together what goes to the same target.

    Appends stay alone, because one that conflicts fails as a whole. Of several attempts under one idempotency key each
    is in another group, because a write holds a key once.
    """
    groups: dict[tuple[WriteTarget, int | None, int], list[PendingRequest]] = {}
    attempts: Counter[RetryKey] = Counter()
    for number, pending in enumerate(requests):
        own = number if pending.target.kind is WriteKind.APPEND else None
        key = retry_key(pending.request)
        groups.setdefault((pending.target, own, attempts[key]), []).append(pending)
        attempts[key] += key.idempotency_key is not None
    return list(groups.values())


def complete(slices: Sequence[Slice], results: Sequence[IngestResult], statuses: Statuses) -> None:
    """Give each request its result with the statuses of its rows. Call it from any thread."""
    done = [result.with_statuses(statuses[p.low : p.high]) for p, result in zip(slices, results, strict=True)]

    def complete() -> None:
        for slice_, result in zip(slices, done, strict=True):
            if not slice_.pending.done.done():
                slice_.pending.done.set_result(result)

    _on_loop([slice_.pending for slice_ in slices], complete)


def refuse(group: Sequence[PendingRequest], error: BaseException) -> None:
    """Fail the requests with an error. Call it from any thread."""
    if isinstance(error, ApiError):
        # Its frames know the events and the future that holds the error: the cycle would keep all of them in memory.
        error.__traceback__ = None

    def refuse() -> None:
        for pending in _waiting(group):
            pending.done.set_exception(error)

    _on_loop(group, refuse)


def _waiting(group: Sequence[PendingRequest]) -> list[PendingRequest]:
    return [pending for pending in group if not pending.done.done()]


def _on_loop(group: Sequence[PendingRequest], act: Callable[[], object]) -> None:
    """Act in the thread of the event loop. Each call wakes it, so one serves all of a group."""
    group[0].done.get_loop().call_soon_threadsafe(act)
