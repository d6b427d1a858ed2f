"""Turn requests for series, violations and labels over time into plans, and what they find into JSON values."""

from typing import Any

from inference_events.monitoring.queries.frame import FrameRequest, FrameResult
from inference_events.monitoring.queries.labels import BinnedLabels, LabelsRequest
from inference_events.monitoring.queries.preview import Preview
from inference_events.monitoring.queries.series import BinnedSeries, GroupSeries, SeriesRequest
from inference_events.monitoring.queries.violations import BinnedViolations, ViolationsRequest
from inference_events.operations.figures import figure
from inference_events.operations.frames import bin_size, binned, frame_request, label_totals, measured, reason_of
from inference_events.operations.reading import stored_id, time_bounds
from inference_events_api import types as t

MAX_BINS = 300
MAX_COLUMNS_OF_TIME = 60


def series_request(body: t.SeriesRequest) -> SeriesRequest:
    """Check the rules that the contract's schema cannot express. Raises BadRequest."""
    return SeriesRequest(
        frame_request(body),
        time_bounds(body["time_range"]),
        body["measures"],
        bin_size(body),
        body.get("max_bins", MAX_BINS),
        body.get("group_by"),
    )


def series(found: BinnedSeries) -> dict[str, Any]:
    """Show series."""
    return {**binned(found.bin_size, found.bins), "groups": [_group(one) for one in found.groups]}


def violations_request(body: t.ViolationsRequest) -> ViolationsRequest:
    """Check the rules that the contract's schema cannot express. Raises BadRequest."""
    return ViolationsRequest(
        frame_request(body),
        time_bounds(body["time_range"]),
        body.get("columns"),
        body.get("limit", 20),
        body.get("offset", 0),
        body.get("values_of"),
        body.get("top", 20),
        bin_size(body),
        body.get("max_bins", MAX_COLUMNS_OF_TIME),
    )


def violations(found: BinnedViolations) -> dict[str, Any]:
    """Show violations by column and bin."""
    values = found.values
    return {
        **binned(found.bin_size, found.bins),
        "rows": list(found.rows),
        "events": list(found.events),
        "violated": found.violated,
        "columns": [
            {"column": one.column, "totals": dict(one.totals), "bins": dict(one.by_bin)} for one in found.columns
        ],
        "values": None
        if values is None
        else [{"kind": one.kind, "value": one.text, "count": one.count} for one in values],
    }


def labels_request(body: t.LabelsRequest) -> LabelsRequest:
    """Check the rules that the contract's schema cannot express. Raises BadRequest."""
    return LabelsRequest(
        frame_request(body),
        time_bounds(body["time_range"]),
        body.get("target"),
        bin_size(body),
        body.get("max_bins", MAX_BINS),
    )


def labels(found: BinnedLabels) -> dict[str, Any]:
    """Show labels by bin."""
    every = found.by_bin
    return {
        "target": found.target,
        **binned(found.bin_size, found.bins),
        "rows": [one.rows for one in every],
        "labelled": [one.labelled for one in every],
        "coverage": [one.coverage for one in every],
        "timed": [one.timed for one in every],
        "levels": list(found.levels),
        "lags": [[one.lags[number] for one in every] for number in range(len(found.levels))],
        "reasons": [reason_of(one) for one in every],
        "total": label_totals(found.total),
    }


def preview_request(model_id: str, events: t.PreviewedEvents) -> FrameRequest:
    """Check the rules that the contract's schema cannot express. Raises BadRequest."""
    range = time_bounds(events["time_range"], "/preview/time_range") if "time_range" in events else None
    return FrameRequest(model_id.lower(), stored_id(events.get("environment_id")), range)


def preview(found: FrameResult[Preview]) -> t.DefinitionPreview:
    """Show what a definition gives. It is there, because no revision was known."""
    content = found.content
    assert content is not None
    shown: t.DefinitionPreview = {"rows": content.rows, "data_revision": found.data_revision}
    if content.matching is not None:
        shown["matching"] = content.matching
    if content.figure is not None:
        shown["figure"] = figure(content.figure)
    return shown


def _group(one: GroupSeries) -> t.GroupSeries:
    return {
        "name": one.group.name,
        "is_rest": one.group.is_rest,
        "rows": list(one.rows),
        "measures": [measured(figures) for figures in one.figures],
    }
