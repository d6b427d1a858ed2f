"""Measures of series: what a request names, as queries for figures, for labels or for the receipt of events."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from inference_events.errors import BadRequest
from inference_events.monitoring.definitions.rules import compiled_metric
from inference_events.monitoring.metrics import METRICS, Figure, Labels, MetricType, Reason
from inference_events.monitoring.queries.compute import Query
from inference_events.monitoring.queries.known import KnownModel
from inference_events.monitoring.queries.labels import checked_target
from inference_events.monitoring.queries.names import NamedMetric, check_custom, named_query
from inference_events.monitoring.queries.receipt import ReceiptLag

LABELS = "labels"
RECEIPT_LAG = "receipt_lag"
MEDIAN = 0.5
CUSTOM = "custom_metric"
# The fields that each measure needs, and those that it may have.
FIELDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "count": ((), ()),
    "violations": ((), ("column", "kind", "share")),
    "missing": ((), ("column", "share")),
    LABELS: ((), ("column",)),
    RECEIPT_LAG: ((), ("level",)),
    "statistic": (("metric", "column"), ("level", "category")),
    "drift": (("column",), ("metric", "baseline_id", "component")),
    "performance": (("metric",), ("threshold", "top_k")),
    CUSTOM: ((), ("custom_metric_id", "definition")),
}
TYPES = {
    "statistic": MetricType.STATISTIC,
    "drift": MetricType.DRIFT,
    "performance": MetricType.PERFORMANCE,
}
KINDS = {"missing": "null", "range": "range", "type": "type", "any": "any"}


@dataclass(frozen=True)
class LabelCoverage:
    """The share of events that have a label of a target."""

    target: str


Measure: TypeAlias = Query | LabelCoverage | ReceiptLag


def measure_of(known: KnownModel, asked: Mapping[str, Any], place: str) -> Measure:
    """Return a measure that the model can answer. `asked` has the fields of the request. Raises BadRequest."""
    given = {name: value for name, value in asked.items() if value is not None}
    measure = given.pop("measure")
    _check_fields(measure, given, place)
    if measure == LABELS:
        return LabelCoverage(checked_target(known.subject, given.get("column"), f"{place}/column"))
    if measure == RECEIPT_LAG:
        return ReceiptLag(float(given.get("level", MEDIAN)))
    if measure == CUSTOM and "definition" in given:
        return _defined(known, given, f"{place}/definition")
    places = {name: f"{place}/{name}" for name in ("column", "category", "baseline_id", "threshold", "top_k", "level")}
    named = NamedMetric(
        _id(known, measure, given, place),
        given.get("column"),
        given.get("category"),
        None if "baseline_id" not in given else given["baseline_id"].lower(),
        given.get("threshold"),
        given.get("top_k"),
        given.get("level"),
        given.get("component"),
    )
    id_place = f"{place}/custom_metric_id" if measure == CUSTOM else f"{place}/metric"
    return named_query(known, named, {"id": id_place, "component": f"{place}/component"} | places)


def coverage(labels: Labels) -> Figure:
    """Return the share of events with a label as a figure."""
    reason = None if labels.rows else Reason.NO_ROWS
    return Figure(labels.coverage, reason, labels.rows, labels.rows, labels.labelled)


def _defined(known: KnownModel, given: Mapping[str, Any], place: str) -> Measure:
    """Return a custom metric that is not stored. Raises BadRequest."""
    if "custom_metric_id" in given:
        raise BadRequest.at(place, "and custom_metric_id are both given; remove one")
    custom = compiled_metric(given["definition"], known.subject, place)
    check_custom(known, custom, place)
    return custom


def _check_fields(measure: str, given: Mapping[str, Any], place: str) -> None:
    needed, possible = FIELDS[measure]
    for name in given:
        if name not in needed + possible:
            raise BadRequest.at(f"{place}/{name}", f"the measure {measure} takes no {name}; remove it")
    for name in needed:
        if name not in given:
            raise BadRequest.at(f"{place}/{name}", f"is needed for the measure {measure}")


def _id(known: KnownModel, measure: str, given: Mapping[str, Any], place: str) -> str:
    """Return the id of the metric behind a measure. Raises BadRequest for one of another kind."""
    if measure == "count":
        return "traffic"
    if measure in ("violations", "missing"):
        kind = "null" if measure == "missing" else KINDS[given.get("kind", "any")]
        return f"{kind}_violation_{'percentage' if given.get('share') else 'count'}"
    if measure == CUSTOM:
        if "custom_metric_id" not in given:
            raise BadRequest.at(f"{place}/custom_metric_id", f"or a definition is needed for the measure {measure}")
        custom_id = given["custom_metric_id"].lower()
        if custom_id not in known.custom_metrics:
            raise BadRequest.at(f"{place}/custom_metric_id", "is no custom metric of this model")
        return str(custom_id)
    id = str(given.get("metric", "jsd"))
    if id not in METRICS or METRICS[id].type is not TYPES[measure]:
        these = ", ".join(metric.id for metric in METRICS.values() if metric.type is TYPES[measure])
        raise BadRequest.at(f"{place}/metric", f"is no metric of the measure {measure}; these are {these}")
    return id
