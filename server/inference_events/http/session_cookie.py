"""The cookie of a browser's session, and the proof that a request with it comes from the server's own pages.

`SameSite` does not tell ports apart, so a page of another service on this host counts as the same site. A request that
the cookie authenticates needs a header of the console, which a page of another origin cannot add: its preflight is
never answered. The headers by which browsers name the origin are checked, too.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from starlette.types import Scope

from inference_events.errors import Forbidden
from inference_events.http.request_state import header


class TokenIdentity(Protocol):
    """The token of a request and its scopes; `project_ids` None means all projects."""

    @property
    def id(self) -> str: ...

    @property
    def scopes(self) -> frozenset[str]: ...

    @property
    def project_ids(self) -> frozenset[str] | None: ...


class SessionIdentity(Protocol):
    """A session and its token."""

    @property
    def session_id(self) -> str: ...

    @property
    def token(self) -> TokenIdentity: ...

    @property
    def ends_at(self) -> datetime: ...


# Returns the identity of a session's secret, or None for a session that is unknown or has ended.
SessionAuthenticator = Callable[[str], Awaitable[SessionIdentity | None]]


@dataclass(frozen=True)
class SessionCookie:
    """The name of the cookie, and the URL at which browsers reach the server, if it is set."""

    name: str
    authenticate: SessionAuthenticator
    public_url: str | None = None

    def secret(self, scope: Scope) -> str | None:
        """Return the secret of a request's cookie, None if it has none."""
        # Not the library's parser, which takes quadratic time for some cookies. The secret needs no quotes.
        for key, value in scope["headers"]:
            for cookie in value.decode("latin-1").split(";") if key == b"cookie" else ():
                name, _, secret = cookie.strip().partition("=")
                if name == self.name and secret:
                    return str(secret)
        return None

    def check_origin(self, scope: Scope) -> None:
        """Raise Forbidden unless a request comes from one of the server's own pages."""
        if header(scope, b"x-console") != "1":
            raise Forbidden("A request with a session needs the header X-Console: 1")
        site, origin = header(scope, b"sec-fetch-site"), header(scope, b"origin")
        if site == "same-origin" or (site is None and (origin is None or self._is_own(origin, scope))):
            return
        raise Forbidden("A session cannot be used from a page of another origin")

    def _is_own(self, origin: str, scope: Scope) -> bool:
        if self.public_url is not None and origin == self.public_url:
            return True
        return origin.partition("://")[2] == header(scope, b"host")
