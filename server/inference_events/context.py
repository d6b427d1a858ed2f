"""The current request's context: token, body digest, uploads."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

# The scope that may call every operation.
ADMIN: Final = "admin"


async def _forever() -> None:
    await asyncio.Event().wait()


@dataclass(frozen=True, slots=True)
class Request:
    """The current request.

    `body_digest` is the SHA-256 of the body after decompression. `is_retry` is true if the client sent
    `X-Fiddler-Client-Retry`, and `arrived_at` is when its head was read. Only `idempotency` uses these three.
    `body_bytes` and `body_values` are the approximate size of the JSON body. `project_ids` are the projects that the
    token is limited to; None means all. `is_admin` is true for a token with the scope `admin`. `session_id` is empty
    without a session. `client` is the address of the peer, and `is_secure` whether it uses TLS. What an operation puts
    into `response_headers` is sent with its response.
    """

    id: str
    method: str
    path: str
    token_id: str = ""
    body_digest: bytes = b""
    idempotency_key: str | None = None
    is_retry: bool = False
    project_ids: frozenset[str] | None = None
    is_admin: bool = False
    body_bytes: int = 0
    body_values: int = 0
    wait_for_departure: Callable[[], Awaitable[None]] = _forever
    arrived_at: datetime = field(default_factory=partial(datetime.now, UTC))
    session_id: str = ""
    session_ends_at: datetime | None = None
    client: str = ""
    is_secure: bool = False
    response_headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class UploadedFile:
    """An upload in the file store: size in bytes, SHA-256 in hex.

    It is deleted after the request unless an operation keeps it.
    """

    filename: str
    key: str
    size: int
    sha256: str
    is_kept: bool = False

    def keep(self) -> None:
        """Keep the upload, before a row of the catalog names it. Without a row it is removed a day later."""
        self.is_kept = True


@dataclass(frozen=True, slots=True)
class RawEvents:
    """The array `source.events` of a large body as JSON text, from which columns are made faster than from objects.

    `decode` returns the events. It raises BadRequest if they, or the array, break the contract. `allows` returns
    whether the contract allows this number of events.
    """

    text: bytes
    allows: Callable[[int], bool]
    decode: Callable[[], list[Mapping[str, Any]]]


class KeyClaimed(Exception):
    """Another attempt of the request has succeeded. This attempt changed nothing."""


_current: ContextVar[Request] = ContextVar("current_request")


def current_request() -> Request:
    """Return the request being served. Raises LookupError outside one."""
    return _current.get()


def current_project_ids() -> frozenset[str] | None:
    """Return the projects that the current request is limited to; None for all, and outside a request."""
    request = _current.get(None)
    return None if request is None else request.project_ids


def enter_request(request: Request) -> None:
    """Make `request` the current one for this task and the threads it starts."""
    _current.set(request)
