"""Send one POST to a receiver that nobody trusts.

The whole exchange has one time limit. It goes to an address that was checked, follows no redirect, and reads no more of
a response than is needed to judge it.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import SplitResult

from inference_events.notifications.addresses import AddressRefused, Unresolved, allowed_addresses, port_of, split_url

TIMEOUT_SECONDS = 10.0
MAX_RESPONSE_BYTES = 16 * 1024
_AGENT = "inference-events"


@dataclass(frozen=True, slots=True)
class Reply:
    """The response of a receiver: status, the first bytes of its body as text, the header Retry-After."""

    status: int
    text: str = ""
    retry_after: str | None = None


class NoReply(Exception):
    """A receiver did not respond. The message says why, and shows neither its URL nor what it sent."""

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class HttpClient:
    """Send POST requests. `allow_private` opens private, loopback and link-local addresses."""

    allow_private: bool = False
    timeout_seconds: float = TIMEOUT_SECONDS

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send a body and return the response. Raises NoReply."""
        end = time.monotonic() + self.timeout_seconds
        try:
            parts = split_url(url)
            addresses = allowed_addresses(
                parts.hostname or "", port_of(parts), allow_private=self.allow_private, seconds=self.timeout_seconds
            )
        except (AddressRefused, ValueError) as error:
            raise NoReply(str(error), is_final=True) from None
        except Unresolved as error:
            raise NoReply(str(error)) from None
        try:
            return self._exchange(parts, addresses, body, headers, end)
        except ssl.SSLCertVerificationError:
            raise NoReply("the receiver's certificate is not trusted") from None
        except ssl.SSLError:
            raise NoReply("no TLS connection could be made") from None
        except (OSError, http.client.HTTPException) as error:
            why = "did not respond in time" if time.monotonic() >= end else _fault(error)
            raise NoReply(f"the receiver {why}") from None

    def _exchange(
        self, parts: SplitResult, addresses: list[str], body: bytes, headers: Mapping[str, str], end: float
    ) -> Reply:
        raw = _connect(addresses, port_of(parts), end)
        with _ended_at(end, raw):
            if parts.scheme == "https":
                # The name of the URL, not the address, is what the certificate must be for.
                raw = ssl.create_default_context().wrap_socket(raw, server_hostname=parts.hostname)
            with raw:
                connection = http.client.HTTPConnection(parts.hostname or "", port_of(parts))
                connection.sock = raw
                path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                sent = {"Host": parts.netloc, "User-Agent": _AGENT, "Connection": "close", **headers}
                connection.putrequest("POST", path, skip_host=True, skip_accept_encoding=True)
                for name, value in {**sent, "Content-Length": str(len(body))}.items():
                    connection.putheader(name, value)
                connection.endheaders(body)
                with connection.getresponse() as response:
                    text = response.read(MAX_RESPONSE_BYTES).decode("utf-8", "replace")
                    return Reply(response.status, text, response.headers.get("Retry-After"))


def _connect(addresses: list[str], port: int, end: float) -> socket.socket:
    failure: OSError = TimeoutError()
    for address in addresses:
        left = end - time.monotonic()
        if left <= 0:
            break
        try:
            return socket.create_connection((address, port), timeout=left)
        except OSError as error:
            failure = error
    raise failure


@contextmanager
def _ended_at(end: float, raw: socket.socket) -> Iterator[None]:
    """Close a connection at a time: a receiver that sends a byte now and then never runs into a socket's time-out."""
    descriptor = raw.dup()

    def shut() -> None:
        with suppress(OSError):
            descriptor.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, end - time.monotonic()), shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        descriptor.close()


def _fault(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "refused the connection"
    if isinstance(error, TimeoutError):
        return "did not respond in time"
    if isinstance(error, http.client.HTTPException) and not isinstance(error, http.client.RemoteDisconnected):
        return "sent no HTTP response"
    return "closed the connection"
