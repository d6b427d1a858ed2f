"""What an operation gets: parameters and a body that the contract allows."""

from typing import Any

from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware
from connexion.operations.abstract import AbstractOperation
from starlette.types import ASGIApp, Receive, Scope, Send

from inference_events.files.store import FileStore
from inference_events.http.arrival import Arrival
from inference_events.http.bodies import read_json
from inference_events.http.budget import BodyBudget
from inference_events.http.contract import EVENTS_PATH, Contract, Operation
from inference_events.http.exchange import exchange_of
from inference_events.http.forms import Form
from inference_events.http.limits import BodyLimits, Limits
from inference_events.http.uploads import receive_form


class Intake:
    """Read requests within the limits; uploads go to the file store."""

    def __init__(self, limits: Limits, budget: BodyBudget, file_store: FileStore) -> None:
        self.budget = budget
        self.file_store = file_store
        self.limits = limits

    def body_limits(self, operation: Operation) -> BodyLimits:
        return self.limits.of_body(has_events=operation.path == EVENTS_PATH)


class CheckedOperation:
    """Pass a request on with checked arguments; a body or upload lives until the answer is sent."""

    def __init__(self, next_app: ASGIApp, operation: Operation, intake: Intake) -> None:
        self._next_app = next_app
        self._operation = operation
        self._intake = intake
        self._limits = intake.body_limits(operation)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange_of(scope).arguments = self._operation.parameters.arguments(
            scope.get("path_params", {}), scope["query_string"], scope["headers"]
        )
        if self._operation.body is not None:
            await self._with_body(scope, receive, send)
        elif self._operation.form is not None:
            await self._with_form(self._operation.form, scope, receive, send)
        else:
            await self._next_app(scope, receive, send)

    async def _with_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._intake.budget.reserve() as reservation:
            arrival = Arrival(receive, self._intake.limits.pace, reservation)
            body = await read_json(scope, arrival, self._operation, self._limits, reservation)
            exchange = exchange_of(scope)
            exchange.arguments["body"] = body.value
            exchange.body_digest = body.digest
            await self._next_app(scope, receive, send)

    async def _with_form(self, form: Form, scope: Scope, receive: Receive, send: Send) -> None:
        arrival, limit = Arrival(receive, self._intake.limits.pace), self._intake.limits.file_bytes
        async with receive_form(scope, arrival, form, self._intake.file_store, limit) as values:
            exchange_of(scope).arguments.update(form.arguments(values))
            await self._next_app(scope, receive, send)


class CheckedOperations(RoutedAPI[CheckedOperation]):
    """Check the requests to the operations of the contract."""

    def __init__(self, *args: Any, contract: Contract, intake: Intake, **options: Any) -> None:
        super().__init__(*args, **options)
        self._contract = contract
        self._intake = intake
        self.add_paths()

    def make_operation(self, operation: AbstractOperation) -> CheckedOperation:
        return CheckedOperation(self.next_app, self._contract.operations[operation.operation_id], self._intake)


class RequestIntake(RoutedMiddleware[CheckedOperations]):
    """Take the place of Connexion's request validation."""

    api_cls = CheckedOperations
