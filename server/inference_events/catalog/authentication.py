"""Turning a token's secret into who it belongs to, on every request, mostly without asking the database."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from inference_events.catalog import tokens
from inference_events.catalog.database import Catalog
from inference_events.catalog.tables import utc_now
from inference_events.catalog.tokens import TokenIdentity

_NOTE_EVERY = timedelta(minutes=1)


class Authentication:
    """Report whose token a secret is. It forgets when the catalog changes and when the token ends."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._noted: dict[str, datetime] = {}

    def authenticate(self, secret: str) -> TokenIdentity | None:
        """Return whose token `secret` is, or None if it is unknown, expired or revoked."""
        # Only digests are compared, so the time that a look-up takes can tell of a digest at most, and nobody gets
        # from there to the secret without inverting SHA-256. Comparing in constant time would guard nothing more.
        digest = tokens.digest(secret)
        return self._valid(
            self._catalog.cached_read(("token", digest), lambda session: tokens.identify(session, digest))
        )

    async def aauthenticate(self, secret: str) -> TokenIdentity | None:
        """Do `authenticate` without holding up the event loop."""
        digest = tokens.digest(secret)
        identity = await self._catalog.acached_read(("token", digest), lambda session: tokens.identify(session, digest))
        return self._valid(identity)

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
