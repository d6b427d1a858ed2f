"""Bearer tokens and scopes, checked before a byte of the body is read."""

from collections.abc import Callable
from typing import Any, Protocol

from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware
from connexion.operations.abstract import AbstractOperation
from starlette.types import ASGIApp, Receive, Scope, Send

from inference_events.errors import Forbidden, Unauthorized
from inference_events.http.contract import Contract, Operation
from inference_events.http.exchange import exchange_of

ADMIN = "admin"


class TokenIdentity(Protocol):
    """Name the token of a request and what it may do; `project_ids` None means in all projects."""

    @property
    def id(self) -> str: ...

    @property
    def scopes(self) -> frozenset[str]: ...

    @property
    def project_ids(self) -> frozenset[str] | None: ...


# Gives the identity of a token's text, or None for a token that is unknown, expired or revoked.
Authenticator = Callable[[str], TokenIdentity | None]


class SecuredOperation:
    """Let a request pass to its operation if its token may call it."""

    def __init__(self, next_app: ASGIApp, operation: Operation, authenticate: Authenticator) -> None:
        self._next_app = next_app
        self._operation = operation
        self._authenticate = authenticate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(scope)
        exchange.operation = self._operation
        if self._operation.scopes is not None:
            identity = self._identify(scope)
            exchange.token_id, exchange.project_ids = identity.id, identity.project_ids
            _check_scopes(identity, self._operation.scopes)
            _check_projects(identity, self._operation)
        await self._next_app(scope, receive, send)

    def _identify(self, scope: Scope) -> TokenIdentity:
        values = [value for key, value in scope["headers"] if key == b"authorization"]
        if len(values) != 1:
            raise _unauthorized("A bearer token is required", "Bearer")
        kind, _, token = values[0].decode("latin-1").partition(" ")
        if kind.lower() != "bearer":
            raise _unauthorized("The Authorization header must be: Bearer, a space, and the token", "Bearer")
        identity = self._authenticate(token.strip()) if token else None
        if identity is None:
            raise _unauthorized("The bearer token is not valid", 'Bearer error="invalid_token"')
        return identity


class SecuredOperations(RoutedAPI[SecuredOperation]):
    """Secure the operations of the contract."""

    def __init__(self, *args: Any, contract: Contract, authenticate: Authenticator, **options: Any) -> None:
        super().__init__(*args, **options)
        self._contract = contract
        self._authenticate = authenticate
        self.add_paths()

    def make_operation(self, operation: AbstractOperation) -> SecuredOperation:
        contracted = self._contract.operations[operation.operation_id]
        return SecuredOperation(self.next_app, contracted, self._authenticate)


class BearerSecurity(RoutedMiddleware[SecuredOperations]):
    """Take the place of Connexion's security layer."""

    api_cls = SecuredOperations


def _check_scopes(identity: TokenIdentity, needed: frozenset[str]) -> None:
    if needed and ADMIN not in identity.scopes and not needed & identity.scopes:
        names = " or ".join(sorted(needed | {ADMIN}))
        raise Forbidden(f"The token needs the scope {names}")


def _check_projects(identity: TokenIdentity, operation: Operation) -> None:
    if operation.needs_all_projects and identity.project_ids is not None:
        raise Forbidden("The token is limited to projects; this needs a token for all projects")


def _unauthorized(message: str, challenge: str) -> Unauthorized:
    return Unauthorized(message, headers={"WWW-Authenticate": challenge})
