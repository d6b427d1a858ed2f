"""Serve one request: authorize, read, call the operation, respond."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn, Protocol

import orjson
import structlog
from starlette.types import Receive, Scope, Send

from inference_events import exact_json
from inference_events.context import Request, enter_request
from inference_events.errors import ErrorDetail, InternalError
from inference_events.files.store import FileStore
from inference_events.http.arrival import Arrival
from inference_events.http.auth import Access, authorize
from inference_events.http.bodies import JsonBody, read_json
from inference_events.http.budget import BodyBudget
from inference_events.http.contract import EVENTS_PATH, Operation
from inference_events.http.forms import Form
from inference_events.http.request_state import RequestState, header, request_state
from inference_events.http.responses import send_file, send_json, send_tagged, wait_for_departure
from inference_events.http.uploads import receive_form
from inference_events.http.validation import Validator
from inference_events.limits import Limits
from inference_events_api.operations import FileDownload, Handler

_log = structlog.get_logger("inference_events.http")


class RetryGate(Protocol):
    """Return a mutating request's own response, or that of an earlier attempt."""

    async def respond(self, request: Request, perform: Callable[[], Awaitable[Any]]) -> Any: ...


@dataclass(frozen=True, slots=True)
class Dispatch:
    """State that all endpoints share. Uploads go to the file store."""

    access: Access
    retries: RetryGate
    limits: Limits
    budget: BodyBudget
    file_store: FileStore
    validate_responses: bool


class Endpoint:
    """Serve one operation. A body or an upload is kept until the response is sent."""

    def __init__(self, operation: Operation, handler: Handler, dispatch: Dispatch) -> None:
        self._operation = operation
        self._handler = handler
        self._dispatch = dispatch
        self._body_limits = dispatch.limits.of_body(has_events=operation.path == EVENTS_PATH)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = request_state(scope)
        state.operation = self._operation
        await authorize(scope, state, self._operation, self._dispatch.access)
        arguments = self._operation.parameters.arguments(scope["path_params"], scope["query_string"], scope["headers"])
        if self._operation.body is not None:
            await self._with_body(arguments, scope, receive, send)
        elif self._operation.form is not None:
            await self._with_form(self._operation.form, arguments, scope, receive, send)
        else:
            await self._respond(scope, arguments, receive, send)

    async def _with_body(self, arguments: dict[str, Any], scope: Scope, receive: Receive, send: Send) -> None:
        with self._dispatch.budget.reserve() as reservation:
            arrival = Arrival(receive, self._dispatch.limits.pace, reservation)
            body = await read_json(scope, arrival, self._operation, self._body_limits, reservation)
            arguments["body"] = body.value
            if self._operation.path == EVENTS_PATH:
                state = request_state(scope)
                state.model_id, state.body_bytes = body.value["model_id"].lower(), body.bytes
            await self._respond(scope, arguments, receive, send, body)

    async def _with_form(
        self, form: Form, arguments: dict[str, Any], scope: Scope, receive: Receive, send: Send
    ) -> None:
        limits = self._dispatch.limits
        arrival = Arrival(receive, limits.pace)
        async with receive_form(scope, arrival, form, self._dispatch.file_store, limits.file_bytes) as values:
            arguments |= form.arguments(values)
            await self._respond(scope, arguments, receive, send)

    async def _respond(
        self, scope: Scope, arguments: Mapping[str, Any], receive: Receive, send: Send, body: JsonBody | None = None
    ) -> None:
        request = _request(scope, request_state(scope), body, partial(wait_for_departure, receive))
        enter_request(request)
        perform = partial(self._handler, **arguments)
        if self._operation.is_recorded:
            response = await self._dispatch.retries.respond(request, perform)
        else:
            response = await perform()
        if self._operation.response is None:
            await self._send_file(response, receive, send)
        else:
            await self._send_json(response, self._operation.response, request, header(scope, b"if-none-match"), send)

    async def _send_file(self, response: FileDownload, receive: Receive, send: Send) -> None:
        if self._dispatch.validate_responses and response.media_type not in self._operation.file_types:
            response.path.unlink()
            self._refuse([ErrorDetail("is not a type of the contract", "/content-type")])
        await send_file(receive, send, self._operation.status, response.path, response.filename, response.media_type)

    async def _send_json(
        self, response: Any, contract: Validator, request: Request, known: str | None, send: Send
    ) -> None:
        body = exact_json.dumps(response)
        if self._dispatch.validate_responses and (faults := contract.faults(orjson.loads(body))):
            self._refuse(faults)
        if self._operation.has_etag:
            await send_tagged(send, self._operation.status, body, known)
        else:
            await send_json(send, self._operation.status, body, request.response_headers)

    def _refuse(self, faults: Sequence[ErrorDetail]) -> NoReturn:
        places = [f"{fault.pointer} {fault.message}" for fault in faults]
        _log.error("response_breaks_contract", operation=self._operation.id, faults=places)
        raise InternalError("The response does not match the contract", faults)


def _request(
    scope: Scope, state: RequestState, body: JsonBody | None, wait_for_departure: Callable[[], Awaitable[None]]
) -> Request:
    return Request(
        id=state.request_id,
        method=scope["method"],
        path=scope["path"],
        token_id=state.token_id,
        body_digest=body.digest if body else b"",
        body_bytes=body.bytes if body else 0,
        body_values=body.values if body else 0,
        wait_for_departure=wait_for_departure,
        idempotency_key=header(scope, b"idempotency-key"),
        is_retry=header(scope, b"x-fiddler-client-retry") is not None,
        project_ids=state.project_ids,
        is_admin=state.is_admin,
        arrived_at=state.arrived_at,
        session_id=state.session_id,
        session_ends_at=state.session_ends_at,
        client=scope["client"][0] if scope.get("client") else "",
        is_secure=scope["scheme"] == "https",
    )
