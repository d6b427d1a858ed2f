"""The benchmark's load generator separates acknowledged from refused requests."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from tests.bench.load import Generator, Refused, message, message_end

ACKNOWLEDGEMENT = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nfull"


def test_a_message_states_its_length() -> None:
    """A request has the given headers, and ends at its stated length."""
    request = message("POST", "/v1/traces", {"Content-Type": "application/x-protobuf"}, b"body")
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.splitlines()[0] == b"POST /v1/traces HTTP/1.1"
    assert b"Content-Type: application/x-protobuf" in head.splitlines()
    assert body == b"body"
    assert message_end(request) == len(request)


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 204 No Content\r\nX-Version: 1\r\n\r\n",
        b'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"n":10}\r\n0\r\n\r\n',
    ],
)
def test_a_response_without_a_length_has_an_end(response: bytes) -> None:
    """A response without a body ends with its head, one in chunks with its last chunk, and neither sooner."""
    assert [message_end(response[:size]) for size in range(len(response))] == [None] * len(response)
    assert message_end(response) == len(response)


def test_refusals_are_counted_and_do_not_end_the_load() -> None:
    """Refusals are kept apart from the latencies of successes; every request is sent once."""
    with _responding([ACKNOWLEDGEMENT, REFUSAL, ACKNOWLEDGEMENT]) as (url, received), Generator() as generator:
        requests = [message("POST", "/", {}, b"%d" % number) for number in range(3)]
        load = generator.try_all(url, requests, 1)
    assert received == requests
    assert len(load.latencies) == 2
    assert load.refusals == [REFUSAL.decode()]
    assert load.rate == pytest.approx(2 / load.seconds)


def test_a_load_that_must_succeed_raises_the_refusal() -> None:
    """An unexpected refusal is an error with the server's message."""
    with _responding([REFUSAL]) as (url, _), Generator() as generator, pytest.raises(Refused, match="full"):
        generator.run(url, [message("POST", "/", {}, b"0")], 1)


def test_connections_are_spread_over_several_servers() -> None:
    """Of two servers each gets one of two connections, and with it a request."""
    with (
        _responding([ACKNOWLEDGEMENT]) as (first, by_first),
        _responding([ACKNOWLEDGEMENT]) as (second, by_second),
        Generator() as generator,
    ):
        requests = [message("POST", "/", {}, b"%d" % number) for number in range(2)]
        load = generator.run([first, second], requests, 2)
    assert len(load.latencies) == 2
    assert sorted(by_first + by_second) == requests
    assert len(by_first) == len(by_second) == 1


@contextmanager
def _responding(responses: list[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """Serve one connection with these responses; yield the URL and the received requests."""
    received: list[bytes] = []

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            for response in responses:
                received.append(connection.recv(65536))
                connection.sendall(response)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        server = Thread(target=serve)
        server.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", received
        server.join(30)
