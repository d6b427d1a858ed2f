"""Changes of a model that would break its definitions. These cannot follow, because they never change."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from inference_events.catalog import definitions
from inference_events.catalog.definitions import AnyDefinition
from inference_events.catalog.tables import Model
from inference_events.errors import Conflict, ErrorDetail
from inference_events.messages import join_names, quote
from inference_events.monitoring import fql
from inference_events.monitoring.definitions.rules import COMPILE, stored_subject
from inference_events.monitoring.subject import Subject

MAX_FAULTS = 50


def check_change(session: Session, model: Model, before: Subject) -> None:
    """Refuse the change of a model or its baselines that removes or retypes what a definition uses, or breaks it.

    `before` is the model before it changed. Raises Conflict with the names of the definitions.
    """
    broken = list(_broken(session, model, before, stored_subject(session, model)))
    if broken:
        names = join_names([row.name for row, _ in broken])
        faults = [_detail(row, fault) for row, fault in broken[:MAX_FAULTS]]
        raise Conflict(f"Segments or custom metrics use what would change: {names}", faults)


def _broken(session: Session, model: Model, before: Subject, after: Subject) -> Iterator[tuple[AnyDefinition, str]]:
    for table in COMPILE:
        for row in definitions.of_model(session, table, model.id):
            if (fault := _fault(row, before, after)) is not None:
                yield row, fault


def _fault(row: AnyDefinition, before: Subject, after: Subject) -> str | None:
    compile = COMPILE[type(row)]
    try:
        columns = compile(row.definition, before).columns
    except fql.FqlError:
        return None  # It was not valid before, so the change breaks nothing.
    for name in columns:
        if name not in after.columns:
            return f"uses {quote(name)}, which would be removed"
        if before.data_types[name] != after.data_types[name]:
            return f"uses {quote(name)}, which would get another type"
    try:
        compile(row.definition, after)
    except fql.FqlError as error:
        return f"would not be valid any more: {error.message}"
    return None


def _detail(row: AnyDefinition, fault: str) -> ErrorDetail:
    title = definitions.TITLES[type(row)].lower()
    return ErrorDetail(f"{title} {quote(row.name)} {fault}", reason="Conflict")
