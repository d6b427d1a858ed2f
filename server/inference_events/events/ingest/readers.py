"""Read files in separate processes, with limits of memory and time.

A malicious file of a few bytes can fill any memory, be read forever, or crash the reader. So no file is opened here: a
process reads it and sends its rows, and if it ends, only its job fails. A process that has read a file to its end is
kept for the next one, because a new one takes a tenth of a second to start.
"""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import structlog

from inference_events import exact_json
from inference_events.errors import ServiceUnavailable
from inference_events.events.ingest import reader_process
from inference_events.events.ingest.chunks import CHUNK_BYTES, FileChunk
from inference_events.events.ingest.files import MAX_MALFORMED
from inference_events.events.ingest.reader_environment import reader_environment
from inference_events.events.ingest.reader_process import HEADER, LENGTH, Kind
from inference_events.events.ingest.unreadable import NOT_READABLE, TooManyMalformed, Unreadable
from inference_events.files.source import FileSource
from inference_events.files.store import FileStoreUnavailable
from inference_events.limits import MIB
from inference_events_api import types as t

POLL_SECONDS = 0.2
# No message of a process that works is longer: rows of some 64 MiB, or one row of many columns.
MAX_MESSAGE_BYTES = 16 * CHUNK_BYTES
# A process that took more is replaced, which returns its memory.
KEPT_BYTES = 256 * MIB
# Rows to read at once after a process ended: too many rows may have ended it.
CAUTIOUS_ROWS = 1024
TOO_MUCH_MEMORY = "it needs more than {limit} MiB of memory to be read; split it"
TOO_SLOW = "none of its rows could be read in {seconds:g} s; split it"
ENDED = "the process that read it ended, as it does if it needs too much memory; split the file"

Checkpoint: TypeAlias = Callable[[], None]

log = structlog.get_logger(__name__)


class ReaderEnded(Exception):
    """A process ended before its last message."""


def never_stop() -> None:
    """Do nothing: the caller never stops the reading."""


