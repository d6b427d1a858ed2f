"""Environments: a model's production events and its datasets."""

from collections.abc import Collection, Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, contains_eager

from inference_events.catalog.concurrency import insert_if_missing
from inference_events.catalog.listing import Listing, Page, page
from inference_events.catalog.tables import BRIEF_MODEL, Environment, Model
from inference_events.errors import ObjectNotFound

PRODUCTION = "PRODUCTION"
PRE_PRODUCTION = "PRE_PRODUCTION"
PRODUCTION_NAME = "production"
_COLUMNS = {
    "id": Environment.id,
    "name": Environment.name,
    "type": Environment.type,
    "model_id": Environment.model_id,
    "created_at": Environment.created_at,
    "updated_at": Environment.updated_at,
}


def create_production(session: Session, model_id: str) -> Environment:
    """Add the one PRODUCTION environment of a new model."""
    environment = Environment(model_id=model_id, type=PRODUCTION, name=PRODUCTION_NAME)
    session.add(environment)
    session.flush()
    return environment


def get(session: Session, environment_id: str) -> Environment:
    """Return an environment with its model. Raises ObjectNotFound also for one of a deleted model."""
    environment = session.scalars(_with_model().where(Environment.id == environment_id)).one_or_none()
    if environment is None:
        raise ObjectNotFound.of("Environment")
    return environment


def list_page(
    session: Session, listing: Listing, model_id: str | None = None, type: str | None = None
) -> Page[Environment]:
    """Return a page of the environments with their models, of one model or type if given.

    Raises BadRequest for an invalid listing.
    """
    rows = _with_model()
    if model_id is not None:
        rows = rows.where(Environment.model_id == model_id)
    if type is not None:
        rows = rows.where(Environment.type == type)
    return page(session, rows, listing, _COLUMNS, "name", Environment.folded_name)


def of_model(session: Session, model_id: str, most: int) -> tuple[Sequence[Environment], int]:
    """Return up to `most` environments of a model, PRODUCTION first and then by name, and how many there are."""
    rows = select(Environment).where(Environment.model_id == model_id)
    total = session.scalar(select(func.count()).select_from(rows.subquery())) or 0
    is_dataset = Environment.type != PRODUCTION
    return session.scalars(rows.order_by(is_dataset, Environment.name).limit(most)).all(), total


def production_ids(session: Session, model_ids: Collection[str]) -> dict[str, str]:
    """Return the ids of PRODUCTION environments by their model's id."""
    ids = select(Environment.model_id, Environment.id).where(Environment.type == PRODUCTION)
    return {row[0]: row[1] for row in session.execute(ids.where(Environment.model_id.in_(model_ids)))}


def get_production(session: Session, model_id: str) -> Environment:
    """Return the PRODUCTION environment of a model. Raises ObjectNotFound."""
    environment = _find(session, model_id, PRODUCTION, PRODUCTION_NAME)
    if environment is None:
        raise ObjectNotFound.of("Environment")
    return environment


def find_dataset(session: Session, model_id: str, name: str) -> Environment | None:
    """Return the PRE_PRODUCTION environment with that name, if the model has one."""
    return _find(session, model_id, PRE_PRODUCTION, name)


def get_dataset(session: Session, model_id: str, environment_id: str) -> Environment:
    """Return a dataset of a model with the model. Raises ObjectNotFound, also for another kind of environment."""
    environment = get(session, environment_id)
    if environment.model_id != model_id or environment.type != PRE_PRODUCTION:
        raise ObjectNotFound.of("Environment")
    return environment


def get_or_create_dataset(session: Session, model_id: str, name: str) -> tuple[Environment, bool]:
    """Return the PRE_PRODUCTION environment with that name, and whether it was created now."""
    known = find_dataset(session, model_id, name)
    if known is not None:
        return known, False
    new = Environment(model_id=model_id, type=PRE_PRODUCTION, name=name)
    is_new = insert_if_missing(session, new, "model_id", "type", "name")
    environment = find_dataset(session, model_id, name)
    assert environment is not None
    return environment, is_new


def _with_model() -> Select[Environment]:
    with_model = contains_eager(Environment.model).options(*BRIEF_MODEL)
    return select(Environment).join(Environment.model).where(Model.deleted_at.is_(None)).options(with_model)


def _find(session: Session, model_id: str, type: str, name: str) -> Environment | None:
    return session.scalars(
        select(Environment).where(Environment.model_id == model_id, Environment.type == type, Environment.name == name)
    ).one_or_none()
