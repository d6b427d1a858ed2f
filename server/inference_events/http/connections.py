"""Connections with limits that uvicorn lacks: the number of waiting requests, and the size and time of a head.

uvicorn parses all that it has read and queues each request behind the one that runs. It stops reading when a request
waits, but starts again with each response and with each read of a body, although others still wait. A client that sends
requests and reads no response fills the memory, without a token. Here a connection reads again only if no request
waits, and is cut off if one read brings too many.

uvicorn's parser assumes that a head with `Upgrade` is followed by another protocol: it drops the body and the next
request. No other protocol is served, and some clients ask for HTTP/2 by default. Here such a head is parsed again
without its upgrade.
"""

import asyncio
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httptools
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from inference_events.errors import ApiError, BadRequest, RequestHeadTooLarge, RequestTimeout
from inference_events.http.errors import error_envelope
from inference_events.limits import KIB

MAX_WAITING_REQUESTS = 32
MAX_HEAD_BYTES = 64 * KIB
MAX_HEAD_SECONDS = 30.0
_UPGRADE_TOKENS = frozenset({b"upgrade", b"http2-settings"})


class ReadControl(FlowControl):
    """Read from a connection again only if no request waits on it."""

    def __init__(self, transport: asyncio.Transport, is_waiting: Callable[[], bool]) -> None:
        super().__init__(transport)
        self._is_waiting = is_waiting

    def resume_reading(self) -> None:
        """Read on, unless a request waits. The response of the last one that waits resumes it then."""
        if not self._is_waiting():
            super().resume_reading()


class BoundedHttpProtocol(HttpToolsProtocol):
    """Respond 431 to a large head and 408 to a slow one, and cut off a client that sends too many requests at once."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._in_head = False
        self._in_body = False
        self._is_upgrade = False
        self._data = b""
        self._heads_in_data = 0
        self._head_bytes = 0
        self._unparsed_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._refusal: ApiError = BadRequest("The request is not readable as HTTP/1.1")

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = ReadControl(transport, lambda: bool(self.pipeline))
        self._start_head_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_head_timer()
        for cycle, _ in self.pipeline:
            cycle.disconnected = True
        self.pipeline.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        was_in_body, self._heads_in_data = self._in_body, 0
        self._parse(data)
        if not self._in_head:
            self._stop_head_timer()
            self._restart_keep_alive()
            return
        self._start_head_timer()
        # Otherwise earlier bytes of the same data would count as well.
        if self._heads_in_data <= 1 and not was_in_body:
            self._unparsed_bytes += len(data)
            if self._unparsed_bytes > MAX_HEAD_BYTES:
                self._refuse(_too_large())

    def _parse(self, data: bytes) -> None:
        self._data = data
        super().data_received(data)
        self._data = b""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._in_body = True, False
        self._heads_in_data += 1
        self._head_bytes = self._unparsed_bytes = 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._count_head(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._count_head(len(name) + len(value))

    def on_headers_complete(self) -> None:
        self._in_head, self._in_body = False, True
        if len(self.pipeline) >= MAX_WAITING_REQUESTS:
            self.transport.abort()
            raise BadRequest("Too many requests wait on this connection; read their responses first")
        self._is_upgrade = self.parser.should_upgrade()
        if not self._is_upgrade:
            super().on_headers_complete()
        elif self.parser.get_method() == b"CONNECT":
            raise self._refusal

    def on_message_complete(self) -> None:
        self._in_body = False
        if not self._is_upgrade:
            super().on_message_complete()

    def _unsupported_upgrade_warning(self) -> None:
        """Parse the request again without its upgrade. uvicorn calls this while it handles the parser's error."""
        error = sys.exception()
        rest = self._data[error.args[0] :] if isinstance(error, httptools.HttpParserUpgrade) else b""
        version, method = self.parser.get_http_version(), self.parser.get_method()
        lines = [b"%s %s HTTP/%s" % (method, self.url, version.encode())]
        lines += [b"%s: %s" % header for header in _without_upgrade(self.headers)]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._parse(b"\r\n".join([*lines, b"", rest]))

    def send_400_response(self, msg: str) -> None:
        """Respond to a request that cannot be parsed with the error envelope, and close."""
        self._in_head = False
        if self._is_next_response():
            body = error_envelope(self._refusal)
            head = (
                b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body),
                body,
            )
            self.transport.write(b"".join((STATUS_LINE[self._refusal.code], *head)))
        self.transport.close()

    def _restart_keep_alive(self) -> None:
        """Bound the wait for the rest of a body whose response is complete.

        uvicorn stops this timer with each piece of such a body and never starts it again.
        """
        if self.timeout_keep_alive_task is None and self.cycle is not None and self.cycle.response_complete:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _is_next_response(self) -> bool:
        """Return whether the client would take a response now as the one to the unreadable request."""
        if self.transport.is_closing():
            return False
        running = self.cycle is not None and not self.cycle.response_complete
        return not running or (self.cycle.more_body and not self.cycle.response_started and not self.pipeline)

    def _count_head(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refusal = _too_large()
            raise self._refusal

    def _refuse(self, error: ApiError) -> None:
        self._refusal = error
        self.send_400_response(error.message)

    def _start_head_timer(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(MAX_HEAD_SECONDS, self._head_is_late)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self.flow.read_paused:
            self._start_head_timer()
        elif self._in_head:
            self._refuse(RequestTimeout(f"The head of the request did not arrive in {MAX_HEAD_SECONDS:.0f} s"))
        elif self.cycle is None:
            self.transport.close()


def _without_upgrade(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    for name, value in headers:
        if name == b"connection":
            kept = [token for token in value.split(b",") if token.strip().lower() not in _UPGRADE_TOKENS]
            yield name, b",".join(kept)
        elif name not in _UPGRADE_TOKENS:
            yield name, value


def _too_large() -> ApiError:
    return RequestHeadTooLarge(f"The head of the request is larger than the limit of {MAX_HEAD_BYTES} bytes")
