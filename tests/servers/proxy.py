"""A proxy as it stands before replicas: it sends each request to the next one, and skips one that does not listen."""

from collections.abc import AsyncIterator, Sequence
from itertools import count
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
# Headers of one connection. The servers on both sides set their own.
HOP_BY_HOP = {b"connection", b"keep-alive", b"transfer-encoding", b"te", b"trailer", b"upgrade"}


def round_robin(backends: Sequence[str]) -> ASGIApp:
    """Return an application that passes requests on to the URLs in turn. The sequence may change meanwhile."""
    return Starlette(routes=[Route("/{path:path}", _RoundRobin(backends).pass_on, methods=METHODS)])


class _RoundRobin:
    def __init__(self, backends: Sequence[str]) -> None:
        self._backends = backends
        self._turns = count()
        self._client = httpx.AsyncClient(timeout=None, limits=httpx.Limits(max_connections=None))

    async def pass_on(self, request: Request) -> Response:
        backends = list(self._backends)
        first = next(self._turns)
        for attempt in range(len(backends)):
            try:
                return await self._ask(backends[(first + attempt) % len(backends)], request)
            except httpx.ConnectError:
                # Nothing was sent, so the next replica may have the request.
                continue
        return PlainTextResponse("No replica listens", 502)

    async def _ask(self, backend: str, request: Request) -> Response:
        has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
        asked = self._client.build_request(
            request.method,
            httpx.URL(backend).copy_with(raw_path=_target(request.scope)),
            headers=_end_to_end(request.headers.raw),
            content=request.stream() if has_body else None,
        )
        response = await self._client.send(asked, stream=True)
        passed = StreamingResponse(_content(response), response.status_code)
        passed.raw_headers = _end_to_end(response.headers.raw)
        return passed


def _target(scope: Any) -> bytes:
    path: bytes = scope["raw_path"]
    return path + (b"?" + scope["query_string"] if scope["query_string"] else b"")


def _end_to_end(headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower(), value) for name, value in headers if name.lower() not in HOP_BY_HOP]


async def _content(response: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for piece in response.aiter_raw():
            yield piece
    finally:
        await response.aclose()
