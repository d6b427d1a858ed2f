"""Replay the first response to a repeated request.

An attempt's record is in the same store as its effect and is written in the same transaction. Attempts in flight are
tracked in memory only; a crash aborts them. Attempts at other replicas are not known here: a store that replicas share
lets one of them write and refuses the others with KeyClaimed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from inference_events.context import KeyClaimed, Request
from inference_events.errors import IdempotencyKeyReused

# The vendor's client gives up 300 s after its first attempt, which may itself take up to its time-out of 100 s. An
# older equal request is not an attempt of the same request.
RETRIED_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True)
class StoredResponse:
    """An attempt that succeeded: the digest of its body, its response, and its time."""

    body_digest: bytes
    response: Any
    made_at: datetime


Find = Callable[[Request], Awaitable[StoredResponse | None]]
Key = tuple[str, str, str, str | bytes]


@dataclass(frozen=True)
class _Running:
    body_digest: bytes
    response: asyncio.Future[Any]


class IdempotencyGuard:
    """Lets each mutating request through, or replays the response of an earlier attempt.

    `finders` look up records in the stores. Rules: `openapi.yaml`, introduction.
    """

    def __init__(self, finders: Sequence[Find]) -> None:
        self._finders = finders
        self._running: dict[Key, _Running] = {}

    async def respond(self, request: Request, perform: Callable[[], Awaitable[Any]]) -> Any:
        """Return the response to `request`. Raises IdempotencyKeyReused, and the errors of `perform`."""
        if request.idempotency_key is None and not request.is_retry:
            return await self._begin(request, self._perform(request, perform))
        while (running := self._running.get(_key(request))) is not None:
            await asyncio.wait([running.response])
            if not running.response.cancelled() and running.response.exception() is None:
                return _replayed(running.body_digest, running.response.result(), request)
        # The look-up is part of the attempt, so that an equal request waits instead of looking up, too.
        return await self._begin(request, self._find_or_perform(request, perform))

    async def _find_or_perform(self, request: Request, perform: Callable[[], Awaitable[Any]]) -> Any:
        earlier = await self._find(request)
        if earlier is None:
            return await self._perform(request, perform)
        return _replayed(earlier.body_digest, earlier.response, request)

    async def _perform(self, request: Request, perform: Callable[[], Awaitable[Any]]) -> Any:
        try:
            return await perform()
        except KeyClaimed:
            # An attempt at another replica was faster.
            earlier = await self._find(request)
            if earlier is None:
                raise
            return _replayed(earlier.body_digest, earlier.response, request)

    async def _find(self, request: Request) -> StoredResponse | None:
        for find in self._finders:
            earlier = await find(request)
            if earlier is not None and _may_be_attempt(earlier, request):
                return earlier
        return None

    async def _begin(self, request: Request, attempt: Awaitable[Any]) -> Any:
        key = _key(request)
        running = _Running(request.body_digest, asyncio.ensure_future(attempt))
        running.response.add_done_callback(lambda _: self._forget(key, running))
        self._running[key] = running
        # An attempt continues after its client disconnects: a retry may be waiting for it.
        return await asyncio.shield(running.response)

    def _forget(self, key: Key, running: _Running) -> None:
        if not running.response.cancelled():
            running.response.exception()  # Mark the exception as retrieved; the client already got it.
        if self._running.get(key) is running:
            del self._running[key]


def _key(request: Request) -> Key:
    return (request.token_id, request.method, request.path, request.idempotency_key or request.body_digest)


def _may_be_attempt(earlier: StoredResponse, request: Request) -> bool:
    """Return whether the client may still be trying the same request. A key proves that it is."""
    return request.idempotency_key is not None or datetime.now(UTC) - earlier.made_at < RETRIED_WITHIN


def _replayed(body_digest: bytes, response: Any, request: Request) -> Any:
    if body_digest != request.body_digest:
        raise IdempotencyKeyReused("The idempotency key was used with another body; use a new key for another request")
    return response
