"""Tokens and what they allow. The server stores only their hashes; a secret is shown once, when it is made."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, or_, select, update
from sqlalchemy.orm import Session, selectinload

from inference_events.catalog.concurrency import CHANGES_NO_RESULT, locked
from inference_events.catalog.listing import Listing, Page, page
from inference_events.catalog.tables import Project, Token, TokenProject, utc_now
from inference_events.context import ADMIN
from inference_events.errors import BadRequest, Conflict, ErrorDetail, ObjectNotFound

_COLUMNS = {
    "id": Token.id,
    "name": Token.name,
    "created_at": Token.created_at,
    "expires_at": Token.expires_at,
}


@dataclass(frozen=True, slots=True)
class TokenIdentity:
    """The token of a request and what it allows. If `project_ids` is None, it is valid in all projects."""

    id: str
    scopes: frozenset[str]
    project_ids: frozenset[str] | None = None
    expires_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        return self.expires_at is None or now < self.expires_at


def new_secret() -> str:
    return f"ie_{secrets.token_urlsafe(32)}"


def new_session_secret() -> str:
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def create(
    session: Session,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime | None = None,
    secret: str | None = None,
    is_preset: bool = False,
    project_ids: Sequence[str] | None = None,
) -> tuple[Token, str]:
    """Add a token, limited to projects if any are given. Return it and its secret, which is not stored."""
    secret = secret or new_secret()
    token = Token(name=name, scopes=list(scopes), hash=digest(secret), expires_at=expires_at, is_preset=is_preset)
    token.projects = [TokenProject(project_id=one) for one in sorted(set(project_ids or ()))]
    session.add(token)
    session.flush()
    return token, secret


def check_new(session: Session, scopes: Sequence[str], expires_at: datetime | None, project_ids: Sequence[str]) -> None:
    """Refuse a token that would already be expired or cannot be limited.

    Raises BadRequest, and ObjectNotFound with the pointer of each id that is not a project's.
    """
    if expires_at is not None and expires_at <= utc_now():
        raise BadRequest.at("/expires_at", "must lie in the future")
    if project_ids and ADMIN in scopes:
        raise BadRequest.at("/project_ids", "cannot limit a token with the scope admin")
    known = set(session.scalars(select(Project.id).where(Project.id.in_(project_ids), Project.deleted_at.is_(None))))
    unknown = [index for index, project_id in enumerate(project_ids) if project_id not in known]
    if unknown:
        error = ObjectNotFound.of("Project")
        faults = [ErrorDetail(error.message, f"/project_ids/{index}", error.reason) for index in unknown]
        raise ObjectNotFound(error.message, faults)


def list_page(session: Session, listing: Listing) -> Page[Token]:
    """Return a page of the valid tokens."""
    return page(session, _valid(), listing, _COLUMNS, "-created_at", Token.folded_name)


def revoke(session: Session, token_id: str) -> Token:
    """End a token now. Raises ObjectNotFound if it is not valid, Conflict for the last admin that does not expire."""
    lasting_admins = _lock_lasting_admins(session)
    token = _get_valid(session, token_id)
    if lasting_admins == [token.id]:
        raise Conflict("The last admin token that does not expire cannot be revoked; create another first")
    token.revoked_at = utc_now()
    session.flush()
    return token


def rotate(session: Session, token_id: str, overlap: timedelta) -> tuple[Token, str]:
    """Replace a token by a new one, and end the old one after `overlap`. Return the new one and its secret.

    Raises ObjectNotFound if the old one is not valid, Conflict if it was already rotated.
    """
    old = _get_valid(session, token_id)
    if old.replaced_by is not None:
        raise Conflict("The token was rotated before; rotate the token that replaced it")
    new, secret = create(session, old.name, old.scopes, old.expires_at, project_ids=old.project_ids)
    end = utc_now() + overlap
    old.expires_at = end if old.expires_at is None else min(end, old.expires_at)
    old.replaced_by = new.id
    session.flush()
    return new, secret


def is_of(session: Session, secret: str, token_id: str) -> bool:
    """Return whether a token has this secret."""
    return session.scalar(select(Token.id).where(Token.hash == digest(secret))) == token_id.lower()


def identify(session: Session, secret_digest: str) -> TokenIdentity | None:
    """Return the valid token with this digest, None if there is none."""
    return _identity(session.scalars(_valid().where(Token.hash == secret_digest)).one_or_none())


def identify_id(session: Session, token_id: str) -> TokenIdentity | None:
    """Return the valid token with this id, None if there is none."""
    return _identity(session.scalars(_valid().where(Token.id == token_id)).one_or_none())


def _identity(token: Token | None) -> TokenIdentity | None:
    if token is None:
        return None
    project_ids = None if token.project_ids is None else frozenset(token.project_ids)
    return TokenIdentity(token.id, frozenset(token.scopes), project_ids, token.expires_at)


def note_use(session: Session, token_id: str, when: datetime) -> None:
    """Store when a token was last used."""
    use = update(Token).where(Token.id == token_id).values(last_used_at=when)
    session.execute(use, execution_options=CHANGES_NO_RESULT)


def replace_preset(session: Session, secret: str) -> None:
    """Make `secret` the only preset admin token, unless it was revoked. An empty secret means none."""
    known = session.scalars(select(Token).where(Token.is_preset, Token.revoked_at.is_(None))).all()
    for token in known:
        if token.hash != digest(secret):
            token.revoked_at = utc_now()
    if secret and session.scalars(select(Token.id).where(Token.hash == digest(secret))).first() is None:
        create(session, "preset admin", [ADMIN], secret=secret, is_preset=True)
    session.flush()


def has_admin(session: Session) -> bool:
    """Return whether there is a valid admin token."""
    return any(ADMIN in token.scopes for token in session.scalars(select(Token).where(_is_valid())))


def oldest_admin(session: Session) -> Token | None:
    """Return the oldest valid admin token, preferably one that does not expire; None if there is none."""
    valid = select(Token).where(_is_valid()).order_by(Token.expires_at.is_not(None), Token.created_at, Token.id)
    return next((token for token in session.scalars(valid) if ADMIN in token.scopes), None)


def get(session: Session, token_id: str) -> Token:
    """Return a valid token with its projects. Raises ObjectNotFound."""
    token = session.scalars(_valid().where(Token.id == token_id)).one_or_none()
    if token is None:
        raise ObjectNotFound.of("Token")
    return token


def is_known(session: Session, secret: str) -> bool:
    """Return whether a token with this secret was ever made, valid or not."""
    return session.scalars(select(Token.id).where(Token.hash == digest(secret))).first() is not None


def _valid() -> Select[Token]:
    """Select the valid tokens with their projects."""
    return select(Token).where(_is_valid()).options(selectinload(Token.projects))


def _is_valid() -> ColumnElement[bool]:
    return Token.revoked_at.is_(None) & or_(Token.expires_at.is_(None), Token.expires_at > utc_now())


def _get_valid(session: Session, token_id: str) -> Token:
    """Return a valid token's newest state, locked. Raises ObjectNotFound."""
    rows = locked(_valid().where(Token.id == token_id), Token, Token.id)
    token = session.scalars(rows, execution_options={"populate_existing": True}).one_or_none()
    if token is None:
        raise ObjectNotFound.of("Token")
    return token


def _lock_lasting_admins(session: Session) -> list[str]:
    """Return the ids of the admin tokens that do not expire, locked against revocation."""
    lasting = session.scalars(locked(select(Token).where(_is_valid(), Token.expires_at.is_(None)), Token, Token.id))
    return [token.id for token in lasting if ADMIN in token.scopes]
