"""Requests and responses as bytes on a socket, so that a probe may send anything."""

import json
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit

SECONDS = 20
CHUNK_BYTES = 64 * 1024

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class WireResponse:
    """One response; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def send(
    server_url: str,
    method: str,
    path: str,
    headers: Headers = (),
    body: bytes = b"",
    is_chunked: bool = False,
) -> WireResponse:
    """Send one request on a new connection and read the whole response."""
    lines = [f"{method} {path} HTTP/1.1", "Host: probe", *(f"{name}: {value}" for name, value in headers)]
    if is_chunked:
        return exchange(server_url, method, [_head([*lines, "Transfer-Encoding: chunked"]), *_chunked(body)])
    if body and not any(name == "Content-Length" for name, _ in headers):
        lines.append(f"Content-Length: {len(body)}")
    return exchange(server_url, method, [_head(lines), body])


def exchange(server_url: str, method: str, pieces: Iterable[bytes]) -> WireResponse:
    """Write raw bytes and read one response to a request of `method`."""
    with connect(server_url) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass  # The server may respond, and close, before it has read everything.
        return read_response(connection, method)


def exchange_all(server_url: str, pieces: Iterable[bytes]) -> bytes:
    """Write raw bytes and read all responses until the server closes."""
    with connect(server_url) as connection:
        for piece in pieces:
            connection.sendall(piece)
        return b"".join(iter(lambda: connection.recv(CHUNK_BYTES), b""))


def connect(server_url: str) -> socket.socket:
    """Open a connection to the server."""
    address = urlsplit(server_url)
    return socket.create_connection((address.hostname, address.port), timeout=SECONDS)


def read_response(connection: socket.socket, method: str) -> WireResponse:
    """Read the next response on a connection."""
    response = HTTPResponse(connection, method=method)
    response.begin()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return WireResponse(response.status, headers, response.read())


def _head(lines: Iterable[str]) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _chunked(body: bytes) -> Iterable[bytes]:
    for start in range(0, len(body), CHUNK_BYTES):
        piece = body[start : start + CHUNK_BYTES]
        yield f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    yield b"0\r\n\r\n"
