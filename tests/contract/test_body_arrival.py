"""Bodies over real sockets: they share the memory by age, and none may stop or crawl."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from inference_events.limits import Limits, Pace
from tests.contract.fakes import ADMIN, ExampleOperations, OpenGate, create_example_app
from tests.contract.serving import serve
from tests.contract.wire import SECONDS, WireResponse, connect, read_response, send
from tests.envelope import assert_error_envelope

MIB = 1024 * 1024
ID = "5b1b1c62-5f4d-4c53-9f3e-0f6a2f0b7a11"
PACE = Pace(idle_seconds=0.6, grace_seconds=1.2, bytes_per_second=100)
LIMITS = Limits(bodies_in_flight_bytes=4 * MIB, pace=PACE)
JSON, FORM = "Content-Type: application/json", "Content-Type: multipart/form-data; boundary=frame"
PART = b'--frame\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
BODIES = [("/v3/events", JSON, b'{"model_id": "'), ("/v3/files/upload", FORM, PART)]


class Server:
    """A server's URL, and its bodies in memory."""

    def __init__(self, url: str, incoming: Path) -> None:
        self.url = url
        self._incoming = incoming

    def publish(self) -> WireResponse:
        headers = [("Authorization", f"Bearer {ADMIN}"), ("Content-Type", "application/json")]
        return send(self.url, "POST", "/v3/events", headers, events(10))

    def in_flight(self) -> float:
        text = send(self.url, "GET", "/metrics").body.decode()
        name = "inference_events_http_bodies_in_flight_bytes "
        return float(next(line.removeprefix(name) for line in text.splitlines() if line.startswith(name)))

    def await_in_flight(self, least: float, most: float) -> None:
        deadline = time.monotonic() + SECONDS
        while not least <= self.in_flight() <= most and time.monotonic() < deadline:
            time.sleep(0.01)
        assert least <= self.in_flight() <= most

    def assert_nothing_is_kept(self) -> None:
        self.await_in_flight(0, 0)
        assert list(self._incoming.iterdir()) == []


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    incoming = tmp_path_factory.mktemp("incoming")
    with serve(create_example_app(incoming, ExampleOperations(), OpenGate(), LIMITS)) as url:
        yield Server(url, incoming)


def events(size: int) -> bytes:
    """Return a body that publishes one event of about `size` bytes."""
    source = {"type": "EVENTS", "events": [{"a": "x" * size}]}
    return json.dumps({"model_id": ID, "env_type": "PRODUCTION", "source": source}).encode()


@contextmanager
def begun(
    server: Server, path: str, header: str, beginning: bytes, announced: int | None = None
) -> Iterator[socket.socket]:
    """Send the beginning of a body, of the length that is announced or chunked, and leave the connection open."""
    length = "Transfer-Encoding: chunked" if announced is None else f"Content-Length: {announced}"
    lines = [f"POST {path} HTTP/1.1", "Host: a", f"Authorization: Bearer {ADMIN}", header, length, "", ""]
    with connect(server.url) as connection:
        connection.sendall("\r\n".join(lines).encode() + beginning)
        yield connection


def assert_refused(connection: socket.socket, status: int) -> WireResponse:
    response = read_response(connection, "POST")
    assert_error_envelope(response.json(), status)
    return response


def test_silent_clients_take_nothing(server: Server) -> None:
    """Any number of clients may announce the largest body: while they send nothing, others are served at once."""
    large = 128 * MIB
    with begun(server, *BODIES[0], large), begun(server, *BODIES[0], large), begun(server, *BODIES[0], large):
        server.await_in_flight(1, 3 * len(BODIES[0][2]))
        assert server.publish().status == 200
    server.assert_nothing_is_kept()


