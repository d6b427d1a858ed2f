"""An S3-compatible server of the tests' own, and a proxy in front of it that fails on demand."""

import http.client
import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from tests.servers.postgres import ROOT, free_port

START_SECONDS = 60
REGION = "us-east-1"
KEY_ID = "key-of-the-tests"
SECRET = "secret-of-the-tests"
# The server takes its region from the signature, which it does not verify.
SIGNED = {"Authorization": f"AWS4-HMAC-SHA256 Credential={KEY_ID}/20260101/{REGION}/s3/aws4_request"}


class S3:
    """A server on a free port of 127.0.0.1 that keeps its buckets in memory."""

    def __init__(self) -> None:
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the server and wait until it responds."""
        self._process = subprocess.Popen(
            [ROOT / ".venv/servers/bin/moto_server", "-H", "127.0.0.1", "-p", str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._responds():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("The S3 server does not start")
            time.sleep(0.1)

    def stop(self) -> None:
        """End the server; its buckets are gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(START_SECONDS)
            self._process = None

    def make_bucket(self, name: str) -> str:
        """Make an empty bucket and return its URL."""
        httpx.put(f"{self.url}/{name}", headers=SIGNED).raise_for_status()
        return f"s3://{name}"

    def unfinished_uploads(self, bucket: str) -> int:
        """Return how many multipart uploads were begun and neither completed nor aborted."""
        listed = httpx.get(f"{self.url}/{bucket}?uploads", headers=SIGNED)
        return listed.raise_for_status().text.count("<UploadId>")

    def _responds(self) -> bool:
        try:
            return httpx.get(self.url, headers=SIGNED, timeout=5).is_success
        except httpx.TransportError:
            return False


def environment(endpoint: str) -> dict[str, str]:
    """Return the standard variables by which a client finds the server."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": REGION,
    }


def without_variables() -> dict[str, str]:
    """Return the environment of this process without the variables of any AWS client."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


@dataclass(frozen=True)
class Fault:
    """What the proxy does to a request: respond with a status, wait first, or cut the connection.

    `after_bytes` of the real response are sent before a cut; None cuts before the request is forwarded.
    """

    status: int | None = None
    seconds: float = 0
    is_cut: bool = False
    after_bytes: int | None = None


OK = Fault()
Choice = Callable[[str, str], Fault]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Print nothing: clients that are killed reset their connections."""


class FaultyProxy:
    """Forward requests to an S3 server. `choose` decides by method and path what goes wrong; it may change.

    `bytes_read` counts the content of objects that was sent.
    """

    def __init__(self, target: S3) -> None:
        self.choose: Choice = lambda method, path: OK
        self.requests: list[tuple[str, str]] = []
        self.bytes_read = 0
        self._server = _Server(("127.0.0.1", 0), self._handler(target.port))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(START_SECONDS)

    def fail_first(self, count: int, fault: Fault, method: str = "") -> None:
        """Let the next `count` requests, perhaps of one method, fail."""
        left = iter(range(count))

        def choose(used: str, path: str) -> Fault:
            return fault if used == (method or used) and next(left, None) is not None else OK

        self.choose = choose

    def _handler(self, port: int) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                proxy.requests.append((self.command, self.path))
                fault = proxy.choose(self.command, self.path)
                time.sleep(fault.seconds)
                if fault.is_cut and fault.after_bytes is None:
                    self.close_connection = True
                elif fault.status is not None:
                    self.respond(fault.status, {}, b"")
                else:
                    status, headers, content = _ask(port, self.command, self.path, body, dict(self.headers))
                    if self.command == "GET":
                        proxy.bytes_read += len(content)
                    self.respond(status, headers, content, fault.after_bytes)

            def respond(
                self, status: int, headers: Mapping[str, str], content: bytes, after_bytes: int | None = None
            ) -> None:
                self.send_response_only(status)
                for name, value in ({"Content-Length": str(len(content))} | dict(headers)).items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content[:after_bytes])
                self.close_connection = after_bytes is not None

            def log_message(self, *_: Any) -> None: ...

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = forward

        return Handler


def _ask(port: int, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        content = response.read()
        kept = {name: value for name, value in response.getheaders() if name.lower() not in ("connection", "date")}
        kept.pop("Transfer-Encoding", None)
        return response.status, kept, content
    finally:
        connection.close()
