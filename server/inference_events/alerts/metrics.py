"""Rules of what an alert rule watches: a metric that the model has, with all that the metric takes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from inference_events.errors import BadRequest, ErrorDetail
from inference_events.messages import quote
from inference_events.monitoring import metrics
from inference_events.monitoring.metrics import ANY_COLUMN, METRICS, MetricError, MetricQuery, MetricType
from inference_events.monitoring.queries.known import KnownModel
from inference_events.monitoring.subject import Subject

WITH_COLUMNS = (MetricType.DRIFT, MetricType.DATA_INTEGRITY, MetricType.STATISTIC)
PLACES: Mapping[str, str] = {"category": "/category", "baseline": "/baseline_id"}


@dataclass(frozen=True)
class Watched:
    """A metric as an alert rule names it. `baseline_id` is None for the default baseline of a drift."""

    metric_id: str
    columns: Sequence[str] = ()
    category: str | None = None
    baseline_id: str | None = None


def resolve(watched: Watched, known: KnownModel) -> Watched:
    """Return what a rule of the model watches, with the columns and the baseline that it left out.

    Raises BadRequest with the field and how to correct it.
    """
    if known.custom_metric(watched.metric_id, "/metric_id") is not None:
        _refuse(_extra_faults(watched, "a custom metric"))
        return watched
    metric_type = _type(watched.metric_id, known)
    baseline = None
    if metric_type is MetricType.DRIFT:
        baseline = known.baseline(watched.baseline_id, "/baseline_id")
    elif watched.baseline_id is not None:
        raise BadRequest.at(
            "/baseline_id", f"only a drift metric takes one, and {watched.metric_id} is none; remove it"
        )
    columns = _columns(watched, metric_type)
    name = None if baseline is None else baseline.name
    _refuse(faults(watched.metric_id, columns, watched.category, name, known.subject))
    return Watched(watched.metric_id, columns, watched.category, None if baseline is None else baseline.id)


def counted(metric_id: str, category: str | None) -> str | None:
    """Return the category that a metric counts. One of any other metric only labels the rule."""
    metric = METRICS.get(metric_id)
    return category if metric is not None and metric.needs_category else None


def faults(
    metric_id: str, columns: Sequence[str], category: str | None, baseline: str | None, subject: Subject
) -> Iterator[ErrorDetail]:
    """Yield why the model cannot compute a builtin metric, each with its place in a request."""
    for place, column in enumerate(columns or (None,)):
        try:
            metrics.check(MetricQuery(metric_id, column, counted(metric_id, category), baseline), subject)
        except MetricError as error:
            yield ErrorDetail(error.message, _pointer(error.place, place, has_columns=bool(columns)))


def _pointer(place: str, number: int, *, has_columns: bool) -> str:
    if place == "column":
        return f"/feature_names/{number}" if has_columns else "/feature_names"
    return PLACES.get(place, "/metric_id")


def _type(metric_id: str, known: KnownModel) -> MetricType:
    metric = METRICS.get(metric_id)
    if metric is None or not metric.is_listed:
        names = ", ".join(one.id for one in metrics.metrics_of(known.subject.task))
        raise BadRequest.at(
            "/metric_id", f"is neither a metric of this model nor the id of one of its custom metrics; it has {names}"
        )
    return metric.type


def _columns(watched: Watched, type: MetricType) -> Sequence[str]:
    columns = list(watched.columns)
    if type not in WITH_COLUMNS:
        if columns:
            raise BadRequest.at("/feature_names", f"{watched.metric_id} takes no columns; remove them")
        return columns
    if not columns:
        if type is MetricType.DATA_INTEGRITY:
            return [ANY_COLUMN]
        raise BadRequest.at("/feature_names", f"{watched.metric_id} needs at least one column")
    _refuse(_repeated(columns))
    if METRICS[watched.metric_id].needs_category and len(columns) > 1:
        raise BadRequest.at("/feature_names", f"{watched.metric_id} takes one column; make a rule for each")
    return columns


def _repeated(columns: Sequence[str]) -> Iterator[ErrorDetail]:
    for place, name in enumerate(columns):
        if name in columns[:place]:
            yield ErrorDetail(f"names {quote(name)} again; remove it", f"/feature_names/{place}")


def _extra_faults(watched: Watched, what: str) -> Iterator[ErrorDetail]:
    for place, value in (
        ("/feature_names", watched.columns),
        ("/baseline_id", watched.baseline_id),
    ):
        if value:
            yield ErrorDetail(f"{what} takes none; remove it", place)


def _refuse(found: Iterator[ErrorDetail]) -> None:
    if details := list(found):
        raise BadRequest.with_details(*details)