def test_the_newest_body_makes_room_for_the_oldest(server: Server) -> None:
    """If the memory is full, the newest body is a 503 although it asks for nothing, and the oldest is stored."""
    body = events(3 * MIB)
    with (
        begun(server, "/v3/events", JSON, body[:MIB], len(body)) as oldest,
        begun(server, "/v3/events", JSON, body[: MIB // 2], len(body)) as middle,
        begun(server, "/v3/events", JSON, body[: 2 * MIB], len(body)) as newest,
    ):
        server.await_in_flight(3.5 * MIB, 3.5 * MIB)
        oldest.sendall(body[MIB:])
        assert assert_refused(newest, 503).headers["retry-after"] == "1"
        assert read_response(oldest, "POST").status == 200
        middle.sendall(body[MIB // 2 :])
        assert read_response(middle, "POST").status == 200
    server.assert_nothing_is_kept()


def test_the_newest_body_is_refused_if_it_asks_for_more(server: Server) -> None:
    """A body that does not fit with the older ones is a 503; the older bodies and the connection continue."""
    body = events(3 * MIB)
    with (
        begun(server, "/v3/events", JSON, body[: 2 * MIB], len(body)) as older,
        begun(server, "/v3/events", JSON, body[: 2 * MIB], len(body)) as newer,
    ):
        server.await_in_flight(4 * MIB, 4 * MIB)
        newer.sendall(body[2 * MIB :])
        assert_refused(newer, 503)
        older.sendall(body[2 * MIB :])
        assert read_response(older, "POST").status == 200
        newer.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        assert read_response(newer, "GET").status == 200
    server.assert_nothing_is_kept()


def test_a_body_of_unknown_length_counts_what_has_arrived(server: Server) -> None:
    """A chunked body reserves its bytes, from 1 MiB on in steps, and releases them if the client disconnects."""
    with begun(server, "/v3/events", JSON, b"a\r\n" + b"x" * 10 + b"\r\n") as connection:
        server.await_in_flight(10, 10)
        connection.sendall(b"100001\r\n" + b"x" * (MIB + 1) + b"\r\n")
        server.await_in_flight(2 * MIB, 2 * MIB)
    server.assert_nothing_is_kept()


@pytest.mark.parametrize(("path", "header", "beginning"), BODIES, ids=["events", "file"])
def test_a_body_that_stops_is_refused(server: Server, path: str, header: str, beginning: bytes) -> None:
    """If no byte arrives for a while, the response is a 408, the connection is closed, and nothing is kept."""
    with begun(server, path, header, beginning, MIB) as connection:
        for _ in range(2):
            time.sleep(PACE.idle_seconds / 2)
            connection.sendall(b" ")
        assert assert_refused(connection, 408).headers["connection"] == "close"
        assert connection.recv(1) == b""
    server.assert_nothing_is_kept()


@pytest.mark.parametrize(("path", "header", "beginning"), BODIES, ids=["events", "file"])
def test_a_body_that_crawls_is_refused(server: Server, path: str, header: str, beginning: bytes) -> None:
    """Single bytes at intervals are a 408 once their average is known to be too low."""
    began = time.monotonic()
    with begun(server, path, header, beginning, MIB) as connection:
        connection.settimeout(PACE.idle_seconds / 4)
        response = b""
        while not response and time.monotonic() - began < SECONDS:
            connection.sendall(b" ")
            try:
                response = connection.recv(16)
            except TimeoutError:
                continue
        assert response.startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began >= PACE.grace_seconds
    server.assert_nothing_is_kept()


@pytest.mark.parametrize(
    ("path", "header", "body"),
    [("/v3/events", JSON, events(1000)), ("/v3/files/upload", FORM, PART + b"x" * 1000 + b"\r\n--frame--\r\n")],
    ids=["events", "file"],
)
def test_a_slow_body_is_served(server: Server, path: str, header: str, body: bytes) -> None:
    """A body that is slow, but not slower than the lowest rate, may take longer than the time without a check."""
    pieces = [body[start : start + len(body) // 20] for start in range(0, len(body), len(body) // 20)]
    began = time.monotonic()
    with begun(server, path, header, b"", len(body)) as connection:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(0.1)
        assert time.monotonic() - began > PACE.grace_seconds
        assert read_response(connection, "POST").status == 200
    server.assert_nothing_is_kept()


def test_the_rest_of_a_refused_body_is_not_awaited_for_ever(server: Server) -> None:
    """A client that is refused in the middle of its body, sends a little more and stops, is disconnected."""
    with begun(server, "/v3/nothing", JSON, b"x", MIB) as connection:
        assert_refused(connection, 404)
        connection.sendall(b"x")
        assert connection.recv(1) == b""
