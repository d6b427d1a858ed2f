"""Environments: the production series of a model and its datasets."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from inference_events.catalog.tables import Environment
from inference_events.errors import ObjectNotFound

PRODUCTION = "PRODUCTION"
PRE_PRODUCTION = "PRE_PRODUCTION"
PRODUCTION_NAME = "production"


def create_production(session: Session, model_id: str) -> Environment:
    """Add the one PRODUCTION environment of a new model."""
    environment = Environment(model_id=model_id, type=PRODUCTION, name=PRODUCTION_NAME)
    session.add(environment)
    session.flush()
    return environment


def get_production(session: Session, model_id: str) -> Environment:
    """Return the PRODUCTION environment of a model. Raises ObjectNotFound."""
    environment = _find(session, model_id, PRODUCTION, PRODUCTION_NAME)
    if environment is None:
        raise ObjectNotFound.of("Environment")
    return environment


def find_dataset(session: Session, model_id: str, name: str) -> Environment | None:
    """Return the PRE_PRODUCTION environment of that name, if the model has it."""
    return _find(session, model_id, PRE_PRODUCTION, name)


def get_or_create_dataset(session: Session, model_id: str, name: str) -> tuple[Environment, bool]:
    """Return the PRE_PRODUCTION environment of that name, and whether it was made just now."""
    known = find_dataset(session, model_id, name)
    if known is not None:
        return known, False
    environment = Environment(model_id=model_id, type=PRE_PRODUCTION, name=name)
    session.add(environment)
    session.flush()
    return environment, True


def _find(session: Session, model_id: str, type: str, name: str) -> Environment | None:
    return session.scalars(
        select(Environment).where(Environment.model_id == model_id, Environment.type == type, Environment.name == name)
    ).one_or_none()
