"""Operations of the tag Tokens. They keep no idempotency records, because a response would hold a secret."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, tokens
from inference_events.catalog.listing import Listing
from inference_events.data_directory import DataDirectory
from inference_events.errors import BadRequest
from inference_events.operations import views
from inference_events_api import types as t

_OVERLAP_SECONDS = 86_400


class TokenOperations:
    """Serve tokens."""

    def __init__(self, catalog: Catalog, directory: DataDirectory) -> None:
        self._catalog = catalog
        self._directory = directory

    async def list_tokens(
        self,
        *,
        limit: int = 50,
        offset: int = 0,
        ordering: str | None = None,
        search: str | None = None,
        filter: t.Filter | None = None,
    ) -> t.TokenPage:
        listing = Listing(limit, offset, ordering, search, filter)
        page = await self._catalog.aread(lambda session: tokens.list_page(session, listing))
        return views.listed(page, listing, views.token)

    async def create_token(self, *, body: t.TokenCreate) -> t.TokenSecretResponse:
        expires_at = _moment(body.get("expires_at"))
        project_ids = [one.lower() for one in body.get("project_ids") or ()]

        def make(session: Session) -> t.TokenSecretResponse:
            tokens.check_new(session, body["scopes"], expires_at, project_ids)
            token, secret = tokens.create(session, body["name"], body["scopes"], expires_at, project_ids=project_ids)
            return views.envelope(views.token_secret(token, secret))

        return await self._catalog.awrite(make)

    async def revoke_token(self, *, token_id: str) -> t.TokenResponse:
        token = await self._catalog.awrite(lambda session: tokens.revoke(session, token_id))
        return views.envelope(views.token(token))

    async def rotate_token(self, *, token_id: str, body: t.TokenRotate) -> t.TokenSecretResponse:
        overlap = timedelta(seconds=body.get("overlap_seconds", _OVERLAP_SECONDS))

        def make(session: Session) -> t.TokenSecretResponse:
            token, secret = tokens.rotate(session, token_id, overlap)
            self._directory.prepare_admin_token(lambda kept: tokens.is_of(session, kept, token_id), secret)
            return views.envelope(views.token_secret(token, secret))

        try:
            rotated = await self._catalog.awrite(make)
        finally:
            # After the commit: a secret that was not committed would not be valid.
            await self._catalog.aread(self._settle_admin_token)
        return rotated

    def _settle_admin_token(self, session: Session) -> None:
        self._directory.settle_admin_token(lambda secret: tokens.is_known(session, secret))


def _moment(text: str | None) -> datetime | None:
    """Read the time at which a token ends. Raises BadRequest."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadRequest.at("/expires_at", "cannot be read as a time such as 2024-05-01T12:30:00Z") from None
