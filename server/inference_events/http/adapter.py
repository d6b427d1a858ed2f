"""From a checked request to a call of its operation, and from what that returns to the answer."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, NoReturn, Protocol

import orjson
import structlog
from connexion.middleware.abstract import RoutedAPI
from connexion.operations.abstract import AbstractOperation
from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from inference_events import exact_json
from inference_events.context import Request, enter_request
from inference_events.errors import Fault, InternalError
from inference_events.http.answers import send_file, send_json
from inference_events.http.contract import Contract, Operation
from inference_events.http.exchange import exchange_of, header
from inference_events.http.validation import Validator
from inference_events_api.operations import FileDownload

Perform = Callable[..., Awaitable[Any]]

_log = structlog.get_logger("inference_events.http")


class RetryGate(Protocol):
    """Decide what a mutating request gets: its own answer, or that of an earlier attempt."""

    async def answer(self, request: Request, perform: Perform) -> Any: ...


class CalledOperation:
    """Call the function of one operation with the arguments of the request and send what it returns."""

    def __init__(
        self,
        operation: Operation,
        function: Perform,
        retries: RetryGate,
        check_answers: bool,
    ) -> None:
        self._operation = operation
        self._function = function
        self._retries = retries
        self._check_answers = check_answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = _request(scope)
        enter_request(request)
        perform = partial(self._function, **exchange_of(scope).arguments)
        if self._operation.is_recorded:
            answer = await self._retries.answer(request, perform)
        else:
            answer = await perform()
        if self._operation.answer is None:
            await self._send_file(answer, receive, send)
        else:
            await self._send_json(answer, self._operation.answer, send)

    async def _send_file(self, answer: FileDownload, receive: Receive, send: Send) -> None:
        if self._check_answers and answer.media_type not in self._operation.file_types:
            answer.path.unlink()
            self._refuse([Fault("is not a type of the contract", "/content-type")])
        status = self._operation.status
        await send_file(receive, send, status, answer.path, answer.filename, answer.media_type)

    async def _send_json(self, answer: Any, contract: Validator, send: Send) -> None:
        body = exact_json.dumps(answer)
        if self._check_answers and (faults := contract.faults(orjson.loads(body))):
            self._refuse(faults)
        await send_json(send, self._operation.status, body)

    def _refuse(self, faults: Sequence[Fault]) -> NoReturn:
        places = [f"{fault.place} {fault.message}" for fault in faults]
        _log.error("answer_breaks_contract", operation=self._operation.id, faults=places)
        raise InternalError("The answer does not match the contract", faults)


class CalledOperations(RoutedAPI[CalledOperation]):
    """Call the operations of the contract; the resolver has already found their functions."""

    def __init__(
        self, *args: Any, contract: Contract, retries: RetryGate, validate_responses: bool, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._contract = contract
        self._retries = retries
        self._check_answers = validate_responses
        self.router = Router()
        self.add_paths()

    def make_operation(self, operation: AbstractOperation) -> CalledOperation:
        return CalledOperation(
            self._contract.operations[operation.operation_id],
            operation.function,
            self._retries,
            self._check_answers,
        )


def _request(scope: Scope) -> Request:
    exchange = exchange_of(scope)
    return Request(
        id=exchange.request_id,
        method=scope["method"],
        path=scope["path"],
        token_id=exchange.token_id,
        body_digest=exchange.body_digest,
        idempotency_key=header(scope, b"idempotency-key"),
        is_retry=header(scope, b"x-fiddler-client-retry") is not None,
        project_ids=exchange.project_ids,
    )
