"""Request ids, one log line per request, and metrics."""

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from time import perf_counter
from typing import Protocol

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inference_events.http.request_state import RequestState, begin_request_state, header

# The operations whose requests carry events or name a file with events.
INGESTING = frozenset({"publish_events", "update_events"})
NOT_FOUND = 404
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
# Seeded by the operating system once: an id must be unique, not secret, and a call for each takes longer.
_random = Random()


class RequestMetrics(Protocol):
    """Counts requests, and has the registry that `/metrics` shows."""

    registry: CollectorRegistry

    def observe_request(self, operation_id: str | None, status: int, seconds: float) -> None: ...

    def observe_ingestion(self, model_id: str, reason: str | None, size: int, seconds: float) -> None: ...

    def show_bodies_in_flight(self, read: Callable[[], int]) -> None: ...


class Exposition:
    """Show metrics to a scraper."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        # In a separate thread: reads of events may keep all others busy.
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="metrics")

    async def expose(self, request: Request) -> Response:
        """Return all metrics as text."""
        text = await asyncio.get_running_loop().run_in_executor(self._executor, generate_latest, self._registry)
        return Response(text, media_type=CONTENT_TYPE_LATEST)


class Observed:
    """Give each request an id, which its response and its log line have, and measure it."""

    def __init__(self, app: ASGIApp, *, metrics: RequestMetrics) -> None:
        self._app = app
        self._metrics = metrics
        # Bound once: binding costs more than writing the line.
        self._log = structlog.get_logger("inference_events.access").bind()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = begin_request_state(scope, _request_id(scope))

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                state.status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", state.request_id.encode())]
            await send(message)

        started = perf_counter()
        try:
            await self._app(scope, receive, send_with_id)
        finally:
            self._record(state, scope, perf_counter() - started)

    def _record(self, state: RequestState, scope: Scope, seconds: float) -> None:
        operation = state.operation
        self._metrics.observe_request(operation.id if operation else None, state.status, seconds)
        if operation is not None and operation.id in INGESTING:
            # A model that does not exist is none to count.
            model_id = "" if state.status == NOT_FOUND else state.model_id
            self._metrics.observe_ingestion(model_id, state.reason, state.body_bytes, seconds)
        self._log.info(
            "request",
            method=scope["method"],
            route=operation.path if operation else None,
            status=state.status,
            duration_ms=round(seconds * 1000, 2),
            request_id=state.request_id,
            client=scope["client"][0] if scope.get("client") else None,
            token_id=state.token_id or None,
        )


def _request_id(scope: Scope) -> str:
    sent = header(scope, b"x-request-id")
    return sent if sent and _REQUEST_ID.fullmatch(sent) else f"{_random.getrandbits(128):032x}"
