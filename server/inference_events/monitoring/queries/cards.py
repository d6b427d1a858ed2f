"""Metric cards: one number for each metric, over all events of a range of time or of an environment."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from inference_events.errors import BadRequest
from inference_events.monitoring import metrics
from inference_events.monitoring.engine import Bins, BinsError, Computation
from inference_events.monitoring.metrics import Figure
from inference_events.monitoring.queries.compute import Query, compute_figures, revision
from inference_events.monitoring.queries.known import KnownModel, known_model, known_segment
from inference_events.monitoring.queries.names import NamedMetric, named_query
from inference_events.monitoring.queries.windows import Window
from inference_events.monitoring.subject import Subject

CARD_FIELDS = ("id", "column", "category", "baseline_id")


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
            raise BadRequest.at("/time_range", str(error)) from None
        return Cards([figure for (figure,) in found], revision(computation, self.window, self.queries, baselines))


def plan_cards(session: Session, request: CardRequest) -> CardPlan:
    """Check a request against the model. Raises BadRequest and ObjectNotFound."""
    known = known_model(session, request.model_id)
    environment_id = known.environment_id(session, request.dataset_id)
    places = ("/segment_id", "/segment_definition")
    segment = known_segment(session, known, request.segment_id, request.segment_definition, places)
    window = Window(environment_id, None if request.range is None else Bins(request.range), segment)
    queries = [_query(known, request, asked, f"/metrics/{place}") for place, asked in enumerate(request.metrics)]
    return CardPlan(known, window, queries)


def _query(known: KnownModel, request: CardRequest, asked: AskedMetric, place: str) -> Query:
    id = metrics.analytics_id(asked.id)
    named = NamedMetric(id, asked.column, asked.category, asked.baseline_id, request.threshold, request.top_k)
    return named_query(known, named, {field: f"{place}/{field}" for field in CARD_FIELDS})
