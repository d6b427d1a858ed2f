"""Operations of the tag Alert rules."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from sqlalchemy.orm import Session

from inference_events.alerts import bins, rules
from inference_events.alerts.judgements import Announce
from inference_events.alerts.notification import EMPTY, notification, set_notification
from inference_events.alerts.plans import plan_rules, watch
from inference_events.alerts.preview import PreviewPlan
from inference_events.alerts.recording import record
from inference_events.catalog import Catalog, alert_records, alert_rules, models
from inference_events.catalog.alert_queue import RuleBin
from inference_events.catalog.alert_tables import AlertRule
from inference_events.catalog.concurrency import Lock
from inference_events.catalog.listing import Listing, Page
from inference_events.catalog.tables import utc_now
from inference_events.context import current_request
from inference_events.errors import BadRequest
from inference_events.events.ingest.timestamps import moment_of
from inference_events.idempotency.catalog_writes import change
from inference_events.monitoring.queries import FigureService, known_model
from inference_events.operations import alert_views, views
from inference_events.operations.reading import time_bound
from inference_events_api import types as t

# So that bins before it, which are compared, are times as well.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)

DEFAULT_BINS = 24
MAX_PREVIEWED = 2000


class AlertRuleOperations:
    """Serve alert rules, and whom they notify."""

    def __init__(self, catalog: Catalog, figures: FigureService, announce: Announce) -> None:
        self._catalog = catalog
        self._figures = figures
        self._announce = announce

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

        def find(session: Session) -> Page[t.AlertRule]:
            page = alert_rules.list_page(session, listing)
            return Page(_watched(session, page.items), page.total)

        return views.listed(await self._catalog.aread(find), listing, lambda shown: shown)

    async def create_alert_rule(self, *, body: t.AlertRuleCreate) -> t.AlertRuleResponse:
        token_id = current_request().token_id

        def make(session: Session) -> t.AlertRuleResponse:
            # What the rule uses must not change until the rule is there.
            model = models.get(session, body["model_id"], Lock.SHARED)
            row = rules.make_rule(session, known_model(session, model.id), body, token_id)
            return views.envelope(alert_views.rule(alert_rules.create(session, row)))

        return await change(self._catalog, make)

    async def get_alert_rule(self, *, alert_rule_id: str) -> t.AlertRuleResponse:
        def find(session: Session) -> t.AlertRule:
            (shown,) = _watched(session, [alert_rules.get(session, alert_rule_id)])
            return shown

        return views.envelope(await self._catalog.aread(find))

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

    async def evaluate_alert_rule(
        self, *, alert_rule_id: str, body: t.EvaluateAlertRuleRequest
    ) -> t.EvaluateAlertRuleResponse:
        rule = await self._catalog.aread(lambda session: alert_rules.get(session, alert_rule_id))
        judged = RuleBin(rule.id, _closed_bin(rule.bin_size, body.get("bin_start")))
        prepare = partial(plan_rules, model_id=rule.model_id, wanted=[judged])
        found = await self._figures.compute(rule.model_id, prepare, current_request().wait_for_departure)

        def make(session: Session) -> t.EvaluateAlertRuleResponse:
            made = record(session, found, self._announce, utc_now())
            evaluations = alert_records.evaluations_of(session, *judged)
            return views.envelope(alert_views.judged_bin(evaluations, made))

        return await change(self._catalog, make)

    async def preview_alert_rule(self, *, body: t.PreviewAlertRuleRequest) -> t.PreviewAlertRuleResponse:
        rule, token_id = body["rule"], current_request().token_id
        size, count = rule["bin_size"], body.get("bin_count", DEFAULT_BINS)
        first = bins.moved(size, _closed_bin(size, body.get("bin_start")), 1 - count)
        if count * len(rule.get("feature_names") or [None]) > MAX_PREVIEWED:
            raise BadRequest.at("/bin_count", f"times the number of columns is more than {MAX_PREVIEWED:,}")

        def prepare(session: Session) -> PreviewPlan:
            known = known_model(session, rule["model_id"])
            with _below("/rule"):
                row = rules.make_rule(session, known, rule, token_id)
            return PreviewPlan(known, watch(session, known, row), first, count)

        found = await self._figures.compute(rule["model_id"], prepare, current_request().wait_for_departure)
        return views.envelope({"bins": list(map(alert_views.previewed, found))})

    async def _notify(self, alert_rule_id: str, body: t.NotificationConfigChange) -> t.NotificationConfigResponse:
        token_id = current_request().token_id

        def make(session: Session) -> t.NotificationConfigResponse:
            row = alert_rules.get(session, alert_rule_id, Lock.EXCLUSIVE)
            set_notification(session, row, body)
            row = alert_rules.update(session, row, token_id, is_new_revision=False)
            return views.envelope(notification(row))

        return await change(self._catalog, make)


def _watched(session: Session, rows: Sequence[AlertRule]) -> list[t.AlertRule]:
    """Show rules with their last evaluations."""
    last, now = alert_records.last_evaluations(session, [row.id for row in rows]), utc_now()
    return [alert_views.watched_rule(row, last.get(row.id), now) for row in rows]


@contextmanager
def _below(place: str) -> Iterator[None]:
    """Put what is wrong with a rule below the place that the rule has in the request."""
    try:
        yield
    except BadRequest as error:
        raise BadRequest.with_details(
            *(replace(fault, pointer=f"{place}{fault.pointer}") for fault in error.faults)
        ) from None


def _closed_bin(size: str, time: str | float | None) -> datetime:
    """Return the start of the bin that holds a time, or of the newest one that is over. Raises BadRequest."""
    newest = bins.last_closed(size, utc_now())
    if time is None:
        return newest
    moment = moment_of(time_bound(time, "/bin_start"))
    if moment < EARLIEST:
        raise BadRequest.at("/bin_start", "must not be before 1970")
    start = bins.start_of(size, moment)
    if start > newest:
        raise BadRequest.at("/bin_start", "lies in a bin that is not over yet; try again once it is")
    return start
