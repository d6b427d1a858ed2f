"""Metrics as requests name them: by an id, with a column, a category and the id of a baseline."""

from collections.abc import Mapping
from dataclasses import dataclass

from inference_events.errors import BadRequest
from inference_events.monitoring import fql, metrics
from inference_events.monitoring.metrics import METRICS, MetricError, MetricQuery, MetricType
from inference_events.monitoring.queries.compute import Query, as_query
from inference_events.monitoring.queries.known import KnownModel

# The arguments of a metric that requests call otherwise.
FIELDS = {"metric": "id", "baseline": "baseline_id"}


@dataclass(frozen=True)
class NamedMetric:
    """A builtin or a custom metric by its id. None means no argument, or the model's own threshold or top_k.

    `level` and `component` are as in MetricQuery.
    """

    id: str
    column: str | None = None
    category: str | None = None
    baseline_id: str | None = None
    threshold: float | None = None
    top_k: int | None = None
    level: float | None = None
    component: int | None = None


def named_query(known: KnownModel, named: NamedMetric, places: Mapping[str, str]) -> Query:
    """Return a metric that the model can answer. Raises BadRequest.

    `places` are where the request has `id`, `column`, `category` and `baseline_id`.
    """
    custom = known.custom_metric(named.id.lower(), places["id"])
    return _builtin(known, named, places) if custom is None else _custom(known, custom, named, places)


def _custom(
    known: KnownModel, custom: fql.CustomMetric, named: NamedMetric, places: Mapping[str, str]
) -> fql.CustomMetric:
    for field in ("column", "category", "baseline_id"):
        if getattr(named, field) is not None:
            raise BadRequest.at(places[field], "a custom metric takes none; remove it")
    check_custom(known, custom, places["id"])
    return custom


def check_custom(known: KnownModel, custom: fql.CustomMetric, place: str) -> None:
    """Check that the model can answer the metrics of a custom one. Raises BadRequest."""
    for part in custom.builtins:
        try:
            metrics.check(as_query(part), known.subject)
        except MetricError as error:
            raise BadRequest.at(place, error.message) from None


def _builtin(known: KnownModel, named: NamedMetric, places: Mapping[str, str]) -> MetricQuery:
    metric = METRICS.get(named.id)
    baseline = None
    if named.baseline_id is not None or (metric is not None and metric.needs_baseline):
        baseline = known.baseline(named.baseline_id, places["baseline_id"]).name
    is_performance = metric is not None and metric.type is MetricType.PERFORMANCE
    query = MetricQuery(
        named.id,
        column=named.column,
        category=named.category,
        baseline=baseline,
        threshold=named.threshold if is_performance else None,
        top_k=named.top_k if is_performance else None,
        level=named.level,
        component=named.component,
    )
    try:
        metrics.check(query, known.subject)
    except MetricError as error:
        place = places.get(FIELDS.get(error.place, error.place), places["id"])
        raise BadRequest.at(place, error.message) from None
    return query
