"""Read the fields that the calls under /v3/monitoring/ share, and show what their responses share."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from inference_events.catalog.tables import utc_now
from inference_events.events.ingest.timestamps import format_timestamp, microseconds
from inference_events.monitoring.engine import Bins, BinSize
from inference_events.monitoring.metrics import Figure, Labels
from inference_events.monitoring.metrics.intervals import interval
from inference_events.monitoring.queries.frame import FrameRequest, FrameResult
from inference_events.monitoring.queries.ranges import TIME_ZONE, zone_of
from inference_events.operations import views
from inference_events.operations.reading import stored_id, time_bounds
from inference_events_api import types as t

T = TypeVar("T")


def frame_request(body: Mapping[str, Any]) -> FrameRequest:
    """Check the rules that the contract's schema cannot express. Raises BadRequest."""
    time_zone = body.get("time_zone", TIME_ZONE)
    zone_of(time_zone, "/time_zone")
    segment = body.get("segment") or {}
    return FrameRequest(
        model_id=body["model_id"].lower(),
        environment_id=stored_id(body.get("environment_id")),
        range=time_bounds(body["time_range"]) if "time_range" in body else None,
        time_zone=time_zone,
        segment_id=stored_id(segment.get("id")),
        segment_definition=segment.get("definition"),
        known_revision=body.get("known_revision"),
    )


def bin_size(body: Mapping[str, Any]) -> BinSize | None:
    """Return the size of the bins, None if it depends on the range."""
    return BinSize(body["bin_size"]) if "bin_size" in body else None


def frame_response(found: FrameResult[T], show: Callable[[T], Mapping[str, Any]]) -> Any:
    """Show what was computed, or that nothing has changed."""
    content = found.content
    shared = {"unchanged": content is None, "data_revision": found.data_revision}
    return views.envelope(shared if content is None else shared | dict(show(content)))


def binned(size: BinSize, bins: Bins, now: datetime | None = None) -> dict[str, Any]:
    """Show bins of time."""
    present = microseconds(now or utc_now())
    return {
        "bin_size": size.value,
        "edges": [format_timestamp(bound) for bound in bins.bounds],
        "complete": [end <= present for end in bins.bounds[1:]],
    }


def measured(figures: Sequence[Figure]) -> t.MeasureSeries:
    """Show the figures of a measure by bin, those of rates with their intervals."""
    shown: t.MeasureSeries = {
        "values": [one.value for one in figures],
        "reasons": [None if one.reason is None else one.reason.value for one in figures],
        "sample_sizes": [one.sample_size for one in figures],
        "labelled": [one.labelled for one in figures],
        "baseline_sizes": [one.baseline_size for one in figures],
    }
    if any(one.trials is not None for one in figures):
        ends = [interval(one) or (None, None) for one in figures]
        shown["lower"], shown["upper"] = [low for low, _ in ends], [high for _, high in ends]
    return shown


def label_totals(one: Labels) -> t.LabelTotals:
    """Show the labels of some events."""
    return {
        "rows": one.rows,
        "labelled": one.labelled,
        "coverage": one.coverage,
        "timed": one.timed,
        "lags": list(one.lags),
        "reason": reason_of(one),
    }


def reason_of(one: Labels) -> str | None:
    """Return the word for the reason why lags are missing."""
    return None if one.reason is None else one.reason.value
