"""The performance of a model over some events: figures with their intervals, labels, and histograms of its scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from inference_events.errors import BadRequest
from inference_events.monitoring import metrics
from inference_events.monitoring.engine import Computation
from inference_events.monitoring.metrics import METRICS, Figure, Labels, MetricError, MetricQuery, MetricType, scores
from inference_events.monitoring.metrics.catalog import BINARY, MULTICLASS, RANKING, REGRESSION
from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.metrics.intervals import interval
from inference_events.monitoring.metrics.score_histogram import (
    ErrorHistogram,
    ScoreHistogram,
    error_histogram,
    score_histogram,
)
from inference_events.monitoring.metrics.scores import Confusion
from inference_events.monitoring.queries.compute import WINDOW, prepare
from inference_events.monitoring.queries.frame import Frame, FrameRequest, FrameResult, plan_frame
from inference_events.monitoring.queries.labels import labels_of
from inference_events.monitoring.subject import Subject


@dataclass(frozen=True)
class PerformanceRequest:
    """A model's performance. `threshold` and `top_k` are None for the model's own."""

    frame: FrameRequest
    threshold: float | None = None
    top_k: int | None = None


@dataclass(frozen=True)
class Performance:
    """Figures of a model by metric, with 95 % intervals of those that are rates, and the labels behind them.

    `confusion` is that of a classification, `scores` the histogram of a binary one, `errors` that of a regression.
    """

    task: str
    labels: Labels
    figures: Mapping[str, Figure]
    intervals: Mapping[str, tuple[float, float]]
    confusion: Confusion | None
    scores: ScoreHistogram | None
    errors: ErrorHistogram | None


@dataclass(frozen=True)
class PerformancePlan:
    """A checked request. `queries` are all metrics of the model's task."""

    frame: Frame
    queries: Sequence[MetricQuery]

    @property
    def subject(self) -> Subject:
        return self.frame.known.subject

    def compute(self, computation: Computation) -> FrameResult[Performance]:
        """Return the performance, unless it is unchanged."""
        return self.frame.result(computation, (), lambda: self._performance(computation))

    def _performance(self, computation: Computation) -> Performance:
        subject, query = self.subject, self.queries[0]
        prepared = prepare(computation, self.frame.whole, self.queries, [], subject, {})
        found = metrics.figures(prepared.connection, prepared.window, self.queries, subject)
        figures = {one.metric: figure for one, (figure,) in zip(self.queries, found, strict=True)}
        (labels,) = labels_of(computation, self.frame.whole, subject, subject.target or "")
        confusion = _confusion(prepared.connection, query, subject)
        return Performance(
            subject.task,
            labels,
            figures,
            {id: ends for id, one in figures.items() if (ends := interval(one)) is not None},
            confusion,
            score_histogram(prepared.connection, WINDOW, query, subject) if subject.task == BINARY else None,
            error_histogram(prepared.connection, WINDOW, query, subject) if subject.task == REGRESSION else None,
        )


def plan_performance(session: Session, request: PerformanceRequest) -> PerformancePlan:
    """Check a request against the model. Raises BadRequest and ObjectNotFound."""
    frame = plan_frame(session, request.frame)
    task = frame.known.subject.task
    if task not in (BINARY, MULTICLASS, REGRESSION, RANKING):
        raise BadRequest.at("/model_id", f"a model of the task {task} has no performance")
    return PerformancePlan(frame, possible_queries(frame.known.subject, request.threshold, request.top_k))


def possible_queries(subject: Subject, threshold: float | None = None, top_k: int | None = None) -> list[MetricQuery]:
    """Return the metrics of performance that a model can answer. Raises BadRequest if it can answer none."""
    found, faults = [], []
    for metric in METRICS.values():
        if metric.type is MetricType.PERFORMANCE and metric.fits(subject.task):
            query = MetricQuery(metric.id, threshold=threshold, top_k=top_k)
            try:
                metrics.check(query, subject)
                found.append(query)
            except MetricError as error:
                faults.append(error.message)
    if not found:
        raise BadRequest.at("/model_id", faults[0])
    return found


def _confusion(connection: Connection, query: MetricQuery, subject: Subject) -> Confusion | None:
    if subject.task not in (BINARY, MULTICLASS):
        return None
    return scores.confusion_matrix(connection, WINDOW, query, subject)
