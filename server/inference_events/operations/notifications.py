"""Operations of the tag Notifications: messages about alerts, and tests of their receivers."""

import asyncio
from collections.abc import Mapping

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, outbox, webhooks
from inference_events.catalog.listing import Listing, Page
from inference_events.catalog.outbox import DELIVERED
from inference_events.catalog.tables import OutboxMessage
from inference_events.errors import ServiceUnavailable
from inference_events.notifications.composing import WEBHOOK
from inference_events.notifications.sender import Sender
from inference_events.notifications.trial import trial_message
from inference_events.operations import views
from inference_events_api import types as t

_MAX_TESTS = 2


class NotificationOperations:
    """Serve the outbox, and test webhooks."""

    def __init__(self, catalog: Catalog, sender: Sender) -> None:
        self._catalog = catalog
        self._sender = sender
        self._tests = 0

    async def list_notifications(
        self,
        *,
        limit: int = 50,
        offset: int = 0,
        ordering: str | None = None,
        search: str | None = None,
        filter: t.Filter | None = None,
    ) -> t.NotificationPage:
        listing = Listing(limit, offset, ordering, search, filter)

        def find(session: Session) -> tuple[Page[OutboxMessage], Mapping[str, str]]:
            page = outbox.list_page(session, listing)
            ids = {row.destination for row in page.items if row.channel == WEBHOOK}
            return page, webhooks.webhook_names(session, ids)

        page, names = await self._catalog.aread(find)
        return views.listed(page, listing, lambda row: views.notification(row, names.get(row.destination)))

    async def test_webhook(self, *, webhook_id: str) -> t.WebhookTestResponse:
        row = await self._catalog.aread(lambda session: webhooks.get(session, webhook_id))
        if self._tests >= _MAX_TESTS:
            raise ServiceUnavailable("Other tests of webhooks are running; try again later", retry_after=5)
        self._tests += 1
        try:
            result = await asyncio.to_thread(self._sender.try_webhook, row, trial_message(row.name))
        finally:
            self._tests -= 1
        is_delivered = result.state == DELIVERED
        return views.envelope(
            {
                "delivered": is_delivered,
                "status_code": result.status,
                "problem": None if is_delivered else result.error,
            }
        )
