"""A proxy in front of PostgreSQL that cuts connections exactly when a COMMIT goes through."""

import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from enum import Enum

from tests.servers.postgres import USER, Postgres

PIECE = 1 << 16
# Requests before the first message, to which the server responds with one byte.
NEGOTIATIONS = (80877103, 80877104)
QUERIES = (b"Q", b"P")
ENDS = (b"Q", b"S")


class Cut(Enum):
    """When the connection is cut: before the COMMIT arrives, while it runs, or when it is done but nobody knows."""

    BEFORE = "before"
    MEANWHILE = "meanwhile"
    AFTER = "after"


class CommitProxy:
    """Pass connections on to a server. `choose` says of each COMMIT whether its connection is cut; it may change.

    `cuts` counts how often that happened.
    """

    def __init__(self, server: Postgres) -> None:
        self.choose: Callable[[], Cut | None] = lambda: None
        self.cuts: Counter[Cut] = Counter()
        self._server = server
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Accept no more connections. Those that are open end with their clients."""
        # The thread that accepts is not woken by close alone.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def url(self, database: str = "postgres") -> str:
        """Return the URL of a database behind the proxy."""
        return f"postgresql://{USER}@127.0.0.1:{self._listener.getsockname()[1]}/{database}"

    def cut(self) -> Cut | None:
        """Decide about a COMMIT."""
        with self._lock:
            chosen = self.choose()
            if chosen is not None:
                self.cuts[chosen] += 1
            return chosen

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._server.port))
            except OSError:
                client.close()
                continue
            _Relay(self, client, server)


class _Relay:
    """One connection, with a thread for each direction."""

    def __init__(self, proxy: CommitProxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client = client
        self._requests = client.makefile("rb")
        self._server = server
        self._cut: Cut | None = None
        for direction in (self._pass_requests, self._pass_responses):
            threading.Thread(target=self._until_the_end, args=(direction,), daemon=True).start()

    def _until_the_end(self, direction: Callable[[], None]) -> None:
        with suppress(OSError, EOFError):
            direction()
        for end in (self._client, self._server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _pass_requests(self) -> None:
        while True:
            head, body = self._message(4)
            self._server.sendall(head + body)
            if struct.unpack("!I", body[:4])[0] not in NEGOTIATIONS:
                break
        while True:
            head, body = self._message(5)
            if self._cut is None and head[:1] in QUERIES and body.endswith(b"COMMIT\0" + b"\0\0" * (head[:1] == b"P")):
                self._cut = self._proxy.cut()
            if self._cut is Cut.BEFORE:
                return
            self._server.sendall(head + body)
            if self._cut is Cut.MEANWHILE and head[:1] in ENDS:
                return

    def _pass_responses(self) -> None:
        while piece := self._server.recv(PIECE):
            if self._cut is not None:
                # The server says nothing before the COMMIT is done.
                return
            self._client.sendall(piece)

    def _message(self, head_bytes: int) -> tuple[bytes, bytes]:
        head = self._exactly(head_bytes)
        [length] = struct.unpack("!I", head[-4:])
        return head, self._exactly(length - 4)

    def _exactly(self, count: int) -> bytes:
        read = self._requests.read(count)
        if len(read) < count:
            raise EOFError
        return read
