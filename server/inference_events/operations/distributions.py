"""Turn requests for distributions, columns and performance into plans, and what they find into JSON values."""

import math
from collections.abc import Sequence
from typing import Any

from inference_events.monitoring.metrics.binning import value_text
from inference_events.monitoring.metrics.scores import Confusion
from inference_events.monitoring.metrics.summaries import LEVELS, Summary
from inference_events.monitoring.queries import Baseline
from inference_events.monitoring.queries.columns import ColumnOverview, ColumnsRequest, Overview, SmallHistograms
from inference_events.monitoring.queries.distribution import (
    AskedSide,
    Distribution,
    DistributionRequest,
    SideDistribution,
)
from inference_events.monitoring.queries.performance import Performance, PerformanceRequest
from inference_events.operations.figures import figure
from inference_events.operations.frames import binned, frame_request, label_totals
from inference_events.operations.reading import stored_id, time_bounds
from inference_events_api import types as t

MAX_CLASSES = 100


def distribution_request(body: t.DistributionRequest) -> DistributionRequest:
    """Check the rules that the contract's schema cannot express. Raises BadRequest."""
    compared = enumerate(body.get("compare", []))
    return DistributionRequest(
        frame_request(body),
        body["column"],
        body.get("component"),
        [_asked(one, f"/compare/{number}") for number, one in compared],
        body.get("edges"),
        body.get("bins"),
        body.get("top", 50),
    )


def distribution(found: Distribution) -> dict[str, Any]:
    """Show the distribution of a column."""
    return {
        "column": found.column,
        "labels": list(found.labels),
        "edges": None if found.edges is None else list(found.edges),
        "sides": [_side(one) for one in found.sides],
        "reason": None if found.reason is None else found.reason.value,
    }


def columns_request(body: t.ColumnsRequest) -> ColumnsRequest:
    """Check the rules that the contract's schema cannot express. Raises BadRequest."""
    return ColumnsRequest(
        frame_request(body),
        stored_id(body.get("baseline_id")),
        body.get("search") or "",
        body.get("sort", "schema"),
        body.get("limit", 20),
        body.get("offset", 0),
        body.get("drift_metric", "jsd"),
        body.get("histograms", False),
    )


def columns(found: Overview) -> dict[str, Any]:
    """Show a page of columns."""
    bins = {} if found.bins is None else binned(*found.bins)
    bins.pop("complete", None)
    return {
        "rows": found.rows,
        "total": found.total,
        "baseline": _baseline(found.baseline),
        **bins,
        "columns": [_column(one) for one in found.columns],
    }


def performance_request(body: t.PerformanceRequest) -> PerformanceRequest:
    """Check the rules that the contract's schema cannot express. Raises BadRequest."""
    return PerformanceRequest(frame_request(body), body.get("threshold"), body.get("top_k"))


def performance(found: Performance) -> dict[str, Any]:
    """Show the performance of a model."""
    scores, errors = found.scores, found.errors
    return {
        "task": found.task,
        "labels": label_totals(found.labels),
        "metrics": [
            {"metric": id, "figure": figure(one), "interval": _listed(found.intervals.get(id))}
            for id, one in found.figures.items()
        ],
        "confusion": None if found.confusion is None else _confusion(found.confusion),
        "scores": None
        if scores is None
        else {
            "edges": list(scores.edges),
            "positives": list(scores.positives),
            "negatives": list(scores.negatives),
            "unlabelled": list(scores.unlabelled),
        },
        "errors": None if errors is None else {"edges": list(errors.edges), "counts": list(errors.counts)},
    }


def _asked(one: t.ComparedEvents, place: str) -> AskedSide:
    range = time_bounds(one["time_range"], f"{place}/time_range") if "time_range" in one else None
    return AskedSide(stored_id(one.get("baseline_id")), stored_id(one.get("environment_id")), range)


def _side(one: SideDistribution) -> t.DistributionSide:
    return {
        "baseline": _baseline(one.baseline),
        "counts": list(one.counts),
        "below": one.outside["below"],
        "above": one.outside["above"],
        "other": one.outside["other"],
        "size": one.size,
        "nulls": one.nulls,
        "summary": None if one.summary is None else _summary(one.summary),
        "drifts": {"jsd": figure(one.drifts["jsd"]), "psi": figure(one.drifts["psi"])} if one.drifts else None,
    }


def _baseline(one: Baseline | None) -> t.ComparedBaseline | None:
    return {"id": one.id, "name": one.name} if one is not None and one.id else None


def _summary(one: Summary) -> t.ColumnSummary:
    return {
        "count": one.count,
        "minimum": one.minimum,
        "maximum": one.maximum,
        "mean": one.mean,
        "deviation": one.deviation,
        "levels": list(LEVELS),
        "quantiles": [value if math.isfinite(value) else None for value in one.quantiles],
    }


def _column(one: ColumnOverview) -> t.SummarizedColumn:
    statistics = one.statistics
    shown: dict[str, Any] = {
        "column": one.name,
        "data_type": one.data_type,
        "role": one.role,
        "violations": dict(one.violations),
        "values": statistics.values,
        "distinct": statistics.distinct,
        "minimum": statistics.minimum,
        "maximum": statistics.maximum,
    }
    if one.drift is not None:
        shown["drift"] = figure(one.drift)
    if one.trend is not None:
        shown["trend"] = [of_bin.value for of_bin in one.trend]
    if one.histograms is not None:
        shown["histograms"] = _small(one.histograms)
    return shown  # type: ignore[return-value]


def _small(one: SmallHistograms) -> t.SmallHistograms:
    return {
        "labels": list(one.labels),
        "counts": list(one.now),
        "nulls": one.nulls_now,
        "baseline_counts": list(one.before),
        "baseline_nulls": one.nulls_before,
    }


def _confusion(found: Confusion) -> t.ConfusionCounts | None:
    numbers = range(len(found.classes))
    if len(numbers) > MAX_CLASSES:
        return None
    return {
        "classes": [value_text(one) for one in found.classes],
        "counts": [[found.counts.get((actual, predicted), 0) for predicted in numbers] for actual in numbers],
    }


def _listed(interval: Sequence[float] | None) -> list[float] | None:
    return None if interval is None else list(interval)
