"""Requests that are repeated until their result is known, even if the server is killed meanwhile."""

import socket
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np
import orjson

from tests.e2e.process import TOKEN
from tests.faults.server_under_test import Target

RESPONSE_SECONDS = 120
PATIENCE_SECONDS = 240


class Wrong(AssertionError):
    """The server broke a promise."""


class Caller:
    """Call a server that may die at any moment. `counts` counts the failed attempts."""

    def __init__(self, server: Target, rng: np.random.Generator, response_seconds: float = RESPONSE_SECONDS) -> None:
        self.counts: Counter[str] = Counter()
        self._server = server
        self._rng = rng
        self._http = httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=response_seconds)

    def close(self) -> None:
        self._http.close()

    def settle(self, method: str, path: str, body: bytes, status: int | None = None, key: str | None = None) -> Any:
        """Return the `data` of a request's response, which must be a success or have a `status`.

        Some requests have an idempotency key; the others get the retry header when they are sent again.
        """
        headers = {"Content-Type": "application/json"}
        key = key or (new_key(self._rng) if self._rng.random() < 0.3 else None)
        if key:
            headers["Idempotency-Key"] = key

        def send(tries: int) -> httpx.Response:
            if tries and not key:
                headers["X-Fiddler-Client-Retry"] = str(tries)
            return self._http.request(method, self._server.url + path, content=body, headers=headers)

        return self._persist(send, status)

    def get(self, path: str) -> Any:
        return self._persist(lambda _: self._http.get(self._server.url + path))

    def upload(self, name: str, data: bytes) -> str:
        """Upload a file and return its id."""
        files = {"file": (name, data)}
        uploaded = self._persist(lambda _: self._http.post(f"{self._server.url}/v3/files/upload", files=files))
        return str(uploaded["id"])

    def send_and_hang_up(self, request: bytes) -> None:
        """Send bytes on a new connection and close it. If the server does not listen, count that."""
        address = urlsplit(self._server.url)
        try:
            with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
                connection.sendall(request)
        except OSError:
            self.counts["connections refused"] += 1

    def _persist(self, send: Callable[[int], httpx.Response], status: int | None = None) -> Any:
        deadline = time.monotonic() + PATIENCE_SECONDS
        tries = 0
        while time.monotonic() < deadline:
            response = self._try(send, tries)
            tries += 1
            if response is not None:
                check(
                    response.is_success if status is None else response.status_code == status,
                    f"the response to {response.request.method} is {response.status_code}: {response.text[:500]}",
                )
                return orjson.loads(response.content).get("data")
        raise Wrong("the server does not respond again")

    def _try(self, send: Callable[[int], httpx.Response], tries: int) -> httpx.Response | None:
        """Return a response, or None if there is none or the request must be sent again."""
        try:
            response = send(tries)
        except httpx.ConnectError:
            time.sleep(0.05)
            return None
        except httpx.TransportError:
            self.counts["requests cut off, sent again"] += 1
            return None
        if response.status_code == 502:  # A proxy lost the server.
            self.counts["requests cut off, sent again"] += 1
            time.sleep(0.05)
            return None
        if response.status_code != 503:
            return response
        self.counts["requests put off with 503"] += 1
        time.sleep(0.1)
        return None


def new_key(rng: np.random.Generator) -> str:
    return rng.bytes(12).hex()


def raw_publish(body: bytes, key: str) -> bytes:
    """Return the bytes of a publish with an idempotency key."""
    head = f"POST /v3/events HTTP/1.1\r\nHost: faults\r\nAuthorization: Bearer {TOKEN}\r\nIdempotency-Key: {key}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def check(holds: bool, message: str) -> None:
    """Raise Wrong with a message unless something holds."""
    if not holds:
        raise Wrong(message)
