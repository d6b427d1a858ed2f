"""The HTTP server: middlewares around the endpoints of the contract's operations."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from inference_events.files.store import FileStore
from inference_events.http.auth import Access, Authenticator
from inference_events.http.budget import BodyBudget
from inference_events.http.console import CONSOLE, console
from inference_events.http.contract import load_contract
from inference_events.http.dispatch import Dispatch, Endpoint, RetryGate
from inference_events.http.errors import ErrorEnvelope
from inference_events.http.observability import Exposition, Observed, RequestMetrics
from inference_events.http.pages import Pages, docs
from inference_events.http.routing import routed_app
from inference_events.http.session_cookie import SessionCookie
from inference_events.limits import Limits
from inference_events_api.operations import Handler


class WithoutTrailingSlash:
    """Remove one trailing slash from the path before anything else sees it; the root and the console's page stay."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The raw path does not take an encoded slash at the end of an id for a separator.
        if scope["type"] == "http" and _ends_in_one_slash(scope["raw_path"]):
            scope = {**scope, "path": scope["path"][:-1], "raw_path": scope["raw_path"][:-1]}
        await self._app(scope, receive, send)


def _ends_in_one_slash(path: bytes) -> bool:
    return path.endswith(b"/") and not path.endswith(b"//") and path not in (b"/", CONSOLE.encode())


def create_http_app(
    *,
    handlers: Mapping[str, Handler],
    authenticate: Authenticator,
    retries: RetryGate,
    limits: Limits,
    file_store: FileStore,
    lifespan: Any,
    metrics: RequestMetrics,
    cookie: SessionCookie | None = None,
    public_url: str | None = None,
    validate_responses: bool = False,
) -> ASGIApp:
    """Build the ASGI application that serves the contract's operations.

    `handlers` maps each operationId to its function. `file_store` stores uploads. `/metrics` shows `metrics`. Without a
    `cookie` there are no sessions. Links begin with `public_url`, or are relative. `validate_responses` turns a
    response that breaks the contract into a 500; it is meant for tests.
    """
    contract = load_contract()
    budget = BodyBudget(limits.bodies_in_flight_bytes)
    metrics.show_bodies_in_flight(lambda: budget.used)
    dispatch = Dispatch(Access(authenticate, cookie), retries, limits, budget, file_store, validate_responses)
    pages = {"/metrics": Exposition(metrics.registry).expose} | docs(contract.source, public_url) | console()
    return routed_app(
        contract,
        handlers,
        partial(Endpoint, dispatch=dispatch),
        [
            WithoutTrailingSlash,
            partial(Observed, metrics=metrics),
            partial(ErrorEnvelope, contract=contract),
            partial(Pages, pages=pages),
        ],
        lifespan,
    )
