"""Definitions: the segments and custom metrics of models. Both are kept alike, each in a table of its own."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, contains_eager

from inference_events.catalog.listing import Listing, Page, page
from inference_events.catalog.tables import BRIEF_MODEL, CustomMetric, Model, Segment
from inference_events.errors import Conflict, ObjectNotFound

AnyDefinition: TypeAlias = Segment | CustomMetric
DefinitionT = TypeVar("DefinitionT", Segment, CustomMetric)
TITLES: Mapping[type[AnyDefinition], str] = {Segment: "Segment", CustomMetric: "Custom metric"}


def create(session: Session, row: DefinitionT) -> DefinitionT:
    """Add a definition. Lock its model first, which must not change meanwhile.

    Raises Conflict when the model has one of that name.
    """
    table = type(row)
    session.add(row)
    try:
        session.flush()
    except IntegrityError:
        raise Conflict(f"{TITLES[table]} with the same name already exists for this model") from None
    return get(session, table, row.id)


def get(session: Session, table: type[DefinitionT], id: str) -> DefinitionT:
    """Return a definition with its model. Raises ObjectNotFound also for one of a deleted model."""
    row = session.scalars(_with_model(table).where(table.id == id)).one_or_none()
    if row is None:
        raise ObjectNotFound.of(TITLES[table])
    return row


def list_page(
    session: Session, table: type[DefinitionT], listing: Listing, model_id: str | None = None
) -> Page[DefinitionT]:
    """Return a page of the definitions with their models, of one model if given.

    Raises BadRequest for a listing that cannot be read.
    """
    rows = _with_model(table)
    if model_id is not None:
        rows = rows.where(table.model_id == model_id)
    columns = {name: getattr(table, name) for name in ("id", "name", "model_id", "created_at", "updated_at")}
    return page(session, rows, listing, columns, "name", table.folded_name)


def of_model(session: Session, table: type[AnyDefinition], model_id: str) -> Sequence[AnyDefinition]:
    """Return all definitions of a model in one table, by name."""
    rows: Select[Any] = select(table).where(table.model_id == model_id).order_by(table.name)
    return session.scalars(rows).all()


def delete(session: Session, table: type[DefinitionT], id: str) -> DefinitionT:
    """Forget a definition and return what it was. Raises ObjectNotFound."""
    row = get(session, table, id)
    session.delete(row)
    session.flush()
    return row


def _with_model(table: type[DefinitionT]) -> Select[DefinitionT]:
    with_model = contains_eager(table.model).options(*BRIEF_MODEL)
    return select(table).join(table.model).where(Model.deleted_at.is_(None)).options(with_model)
