"""Operations of the tag Alert rules."""

from sqlalchemy.orm import Session

from inference_events.alerts import rules
from inference_events.alerts.notification import EMPTY, notification, set_notification
from inference_events.catalog import Catalog, alert_rules, models
from inference_events.catalog.concurrency import Lock
from inference_events.catalog.listing import Listing
from inference_events.context import current_request
from inference_events.idempotency.catalog_writes import change
from inference_events.monitoring.queries import known_model
from inference_events.operations import alert_views, views
from inference_events_api import types as t


class AlertRuleOperations:
    """Serve alert rules, and whom they notify."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def list_alert_rules(
        self,
        *,
        limit: int = 50,
        offset: int = 0,
        ordering: str | None = None,
        search: str | None = None,
        filter: t.Filter | None = None,
    ) -> t.AlertRulePage:
        listing = Listing(limit, offset, ordering, search, filter)
        page = await self._catalog.aread(lambda session: alert_rules.list_page(session, listing))
        return views.listed(page, listing, alert_views.rule)

    async def create_alert_rule(self, *, body: t.AlertRuleCreate) -> t.AlertRuleResponse:
        token_id = current_request().token_id

        def make(session: Session) -> t.AlertRuleResponse:
            # What the rule uses must not change until the rule is there.
            model = models.get(session, body["model_id"], Lock.SHARED)
            row = rules.make_rule(session, known_model(session, model.id), body, token_id)
            return views.envelope(alert_views.rule(alert_rules.create(session, row)))

        return await change(self._catalog, make)

    async def get_alert_rule(self, *, alert_rule_id: str) -> t.AlertRuleResponse:
        row = await self._catalog.aread(lambda session: alert_rules.get(session, alert_rule_id))
        return views.envelope(alert_views.rule(row))

    async def update_alert_rule(self, *, alert_rule_id: str, body: t.AlertRuleUpdate) -> t.AlertRuleResponse:
        token_id = current_request().token_id

        def make(session: Session) -> t.AlertRuleResponse:
            row = alert_rules.get(session, alert_rule_id, Lock.EXCLUSIVE)
            has_changed = rules.change_rule(row, body)
            row = alert_rules.update(session, row, token_id, is_new_revision=has_changed)
            return views.envelope(alert_views.rule(row))

        return await change(self._catalog, make)

    async def delete_alert_rule(self, *, alert_rule_id: str) -> t.AlertRuleResponse:
        def make(session: Session) -> t.AlertRuleResponse:
            return views.envelope(alert_views.rule(alert_rules.delete(session, alert_rule_id)))

        return await change(self._catalog, make)

    async def get_notification_config(self, *, alert_rule_id: str) -> t.NotificationConfigResponse:
        row = await self._catalog.aread(lambda session: alert_rules.get(session, alert_rule_id))
        return views.envelope(notification(row))

    async def create_notification_config(
        self, *, alert_rule_id: str, body: t.NotificationConfigChange
    ) -> t.NotificationConfigResponse:
        return await self._notify(alert_rule_id, {**EMPTY, **body})

    async def update_notification_config(
        self, *, alert_rule_id: str, body: t.NotificationConfigChange
    ) -> t.NotificationConfigResponse:
        return await self._notify(alert_rule_id, body)

    async def _notify(self, alert_rule_id: str, body: t.NotificationConfigChange) -> t.NotificationConfigResponse:
        token_id = current_request().token_id

        def make(session: Session) -> t.NotificationConfigResponse:
            row = alert_rules.get(session, alert_rule_id, Lock.EXCLUSIVE)
            set_notification(session, row, body)
            row = alert_rules.update(session, row, token_id, is_new_revision=False)
            return views.envelope(notification(row))

        return await change(self._catalog, make)
