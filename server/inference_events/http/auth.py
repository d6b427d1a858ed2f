"""Bearer tokens, sessions and scopes, checked before a byte of the body is read."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.types import Scope

from inference_events.context import ADMIN
from inference_events.errors import Forbidden, Unauthorized
from inference_events.http.contract import Operation
from inference_events.http.request_state import RequestState
from inference_events.http.session_cookie import SessionCookie, TokenIdentity

# Returns the identity of a token's text, or None for a token that is unknown, expired or revoked.
Authenticator = Callable[[str], Awaitable[TokenIdentity | None]]


@dataclass(frozen=True)
class Access:
    """How requests are authenticated: by a bearer token or, if there are sessions, by the cookie of one."""

    authenticate: Authenticator
    cookie: SessionCookie | None


async def authorize(scope: Scope, state: RequestState, operation: Operation, access: Access) -> None:
    """Identify the token of a request. Raises Unauthorized without a valid one, Forbidden if it may not call this."""
    if operation.scopes is None:
        return
    identity = await _identify(scope, state, access)
    state.token_id, state.project_ids = identity.id, identity.project_ids
    state.is_admin = ADMIN in identity.scopes
    _check_scopes(identity, operation.scopes)
    _check_projects(identity, operation)


async def _identify(scope: Scope, state: RequestState, access: Access) -> TokenIdentity:
    values = [value for key, value in scope["headers"] if key == b"authorization"]
    if not values and access.cookie is not None and (secret := access.cookie.secret(scope)) is not None:
        return await _identify_session(scope, state, access.cookie, secret)
    if len(values) != 1:
        raise _unauthorized("A bearer token is required in the header Authorization", "Bearer")
    kind, _, token = values[0].decode("latin-1").partition(" ")
    if kind.lower() != "bearer":
        raise _unauthorized("The Authorization header must be: Bearer, a space, and the token", "Bearer")
    identity = await access.authenticate(token.strip()) if token else None
    if identity is None:
        raise _unauthorized("The bearer token is not valid", 'Bearer error="invalid_token"')
    return identity


async def _identify_session(scope: Scope, state: RequestState, cookie: SessionCookie, secret: str) -> TokenIdentity:
    cookie.check_origin(scope)
    identity = await cookie.authenticate(secret)
    if identity is None:
        raise _unauthorized("The session has ended; log in again", "Bearer")
    state.session_id, state.session_ends_at = identity.session_id, identity.ends_at
    return identity.token


def _check_scopes(identity: TokenIdentity, needed: frozenset[str]) -> None:
    if needed and ADMIN not in identity.scopes and not needed & identity.scopes:
        names = " or ".join(sorted(needed | {ADMIN}))
        raise Forbidden(f"The token needs the scope {names}")


def _check_projects(identity: TokenIdentity, operation: Operation) -> None:
    if operation.needs_all_projects and identity.project_ids is not None:
        raise Forbidden("The token is limited to projects; this needs a token for all projects")


def _unauthorized(message: str, challenge: str) -> Unauthorized:
    return Unauthorized(message, headers={"WWW-Authenticate": challenge})
