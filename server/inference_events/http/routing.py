"""The only use of Connexion: it loads the contract, and routes requests to its operations.

* `ConnexionMiddleware.add_api` reads the paths and operationIds of the document and validates them as OpenAPI. It wraps
  our middlewares around the application, in the order of the list.
* `RoutingAPI` makes a route of each operation and resolves its operationId to the function that handles it.
* `LifespanMiddleware` opens and closes the server's services.

Connexion's own layers for security, validation and responses are not in use. Its validation takes hundreds of times as
long for a large body of events, and its errors have neither the contract's envelope nor the place of a fault.
`dispatch.Endpoint` does all of it. Nothing outside of this module imports Connexion.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connexion.frameworks.starlette import starlettify_path
from connexion.middleware import ConnexionMiddleware, SpecMiddleware
from connexion.middleware.lifespan import Lifespan, LifespanMiddleware
from connexion.middleware.routing import RoutingAPI
from connexion.operations.abstract import AbstractOperation
from connexion.spec import Specification
from starlette.exceptions import HTTPException
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from inference_events.http.contract import Contract, Operation
from inference_events_api.operations import Handler

MakeEndpoint = Callable[[Operation, Handler], ASGIApp]
Middleware = Callable[[ASGIApp], ASGIApp]


def routed_app(
    contract: Contract,
    handlers: Mapping[str, Handler],
    make_endpoint: MakeEndpoint,
    middlewares: Sequence[Middleware],
    lifespan: Lifespan,
) -> ASGIApp:
    """Return the application that routes each operation of the contract to its endpoint, below the middlewares.

    Raises KeyError for an operation that has no handler.
    """
    app = ConnexionMiddleware(
        _Routes(contract, make_endpoint),
        import_name=__name__,
        lifespan=lifespan,
        middlewares=[*middlewares, LifespanMiddleware],
        resolver=handlers.__getitem__,
    )
    app.add_api(_routes(contract))
    return app  # type: ignore[no-any-return]


def _routes(contract: Contract) -> dict[str, Any]:
    """Return a document that has no more than the paths, methods and operationIds of the contract.

    For the whole one, Connexion would take half a second at each start. `tools.generate` has validated it.
    """
    paths: dict[str, dict[str, Any]] = {}
    for one in contract.operations.values():
        operation = {"operationId": one.id, "responses": {"default": {"description": "as the contract says"}}}
        paths.setdefault(one.path, {})[one.method.lower()] = operation
    return {name: contract.document[name] for name in ("openapi", "info")} | {"paths": paths}


class _Routes(SpecMiddleware):
    """Route by the exact path, without redirects, which would follow the `Host` header.

    With any method, a fixed path of the contract is never read as a value of another path's parameter.
    """

    def __init__(self, contract: Contract, make_endpoint: MakeEndpoint) -> None:
        self._contract = contract
        self._make_endpoint = make_endpoint
        self._router = Router()

    def add_api(self, specification: Specification, **options: Any) -> None:
        self._router = _Operations(
            specification, contract=self._contract, make_endpoint=self._make_endpoint, next_app=_not_found, **options
        ).router
        self._router.default = _not_found
        self._router.redirect_slashes = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._contract.refuses(scope["method"], scope["path"]):
            raise HTTPException(405)
        await self._router(scope, receive, send)


class _Operations(RoutingAPI):
    """Make an endpoint of each operation of the contract."""

    def __init__(self, *args: Any, contract: Contract, make_endpoint: MakeEndpoint, **options: Any) -> None:
        self._contract = contract
        self._make_endpoint = make_endpoint
        super().__init__(*args, **options)

    def make_operation(self, operation: AbstractOperation) -> ASGIApp:
        return self._make_endpoint(self._contract.operations[operation.operation_id], operation.function)

    @staticmethod
    def _framework_path_and_name(operation: AbstractOperation, path: str) -> tuple[str, str]:
        """Keep path parameters as text: they are read like all others, not by the router."""
        template = starlettify_path(path)
        return template, template


async def _not_found(scope: Scope, receive: Receive, send: Send) -> None:
    raise HTTPException(404)
