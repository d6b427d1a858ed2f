"""Under overload the server refuses requests at once, and completes those that it has accepted."""

import select
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from threading import Barrier
from urllib.parse import urlsplit

import httpx
import numpy as np
import orjson

from tests.e2e.process import TOKEN
from tests.envelope import assert_error_envelope
from tests.faults.expected_state import Change, Kind
from tests.faults.load import EVENTS_PATH
from tests.faults.recording_client import RecordingClient
from tests.faults.server_under_test import ServerUnderTest, server_under_test

MIB = 1024 * 1024
SLOW_CLIENTS, SLOW_PIECES = 20, 16
PIECE_SECONDS = 0.05
MOST_SECONDS = 60
HEAD = (
    "POST /v3/events HTTP/1.1\r\nHost: slow\r\nContent-Type: application/json\r\n"
    f"Authorization: Bearer {TOKEN}\r\nContent-Length: "
)

FEW, MANY = 3, 48
ROUND_SECONDS = 1
# A share of the rate without overload. It shows only that work continues, on any machine.
GOES_ON = 0.2


@dataclass(frozen=True)
class Sent:
    """A request, its response, and the seconds that it took."""

    change: Change
    response: httpx.Response
    seconds: float


def send_for_a_while(
    server: ServerUnderTest, recorder: RecordingClient, client_number: int, clients: int, start: Barrier
) -> list[Sent]:
    """Publish 1,000 events again and again, from the moment when every client has its first ones."""
    sent: list[Sent] = []
    until: float | None = None
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as client:
        while until is None or time.monotonic() < until:
            # Each client has its own numbers: a refused request is not sent again.
            first = (len(sent) * clients + client_number) * 1000
            change = Change(Kind.PUBLISH, np.arange(first, first + 1000), client_number + 1)
            body = recorder.publish_body(change)
            if until is None:
                start.wait()
                until = time.monotonic() + ROUND_SECONDS
            began = time.monotonic()
            response = client.post(EVENTS_PATH, content=body, headers={"Content-Type": "application/json"})
            sent.append(Sent(change, response, time.monotonic() - began))
    return sent


def flood(server: ServerUnderTest, tmp_path: Path, clients: int, counts: Counter[str]) -> tuple[list[Sent], list[Sent]]:
    """Let clients publish at once to a new model, and audit it. Return what was accepted and what was refused."""
    recorder = RecordingClient(server, tmp_path)
    start = Barrier(clients)
    with ThreadPoolExecutor(clients) as pool:
        each = pool.map(lambda number: send_for_a_while(server, recorder, number, clients, start), range(clients))
        sent = [one for ones in each for one in ones]
    recorder.state.claim(max(int(one.change.numbers[-1]) for one in sent) + 1)
    accepted = [one for one in sent if one.response.is_success]
    for one in accepted:
        recorder.state.apply(one.change)
    recorder.audit(counts)
    return accepted, [one for one in sent if not one.response.is_success]


def test_too_much_is_refused_at_once(tmp_path: Path, counts: Counter[str]) -> None:
    """Beyond the bytes that may be in flight the response is a 503 with Retry-After; the rest is stored."""
    with server_under_test(tmp_path / "data", max_bodies_in_flight_bytes=450_000) as server:
        usual, refused = flood(server, tmp_path, FEW, counts)
        assert not refused
        accepted, refused = flood(server, tmp_path, MANY, counts)
        assert server.gauge("inference_events_http_bodies_in_flight_bytes") == 0
    assert refused
    for one in refused:
        assert one.response.status_code == 503
        assert_error_envelope(one.response.json(), 503)
        assert int(one.response.headers["Retry-After"]) > 0
    assert np.median([one.seconds for one in refused]) < np.median([one.seconds for one in accepted])
    assert len(accepted) > GOES_ON * len(usual)
    counts["requests refused under overload"] += len(refused)
    counts["requests accepted under overload"] += len(accepted)


def open_publish(server: ServerUnderTest, length: int) -> socket.socket:
    """Announce a body of `length` bytes."""
    address = urlsplit(server.url)
    connection = socket.create_connection((address.hostname, address.port), timeout=MOST_SECONDS)
    connection.sendall(f"{HEAD}{length}\r\n\r\n".encode())
    return connection


def read_response(connection: socket.socket) -> HTTPResponse:
    response = HTTPResponse(connection)
    response.begin()
    return response


def test_announced_bodies_take_nothing(tmp_path: Path, counts: Counter[str]) -> None:
    """Clients that announce more than the server may hold, and send nothing, are cut off and delay no other client."""
    with server_under_test(tmp_path / "data", max_body_idle_seconds=4) as server, ExitStack() as stack:
        recorder = RecordingClient(server, tmp_path)
        silent = [stack.enter_context(open_publish(server, 128 * MIB)) for _ in range(8)]
        assert recorder.publish(100).is_success
        assert select.select(silent, [], [], 0) == ([], [], []), "they were ended before"
        for connection in silent:
            assert read_response(connection).status == 408
        assert server.gauge("inference_events_http_bodies_in_flight_bytes") == 0
        recorder.audit(counts)


def publish_slowly(server: ServerUnderTest, body: bytes, refusals: list[int]) -> None:
    """Publish a body in pieces, again and again until it is stored."""
    size = -(-len(body) // SLOW_PIECES)
    until = time.monotonic() + MOST_SECONDS
    while time.monotonic() < until:
        with open_publish(server, len(body)) as connection:
            for start in range(0, len(body), size):
                time.sleep(PIECE_SECONDS)
                connection.sendall(body[start : start + size])
            response = read_response(connection)
            if response.status == 200:
                return
            assert_error_envelope(orjson.loads(response.read()), 503)
            refusals.append(int(response.headers["Retry-After"]))
            time.sleep(refusals[-1])
    raise AssertionError("a client that tries again and again never succeeded")


def test_slow_clients_all_finish(tmp_path: Path, counts: Counter[str]) -> None:
    """Slow clients that together exceed what the server may hold are refused at times, but all of them succeed."""
    refusals: list[int] = []
    with server_under_test(tmp_path / "data", max_bodies_in_flight_bytes=5 * MIB) as server:
        recorder = RecordingClient(server, tmp_path)
        changes = [
            Change(Kind.PUBLISH, recorder.state.claim(100), recorder.state.next_revision()) for _ in range(SLOW_CLIENTS)
        ]
        bodies = [recorder.publish_body(change).ljust(MIB) for change in changes]
        with ThreadPoolExecutor(SLOW_CLIENTS) as pool:
            for done in [pool.submit(publish_slowly, server, body, refusals) for body in bodies]:
                done.result()
        for change in changes:
            recorder.state.apply(change)
        assert refusals
        assert server.gauge("inference_events_http_bodies_in_flight_bytes") == 0
        recorder.audit(counts)
    counts["slow bodies refused and sent again"] += len(refusals)
