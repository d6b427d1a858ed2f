"""Operations of the tag Alert records."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, alert_records, alert_rules
from inference_events.catalog.alert_records import V2_FIELDS, V3_FIELDS, Range
from inference_events.catalog.alert_tables import AlertEvaluation, AlertRecord
from inference_events.catalog.listing import Column, Listing, Page
from inference_events.catalog.tables import utc_now
from inference_events.errors import BadRequest
from inference_events.events.ingest.timestamps import FIRST, LAST, moment_of, parse_timestamp
from inference_events.monitoring.metrics import METRICS, MetricType
from inference_events.operations import alert_views, views
from inference_events.operations.figures import number_or_text
from inference_events.operations.reading import time_bound
from inference_events_api import types as t

T = TypeVar("T")
# The greatest distance between a client's clock and UTC, rounded up.
CLOCK_AHEAD = timedelta(hours=15)


class AlertRecordOperations:
    """Serve what the judgements of bins have left behind."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def list_alert_rule_records(
        self,
        *,
        alert_rule_id: str,
        start_time: str | None = None,
        end_time: str | None = None,
        limit: int = 50,
        offset: int = 0,
        ordering: str | None = None,
    ) -> t.AlertRecordPage:
        listing, range = Listing(limit, offset, ordering), bin_range(start_time, end_time)
        page = await self._records(alert_rule_id, listing, range, V3_FIELDS)
        return views.listed(page, listing, alert_views.record)

    async def list_alert_config_records(
        self,
        *,
        alert_rule_id: str,
        start_time: str | None = None,
        end_time: str | None = None,
        limit: int = 50,
        offset: int = 0,
        ordering: list[str] | None = None,
    ) -> t.AlertConfigRecordPage:
        listing = Listing(limit, offset, ",".join(filter(None, ordering or ())))
        range = bin_range(start_time, _of_client(end_time, utc_now()))
        page = await self._records(alert_rule_id, listing, range, V2_FIELDS)
        return views.listed(page, listing, alert_views.old_record)

    async def list_alert_record_history(
        self,
        *,
        alert_rule_id: str,
        start_time: str | None = None,
        end_time: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> t.AlertRecordHistoryPage:
        range = bin_range(start_time, end_time)

        def find(session: Session) -> Page[alert_records.BinHistory]:
            rule = alert_rules.get(session, alert_rule_id)
            return alert_records.list_history(session, rule.id, range, limit, offset)

        return views.listed(await self._catalog.aread(find), Listing(limit, offset), alert_views.history)

    async def list_alert_rule_summaries(
        self, *, start_time: str | None = None, end_time: str | None = None, limit: int = 50, offset: int = 0
    ) -> t.AlertRuleSummaryPage:
        listing, range = Listing(limit, offset), bin_range(start_time, end_time)

        def find(session: Session) -> Page[t.AlertRuleSummary]:
            page = alert_rules.list_page(session, listing)
            histories = alert_records.histories(session, [row.id for row in page.items], range)
            return Page([alert_views.summary(row, histories.get(row.id)) for row in page.items], page.total)

        return views.listed(await self._catalog.aread(find), listing, lambda shown: shown)

    async def get_alert_rule_stats(
        self, *, start_time: str | None = None, end_time: str | None = None, no_cache: bool | None = None
    ) -> t.AlertStatsResponse:
        range = bin_range(start_time, end_time)
        return views.envelope(await self._catalog.aread(lambda session: _stats(session, range)))

    async def list_alert_records(
        self,
        *,
        start_time: str | None = None,
        end_time: str | None = None,
        limit: int = 50,
        offset: int = 0,
        ordering: str | None = None,
        search: str | None = None,
        filter: t.Filter | None = None,
    ) -> t.MonitoredAlertPage:
        listing, range = Listing(limit, offset, ordering, search, filter), bin_range(start_time, end_time)
        page = await self._catalog.aread(lambda session: alert_records.list_page(session, listing, range))
        return views.listed(page, listing, alert_views.monitored)

    async def list_alert_evaluations(
        self,
        *,
        alert_rule_id: str,
        start_time: str | None = None,
        end_time: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> t.AlertEvaluationPage:
        range = bin_range(start_time, end_time)

        def find(session: Session) -> Page[AlertEvaluation]:
            rule = alert_rules.get(session, alert_rule_id)
            return alert_records.list_evaluations(session, rule.id, range, limit, offset)

        return views.listed(await self._catalog.aread(find), Listing(limit, offset), alert_views.evaluation)

    async def _records(
        self, rule_id: str, listing: Listing, range: Range, fields: Mapping[str, Column]
    ) -> Page[AlertRecord]:
        def find(session: Session) -> Page[AlertRecord]:
            rule = alert_rules.get(session, rule_id)
            return alert_records.list_of_rule(session, rule.id, listing, range, fields)

        return await self._catalog.aread(find)


def bin_range(start: str | None, end: str | None) -> Range:
    """Return the range of the starts of bins, of which both bounds may be missing. Raises BadRequest."""
    first = FIRST if start is None else time_bound(number_or_text(start), "/query/start_time")
    last = LAST if end is None else time_bound(number_or_text(end), "/query/end_time")
    if first > last:
        raise BadRequest.at("/query/start_time", "start_time must not be after end_time")
    return moment_of(first), moment_of(last)


def _of_client(end: str | None, now: datetime) -> str | None:
    """Return the end of a range that a client means, which sends the time of its own clock without an offset."""
    if end is None or not _has_no_offset(end):
        return end
    is_near = abs(moment_of(time_bound(end, "/query/end_time")) - now) <= CLOCK_AHEAD
    return views.time(now) if is_near else end


def _has_no_offset(time: str) -> bool:
    """Return whether a time in text has no offset: then it takes one."""
    try:
        return not time.isdecimal() and parse_timestamp(f"{time}Z") is not None
    except (ValueError, OverflowError):
        return False


def _stats(session: Session, range: Range) -> t.AlertStats:
    counts: dict[str, t.AlertCounts] = {type.value: {"warning": 0, "critical": 0} for type in MetricType}
    for (metric_id, severity), count in alert_records.count_by_metric(session, range).items():
        type = METRICS[metric_id].type if metric_id in METRICS else MetricType.CUSTOM
        counts[type.value]["warning" if severity == "WARNING" else "critical"] += count
    last = alert_records.last_created(session, range)
    return {
        "drift": counts["drift"],
        "performance": counts["performance"],
        "data_integrity": counts["data_integrity"],
        "service_metrics": counts["service_metrics"],
        "statistic": counts["statistic"],
        "custom": counts["custom"],
        "last_modified": views.time_or_null(last),
    }
