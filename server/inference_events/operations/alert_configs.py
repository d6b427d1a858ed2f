"""Operations of the tag Alert configs: alert rules in the form of the vendor's oldest clients."""

from sqlalchemy.orm import Session

from inference_events.alerts import rules
from inference_events.alerts.notification import set_notification
from inference_events.alerts.old_form import named_model_id, notification_change, rule_fields
from inference_events.alerts.thresholds import MANUAL
from inference_events.catalog import Catalog, alert_rules, models
from inference_events.catalog.alert_tables import AlertRule
from inference_events.catalog.concurrency import Lock
from inference_events.catalog.listing import Listing
from inference_events.context import current_request
from inference_events.errors import ObjectNotFound
from inference_events.idempotency.catalog_writes import change
from inference_events.monitoring.queries import known_model
from inference_events.operations import alert_views, views
from inference_events_api import types as t


class AlertConfigOperations:
    """Serve alert rules with fixed thresholds in the old form."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def list_alert_configs(
        self,
        *,
        organization_name: str | None = None,
        limit: int = 50,
        offset: int = 0,
        ordering: str | None = None,
        search: str | None = None,
        filter: t.Filter | None = None,
    ) -> t.AlertConfigPage:
        listing = Listing(limit, offset, ordering, search, filter)
        page = await self._catalog.aread(lambda session: alert_rules.list_page(session, listing, MANUAL))
        return views.listed(page, listing, alert_views.config)

    async def create_alert_config(self, *, body: t.AlertConfigCreate) -> t.AlertConfigResponse:
        token_id = current_request().token_id

        def make(session: Session) -> t.AlertConfigResponse:
            model_id = named_model_id(session, body["project_name"], body["model_name"])
            known = known_model(session, models.get(session, model_id, Lock.SHARED).id)
            row = alert_rules.create(session, rules.make_rule(session, known, rule_fields(body, known), token_id))
            set_notification(session, row, notification_change(body.get("notifications", {})))
            session.flush()
            return views.envelope(alert_views.config(row))

        return await change(self._catalog, make)

    async def get_alert_config(self, *, alert_rule_id: str) -> t.AlertConfigResponse:
        row = await self._catalog.aread(lambda session: _get(session, alert_rule_id))
        return views.envelope(alert_views.config(row))

    async def update_alert_config(self, *, alert_rule_id: str, body: t.AlertConfigUpdate) -> t.AlertConfigResponse:
        token_id = current_request().token_id

        def make(session: Session) -> t.AlertConfigResponse:
            row = _get(session, alert_rule_id, Lock.EXCLUSIVE)
            row.enable_notification = body.get("enable_notification", row.enable_notification)
            set_notification(session, row, notification_change(body.get("notifications", {})))
            row = alert_rules.update(session, row, token_id, is_new_revision=False)
            return views.envelope(alert_views.config(row))

        return await change(self._catalog, make)

    async def delete_alert_config(self, *, alert_rule_id: str) -> t.AlertConfigResponse:
        def make(session: Session) -> t.AlertConfigResponse:
            _get(session, alert_rule_id)
            return views.envelope(alert_views.config(alert_rules.delete(session, alert_rule_id)))

        return await change(self._catalog, make)


def _get(session: Session, id: str, lock: Lock = Lock.NONE) -> AlertRule:
    row = alert_rules.get(session, id, lock)
    if row.threshold_type != MANUAL:
        raise ObjectNotFound.of("Alert rule")
    return row
