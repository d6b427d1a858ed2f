"""Receivers of messages for tests: HTTP servers on 127.0.0.1 that record what they get and respond as a script says."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

WAIT_SECONDS = 60.0


@dataclass(frozen=True)
class Received:
    """A request as it arrived. `at` is in monotonic seconds."""

    path: str
    headers: dict[str, str]
    raw: bytes
    at: float = field(default_factory=time.monotonic)

    @property
    def body(self) -> Any:
        return orjson.loads(self.raw)


@dataclass(frozen=True)
class Response:
    """How to respond: after a pause; without a status the connection is closed with no response."""

    status: int | None = 200
    body: bytes = b"ok"
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0


class Receiver:
    """Records requests. Each gets the next response of the script, and those after its end get 200, after a pause."""

    def __init__(self, script: Sequence[Response] = ()) -> None:
        self.received: list[Received] = []
        self.script = list(script)
        self.pause = 0.0
        self.port = 0
        self._changed = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook/secret-path"

    def take(self, request: Received) -> Response:
        """Record a request and return the response to it."""
        with self._changed:
            self.received.append(request)
            self._changed.notify_all()
            return self.script.pop(0) if self.script else Response(pause=self.pause)

    def wait_for(self, count: int) -> list[Received]:
        """Return the requests once there are `count` of them."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.received) >= count, WAIT_SECONDS), self.received
            return list(self.received)


@contextmanager
def receiving(*script: Response, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Run a receiver."""
    receiver = Receiver(script)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(receiver))
    server.daemon_threads = True
    server.block_on_close = False
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


def eventually(found: Callable[[], Any]) -> Any:
    """Return the first true result of a function."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not (result := found()):
        assert time.monotonic() < deadline, "nothing was found"
        time.sleep(0.02)
    return result


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            response = receiver.take(Received(self.path, dict(self.headers.items()), raw))
            time.sleep(response.pause)
            self.close_connection = True
            if response.status is None:
                return
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
