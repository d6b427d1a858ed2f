"""Baselines: the events that a model's events are compared with."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, contains_eager

from inference_events.catalog import environments
from inference_events.catalog.concurrency import insert_if_missing
from inference_events.catalog.listing import Listing, Page, page
from inference_events.catalog.tables import BRIEF_MODEL, Baseline, Environment, Model
from inference_events.errors import Conflict, ObjectNotFound

STATIC = "STATIC"
ROLLING = "ROLLING"
_COLUMNS = {
    "id": Baseline.id,
    "name": Baseline.name,
    "type": Baseline.type,
    "model_id": Baseline.model_id,
    "environment_id": Baseline.environment_id,
    "environment_type": Environment.type,
    "created_at": Baseline.created_at,
    "updated_at": Baseline.updated_at,
}


def create(session: Session, environment: Environment, name: str, type: str, values: Mapping[str, Any]) -> Baseline:
    """Add a baseline over events of an environment. `values` are its times and window by the table's column names.

    Raises Conflict if the model has a baseline with that name.
    """
    baseline = Baseline(
        model_id=environment.model_id, environment_id=environment.id, name=name, type=type, **dict(values)
    )
    session.add(baseline)
    try:
        session.flush()
    except IntegrityError:
        raise Conflict("Baseline already exists") from None
    return get(session, baseline.id)


def get(session: Session, baseline_id: str) -> Baseline:
    """Return a baseline with its environment and model. Raises ObjectNotFound also for one of a deleted model."""
    baseline = session.scalars(_with_model().where(Baseline.id == baseline_id)).one_or_none()
    if baseline is None:
        raise ObjectNotFound.of("Baseline")
    return baseline


def list_page(session: Session, listing: Listing, model_id: str | None = None) -> Page[Baseline]:
    """Return a page of the baselines with their environments and models, of one model if given.

    Raises BadRequest for an invalid listing.
    """
    rows = _with_model()
    if model_id is not None:
        rows = rows.where(Baseline.model_id == model_id)
    return page(session, rows, listing, _COLUMNS, "name", Baseline.folded_name)


def names(session: Session, model_id: str) -> frozenset[str]:
    """Return the names of a model's baselines."""
    return frozenset(session.scalars(select(Baseline.name).where(Baseline.model_id == model_id)))


def delete(session: Session, baseline_id: str) -> Baseline:
    """Delete a baseline and return it. Raises ObjectNotFound."""
    baseline = get(session, baseline_id)
    session.delete(baseline)
    session.flush()
    return baseline


def get_or_create_dataset(session: Session, model_id: str, name: str) -> Environment:
    """Return the dataset with that name. A new one gets a STATIC baseline with its name, unless the model has one."""
    environment, is_new = environments.get_or_create_dataset(session, model_id, name)
    if is_new:
        baseline = Baseline(model_id=model_id, environment_id=environment.id, name=name, type=STATIC)
        insert_if_missing(session, baseline, "model_id", "name")
    return environment


def _with_model() -> Select[Baseline]:
    with_environment = contains_eager(Baseline.environment)
    with_model = with_environment.contains_eager(Environment.model).options(*BRIEF_MODEL)
    rows = select(Baseline).join(Baseline.environment).join(Environment.model)
    return rows.where(Model.deleted_at.is_(None)).options(with_model)
