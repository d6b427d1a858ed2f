"""A receiver cannot hold, redirect or flood the server."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
import trustme

from inference_events.notifications.http_client import MAX_RESPONSE_BYTES, HttpClient, NoReply
from tests.notifications.receivers import Response, receiving

CLIENT = HttpClient(allow_private=True, timeout_seconds=1)
SENT = (b'{"a":1}', {"Content-Type": "application/json"})


@contextmanager
def dripping(first: bytes) -> Iterator[str]:
    """Serve a connection that sends some bytes, and then one every now and then for ever."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.sendall(first)
                while True:
                    time.sleep(0.1)
                    connection.sendall(b"x")

        threading.Thread(target=drip, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


def fault(url: str, client: HttpClient = CLIENT) -> NoReply:
    """Return the failure of a request. It never shows the URL."""
    with pytest.raises(NoReply) as failure:
        client.post(url, *SENT)
    assert url not in str(failure.value)
    assert "secret-path" not in str(failure.value)
    return failure.value


def test_a_request_arrives_as_it_was_sent() -> None:
    """The receiver gets the body, its type and the host of the URL."""
    with receiving(Response(202, b"taken")) as receiver:
        reply = CLIENT.post(f"{receiver.url}?a=1&b=2", *SENT)
    [received] = receiver.received
    assert (reply.status, reply.text, received.path) == (202, "taken", "/hook/secret-path?a=1&b=2")
    assert (received.raw, received.headers["Content-Type"]) == (SENT[0], "application/json")
    assert received.headers["Host"] == f"127.0.0.1:{receiver.port}"


def test_a_private_address_gets_no_byte() -> None:
    """Without the setting not even a connection is made, and another attempt would not help."""
    with receiving() as receiver:
        assert fault(receiver.url, HttpClient(timeout_seconds=1)).is_final
    assert receiver.received == []


def test_the_checked_address_is_the_one_that_is_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is resolved once: another answer to a second lookup has no effect."""
    with receiving() as receiver:
        answers = [[(0, 0, 0, "", ("127.0.0.1", receiver.port))]]
        monkeypatch.setattr(
            "inference_events.notifications.addresses.socket.getaddrinfo", lambda *_, **__: answers.pop()
        )
        real = socket.socket.connect
        connected: list[object] = []

        def connect(own: socket.socket, address: tuple[str, int]) -> None:
            connected.append(address)
            real(own, address)

        def create(address: tuple[str, int], timeout: float) -> socket.socket:
            made = socket.socket()
            made.settimeout(timeout)
            connect(made, address)
            return made

        monkeypatch.setattr("inference_events.notifications.http_client.socket.create_connection", create)
        assert CLIENT.post(f"http://receiver.example:{receiver.port}/", *SENT).status == 200
    assert connected == [("127.0.0.1", receiver.port)]
    assert receiver.received[0].headers["Host"] == f"receiver.example:{receiver.port}"


def test_a_redirect_is_not_followed() -> None:
    """The response is returned as it is, and its target hears nothing."""
    with receiving() as target, receiving(Response(302, headers={"Location": target.url})) as receiver:
        assert CLIENT.post(receiver.url, *SENT).status == 302
    assert target.received == []


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"])
def test_a_slow_receiver_is_left(first: bytes) -> None:
    """The time limit holds for the whole exchange, whatever the receiver sends now and then."""
    with dripping(first) as url:
        began = time.monotonic()
        with suppress(NoReply):
            CLIENT.post(url, *SENT)
        assert time.monotonic() - began < 10 * CLIENT.timeout_seconds


def test_a_silent_receiver_is_a_failure_that_may_pass() -> None:
    """Neither a response that never comes nor a closed connection ends the attempts."""
    with receiving(Response(pause=3), Response(status=None)) as receiver:
        late, closed = fault(receiver.url), fault(receiver.url)
    assert (str(late), late.is_final) == ("the receiver did not respond in time", False)
    assert (str(closed), closed.is_final) == ("the receiver closed the connection", False)
    refused = fault(receiver.url)
    assert (str(refused), refused.is_final) == ("the receiver refused the connection", False)


def test_a_long_response_is_not_read() -> None:
    """Only its first bytes are read."""
    with receiving(Response(200, b"x" * 5_000_000)) as receiver:
        assert len(CLIENT.post(receiver.url, *SENT).text) == MAX_RESPONSE_BYTES


def test_the_certificate_must_be_for_the_name_of_the_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TLS is checked against the name, although the connection goes to an address; other certificates get nothing."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with receiving(tls=context) as receiver:
        url = f"https://localhost:{receiver.port}/"
        assert str(fault(url)) == "the receiver's certificate is not trusted"
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        assert CLIENT.post(url, *SENT).status == 200
        assert str(fault(f"https://127.0.0.1:{receiver.port}/")) == "the receiver's certificate is not trusted"
    assert len(receiver.received) == 1
