"""Operations of the tag Webhooks. Only the deletion keeps an idempotency record, as the others show secrets."""

from typing import cast

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, alert_rules, outbox, webhooks
from inference_events.catalog.concurrency import Lock
from inference_events.catalog.listing import Listing
from inference_events.catalog.tables import Webhook, utc_now
from inference_events.context import current_request
from inference_events.idempotency.catalog_writes import change
from inference_events.idempotency.guard import RETRIED_WITHIN
from inference_events.notifications import registration
from inference_events.notifications.encryption import SecretBox
from inference_events.operations import views
from inference_events_api import types as t


class WebhookOperations:
    """Serve webhooks."""

    def __init__(self, catalog: Catalog, box: SecretBox) -> None:
        self._catalog = catalog
        self._box = box

    async def list_webhooks(
        self,
        *,
        limit: int = 50,
        offset: int = 0,
        ordering: str | None = None,
        search: str | None = None,
        filter: t.Filter | None = None,
    ) -> t.WebhookPage:
        listing = Listing(limit, offset, ordering, search, filter)
        page = await self._catalog.aread(lambda session: webhooks.list_page(session, listing))
        return views.listed(page, listing, self._view)

    async def create_webhook(self, *, body: t.WebhookCreate) -> t.WebhookResponse:
        fields = cast(dict[str, str], body)

        def make(session: Session) -> t.WebhookResponse:
            if (made := self._made_before(session, fields)) is not None:
                return views.envelope(self._view(made, registration.signing_secret_of(self._box, made)))
            row, secret = registration.new_webhook(self._box, fields)
            return views.envelope(self._view(webhooks.create(session, row), secret))

        return await self._catalog.awrite(make)

    async def get_webhook(self, *, webhook_id: str) -> t.WebhookResponse:
        row = await self._catalog.aread(lambda session: webhooks.get(session, webhook_id))
        return views.envelope(self._view(row))

    async def update_webhook(self, *, webhook_id: str, body: t.WebhookUpdate) -> t.WebhookResponse:
        fields = cast(dict[str, str], body)

        def make(session: Session) -> t.WebhookResponse:
            row = webhooks.get(session, webhook_id, Lock.EXCLUSIVE)
            changes, secret = registration.changes_of(self._box, row, fields)
            return views.envelope(self._view(webhooks.update(session, row, changes), secret))

        return await self._catalog.awrite(make)

    async def delete_webhook(self, *, webhook_id: str) -> t.WebhookResponse:
        def make(session: Session) -> t.WebhookResponse:
            row = webhooks.get(session, webhook_id, Lock.EXCLUSIVE)
            alert_rules.check_unused(session, "webhook", alert_rules.notifies(row.id))
            webhooks.delete(session, row)
            outbox.cancel_of_webhook(session, row.id)
            return views.envelope(views.webhook(row, row.masked_url))

        return await change(self._catalog, make)

    def _made_before(self, session: Session, fields: dict[str, str]) -> Webhook | None:
        """Return the webhook that an earlier attempt of this request made."""
        if not current_request().is_retry:
            return None
        row = webhooks.by_name(session, fields["name"].strip())
        is_recent = row is not None and row.created_at >= utc_now() - RETRIED_WITHIN
        return row if row is not None and is_recent and registration.is_same(self._box, row, fields) else None

    def _view(self, row: Webhook, signing_secret: str | None = None) -> t.Webhook:
        """Show a webhook as the current token may see it."""
        url = registration.url_of(self._box, row) if current_request().is_admin else row.masked_url
        return views.webhook(row, url, signing_secret)
