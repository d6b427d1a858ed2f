"""Operations that return the examples of the spec, for tests of the HTTP layer alone."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from inference_events.catalog.tokens import TokenIdentity
from inference_events.context import Request, current_request
from inference_events.files.local import LocalFileStore
from inference_events.http import create_http_app
from inference_events.http.contract import load_contract
from inference_events.limits import Limits
from inference_events.metrics import Metrics
from inference_events.references import resolve

TOKENS = {
    "admin-token-of-the-tests": frozenset({"admin"}),
    "ingest-token-of-the-tests": frozenset({"ingest"}),
    "manage-token-of-the-tests": frozenset({"manage"}),
    "read-token-of-the-tests": frozenset({"read"}),
}
ADMIN, INGEST, MANAGE, READ = TOKENS


class ExampleOperations:
    """Return each operation's example; `calls` keeps the arguments, `overrides` replaces operations."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.requests: list[Request] = []
        self.overrides: dict[str, Callable[..., Awaitable[Any]]] = {}
        self._examples = _examples()

    def handlers(self) -> dict[str, Callable[..., Awaitable[Any]]]:
        """Return the function of each operation by its operationId."""
        return {name: partial(self._respond, name) for name in self._examples}

    async def _respond(self, operation_id: str, **arguments: Any) -> Any:
        self.calls.append((operation_id, arguments))
        self.requests.append(current_request())
        if operation_id in self.overrides:
            return await self.overrides[operation_id](**arguments)
        return self._examples[operation_id]


class OpenGate:
    """Let every request perform, and keep the requests."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    async def respond(self, request: Request, perform: Callable[..., Awaitable[Any]]) -> Any:
        self.requests.append(request)
        return await perform()


async def authenticate(token: str) -> TokenIdentity | None:
    """Know the tokens of the tests."""
    return TokenIdentity(f"id-of-{token}", TOKENS[token]) if token in TOKENS else None


def create_example_app(
    incoming: Path, operations: ExampleOperations, gate: OpenGate, limits: Limits | None = None
) -> ASGIApp:
    """Build the HTTP layer over the examples, with responses checked against the contract."""
    return create_http_app(
        handlers=operations.handlers(),
        authenticate=authenticate,
        retries=gate,
        limits=limits or Limits(),
        file_store=LocalFileStore(incoming, incoming),
        metrics=Metrics(),
        lifespan=_nothing_to_start,
        validate_responses=True,
    )


@asynccontextmanager
async def _nothing_to_start(app: Any) -> AsyncIterator[None]:
    yield


def _examples() -> dict[str, Any]:
    contract = load_contract()
    return {
        operation.id: _example(contract.document, operation.path, operation.method.lower(), operation.status)
        for operation in contract.operations.values()
    }


def _example(document: Mapping[str, Any], path: str, method: str, status: int) -> Any:
    content = document["paths"][path][method]["responses"][str(status)]["content"].get("application/json")
    if content is None:
        return None
    if "example" in content:
        return content["example"]
    return resolve(document, next(iter(content["examples"].values())))["value"]
