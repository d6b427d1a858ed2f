"""Operations of the tag Sessions. They keep no idempotency records, because a response would hold a secret."""

from datetime import datetime

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, sessions, tokens
from inference_events.catalog.authentication import Authentication
from inference_events.catalog.tables import Token, utc_now
from inference_events.context import current_request
from inference_events.errors import ObjectNotFound, Unauthorized
from inference_events.logins import LoginLimit
from inference_events.operations import views
from inference_events_api import types as t


class SessionOperations:
    """Serve sessions of browsers, whose cookie is called `cookie`. `is_secure` sends it with TLS only."""

    def __init__(self, catalog: Catalog, authentication: Authentication, cookie: str, is_secure: bool) -> None:
        self._catalog = catalog
        self._authentication = authentication
        self._cookie = cookie
        self._is_secure = is_secure
        self._limit = LoginLimit()

    async def create_session(self, *, body: t.SessionCreate) -> t.SessionResponse:
        client = current_request().client
        self._limit.check(client)
        begun = await self._begin(body)
        if begun is None:
            self._limit.note_failure(client)
            what = "token is" if "token" in body else "code was used, or is older than 10 minutes, or is"
            raise Unauthorized(f"The {what} not valid", headers={"WWW-Authenticate": "Bearer"})
        token, secret, ends_at = begun
        self._set_cookie(secret, int(sessions.MAX_AGE.total_seconds()))
        return views.envelope(views.session(token, ends_at))

    async def _begin(self, body: t.SessionCreate) -> tuple[Token, str, datetime] | None:
        """Begin a session. Return its token, its secret and its end, None if the token or code is not valid."""
        token_id = None
        if "token" in body:
            identity = await self._authentication.aauthenticate(body["token"])
            if identity is None:
                return None
            token_id = identity.id

        def begin(session: Session) -> tuple[Token, str, datetime] | None:
            wanted = token_id or sessions.redeem_code(session, body.get("code", ""))
            if wanted is None or tokens.identify_id(session, wanted) is None:
                return None
            token = tokens.get(session, wanted)
            secret = sessions.create(session, token.id)
            return token, secret, sessions.end_of(utc_now(), token.expires_at)

        return await self._catalog.awrite(begin)

    async def get_session(self) -> t.SessionResponse:
        return views.envelope(await self._current())

    async def delete_session(self) -> t.SessionResponse:
        session_id = current_request().session_id
        if not session_id:
            raise ObjectNotFound("The request has a bearer token, so there is no session to end")
        ended = await self._current()
        await self._catalog.awrite(lambda session: sessions.end(session, session_id))
        self._set_cookie("", 0)
        return views.envelope(ended)

    async def create_session_code(self) -> t.SessionCodeResponse:
        token_id = current_request().token_id
        code, expires_at = await self._catalog.awrite(lambda session: sessions.create_code(session, token_id))
        return views.envelope({"code": code, "expires_at": views.time(expires_at)})

    async def _current(self) -> t.Session:
        request = current_request()
        token = await self._catalog.aread(lambda session: tokens.get(session, request.token_id))
        return views.session(token, request.session_ends_at or token.expires_at)

    def _set_cookie(self, secret: str, max_age: int) -> None:
        request = current_request()
        is_secure = self._is_secure or request.is_secure
        request.response_headers["Set-Cookie"] = _set_cookie(self._cookie, secret, is_secure=is_secure, max_age=max_age)


def _set_cookie(name: str, secret: str, *, is_secure: bool, max_age: int) -> str:
    """Return the value of `Set-Cookie`; with an empty secret it removes the cookie."""
    parts = [f"{name}={secret}", f"Max-Age={max_age}", "Path=/", "HttpOnly", "SameSite=Strict"]
    return "; ".join([*parts, "Secure"] if is_secure else parts)
