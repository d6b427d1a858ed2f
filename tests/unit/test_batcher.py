"""A light request never waits until a heavy one is ingested, nor for the commit of another model."""

import asyncio
import queue
import threading
from concurrent.futures import Future
from typing import Any

import numpy as np
import pytest

from inference_events.context import Request
from inference_events.events.batcher import HEAVY_EVENTS, WIDE_COLUMNS, RequestBatcher
from inference_events.events.pending_requests import WriteTarget
from inference_events.events.types import RowStatus, Write, WriteKind
from tests.unit.ingested import column, schema

SECONDS = 10
REQUEST = Request(id="r", method="POST", path="/v3/events")
CREATED = np.full(1, RowStatus.CREATED, np.int8)
SCHEMAS = {
    "other": schema(column("float", "x"), id_column="id"),
    "narrow": schema(column("float", "x"), id_column="id"),
    "wide": schema(*(column("float", f"c{number}") for number in range(WIDE_COLUMNS)), id_column="id"),
}


class _Models:
    def schema(self, model_id: str) -> Any:
        return SCHEMAS[model_id]

    def get_or_create_environment_id(self, model_id: str, dataset: str | None) -> str:
        return "environment"


class _HeldStore:
    """A store that does not take a write of the model `held`, or of many events, until `go`."""

    def __init__(self, held: str) -> None:
        self._held = held
        self.is_held = threading.Event()
        self.go = threading.Event()

    def write(self, write: Write) -> Future[Any]:
        if write.model_id == self._held or len(write.batch) >= HEAVY_EVENTS:
            self.is_held.set()
            assert self.go.wait(SECONDS)
        written: Future[Any] = Future()
        written.set_result(np.full(len(write.batch), RowStatus.CREATED, np.int8))
        return written


@pytest.mark.parametrize(
    ("model_id", "events"),
    [("narrow", [{"id": f"e{number}"} for number in range(HEAVY_EVENTS)]), ("wide", [{"id": "heavy", "c1": 1}])],
    ids=["many events", "a wide model"],
)
def test_a_light_request_passes_a_heavy_one(model_id: str, events: list[dict[str, Any]]) -> None:
    """While a request of many events, or to a model of many columns, is ingested, others get their response."""
    store = _HeldStore("wide")
    batcher: Any = RequestBatcher(store, _Models())  # type: ignore[arg-type]

    def submit(target: str, events: list[dict[str, Any]]) -> Any:
        return batcher.submit(WriteTarget(target, None, WriteKind.PUBLISH), events, REQUEST)

    async def run() -> None:
        heavy = asyncio.create_task(submit(model_id, events))
        await asyncio.to_thread(store.is_held.wait, SECONDS)
        light = await asyncio.wait_for(submit("narrow", [{"id": "light"}]), SECONDS)
        assert light.ids == ["light"]
        assert not heavy.done()
        store.go.set()
        assert (await heavy).ids == [event["id"] for event in events]

    asyncio.run(run())
    batcher.stop()


class _SlowStore:
    """A store that commits only when it is told to."""

    def __init__(self) -> None:
        self.written: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()

    def write(self, write: Write) -> Future[Any]:
        written: Future[Any] = Future()
        self.written.put(written)
        return written


def test_a_request_does_not_wait_for_the_commit_of_another_model() -> None:
    """A write that the store cannot finish, for example because a row is locked, keeps no other model waiting."""
    store = _SlowStore()
    batcher: Any = RequestBatcher(store, _Models())  # type: ignore[arg-type]

    async def submit(model_id: str) -> tuple[asyncio.Task[Any], Future[Any]]:
        target = WriteTarget(model_id, None, WriteKind.PUBLISH)
        request = asyncio.create_task(batcher.submit(target, [{"id": "a"}], REQUEST))
        return request, await asyncio.to_thread(store.written.get, timeout=SECONDS)

    async def run() -> None:
        blocked, write = await submit("narrow")
        other, other_write = await submit("other")
        other_write.set_result(CREATED)
        await asyncio.wait_for(other, SECONDS)
        write.set_result(CREATED)
        await asyncio.wait_for(blocked, SECONDS)

    asyncio.run(run())
    batcher.stop()
