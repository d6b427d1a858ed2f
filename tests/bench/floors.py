"""The references: the lower bound of the same work, without a server's promises. As a module: one of the servers."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import cast

import duckdb
import httpx
import orjson
import pyarrow as pa
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from inference_events.http.contract import load_contract
from tests.bench.load import message_end

RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def running(name: str) -> AbstractContextManager[str]:
    """Run the HTTP server `starlette` or `raw` as a process and yield its URL."""
    return _process(__spec__.name, name)


def start() -> float:
    """Return the seconds until a process that only imports the server's libraries responds."""
    started = time.perf_counter()
    with _process("tests.bench.imports") as url:
        # The port takes connections at once, and the response comes when the process serves.
        assert httpx.get(url, timeout=60).is_success
        return time.perf_counter() - started


@contextmanager
def _process(*module: str) -> Iterator[str]:
    process = subprocess.Popen([sys.executable, "-m", *module], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
            process.wait()


def commit_batches(path: Path, batches: Sequence[pa.Table]) -> list[float]:
    """Append batches to a new DuckDB table, each in a durable commit of its own; return the seconds of each."""
    with duckdb.connect(str(path)) as database:
        database.from_arrow(batches[0].slice(0, 0)).create("events")
        return [_seconds(partial(_append, database, batch)) for batch in batches]


def load_file(path: Path, source: Path) -> float:
    """Return the seconds in which DuckDB loads a Parquet or CSV file into a new table, durably."""
    with duckdb.connect(str(path)) as database:
        return _seconds(lambda: database.execute(f"CREATE TABLE events AS FROM '{source}'"))


def copy_events(path: Path, target: Path) -> float:
    """Return the seconds in which DuckDB writes the table that `load_file` made to a Parquet file."""
    with duckdb.connect(str(path)) as database:
        return _seconds(lambda: database.execute(f"COPY events TO '{target}' (FORMAT parquet, COMPRESSION zstd)"))


def sync(path: Path, seconds: float) -> list[float]:
    """Append 4 KiB and sync, again and again; return the seconds of each."""
    with path.open("wb", buffering=0) as file:

        def append() -> None:
            file.write(bytes(4096))
            os.fdatasync(file.fileno())

        deadline, taken = time.perf_counter() + seconds, list[float]()
        while time.perf_counter() < deadline:
            taken.append(_seconds(append))
        return taken


def _append(database: duckdb.DuckDBPyConnection, batch: pa.Table) -> None:
    database.register("batch", batch)
    database.execute("INSERT INTO events FROM batch")
    database.unregister("batch")


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _starlette() -> Starlette:
    """Parse and validate a publish as the contract demands, store nothing, and return as many ids."""
    validator = load_contract().operations["publish_events"].body
    assert validator is not None

    async def publish(request: Request) -> Response:
        body = orjson.loads(await request.body())
        if validator.faults(body):
            return Response(status_code=400)
        ids = [event["id"] for event in body["source"]["events"]]
        return Response(orjson.dumps({"data": {"event_ids": ids}}), media_type="application/json")

    return Starlette(routes=[Route("/v3/events", publish, methods=["POST"])])


class _Raw(asyncio.Protocol):
    """Read a request to its end and respond: the limit of the load generator."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._end: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._data += data
        self._end = self._end or message_end(self._data)
        if self._end is not None and len(self._data) >= self._end:
            self._data.clear()
            self._end = None
            self._transport.write(RESPONSE)


async def _serve_raw(listener: socket.socket) -> None:
    server = await asyncio.get_running_loop().create_server(_Raw, sock=listener)
    await server.serve_forever()


def main(name: str) -> None:
    """Serve on a free port until the process is ended."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)  # noqa: T201
        if name == "raw":
            uvloop.run(_serve_raw(listener))
        config = uvicorn.Config(_starlette(), loop="uvloop", http="httptools", access_log=False, log_config=None)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(sys.argv[1])
