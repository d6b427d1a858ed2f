"""Closed services refuse calls: no call waits for a thread that has ended, and no failure blocks a slot for ever."""

import asyncio
import errno
import io
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import duckdb
import httpx
import numpy as np
import orjson
import pytest

from inference_events import app, embedded
from inference_events.closing import OpenServices
from inference_events.context import Request
from inference_events.data_directory import DataDirectory
from inference_events.errors import ServiceUnavailable
from inference_events.events.batcher import MAX_BATCHES_IN_FLIGHT, RequestBatcher
from inference_events.events.pending_requests import WriteTarget
from inference_events.events.store import Store
from inference_events.events.store_errors import StoreClosed
from inference_events.events.types import Deletion, Query, RowStatus, WriteKind
from inference_events.logging import configure_logging
from inference_events.purge import Purge
from inference_events.settings import Settings
from inference_events.stores.duckdb import DuckDBEventStore
from inference_events.stores.duckdb.writer import Writer
from tests.contract.serving import serve
from tests.stores.opened import MODEL, SCHEMA, Opened
from tests.unit.ingested import column, schema

SECONDS = 10
REQUEST = Request(id="r", method="POST", path="/v3/events")
TARGET = WriteTarget(MODEL, None, WriteKind.PUBLISH)

CALLS: dict[str, Callable[[Store], Any]] = {
    "apply_schema": lambda store: store.apply_schema(MODEL, 2, SCHEMA, ()).result(SECONDS),
    "drop": lambda store: store.drop(MODEL).result(SECONDS),
    "delete": lambda store: store.delete(Deletion(MODEL, "e", 1, "job", 1, event_ids=["a"])).result(SECONDS),
    "accept_job": lambda store: store.accept_job(MODEL, "job").result(SECONDS),
    "purge": lambda store: store.purge_records(0).result(SECONDS),
    "forget": lambda store: store.forget_jobs(["job"]).result(SECONDS),
    "read": lambda store: store.read(Query(MODEL, "e", 1)),
    "count": lambda store: store.count(MODEL, "e"),
    "progress": lambda store: store.progress("job"),
    "ping": lambda store: store.ping(),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_closed_store_refuses_every_call(tmp_path: Path, name: str) -> None:
    """A call after `close` fails at once, and closing again is harmless."""
    store = DuckDBEventStore(tmp_path / "events.duckdb")
    store.apply_schema(MODEL, 1, SCHEMA, ()).result()
    store.close()
    with pytest.raises(StoreClosed):
        CALLS[name](store)
    store.close()


def test_a_closed_store_refuses_a_write(tmp_path: Path) -> None:
    """The future of a write that came too late is never left open."""
    opened = Opened(lambda directory: DuckDBEventStore(directory / "events.duckdb"), tmp_path)
    opened.store.close()
    with pytest.raises(StoreClosed):
        opened.publish({"id": "a", "n": 1})


class _Targets:
    """One model that needs no catalog."""

    def schema(self, model_id: str) -> Any:
        return schema(column("float", "x"), id_column="id")

    def get_or_create_environment_id(self, model_id: str, dataset: str | None) -> str:
        return "environment"


class _FailingStore:
    """A store whose `write` raises before it has a future, as one without a connection does."""

    def __init__(self, failures: int) -> None:
        self.failures = failures

    def write(self, write: Any) -> Future[Any]:
        if self.failures:
            self.failures -= 1
            raise MemoryError
        written: Future[Any] = Future()
        written.set_result(np.full(len(write.batch), RowStatus.CREATED, np.int8))
        return written


@pytest.fixture
def log() -> Iterator[io.BytesIO]:
    stream = io.BytesIO()
    configure_logging(stream=stream)
    yield stream
    configure_logging()


def publish(batcher: RequestBatcher) -> Any:
    async def run() -> Any:
        result = await asyncio.wait_for(batcher.submit(TARGET, [{"id": "a", "x": 1}], REQUEST), SECONDS)
        return result.ids

    return asyncio.run(run())


def test_a_write_that_raises_blocks_no_slot_for_ever(log: io.BytesIO) -> None:
    """More failures than batches may be ahead do not stop ingestion."""
    batcher: Any = RequestBatcher(_FailingStore(MAX_BATCHES_IN_FLIGHT + 1), _Targets())  # type: ignore[arg-type]
    for _ in range(MAX_BATCHES_IN_FLIGHT + 1):
        with pytest.raises(MemoryError):
            publish(batcher)
    assert publish(batcher) == ["a"]
    batcher.stop()


def test_events_that_come_after_the_end_are_refused() -> None:
    """A request that comes while the server stops is a 503, and stopping again is harmless."""
    batcher: Any = RequestBatcher(_FailingStore(0), _Targets())  # type: ignore[arg-type]
    batcher.stop()
    with pytest.raises(ServiceUnavailable):
        publish(batcher)
    batcher.stop()


def test_a_failed_write_is_logged_with_its_cause(
    tmp_path: Path, log: io.BytesIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line names the error and its place in the code, and no value."""
    opened = Opened(lambda directory: DuckDBEventStore(directory / "events.duckdb"), tmp_path)

    def fail(*_: Any) -> None:
        raise duckdb.ConversionException("secret")

    monkeypatch.setattr(Writer, "_write", fail)
    with pytest.raises(duckdb.ConversionException):
        opened.publish({"id": "a", "n": 1})
    opened.store.close()
    lines = [orjson.loads(line) for line in log.getvalue().splitlines()]
    [line] = [line for line in lines if line["event"] == "write_failed"]
    assert line["error"].endswith("ConversionException")
    assert line["trace"]
    assert b"secret" not in log.getvalue()
    assert b"%s" not in log.getvalue()


def test_services_close_in_reverse_order_and_all_of_them(log: io.BytesIO) -> None:
    """The service opened last closes first; a failure is logged, and the services before it still close."""
    closed: list[str] = []
    opened = OpenServices()
    opened.add("store", lambda: closed.append("store"))
    opened.add("broken", lambda: 1 // 0)
    opened.add("busy", lambda: closed.append("busy") is not None)  # type: ignore[func-returns-value]
    opened.close()
    opened.close()
    assert closed == ["busy", "store"]
    lines = [orjson.loads(line) for line in log.getvalue().splitlines()]
    shown = [(line["event"], line["service"]) for line in lines]
    assert shown == [("service_still_runs", "busy"), ("service_not_closed", "broken")]


def test_a_start_that_fails_closes_what_it_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failure the data directory is free, so that the start can be tried again in the same process."""

    def fail(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(embedded, "prepare_catalog", fail)
        with pytest.raises(OSError, match="No space"):
            app.Services(Settings(data_dir=tmp_path))
    app.Services(Settings(data_dir=tmp_path)).stop()


def test_a_purge_that_fails_does_not_keep_the_server_from_stopping(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: io.BytesIO
) -> None:
    """A failed purge is logged and tried again later, and the stop still releases the data directory."""

    def fail(_: Purge) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Purge, "purge", fail)
    monkeypatch.setattr(app, "PURGE_EVERY_SECONDS", 0.01)
    data_dir = tmp_path / "data"
    with serve(app.create_app(Settings(data_dir=data_dir))) as url:
        until = time.monotonic() + SECONDS
        while log.getvalue().count(b"repeated_work_failed") < 2:
            assert time.monotonic() < until, "it was not tried again"
            time.sleep(0.01)
        assert httpx.get(f"{url}/readyz").status_code == 200
    DataDirectory(data_dir).close()
