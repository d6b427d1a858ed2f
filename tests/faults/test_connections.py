"""Idle, slow and broken connections do not harm other clients, and leave nothing behind."""

import contextlib
import resource
import socket
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.process import TOKEN
from tests.faults.audit import await_the_last_requests
from tests.faults.conftest import Extent
from tests.faults.recording_client import RecordingClient
from tests.faults.server_under_test import ServerUnderTest, Usage, server_under_test

# The default limit of a shell; the server must handle more connections than that.
USUAL_DESCRIPTORS = 1024
REQUESTS = 20
TOLERATED_DESCRIPTORS = 5
TOLERATED_MIB = 64
HEAD = f"POST /v3/events HTTP/1.1\r\nHost: slow\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n"


@pytest.fixture
def usual_descriptors() -> Iterator[None]:
    """Let processes that start here open as many files as is usual, and this one as many as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (USUAL_DESCRIPTORS, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def crowd(server: ServerUnderTest, model_id: str, stack: contextlib.ExitStack, count: int) -> list[socket.socket]:
    """Open connections: a third idle, a third in the middle of their head, a third in that of their body."""
    address = urlsplit(server.url)
    beginnings = [b"", HEAD[: len(HEAD) // 2].encode(), f"{HEAD}Content-Length: 5000\r\n\r\n{{".encode()]
    connections = []
    for number in range(count):
        connection = stack.enter_context(socket.create_connection((address.hostname, address.port), timeout=20))
        connection.sendall(beginnings[number % 3])
        connections.append(connection)
    return connections


def slow_readers(server: ServerUnderTest, model_id: str, stack: contextlib.ExitStack, count: int) -> None:
    """Request downloads and do not read them."""
    address = urlsplit(server.url)
    body = f'{{"model_id": "{model_id}", "env_type": "PRODUCTION", "csv": true, "num_samples": 1000000}}'
    head = HEAD.replace("/v3/events", "/v3/analytics/download-slice-data")
    for _ in range(count):
        connection = socket.socket()
        stack.enter_context(connection)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((address.hostname, address.port))
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())


def trickle(connections: list[socket.socket]) -> None:
    """Send one byte more on those that have begun."""
    for number, connection in enumerate(connections):
        if number % 3:
            connection.sendall(b"a")


def settled(server: ServerUnderTest) -> Usage:
    """Return the server's usage once it has no request and closes no more descriptors."""
    await_the_last_requests(server)
    now = server.usage()
    while True:
        time.sleep(1)
        before, now = now, server.usage()
        if now.descriptors >= before.descriptors:
            return now


def besiege(server: ServerUnderTest, recorder: RecordingClient, count: int) -> None:
    """Serve a well-behaved client among `count` others that are not."""
    with contextlib.ExitStack() as stack:
        connections = crowd(server, recorder.model.id, stack, count)
        slow_readers(server, recorder.model.id, stack, 20)
        for _ in range(REQUESTS):
            trickle(connections)
            assert recorder.publish(100).is_success
            assert recorder.label(recorder.state.present[-50:]).is_success
        assert server.client.get("/readyz").is_success
        assert server.client.get("/v3/jobs").is_success


def check_siege(server: ServerUnderTest, tmp_path: Path, counts: Counter[str], count: int) -> None:
    recorder = RecordingClient(server, tmp_path)
    for _ in range(20):
        assert recorder.publish(note="x" * 500).is_success
    besiege(server, recorder, count)
    before = settled(server)
    besiege(server, recorder, count)
    after = settled(server)
    assert after.descriptors <= before.descriptors + TOLERATED_DESCRIPTORS, (before, after)
    assert after.memory <= before.memory + TOLERATED_MIB, (before, after)
    assert not list((tmp_path / "data" / "outgoing").iterdir())
    recorder.audit(counts)
    counts["idle and slow connections"] += 2 * count


@pytest.mark.usefixtures("usual_descriptors")
def test_idle_and_slow_connections_keep_no_client_waiting(tmp_path: Path, counts: Counter[str]) -> None:
    """Beside more connections than a shell allows a process, others are served. Afterwards everything is released."""
    with server_under_test(tmp_path / "data") as server:
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
        check_siege(server, tmp_path, counts, 1200)


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_thousands_of_idle_and_slow_connections(tmp_path: Path, counts: Counter[str], extent: Extent) -> None:
    """The same with five thousand."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < 6000:
        pytest.skip(f"a process may only open {hard} files here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with server_under_test(tmp_path / "data") as server:
        check_siege(server, tmp_path, counts, 5000)
