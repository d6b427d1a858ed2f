"""A classifier that predicts at departure whether a flight will arrive late, and its model on the server."""

from uuid import UUID

import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from examples.flights.flights import DEPARTURE, ID, INPUTS, LABEL, METADATA, OUTPUTS, PROBABILITY, TARGETS, Flights
from inference_events_client.models import Column, ModelCreate, ModelSchema, ModelSpec, TaskParams
from inference_events_client.models.data_type import DataType

THRESHOLD = 0.5
MODEL = "arrival_delay"


def train(flights: Flights) -> HistGradientBoostingClassifier:
    """Fit a classifier to the flights whose label is known.

    On one thread: OpenMP's threads wait for each other by spinning, which is slow on a machine with other work.
    """
    known = flights.landed().frame
    classifier = HistGradientBoostingClassifier(max_iter=60, random_state=0)
    with threadpool_limits(1):
        return classifier.fit(_features(known), known[LABEL].astype(bool))


def predict(classifier: HistGradientBoostingClassifier, flights: Flights) -> Flights:
    """Add the probability of arriving late."""
    with threadpool_limits(1):
        late = classifier.predict_proba(_features(flights.frame))[:, 1]
    return Flights(flights.frame.assign(**{PROBABILITY: late}))


def describe(project_id: UUID, training: Flights) -> ModelCreate:
    """Describe the model. The training months define the ranges of its columns."""
    kinds = METADATA | INPUTS | OUTPUTS | TARGETS
    return ModelCreate(
        name=MODEL,
        project_id=project_id,
        description="Whether a flight will arrive more than 15 minutes late, predicted at its scheduled departure.",
        task="binary_classification",
        task_params=TaskParams(binary_classification_threshold=THRESHOLD, target_class_order=[False, True]),
        schema=ModelSchema(columns=[_column(name, kind, training.frame) for name, kind in kinds.items()]),
        spec=ModelSpec(inputs=[*INPUTS], outputs=[*OUTPUTS], targets=[*TARGETS], metadata=[*METADATA]),
        event_id_col=ID,
        event_ts_col=DEPARTURE,
    )


def _column(name: str, kind: DataType, training: pd.DataFrame) -> Column:
    if name == PROBABILITY:
        return Column(name, kind, min_=0.0, max_=1.0)
    if kind == "category":
        return Column(name, kind, categories=sorted(training[name].dropna().unique()))
    if kind in ("int", "float"):
        return Column(name, kind, min_=float(training[name].min()), max_=float(training[name].max()))
    return Column(name, kind)


def _features(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[list(INPUTS)].astype({name: "category" for name, kind in INPUTS.items() if kind == "category"})
