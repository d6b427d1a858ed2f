"""The only place that turns failures into responses: the error envelope."""

import asyncio

import orjson
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from inference_events import API_VERSION
from inference_events.errors import (
    ApiError,
    BadRequest,
    ErrorDetail,
    InternalError,
    MethodNotAllowed,
    NotSupported,
    ObjectNotFound,
    ServiceUnavailable,
    is_full_disk,
)
from inference_events.events.store_errors import Retryable
from inference_events.http.contract import Contract
from inference_events.http.request_state import request_state
from inference_events.http.responses import send_json
from inference_events.http.unsupported import unsupported_feature
from inference_events.monitoring.engine import QueryCancelled

CLIENT_CLOSED_REQUEST = 499
FULL_DISK_SECONDS = 30
LOST_STORE_SECONDS = 5

_log = structlog.get_logger("inference_events.http")


def error_envelope(error: ApiError) -> bytes:
    """Encode an error as the vendor's clients read it."""
    return orjson.dumps(
        {
            "api_version": API_VERSION,
            "kind": "ERROR",
            "error": {
                "code": error.code,
                "message": error.message,
                "errors": [_entry(fault) for fault in error.faults],
            },
        }
    )


def _entry(fault: ErrorDetail) -> dict[str, str]:
    return {"reason": fault.reason, "message": str(fault), "help": ""}


class ErrorEnvelope:
    """Turn every failure below into the envelope; unexpected errors are logged and their response shows no details."""

    def __init__(self, app: ASGIApp, *, contract: Contract) -> None:
        self._app = app
        self._contract = contract

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        except (ClientDisconnect, QueryCancelled):
            state = request_state(scope)
            state.status, state.reason = CLIENT_CLOSED_REQUEST, "ClientClosedRequest"
        except asyncio.CancelledError:
            # The server stops. uvicorn would send text.
            await _send(InternalError("The server stopped before it finished the request; try again"), scope, send)
        except Exception as error:
            await self._respond(error, scope, send)

    async def _respond(self, error: Exception, scope: Scope, send: Send) -> None:
        state = request_state(scope)
        failure = self._translate(error, scope)
        if failure.code == InternalError.code:
            _log.error("request_failed", request_id=state.request_id, exc_info=error)
        elif isinstance(error, Retryable):
            _log.warning("store_unavailable", request_id=state.request_id, exc_info=error)
        elif not isinstance(error, ApiError) and isinstance(failure, ServiceUnavailable):
            _log.error("disk_full", request_id=state.request_id, exc_info=error)
        await _send(failure, scope, send)

    def _translate(self, error: Exception, scope: Scope) -> ApiError:
        match error:
            case ApiError():
                return error
            case HTTPException(status_code=404) if part := unsupported_feature(scope["path"]):
                return NotSupported(f"This server does not offer {part}")
            case HTTPException(status_code=404):
                return ObjectNotFound("There is nothing at this path; /docs shows what there is")
            case HTTPException(status_code=405):
                return self._method_not_allowed(error, scope)
            case HTTPException(status_code=code) if code < InternalError.code:
                return BadRequest("The request is not valid")
            case Retryable():
                return ServiceUnavailable("The database does not respond; try again later", LOST_STORE_SECONDS)
            case _ if is_full_disk(error):
                return ServiceUnavailable("The server's disk is full; try again once space is free", FULL_DISK_SECONDS)
            case _:
                return InternalError("The server failed; its log says why under this request's X-Request-ID")

    def _method_not_allowed(self, error: HTTPException, scope: Scope) -> ApiError:
        routed = (error.headers or {}).get("Allow", "").split(",")
        methods = self._contract.methods(scope["path"]) or sorted(method.strip() for method in routed)
        return MethodNotAllowed(
            "This path does not take the request's method; the header Allow lists those that it takes",
            headers={"Allow": ", ".join(methods)},
        )


async def _send(error: ApiError, scope: Scope, send: Send) -> None:
    state = request_state(scope)
    state.reason = error.reason
    if not state.status:
        await send_json(send, error.code, error_envelope(error), error.headers)
