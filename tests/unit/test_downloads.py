"""Downloads when the server fails."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pytest
from pydantic import SecretStr

from inference_events.app import Services, operation_handlers
from inference_events.context import Request, enter_request
from inference_events.events.export import exporter
from inference_events.events.types import StoredEvents
from inference_events.settings import Settings
from inference_events_api.operations import FileDownload


class Server:
    """The operations on a data directory, with a model that has one event."""

    def __init__(self, directory: Path) -> None:
        self.services = Services(Settings(data_dir=directory, admin_token=SecretStr("t" * 20)))
        self.services.start()
        self._handlers = operation_handlers(self.services)
        self._token_id = ""
        self._token_id = self.call("list_tokens")["data"]["items"][0]["id"]
        project_id = self.call("create_project", body={"name": "p"})["data"]["id"]
        columns = [{"name": "x", "data_type": "float"}]
        model = {"name": "m", "project_id": project_id, "schema": {"columns": columns}, "spec": {}}
        self.model_id: str = self.call("create_model", body=model)["data"]["id"]
        source = {"type": "EVENTS", "events": [{"x": 1.5}]}
        self.call("publish_events", body={"model_id": self.model_id, "env_type": "PRODUCTION", "source": source})

    def call(self, operation: str, **arguments: Any) -> Any:
        return asyncio.run(self.request(operation, **arguments))

    async def request(self, operation: str, **arguments: Any) -> Any:
        enter_request(Request(str(uuid4()), "POST", f"/{operation}", self._token_id, uuid4().bytes))
        return await self._handlers[operation](**arguments)

    async def ask(self) -> FileDownload:
        body = {"model_id": self.model_id, "env_type": "PRODUCTION", "csv": True}
        file: FileDownload = await self.request("download_events", body=body)
        return file

    def download(self) -> FileDownload:
        return asyncio.run(self.ask())

    def outgoing(self) -> list[Path]:
        return list(self.services.directory.outgoing.iterdir())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.services.stop()


def test_a_stale_store_is_synced(server: Server) -> None:
    """If the store still has the columns of another revision, as after a crash, the file has the model's."""
    server.services.store.apply_schema(
        server.model_id, 99, pa.schema([("x", pa.string()), ("y", pa.string())])
    ).result()
    file = server.download()
    assert file.path.read_text() == '"x"\n"1.5"\n'
    assert server.outgoing() == [file.path]


@pytest.mark.parametrize("written", [b"", b"half"])
def test_a_download_that_fails_leaves_nothing(server: Server, monkeypatch: pytest.MonkeyPatch, written: bytes) -> None:
    """If the disk is full the error is raised and the file is removed."""

    def fail(path: Path, *_: Any) -> int:
        path.write_bytes(written)
        raise OSError("No space left on device")

    monkeypatch.setattr(exporter, "write_csv", fail)
    with pytest.raises(OSError, match="No space left"):
        server.download()
    assert server.outgoing() == []


def test_an_abandoned_download_ends(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """If its request is cancelled, as when the server stops, a file is not finished, and is removed."""
    is_begun, is_cancelled = Event(), Event()
    written: list[int] = []

    def write(path: Path, parts: Iterable[StoredEvents], columns: Any) -> int:
        path.write_bytes(b"half")
        is_begun.set()
        is_cancelled.wait(20)
        written.extend(part.system.num_rows for part in parts)
        return len(written)

    async def cancel() -> None:
        request = asyncio.create_task(server.ask())
        await asyncio.to_thread(is_begun.wait, 20)
        request.cancel()
        await asyncio.wait([request])
        is_cancelled.set()

    monkeypatch.setattr(exporter, "write_csv", write)
    asyncio.run(cancel())
    deadline = time.monotonic() + 20
    while server.outgoing() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (server.outgoing(), written) == ([], [])
