"""Receive a body piece by piece, within a time limit, and stop if it is refused meanwhile."""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from inference_events.errors import RequestTimeout
from inference_events.http.budget import Reservation
from inference_events.limits import Pace


class Arrival:
    """Receive one body. Only time spent waiting for the client counts, not the server's work between pieces."""

    def __init__(self, receive: Receive, pace: Pace, reservation: Reservation | None = None) -> None:
        self._receive = receive
        self._pace = pace
        self._reservation = reservation
        self._loop = asyncio.get_running_loop()
        self._received = 0
        self._waited = 0.0
        self._wait: asyncio.Timeout | None = None
        if reservation is not None:
            reservation.interrupt = lambda: self._loop.call_soon_threadsafe(self._interrupt)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives.

        Raises RequestTimeout if the client is too slow, ServiceUnavailable if the body is refused for an older one,
        and ClientDisconnect if it never ends.
        """
        while True:
            message = await self._next()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            if chunk := message.get("body", b""):
                self._received += len(chunk)
                yield chunk
            if not message.get("more_body", False):
                return

    async def _next(self) -> Message:
        began = self._loop.time()
        is_idle_first, seconds = self._patience()
        try:
            async with asyncio.timeout_at(began + seconds) as self._wait:
                return await self._receive()
        except TimeoutError:
            if self._reservation is not None:
                self._reservation.check()
            raise self._too_slow(is_idle_first) from None
        finally:
            self._wait = None
            self._waited += self._loop.time() - began

    def _patience(self) -> tuple[bool, float]:
        """Return the seconds to wait for the next bytes, and whether it is the idle time that ends first."""
        at_lowest_rate = max(self._pace.grace_seconds, self._received / self._pace.bytes_per_second)
        left = at_lowest_rate - self._waited
        return self._pace.idle_seconds <= left, min(self._pace.idle_seconds, left)

    def _interrupt(self) -> None:
        if self._wait is not None:
            self._wait.reschedule(self._loop.time())

    def _too_slow(self, is_idle: bool) -> RequestTimeout:
        pace = self._pace
        message = (
            f"No byte of the body arrived for {pace.idle_seconds:g} s"
            if is_idle
            else f"The body arrives at less than {pace.bytes_per_second:g} bytes/s on average"
        )
        return RequestTimeout(message, headers={"Connection": "close"})
