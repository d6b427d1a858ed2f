"""Turn requests for figures into plans, and figures into JSON values."""

from collections.abc import Sequence
from typing import cast

from inference_events import API_VERSION
from inference_events.catalog import jobs
from inference_events.catalog.tables import Environment
from inference_events.errors import BadRequest
from inference_events.events.ingest.timestamps import FIRST, LAST, format_timestamp
from inference_events.monitoring.engine import BinSize, encode_revision
from inference_events.monitoring.metrics import Figure, MetricType
from inference_events.monitoring.queries.cards import AskedMetric, CardRequest, Cards
from inference_events.monitoring.queries.histogram import HistogramRequest, Histograms
from inference_events.monitoring.queries.known import KnownModel
from inference_events.monitoring.queries.listing import ListedColumn, ListedMetric, listed_columns, listed_metrics
from inference_events.monitoring.queries.pulse import Pulse, StoredEvents
from inference_events.monitoring.queries.ranges import TIME_ZONE, zone_of
from inference_events.monitoring.queries.traffic import ModelTraffic
from inference_events.operations import views
from inference_events.operations.reading import stored_dataset_id, stored_id, time_bound, time_bounds
from inference_events_api import types as t


def model_metrics(known: KnownModel) -> t.ModelMetrics:
    """Show what can be computed for a model."""
    project = known.model.project
    return {
        "organization": views.organization(project.organization),
        "project": views.project_reference(project),
        "model": views.model_reference(known.model),
        "metrics": [_metric(one) for one in listed_metrics(known)],
        "columns": [_column(one) for one in listed_columns(known.subject)],
        "metric_types": [{"key": type.value, "name": type.display_name} for type in MetricType],
    }


def card_request(body: t.ComputeMetricsRequest) -> CardRequest:
    """Check the rules that the contract's schema cannot express. Raises BadRequest."""
    time_range = body.get("time_range")
    return CardRequest(
        model_id=body["model_id"].lower(),
        dataset_id=stored_dataset_id(body["env_type"], body.get("env_id")),
        metrics=[_asked(one) for one in body["metrics"]],
        range=None if time_range is None else time_bounds(time_range),
        segment_id=stored_id(body.get("segment_id")),
        segment_definition=body.get("segment_definition"),
        threshold=body.get("binary_threshold"),
        top_k=body.get("top_k"),
    )


def cards(found: Cards) -> t.ComputeMetricsResponse:
    """Show the figures of a request."""
    return {
        "data": [one.value for one in found.figures],
        "figures": [figure(one) for one in found.figures],
        "data_revision": found.data_revision,
        "api_version": API_VERSION,
        "kind": "NORMAL",
    }


def histogram_request(body: t.HistogramRequest) -> HistogramRequest:
    """Check the rules that the contract's schema cannot express. Raises BadRequest."""
    time_zone = body.get("time_zone", TIME_ZONE)
    zone_of(time_zone, "/time_zone")
    return HistogramRequest(
        baseline_id=body["baseline_id"].lower(),
        start=time_bound(body["start_time"], "/start_time"),
        bin_size=BinSize(body["bin_size"]),
        column=body["column_id"],
        segment_id=stored_id(body.get("segment_id")),
        time_zone=time_zone,
        most=body.get("max_bins"),
    )


def histograms(found: Histograms, is_normalized: bool) -> t.Histograms:
    """Show two histograms, as shares if they are normalized."""
    project = found.known.model.project
    start, end = map(format_timestamp, found.window.bounds)
    return {
        "organization": views.organization(project.organization),
        "project": views.project_reference(project),
        "model": views.model_reference(found.known.model),
        "baseline": {"id": found.baseline.id, "name": found.baseline.name},
        "bins": list(found.labels),
        "baseline_histogram": _shares(found.before) if is_normalized else list(found.before),
        "production_histogram": _shares(found.now) if is_normalized else list(found.now),
        "num_actual_bins": found.actual_bins,
        "bin": {"start": start, "end": end},
        "baseline_size": found.sizes[0],
        "production_size": found.sizes[1],
        "baseline_nulls": found.nulls[0],
        "production_nulls": found.nulls[1],
        "reason": None if found.reason is None else found.reason.value,
        "data_revision": found.data_revision,
    }


def _shares(counts: Sequence[float]) -> list[float]:
    total = sum(counts)
    return [count / total if total else 0.0 for count in counts]


def open_range(start: str | None, end: str | None) -> tuple[int, int]:
    """Return a range of which both bounds may be missing, in microseconds since 1970. Raises BadRequest."""
    range = (
        FIRST if start is None else time_bound(number_or_text(start), "/query/start_time"),
        LAST + 1 if end is None else time_bound(number_or_text(end), "/query/end_time"),
    )
    if range[0] >= range[1]:
        raise BadRequest.at("/query/start_time", "start_time must be before end_time")
    return range


def number_or_text(time: str) -> float | str:
    """Return a time in a query, a number if it is one."""
    return int(time) if time.isdecimal() and time.isascii() else time


def traffic(found: ModelTraffic, alerts: int) -> t.MonitoringSummary:
    """Show the traffic of a model, and its number of alerts."""
    project = found.model.project
    newest = found.traffic.newest
    return {
        "model": views.model_reference(found.model),
        "project": views.project_reference(project),
        "organization": views.organization(project.organization),
        "traffic_count": found.traffic.events,
        "triggered_alerts": alerts,
        "last_event_time": None if newest is None else format_timestamp(newest),
        "data_revision": encode_revision(found.traffic.data_revision),
    }


def pulse(found: Pulse) -> t.Pulse:
    """Show the pulse of a model."""
    return {
        "environments": [_environment(one, found.stored[one.id]) for one in found.environments],
        "environment_count": found.total,
        "jobs": {"pending": found.jobs.get(jobs.PENDING, 0), "started": found.jobs.get(jobs.STARTED, 0)},
        "open_alerts": {"warning": found.alerts["warning"], "critical": found.alerts["critical"]},
    }


def _environment(one: Environment, stored: StoredEvents) -> t.EnvironmentPulse:
    events, newest = stored.content
    return {
        "id": one.id,
        "name": one.name,
        "type": cast(t.EnvType, one.type),
        "data_revision": encode_revision(stored.data_revision),
        "events": events.total,
        "is_exact": events.is_exact,
        "newest_event": None
        if newest is None
        else {"timestamp": format_timestamp(newest.time), "received_at": format_timestamp(newest.received_at)},
    }


def figure(one: Figure) -> t.Figure:
    return {
        "value": one.value,
        "reason": None if one.reason is None else one.reason.value,
        "rows": one.rows,
        "sample_size": one.sample_size,
        "labelled": one.labelled,
        "baseline_size": one.baseline_size,
    }


def _asked(one: t.AskedMetric) -> AskedMetric:
    return AskedMetric(one["id"], one.get("column"), one.get("category"), stored_id(one.get("baseline_id")))


def _metric(one: ListedMetric) -> t.ModelMetric:
    return {
        "id": one.id,
        "name": one.name,
        "type": one.type.value,
        "type_display_name": one.type.display_name,
        "columns": list(one.columns),
        "requires_baseline": one.needs_baseline,
        "requires_categories": one.needs_category,
        "is_percentage_comparison": one.is_percentage,
    }


def _column(one: ListedColumn) -> t.MetricColumn:
    return {"id": one.id, "name": one.name, "group": one.group, "data_type": one.data_type}