class FileReaders:
    """Read files in processes, each with `memory_bytes` at most and a sign of life at least every `seconds`.

    Every method that reads takes a `checkpoint`, which is called often while nothing arrives. If it raises, the process
    ends. Each may raise FileStoreUnavailable. The processes get the credentials of a bucket if `reads_bucket`.
    """

    def __init__(self, memory_bytes: int, seconds: float, *, reads_bucket: bool = False) -> None:
        self._memory_bytes = memory_bytes
        self._reads_bucket = reads_bucket
        self._seconds = seconds
        self._lock = threading.Lock()
        self._idle: list[_Process] = []
        self._busy: set[_Process] = set()
        self._is_closed = False

    def start(self) -> None:
        """Start a process for the first file, without waiting for it."""
        process = self._new_process()
        with self._lock:
            self._idle.append(process)

    def close(self) -> None:
        """End all processes, even those that read."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
            busy = list(self._busy)
        for process in idle:
            process.close()
        for process in busy:
            # The thread that waits for the process closes it.
            process.end()

    def column_names(self, source: FileSource, type: str, checkpoint: Checkpoint = never_stop) -> list[str]:
        """Do `files.column_names`. Raises Unreadable."""
        names: list[str] = self._result("names", source, type, checkpoint)
        return names

    def propose_columns(
        self, source: FileSource, type: str, *, sample_size: int, max_cardinality: int
    ) -> list[t.Column]:
        """Do `model_factory.propose_columns`. Raises Unreadable."""
        columns: list[t.Column] = self._result(
            "propose", source, type, never_stop, sample_size=sample_size, max_cardinality=max_cardinality
        )
        return columns

    def read_chunks(
        self,
        source: FileSource,
        type: str,
        *,
        start: int,
        size: int,
        max_malformed: int = MAX_MALFORMED,
        checkpoint: Checkpoint = never_stop,
    ) -> Iterator[FileChunk]:
        """Do `files.read_chunks`. Raises Unreadable, and TooManyMalformed after the rows before."""
        is_second = False
        while True:
            try:
                limits = {"start": start, "size": size, "max_malformed": max_malformed}
                for chunk in self._read("chunks", source, type, checkpoint, **limits):
                    start = chunk.end
                    yield chunk
                return
            except ReaderEnded:
                self._check_open()
                checkpoint()
                if is_second:
                    raise Unreadable(NOT_READABLE.format(type=type, why=ENDED)) from None
                is_second, size = True, min(size, CAUTIOUS_ROWS)

    def _result(self, function: str, source: FileSource, type: str, checkpoint: Checkpoint, **arguments: Any) -> Any:
        try:
            next(self._read(function, source, type, checkpoint, **arguments))
        except StopIteration as end:
            return end.value
        except ReaderEnded:
            self._check_open()
            checkpoint()
            raise Unreadable(NOT_READABLE.format(type=type, why=ENDED)) from None
        raise AssertionError(f"{function} sends no chunks")

    def _read(
        self, function: str, source: FileSource, type: str, checkpoint: Checkpoint, **arguments: Any
    ) -> Generator[FileChunk, None, Any]:
        process = self._take()
        is_kept = False
        try:
            process.send({"function": function, "source": source.to_json(), "type": type, **arguments})
            while True:
                message = process.receive(checkpoint, self._seconds)
                if message.kind is Kind.CHUNK:
                    yield _chunk(message)
                elif message.kind is not Kind.ALIVE:
                    break
            is_kept = message.kind is not Kind.OUT_OF_MEMORY and message.value[-1] <= KEPT_BYTES
        except TimeoutError:
            raise Unreadable(NOT_READABLE.format(type=type, why=TOO_SLOW.format(seconds=self._seconds))) from None
        finally:
            self._return(process, is_kept)
        return self._outcome(message, type)

    def _outcome(self, message: "_Message", type: str) -> Any:
        if message.kind is Kind.RESULT:
            return message.value[0]
        if message.kind is Kind.OUT_OF_MEMORY:
            limit = TOO_MUCH_MEMORY.format(limit=self._memory_bytes // MIB)
            raise Unreadable(NOT_READABLE.format(type=type, why=limit))
        if message.kind is Kind.UNAVAILABLE:
            raise FileStoreUnavailable
        text, where, _ = message.value
        if where is not None:
            log.warning("file_unreadable_unexpectedly", where=where)
        raise (TooManyMalformed if message.kind is Kind.TOO_MANY_MALFORMED else Unreadable)(text)

    def _take(self) -> "_Process":
        with self._lock:
            self._check_open()
            while self._idle:
                process = self._idle.pop()
                if process.is_alive:
                    break
                process.close()
            else:
                process = self._new_process()
            self._busy.add(process)
        return process

    def _return(self, process: "_Process", is_kept: bool) -> None:
        with self._lock:
            self._busy.discard(process)
            is_kept = is_kept and not self._is_closed
            if is_kept:
                self._idle.append(process)
            elif not self._is_closed and not self._idle:
                self._idle.append(self._new_process())
        if not is_kept:
            process.close()

    def _new_process(self) -> "_Process":
        return _Process(self._memory_bytes, reader_environment(self._reads_bucket))

    def _check_open(self) -> None:
        if self._is_closed:
            raise ServiceUnavailable("The server is stopping; try again")


@dataclass(frozen=True)
class _Message:
    kind: Kind
    value: Any
    blocks: Sequence[bytearray]


def _chunk(message: _Message) -> FileChunk:
    start, end, fraction = message.value
    rows, malformed, table = message.blocks
    with pa.ipc.open_stream(pa.py_buffer(table)) as reader:
        return FileChunk(
            reader.read_all(), np.frombuffer(rows, np.int64), np.frombuffer(malformed, np.int64), end, fraction, start
        )


class _Process:
    """A process that reads, and the socket to it."""

    def __init__(self, memory_bytes: int, environment: Mapping[str, str]) -> None:
        self._socket, theirs = socket.socketpair()
        self._socket.settimeout(POLL_SECONDS)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", reader_process.__name__, str(theirs.fileno()), str(memory_bytes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                # A library that aborts may write cells to its output.
                stderr=subprocess.DEVNULL,
                env=dict(environment),
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def send(self, request: Mapping[str, Any]) -> None:
        text = exact_json.dumps(request)
        try:
            self._socket.sendall(LENGTH.pack(len(text)) + text)
        except ConnectionError:
            raise ReaderEnded from None

    def receive(self, checkpoint: Checkpoint, seconds: float) -> _Message:
        """Wait for the next message. Raises ReaderEnded, and TimeoutError after `seconds` without any byte."""
        kind, *lengths = HEADER.unpack(self._bytes(HEADER.size, checkpoint, seconds))
        if sum(lengths) > MAX_MESSAGE_BYTES:
            raise ReaderEnded
        text, *blocks = [self._bytes(length, checkpoint, seconds) for length in lengths]
        return _Message(Kind(kind), exact_json.loads(bytes(text)), blocks)

    def _bytes(self, length: int, checkpoint: Checkpoint, seconds: float) -> bytearray:
        received = bytearray(length)
        rest = memoryview(received)
        until = time.monotonic() + seconds
        while rest:
            try:
                count = self._socket.recv_into(rest)
            except TimeoutError:
                checkpoint()
                if time.monotonic() > until:
                    raise
                continue
            except ConnectionError:
                count = 0
            if not count:
                raise ReaderEnded
            rest = rest[count:]
        return received

    def end(self) -> None:
        """End the process at once. Other threads that wait for it get ReaderEnded."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End the process, and close the descriptors to it."""
        self.end()
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._socket.close()
