"""Batch concurrent publish and update requests. Each gets its own response.

Ingesting has a high fixed cost per batch. So one thread takes all requests that came while it was busy. Their responses
wait for the commit. Heavy requests go through a thread of their own: a light one never waits for a heavy one to be
ingested.
"""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from functools import partial

import structlog

from inference_events.context import KeyClaimed, Request
from inference_events.errors import ApiError, BadRequest, ServiceUnavailable
from inference_events.events.closable_queue import ClosableQueue, QueueClosed
from inference_events.events.ingest.batch import Defaults, Ingested, RowFault, ingest_published, ingest_updates
from inference_events.events.ingest.rows import IncomingRows
from inference_events.events.pending_requests import (
    Events,
    PendingRequest,
    Slice,
    WriteTarget,
    complete,
    grouped,
    refuse,
    weight_of,
)
from inference_events.events.request_results import conflict_details, fault_detail, result_of
from inference_events.events.request_rows import RequestRows
from inference_events.events.results import IngestResult
from inference_events.events.store import EventStore
from inference_events.events.store_errors import ContentConflict, RecordExists
from inference_events.events.types import Statuses, Write, WriteKind
from inference_events.models.registry import ATTEMPTS, SCHEMA_STALE, ModelRegistry
from inference_events.models.schema import ModelSchema

MAX_BATCH_EVENTS = 8_000
# A light request has fewer events than this. They take about 0.1 s to ingest if each value must be looked at.
HEAVY_EVENTS = 2_000
# Ingesting takes some 50 µs for each column of the model, even for one event.
WIDE_COLUMNS = 1_000
# One batch is committed while the next is made.
MAX_BATCHES_IN_FLIGHT = 2

log = structlog.get_logger(__name__)


class _Lane:
    """The requests that one thread ingests. `ahead` bounds the batches that wait for the store."""

    def __init__(self) -> None:
        self.queue: ClosableQueue[PendingRequest] = ClosableQueue()
        self.ahead = threading.Semaphore(MAX_BATCHES_IN_FLIGHT)

    def take(self) -> list[PendingRequest | None]:
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
        self._rows = RequestRows()
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
        self._put(PendingRequest(target, events, request, done, weight_of(events, request)))
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

    def _put(self, pending: PendingRequest) -> None:
        """Queue a request's events. Raises ServiceUnavailable after `stop`."""
        try:
            self._lane(pending).queue.put(pending)
        except QueueClosed:
            raise ServiceUnavailable("The server is stopping; try again") from None

    def _lane(self, pending: PendingRequest) -> _Lane:
        return self._light if pending.weight < HEAVY_EVENTS else self._heavy

    def _run(self, lane: _Lane) -> None:
        while self._write_next(lane):
            pass

    def _write_next(self, lane: _Lane) -> bool:
        """Wait for requests and write them. Return whether there can be more."""
        # Not in the loop of `_run`, which would keep the last batch in memory until the next one comes.
        waiting = lane.take()
        for group in grouped([pending for pending in waiting if pending is not None]):
            self._write_group(group)
        return None not in waiting

    def _write_group(self, group: Sequence[PendingRequest]) -> None:
        """Write the events of a group. After a failure, try each request alone: one must not fail the rest."""
        try:
            self._ingest_and_write(group)
        except Exception as error:
            if len(group) == 1:
                if not isinstance(error, ApiError):
                    log.error("ingest_failed", exc_info=True)
                refuse(group, error)
                return
            for pending in group:
                self._write_group([pending])

    def _ingest_and_write(self, group: Sequence[PendingRequest]) -> None:
        target, received_at = group[0].target, time.time_ns() // 1000
        if any(pending.attempts for pending in group):
            self._registry.sync_schema(target.model_id)
        schema = self._registry.schema(target.model_id)
        if len(schema.columns) >= WIDE_COLUMNS and self._lane(group[0]) is self._light:
            self._move_to_heavy(group)
            return
        rows, slices = self._rows.read(group, schema)
        ingested = _ingest_rows(target.kind, rows, schema, received_at)
        if ingested.faults:
            self._reject_invalid(slices, ingested.faults)
            return
        environment_id = self._registry.get_or_create_environment_id(target.model_id, target.dataset)
        results = [result_of(target.kind, slice_, ingested, schema.timestamp_column) for slice_ in slices]
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

    def _move_to_heavy(self, group: Sequence[PendingRequest]) -> None:
        for pending in group:
            pending.weight = HEAVY_EVENTS
            self._put(pending)

    def _reject_invalid(self, slices: Sequence[Slice], faults: Sequence[RowFault]) -> None:
        """Reject requests with invalid events; write the rest."""
        others = []
        for slice_ in slices:
            own = [fault_detail(fault, slice_.low) for fault in faults if slice_.low <= fault.row < slice_.high]
            if own:
                refuse([slice_.pending], BadRequest.with_details(*own))
            else:
                others.append(slice_.pending)
        if others:
            self._write_group(others)

    def _written(self, slices: Sequence[Slice], results: Sequence[IngestResult], written: Future[Statuses]) -> None:
        """Pass on the results, in the thread that writes. If the schema has just changed, queue the requests again."""
        group = [slice_.pending for slice_ in slices]
        self._lane(group[0]).ahead.release()
        error = written.exception()
        if isinstance(error, SCHEMA_STALE):
            self._requeue(group)
        elif isinstance(error, RecordExists):
            self._reject_claimed(group, error.args)
        elif isinstance(error, ContentConflict):
            refuse(group, BadRequest.with_details(*conflict_details(error.rows)))
        elif error is not None:
            refuse(group, error)
        else:
            complete(slices, results, written.result())

    def _reject_claimed(self, group: Sequence[PendingRequest], claimed: Collection[int]) -> None:
        """Reject requests that have a record; queue the rest again."""
        refuse([group[index] for index in claimed], KeyClaimed())
        self._requeue([pending for index, pending in enumerate(group) if index not in claimed])

    def _requeue(self, group: Sequence[PendingRequest]) -> None:
        for pending in group:
            pending.attempts += 1
            try:
                if pending.attempts == ATTEMPTS:
                    raise BadRequest("The model's schema keeps changing; try again")
                self._put(pending)
            except ApiError as error:
                refuse([pending], error)


def _ingest_rows(kind: WriteKind, rows: IncomingRows, schema: ModelSchema, received_at: int) -> Ingested:
    if kind is WriteKind.UPDATE:
        check_updatable(schema.id_column)
        return ingest_updates(rows, schema, Defaults(b"", received_at))
    defaults = Defaults(os.urandom(16), received_at)
    return ingest_published(rows, schema, defaults, makes_missing_ids=kind is WriteKind.APPEND)


def check_updatable(id_column: str | None) -> None:
    """Raise BadRequest where a model names no column by which an event to update is found."""
    if id_column is None:
        raise BadRequest.at("/model_id", "names a model without an event_id_col, which updates need to find events")
