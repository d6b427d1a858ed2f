"""The HTTP server: Connexion routes the contract's operations through our own layers."""

from functools import partial
from typing import Any

from connexion.apps.asynchronous import AsyncApp
from connexion.frameworks.starlette import starlettify_path
from connexion.middleware.lifespan import Lifespan, LifespanMiddleware
from connexion.middleware.routing import RoutingAPI, RoutingMiddleware
from connexion.operations.abstract import AbstractOperation
from connexion.spec import Specification
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from inference_events.files.store import FileStore
from inference_events.http.adapter import CalledOperations, RetryGate
from inference_events.http.auth import Authenticator, BearerSecurity
from inference_events.http.budget import BodyBudget
from inference_events.http.contract import Contract, load_contract
from inference_events.http.errors import ErrorEnvelope
from inference_events.http.intake import Intake, RequestIntake
from inference_events.http.limits import Limits
from inference_events.http.observability import Exposition, Observed, RequestMetrics
from inference_events.http.pages import Pages, docs
from inference_events_api.operations import Operations


class WithoutTrailingSlash:
    """Remove one trailing slash from the path before anything else sees it; the root stays."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The raw path does not take an encoded slash at the end of an id for a separator.
        if scope["type"] == "http" and _ends_in_one_slash(scope["raw_path"]):
            scope = {**scope, "path": scope["path"][:-1], "raw_path": scope["raw_path"][:-1]}
        await self._app(scope, receive, send)


def _ends_in_one_slash(path: bytes) -> bool:
    return path.endswith(b"/") and not path.endswith(b"//") and path != b"/"


class TextRouting(RoutingAPI):
    """Leave path parameters as text: they are read as all others are, and not by the router."""

    @staticmethod
    def _framework_path_and_name(operation: AbstractOperation, path: str) -> tuple[str, str]:
        template = starlettify_path(path)
        return template, template


class ExactRouting(RoutingMiddleware):
    """Route by the exact path, without a redirect to wherever `Host` points.

    A path that the contract has without parameters is no value of another path's parameter, with any method.
    """

    def add_api(self, specification: Specification, *args: Any, contract: Contract, **options: Any) -> None:
        self._contract = contract
        api = TextRouting(specification, next_app=self.app, **options)
        api.router.redirect_slashes = False
        self.router.mount(api.base_path, app=api.router)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._contract.refuses(scope["method"], scope["path"]):
            raise HTTPException(405)
        await super().__call__(scope, receive, send)


def create_http_app(
    *,
    operations: Operations,
    authenticate: Authenticator,
    retries: RetryGate,
    limits: Limits,
    file_store: FileStore,
    lifespan: Lifespan,
    metrics: RequestMetrics,
    validate_responses: bool = False,
) -> AsyncApp:
    """Build the ASGI application that serves `operations`.

    `file_store` takes uploads. `metrics` is what `/metrics` shows.
    `validate_responses` turns an answer that breaks the contract into a 500; it is meant for tests.
    """
    contract = load_contract()
    budget = BodyBudget(limits.bodies_in_flight_bytes)
    metrics.show_bodies_in_flight(lambda: budget.used)
    app = AsyncApp(
        __name__,
        lifespan=lifespan,
        resolver=partial(getattr, operations),
        middlewares=[
            WithoutTrailingSlash,
            partial(Observed, metrics=metrics),
            partial(ErrorEnvelope, contract=contract),
            partial(Pages, pages={"/metrics": Exposition(metrics.registry).expose} | docs(contract.source)),
            ExactRouting,
            BearerSecurity,
            RequestIntake,
            LifespanMiddleware,
        ],
    )
    app._middleware_app.api_cls = CalledOperations
    app.add_api(
        contract.document,
        contract=contract,
        authenticate=authenticate,
        intake=Intake(limits, budget, file_store),
        retries=retries,
        validate_responses=validate_responses,
    )
    return app
