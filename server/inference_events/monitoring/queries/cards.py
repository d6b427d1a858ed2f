"""Metric cards: one number for each metric, over all events of a range of time or of an environment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from inference_events.catalog import environments
from inference_events.errors import BadRequest, ErrorDetail
from inference_events.monitoring import metrics
from inference_events.monitoring.engine import Bins, BinsError, Computation
from inference_events.monitoring.metrics import METRICS, Figure, MetricQuery, MetricType
from inference_events.monitoring.queries.compute import Query, compute_figures, revision
from inference_events.monitoring.queries.known import KnownModel, known_model, known_segment
from inference_events.monitoring.queries.windows import Window
from inference_events.monitoring.subject import Subject


@dataclass(frozen=True)
class AskedMetric:
    """A metric of a request. `id` is a builtin metric's or a custom one's. `baseline_id` is None for the default."""

    id: str
    column: str | None = None
    category: str | None = None
    baseline_id: str | None = None


@dataclass(frozen=True)
class CardRequest:
    """Metrics of a model's events. `dataset_id` None means PRODUCTION, `range` None all times, in UTC microseconds.

    `threshold` and `top_k` are None for the model's own. At most one of `segment_id` and `segment_definition` is given.
    """

    model_id: str
    dataset_id: str | None
    metrics: Sequence[AskedMetric]
    range: tuple[int, int] | None = None
    segment_id: str | None = None
    segment_definition: str | None = None
    threshold: float | None = None
    top_k: int | None = None


@dataclass(frozen=True)
class Cards:
    """The figures of a request in its order, and the data revision of all of them."""

    figures: Sequence[Figure]
    data_revision: str


@dataclass(frozen=True)
class CardPlan:
    """A checked request."""

    known: KnownModel
    window: Window
    queries: Sequence[Query]

    @property
    def subject(self) -> Subject:
        return self.known.subject

    def compute(self, computation: Computation) -> Cards:
        """Return the figures. Raises BadRequest for a rolling baseline if there is no range."""
        baselines = self.known.baselines_by_name
        try:
            found = compute_figures(computation, self.window, self.queries, self.subject, baselines)
        except BinsError as error:
            raise BadRequest.with_details(ErrorDetail(str(error), "/time_range")) from None
        return Cards([figure for (figure,) in found], revision(computation, self.window, self.queries, baselines))


def plan_cards(session: Session, request: CardRequest) -> CardPlan:
    """Check a request against the model. Raises BadRequest and ObjectNotFound."""
    known = known_model(session, request.model_id)
    environment_id = known.production_id
    if request.dataset_id is not None:
        environment_id = environments.get_dataset(session, known.model.id, request.dataset_id).id
    places = ("/segment_id", "/segment_definition")
    segment = known_segment(session, known, request.segment_id, request.segment_definition, places)
    window = Window(environment_id, None if request.range is None else Bins(request.range), segment)
    queries = [_query(known, request, asked, f"/metrics/{place}") for place, asked in enumerate(request.metrics)]
    return CardPlan(known, window, queries)


def _query(known: KnownModel, request: CardRequest, asked: AskedMetric, place: str) -> Query:
    arguments = {"column": asked.column, "category": asked.category, "baseline_id": asked.baseline_id}
    query = named_query(known, asked.id, arguments, place, request.threshold, request.top_k)
    known.check(query, place)
    return query


def named_query(
    known: KnownModel,
    id: str,
    arguments: Mapping[str, str | None],
    place: str,
    threshold: float | None = None,
    top_k: int | None = None,
) -> Query:
    """Return a metric by its id, with the arguments `column`, `category` and `baseline_id`, not yet checked.

    Raises BadRequest for an unknown baseline, and for an argument of a custom metric.
    """
    custom = known.custom_metric(id.lower(), f"{place}/id")
    if custom is not None:
        for name, value in arguments.items():
            if value is not None:
                raise BadRequest.with_details(ErrorDetail("a custom metric takes none; remove it", f"{place}/{name}"))
        return custom
    name = metrics.analytics_id(id)
    metric = METRICS.get(name)
    baseline_id = arguments.get("baseline_id")
    baseline = None
    if baseline_id is not None or (metric is not None and metric.needs_baseline):
        baseline = known.baseline(baseline_id, f"{place}/baseline_id").name
    is_performance = metric is not None and metric.type is MetricType.PERFORMANCE
    return MetricQuery(
        name,
        column=arguments.get("column"),
        category=arguments.get("category"),
        baseline=baseline,
        threshold=threshold if is_performance else None,
        top_k=top_k if is_performance else None,
    )
