"""Sessions of browsers, and codes that begin one. Of both, the server stores only hashes.

A session has no rights of its own: each request looks up its token, so a revoked token ends its sessions at once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from inference_events.catalog import tokens
from inference_events.catalog.concurrency import CHANGES_NO_RESULT, one_at_a_time
from inference_events.catalog.tables import BrowserSession, SessionCode, utc_now
from inference_events.catalog.tokens import TokenIdentity
from inference_events.errors import ObjectNotFound

MAX_AGE = timedelta(days=7)
MAX_IDLE = timedelta(hours=12)
CODE_AGE = timedelta(minutes=10)
MAX_OPEN_CODES = 10


@dataclass(frozen=True, slots=True)
class SessionIdentity:
    """A session and its token; `ends_at` is the latest end, without regard to pauses."""

    session_id: str
    token: TokenIdentity
    ends_at: datetime
    last_seen_at: datetime

    def is_valid(self, now: datetime) -> bool:
        return now < self.ends_at

    def is_idle(self, now: datetime) -> bool:
        return now - self.last_seen_at >= MAX_IDLE


def create(session: Session, token_id: str) -> str:
    """Begin a session of a token and return its secret, which is not stored."""
    secret, now = tokens.new_session_secret(), utc_now()
    session.add(BrowserSession(hash=tokens.digest(secret), token_id=token_id, created_at=now, last_seen_at=now))
    session.flush()
    return secret


def identify(session: Session, session_id: str) -> SessionIdentity | None:
    """Return the session with this digest and its token, None if either is missing or has ended."""
    row = session.get(BrowserSession, session_id)
    token = None if row is None else tokens.identify_id(session, row.token_id)
    if row is None or token is None:
        return None
    return SessionIdentity(session_id, token, end_of(row.created_at, token.expires_at), row.last_seen_at)


def end_of(created_at: datetime, token_expires_at: datetime | None) -> datetime:
    """Return when a session ends at the latest."""
    latest = created_at + MAX_AGE
    return latest if token_expires_at is None else min(latest, token_expires_at)


def note_use(session: Session, session_id: str, when: datetime) -> None:
    """Store when a session was last seen."""
    use = update(BrowserSession).where(BrowserSession.hash == session_id).values(last_seen_at=when)
    session.execute(use, execution_options=CHANGES_NO_RESULT)


def end(session: Session, session_id: str) -> None:
    """End a session. Raises ObjectNotFound if it has ended."""
    ended = delete(BrowserSession).where(BrowserSession.hash == session_id).returning(BrowserSession.hash)
    if session.scalar(ended) is None:
        raise ObjectNotFound.of("Session")


def create_code(session: Session, token_id: str) -> tuple[str, datetime]:
    """Make a code for one login with a token. Return it and its end. The oldest of too many codes ends."""
    one_at_a_time(session, "session codes", token_id)
    now, code = utc_now(), tokens.new_session_secret()
    newest = select(SessionCode.hash).where(SessionCode.token_id == token_id).order_by(SessionCode.created_at.desc())
    surplus = session.scalars(newest.offset(MAX_OPEN_CODES - 1)).all()
    session.execute(delete(SessionCode).where(SessionCode.hash.in_(surplus)), execution_options=CHANGES_NO_RESULT)
    session.add(SessionCode(hash=tokens.digest(code), token_id=token_id, created_at=now))
    session.flush()
    return code, now + CODE_AGE


def redeem_code(session: Session, code: str) -> str | None:
    """Use up a code and return the id of its token, None if the code is unknown, used or too old."""
    used = delete(SessionCode).where(SessionCode.hash == tokens.digest(code))
    row = session.execute(used.returning(SessionCode.token_id, SessionCode.created_at)).one_or_none()
    return row.token_id if row is not None and utc_now() - row.created_at < CODE_AGE else None


def purge(session: Session, now: datetime) -> None:
    """Remove the sessions and codes that have ended."""
    ended = (BrowserSession.created_at < now - MAX_AGE) | (BrowserSession.last_seen_at < now - MAX_IDLE)
    session.execute(delete(BrowserSession).where(ended), execution_options=CHANGES_NO_RESULT)
    old = delete(SessionCode).where(SessionCode.created_at < now - CODE_AGE)
    session.execute(old, execution_options=CHANGES_NO_RESULT)


def admin_code(session: Session) -> str | None:
    """Make a code for the oldest admin token that is valid, None if there is none."""
    admin = tokens.oldest_admin(session)
    return None if admin is None else create_code(session, admin.id)[0]
