"""Rules of definitions: their names, and expressions that are valid for a model."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeAlias

from sqlalchemy.orm import Session

from inference_events.catalog import baselines
from inference_events.catalog.definitions import AnyDefinition
from inference_events.catalog.tables import CustomMetric, Model, Segment
from inference_events.errors import BadRequest
from inference_events.models.registry import to_model_schema
from inference_events.monitoring import fql
from inference_events.monitoring.subject import Subject, make_subject

Compile: TypeAlias = Callable[[str, Subject], fql.Segment | fql.CustomMetric]

MAX_NAME = 255
COMPILE: Mapping[type[AnyDefinition], Compile] = {
    Segment: fql.compile_segment,
    CustomMetric: fql.compile_metric,
}


def checked_name(name: str) -> str:
    """Return a name without white space at its ends. Raises BadRequest."""
    stripped = name.strip()
    if not 1 <= len(stripped) <= MAX_NAME:
        fault = f"must have 1 to {MAX_NAME} characters besides white space at its ends"
        raise BadRequest.at("/name", fault)
    return stripped


def subject_of(model: Model, baselines: Collection[str] = ()) -> Subject:
    """Return a model as figures see it. `baselines` are the names of its baselines."""
    return make_subject(
        to_model_schema(model),
        columns=model.schema,
        spec=model.spec,
        task=model.task,
        task_params=model.task_params,
        baselines=frozenset(baselines),
        impacts=_impacts(model),
    )


def _impacts(model: Model) -> dict[str, float]:
    stored = model.feature_impact
    return {} if stored is None else dict(zip(stored["names"], stored["scores"], strict=True))


def stored_subject(session: Session, model: Model) -> Subject:
    """Return a model as figures see it, with the baselines that it has."""
    return subject_of(model, baselines.names(session, model.id))


def check(table: type[AnyDefinition], definition: str, subject: Subject) -> None:
    """Refuse a definition that is not valid. Raises BadRequest."""
    with _refusing("/definition"):
        COMPILE[table](definition, subject)


def compiled_segment(definition: str, subject: Subject, place: str) -> fql.Segment:
    """Return a segment that a request names at `place`. Raises BadRequest if its definition is not valid."""
    with _refusing(place):
        return fql.compile_segment(definition, subject)


def compiled_metric(definition: str, subject: Subject, place: str) -> fql.CustomMetric:
    """Return a custom metric that a request defines at `place`. Raises BadRequest if its definition is not valid."""
    with _refusing(place):
        return fql.compile_metric(definition, subject)


@contextmanager
def _refusing(place: str) -> Iterator[None]:
    try:
        yield
    except fql.FqlError as error:
        raise BadRequest.at(place, str(error)) from None
