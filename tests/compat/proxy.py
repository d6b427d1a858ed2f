"""A proxy between client and server that lets the first attempt of every change fail, in a way that is chosen."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from http.client import HTTPConnection, HTTPMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

LATE_SECONDS = 2.0
RETRY_HEADER = "X-Fiddler-Client-Retry"
KEY_HEADER = "Idempotency-Key"
HOP_BY_HOP = {"connection", "content-length", "keep-alive", "transfer-encoding"}


class Fault(Enum):
    """How an attempt fails. In the first group, the server has executed the request."""

    RESPONSE_DROPPED = "the connection ends without a response"
    RESPONSE_LATE = "the response comes after the client's time-out"
    RESPONSE_CUT = "the connection ends within the response"

    REQUEST_CUT = "the connection ends within the request"
    BUSY = 503
    TOO_MANY = 429


class FaultyProxy(ThreadingHTTPServer):
    """Pass requests to the server at `upstream`, except those that meet `fault`."""

    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = urlsplit(upstream).netloc
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.fault: Fault | None = None
        self.met: list[str] = []
        self.keys: list[str] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent: broken connections are the purpose of this proxy."""


@contextmanager
def running(upstream: str) -> Iterator[FaultyProxy]:
    """Give a proxy that runs."""
    with FaultyProxy(upstream) as proxy:
        thread = Thread(target=proxy.serve_forever)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FaultyProxy

    def do_GET(self) -> None:
        self._send(*self._forward(self._body()))

    def do_POST(self) -> None:
        fault = None if self._is_retry() else self.server.fault
        if fault:
            self.server.met.append(f"{self.command} {self.path}")
        self._meet(fault, self._body())

    def _is_retry(self) -> bool:
        key = self.headers.get(KEY_HEADER)
        if key is None:
            return RETRY_HEADER in self.headers
        self.server.keys.append(key)
        return self.server.keys.count(key) > 1

    do_PATCH = do_PUT = do_DELETE = do_POST

    def _meet(self, fault: Fault | None, body: bytes) -> None:
        match fault:
            case None:
                self._send(*self._forward(body))
            case Fault.BUSY | Fault.TOO_MANY:
                self._send(fault.value, HTTPMessage(), _refusal(fault.value))
            case Fault.REQUEST_CUT:
                self._forward_half(body)
                self.close_connection = True
            case Fault.RESPONSE_DROPPED:
                self._forward(body)
                self.close_connection = True
            case Fault.RESPONSE_CUT:
                self._send(*self._forward(body), is_cut=True)
            case Fault.RESPONSE_LATE:
                response = self._forward(body)
                time.sleep(LATE_SECONDS)
                self._send(*response)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _forward(self, body: bytes) -> tuple[int, HTTPMessage, bytes]:
        connection = HTTPConnection(self.server.upstream)
        connection.request(self.command, self.path, body, dict(self.headers))
        with connection.getresponse() as response:
            received = response.status, response.headers, response.read()
        connection.close()
        return received

    def _forward_half(self, body: bytes) -> None:
        connection = HTTPConnection(self.server.upstream)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        connection.send(body[: len(body) // 2])
        connection.close()

    def _send(self, status: int, headers: HTTPMessage, body: bytes, is_cut: bool = False) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if is_cut else body)
        self.close_connection = self.close_connection or is_cut

    def log_message(self, format: str, *arguments: object) -> None:
        """Stay silent."""


def _refusal(status: int) -> bytes:
    error = {"code": status, "message": "Not now", "errors": []}
    return json.dumps({"api_version": "3.0", "kind": "ERROR", "error": error}).encode()
