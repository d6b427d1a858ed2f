"""Baselines: what the events of a model are compared with."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from inference_events.catalog import environments
from inference_events.catalog.tables import Baseline, Environment

STATIC = "STATIC"


def get_or_create_static(session: Session, environment: Environment) -> Baseline:
    """Return the baseline that bears the name of a dataset, made as STATIC if there is none."""
    known = session.scalars(
        select(Baseline).where(Baseline.model_id == environment.model_id, Baseline.name == environment.name)
    ).one_or_none()
    if known is not None:
        return known
    baseline = Baseline(
        model_id=environment.model_id, environment_id=environment.id, name=environment.name, type=STATIC
    )
    session.add(baseline)
    session.flush()
    return baseline


def get_or_create_dataset(session: Session, model_id: str, name: str) -> Environment:
    """Return the dataset of that name, made together with its STATIC baseline if the model has none."""
    environment, _ = environments.get_or_create_dataset(session, model_id, name)
    get_or_create_static(session, environment)
    return environment
