"""Find the token of a secret or of a session, on every request and mostly without a query."""

from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from inference_events.catalog import sessions, tokens
from inference_events.catalog.database import Catalog
from inference_events.catalog.sessions import SessionIdentity
from inference_events.catalog.tables import utc_now
from inference_events.catalog.tokens import TokenIdentity

_NOTE_EVERY = timedelta(minutes=1)
_NOTE_SESSION_EVERY = timedelta(minutes=5)


class Authentication:
    """Identify tokens by their secrets. Results are cached until the catalog changes or the token ends."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._noted: dict[str, datetime] = {}
        self._seen: dict[str, datetime] = {}

    def authenticate(self, secret: str) -> TokenIdentity | None:
        """Return the token with this secret, or None if it is unknown, expired or revoked."""
        # Only digests are compared, so the time of a look-up reveals a digest at most, and nobody can get the secret
        # from it without inverting SHA-256. A comparison in constant time would protect nothing more.
        digest = tokens.digest(secret)
        return self._valid(
            self._catalog.cached_read(("token", digest), lambda session: tokens.identify(session, digest))
        )

    async def aauthenticate(self, secret: str) -> TokenIdentity | None:
        """Do `authenticate` without blocking the event loop."""
        digest = tokens.digest(secret)
        identity = await self._catalog.acached_read(("token", digest), lambda session: tokens.identify(session, digest))
        return self._valid(identity)

    async def asession(self, secret: str) -> SessionIdentity | None:
        """Return the session with this secret, or None if it is unknown or has ended."""
        session_id = tokens.digest(secret)
        find = partial(sessions.identify, session_id=session_id)
        identity = await self._catalog.acached_read(("session", session_id), find)
        now = utc_now()
        if identity is not None and identity.is_idle(now):
            # The cached result does not show the requests since it was read.
            identity = await self._catalog.aread(find)
        if identity is None or not identity.is_valid(now) or identity.is_idle(now):
            return None
        self._note_session(session_id, now)
        self._note_use(identity.token.id, now)
        return identity

    def _note_session(self, session_id: str, now: datetime) -> None:
        seen = self._seen.get(session_id)
        if seen is not None and now - seen < _NOTE_SESSION_EVERY:
            return
        # Sessions end, so the others of the last minutes are enough.
        self._seen = {one: when for one, when in self._seen.items() if now - when < _NOTE_SESSION_EVERY}
        self._seen[session_id] = now
        self._catalog.write_later(partial(sessions.note_use, session_id=session_id, when=now))

    def _valid(self, identity: TokenIdentity | None) -> TokenIdentity | None:
        now = utc_now()
        if identity is None or not identity.is_valid(now):
            return None
        self._note_use(identity.id, now)
        return identity

    def _note_use(self, token_id: str, now: datetime) -> None:
        noted = self._noted.get(token_id)
        if noted is not None and now - noted < _NOTE_EVERY:
            return
        self._noted[token_id] = now

        def note(session: Session) -> None:
            tokens.note_use(session, token_id, now)

        self._catalog.write_later(note)
