"""Operations of the tag Tokens. They keep no idempotency records, because a response would hold a secret."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, tokens
from inference_events.catalog.listing import Listing
from inference_events.catalog.tables import utc_now
from inference_events.context import ADMIN
from inference_events.data_directory import DataDirectory
from inference_events.errors import BadRequest, ErrorDetail
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
        expires_at = _future(body.get("expires_at"))
        project_ids = _project_ids(body)

        def make(session: Session) -> t.TokenSecretResponse:
            tokens.check_projects(session, project_ids)
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


def _project_ids(body: t.TokenCreate) -> list[str]:
    """Return the projects to which a token is limited, none for all. Raises BadRequest for an admin token."""
    project_ids = body.get("project_ids") or []
    if project_ids and ADMIN in body["scopes"]:
        raise BadRequest.with_details(ErrorDetail("cannot limit a token with the scope admin", "/project_ids"))
    return [one.lower() for one in project_ids]


def _future(text: str | None) -> datetime | None:
    """Read the time at which a token ends. Raises BadRequest unless it is in the future."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _refusal("cannot be read as a time") from None
    if moment <= utc_now():
        raise _refusal("must lie in the future")
    return moment


def _refusal(why: str) -> BadRequest:
    return BadRequest.with_details(ErrorDetail(why, "/expires_at"))
