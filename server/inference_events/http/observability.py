"""Request ids, one log line per request, and metrics."""

import re
import secrets
from functools import cache
from time import perf_counter

import structlog
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inference_events import __version__
from inference_events.http.budget import BodyBudget
from inference_events.http.exchange import Exchange, begin_exchange, header

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_NO_OPERATION = "none"


class HttpMetrics:
    """Count and time requests, and show the bytes of bodies in flight, in `registry`."""

    def __init__(self, registry: CollectorRegistry, budget: BodyBudget) -> None:
        self._registry = registry
        self._requests = Counter(
            "inference_events_http_requests",
            "Requests answered.",
            ["operation", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "inference_events_http_request_duration_seconds",
            "Time from the head of a request to the end of its answer.",
            ["operation"],
            buckets=_BUCKETS,
            registry=registry,
        )
        build = Gauge("inference_events_build_info", "Always 1.", ["version"], registry=registry)
        build.labels(__version__).set(1)
        in_flight = Gauge(
            "inference_events_http_bodies_in_flight_bytes",
            "Bytes of JSON bodies held in memory.",
            registry=registry,
        )
        in_flight.set_function(lambda: budget.used)
        self._requests_of = cache(self._requests.labels)
        self._seconds_of = cache(self._seconds.labels)

    def observe(self, operation: str, status: int, seconds: float) -> None:
        """Count one request to an operation, by its id."""
        self._requests_of(operation, status).inc()
        self._seconds_of(operation).observe(seconds)

    async def expose(self, request: Request) -> Response:
        """Answer with all metrics as text."""
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)


class Observed:
    """Give each request an id, which its answer and its log line carry, and measure it."""

    def __init__(self, app: ASGIApp, *, metrics: HttpMetrics) -> None:
        self._app = app
        self._metrics = metrics
        # Bound once: binding costs more than writing the line.
        self._log = structlog.get_logger("inference_events.access").bind()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = begin_exchange(scope, _request_id(scope))

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", exchange.request_id.encode())]
            await send(message)

        started = perf_counter()
        try:
            await self._app(scope, receive, send_with_id)
        finally:
            self._record(exchange, scope["method"], perf_counter() - started)

    def _record(self, exchange: Exchange, method: str, seconds: float) -> None:
        operation = exchange.operation
        self._metrics.observe(operation.id if operation else _NO_OPERATION, exchange.status, seconds)
        self._log.info(
            "request",
            method=method,
            route=operation.path if operation else None,
            status=exchange.status,
            duration_ms=round(seconds * 1000, 2),
            request_id=exchange.request_id,
            token_id=exchange.token_id or None,
        )


def _request_id(scope: Scope) -> str:
    sent = header(scope, b"x-request-id")
    return sent if sent and _REQUEST_ID.fullmatch(sent) else secrets.token_hex(16)
