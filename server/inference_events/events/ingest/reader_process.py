"""The process that reads files. A file made to exhaust memory or time harms only its own job.

The server starts it as `python -m inference_events.events.ingest.reader_process FD MEMORY_BYTES` and sends one request
after another on the socket `FD`, as a length and JSON. The process responds to each with messages, the last of which is
neither `ALIVE` nor `CHUNK`. A message is a header, JSON, and up to three blocks of bytes.

The process knows no secrets but the credentials of the bucket that it reads from. It ends when the server does: its
standard input is a pipe that the server holds.
"""

import os
import resource
import signal
import socket
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa

from inference_events import exact_json
from inference_events.events.ingest.chunks import FileChunk
from inference_events.events.ingest.files import column_names, read_chunks
from inference_events.events.ingest.unreadable import DAMAGED, NOT_READABLE, TooManyMalformed, Unreadable
from inference_events.files.source import FileSource
from inference_events.files.store import FileStoreUnavailable
from inference_events.without_pandas import forbid_pandas

LENGTH = struct.Struct("<I")
# The kind, the length of the JSON, and of the three blocks: row numbers, malformed ones, rows in Arrow's IPC format.
HEADER = struct.Struct("<BIQQQ")
ALIVE_EVERY_SECONDS = 0.5


class Kind(IntEnum):
    """The kind of a message."""

    ALIVE = 0
    CHUNK = 1
    RESULT = 2
    UNREADABLE = 3
    TOO_MANY_MALFORMED = 4
    OUT_OF_MEMORY = 5
    UNAVAILABLE = 6


Send: TypeAlias = Callable[..., None]


def main() -> None:
    descriptor, memory = map(int, sys.argv[1:])
    forbid_pandas()
    # A terminal and a supervisor send these signals to every process of the server. The server ends this one itself.
    for ignored in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ignored, signal.SIG_IGN)
    threading.Thread(target=_end_with_server, daemon=True).start()
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_DATA, memory)
    with socket.socket(fileno=descriptor) as server, server.makefile("rb") as requests:
        while length := requests.read(LENGTH.size):
            _respond(server, exact_json.loads(requests.read(*LENGTH.unpack(length))))


def _end_with_server() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


def _limit(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _respond(server: socket.socket, request: dict[str, Any]) -> None:
    def send(kind: Kind, value: Any = None, chunk: FileChunk | None = None) -> None:
        text = exact_json.dumps(value)
        lengths = (0, 0, 0) if chunk is None else (chunk.rows.nbytes, chunk.malformed.nbytes, _ipc_bytes(chunk.table))
        server.sendall(HEADER.pack(kind, len(text), *lengths) + text)
        if chunk is not None:
            server.sendall(chunk.rows.data)
            server.sendall(chunk.malformed.data)
            _write_ipc(chunk.table, pa.PythonFile(_Sink(server), "w"))

    function: Callable[..., Any] = FUNCTIONS[request.pop("function")]
    try:
        result = function(FileSource.from_json(request.pop("source")), **request, send=send)
    except TooManyMalformed as error:
        send(Kind.TOO_MANY_MALFORMED, [str(error), None, _resident_bytes()])
    except Unreadable as error:
        send(Kind.UNREADABLE, [str(error), _where(error.__cause__), _resident_bytes()])
    except MemoryError:
        send(Kind.OUT_OF_MEMORY)
    except FileStoreUnavailable:
        send(Kind.UNAVAILABLE, [_resident_bytes()])
    except ConnectionError:
        raise
    except Exception as error:
        damaged = NOT_READABLE.format(type=request["type"], why=DAMAGED)
        send(Kind.UNREADABLE, [damaged, _where(error), _resident_bytes()])
    else:
        send(Kind.RESULT, [result, _resident_bytes()])


def _resident_bytes() -> int:
    """Return the bytes of memory that the process holds now, 0 if the system does not report it as Linux does."""
    # Not with `getrusage`: a new process inherits the maximum of the one that started it.
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def _where(error: BaseException | None) -> str | None:
    """Return the kind of an error and its place in the code, without its message, which may show cells."""
    if error is None or isinstance(error, pa.ArrowException | UnicodeDecodeError | OSError):
        return None
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join([type(error).__name__, *(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames))])


def _names(source: FileSource, *, type: str, send: Send) -> list[str]:
    return column_names(source, type)


def _chunks(source: FileSource, *, type: str, start: int, size: int, max_malformed: int, send: Send) -> None:
    alive = _Alive(send)
    for chunk in read_chunks(source, type, start=start, size=size, max_malformed=max_malformed, alive=alive):
        send(Kind.CHUNK, [chunk.start, chunk.end, chunk.fraction], chunk)


def _ipc_bytes(table: pa.Table) -> int:
    sink = pa.MockOutputStream()
    _write_ipc(table, sink)
    size: int = sink.size()
    return size


def _write_ipc(table: pa.Table, sink: pa.NativeFile) -> None:
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


class _Sink:
    """A file that is a socket, so that no second copy of a chunk is in memory."""

    closed = False

    def __init__(self, server: socket.socket) -> None:
        self._server = server

    def write(self, data: bytes) -> int:
        self._server.sendall(data)
        return len(data)


def _propose(source: FileSource, *, type: str, sample_size: int, max_cardinality: int, send: Send) -> Any:
    # Most processes never need it.
    from inference_events.models.factory import propose_columns

    return propose_columns(source, type, sample_size=sample_size, max_cardinality=max_cardinality, alive=_Alive(send))


class _Alive:
    """Send a sign of life now and then."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._next = 0.0

    def __call__(self) -> None:
        if time.monotonic() >= self._next:
            self._send(Kind.ALIVE)
            self._next = time.monotonic() + ALIVE_EVERY_SECONDS


FUNCTIONS: dict[str, Callable[..., Any]] = {"names": _names, "chunks": _chunks, "propose": _propose}


if __name__ == "__main__":
    main()
