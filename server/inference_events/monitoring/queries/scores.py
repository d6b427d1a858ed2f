"""Scores of a model over all events of an environment: figures, confusion matrix, curves and errors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from inference_events.errors import BadRequest, NotSupported
from inference_events.monitoring import metrics
from inference_events.monitoring.engine import Computation
from inference_events.monitoring.metrics import Figure, MetricQuery, scores
from inference_events.monitoring.metrics.catalog import BINARY, MULTICLASS, RANKING, REGRESSION
from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.queries.compute import WINDOW, prepare, revision
from inference_events.monitoring.queries.known import KnownModel, known_model
from inference_events.monitoring.queries.names import NamedMetric, named_query
from inference_events.monitoring.queries.windows import Window
from inference_events.monitoring.subject import Subject

# The figures among the scores, by the vendor's names.
FIGURES = {
    "AUC": "auc",
    "LOG_LOSS": "log_loss",
    "F1_SCORE": "f1_score",
    "ACCURACY": "accuracy",
    "PRECISION": "precision",
    "RECALL": "recall",
    "R2": "r2",
    "RMSE": "rmse",
    "MAE": "mae",
    "MAP": "map",
    "NDCG": "ndcg_mean",
}
Shape = Callable[[Connection, str, MetricQuery, Subject], Any]
# The others, with the tasks that have them.
SHAPES: Mapping[str, tuple[Shape, Sequence[str]]] = {
    "CONFUSION_MATRIX": (scores.confusion_matrix, (BINARY, MULTICLASS)),
    "ROC_CURVE": (scores.roc_curve, (BINARY,)),
    "PRECISION_RECALL_CURVE": (scores.precision_recall_curve, (BINARY,)),
    "CALIBRATION_CURVE": (scores.calibration_curve, (BINARY,)),
    "ERROR_DISTRIBUTION": (scores.error_distribution, (REGRESSION,)),
    "PREDICTION_SCATTERPLOT": (scores.prediction_scatterplot, (REGRESSION,)),
}


@dataclass(frozen=True)
class ScoresRequest:
    """Scores of a model by the vendor's names. `dataset_id` None means PRODUCTION."""

    model_id: str
    dataset_id: str | None
    names: Sequence[str]
    threshold: float | None = None
    top_k: int | None = None


@dataclass(frozen=True)
class Scores:
    """Figures and shapes by the vendor's names. `count` is the figure of the valid events, or of groups."""

    task: str
    count: Figure
    figures: Mapping[str, Figure]
    shapes: Mapping[str, Any]
    data_revision: str


@dataclass(frozen=True)
class ScoresPlan:
    """A checked request. `count` is the query that counts valid events, and gives curves their arguments."""

    known: KnownModel
    window: Window
    count: MetricQuery
    figures: Mapping[str, MetricQuery]
    shapes: Sequence[str]

    @property
    def subject(self) -> Subject:
        return self.known.subject

    def compute(self, computation: Computation) -> Scores:
        """Return the scores of all events."""
        queries = [self.count, *self.figures.values()]
        prepared = prepare(computation, self.window, queries, [], self.subject, {})
        found = prepared.run(lambda connection, window: metrics.figures(connection, window, queries, self.subject))
        count, *others = (figure for (figure,) in found)
        return Scores(
            task=self.subject.task,
            count=count,
            figures=dict(zip(self.figures, others, strict=True)),
            shapes={
                name: SHAPES[name][0](prepared.connection, WINDOW, self.count, self.subject) for name in self.shapes
            },
            data_revision=revision(computation, self.window, queries, {}),
        )


def plan_scores(session: Session, request: ScoresRequest) -> ScoresPlan:
    """Check a request against the model. Raises BadRequest, NotSupported and ObjectNotFound."""
    known = known_model(session, request.model_id)
    environment_id = known.environment_id(session, request.dataset_id)
    task = known.subject.task
    if task not in (BINARY, MULTICLASS, REGRESSION, RANKING):
        raise BadRequest.at("/model_id", f"a model of the task {task} has no scores")
    places = {name: f"/metrics/{place}" for place, name in enumerate(request.names)}
    for name, place in places.items():
        if name not in FIGURES and name not in SHAPES:
            raise NotSupported(f"This server does not offer the score {name}")
        if name in SHAPES and task not in SHAPES[name][1]:
            raise BadRequest.at(place, f"a model of the task {task} has no {name}")
    count = _query(known, request, "query_count" if task == RANKING else "data_count", "/metrics")
    figures = {name: _query(known, request, FIGURES[name], place) for name, place in places.items() if name in FIGURES}
    return ScoresPlan(known, Window(environment_id), count, figures, [name for name in places if name in SHAPES])


def _query(known: KnownModel, request: ScoresRequest, id: str, place: str) -> MetricQuery:
    named = NamedMetric(id, threshold=request.threshold, top_k=request.top_k)
    query = named_query(known, named, {"id": place, "threshold": "/binary_threshold", "top_k": "/top_k"})
    assert isinstance(query, MetricQuery)
    return query
