"""The one organization that a server stands for."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from inference_events.catalog.tables import Organization


def ensure(session: Session, name: str) -> Organization:
    """Return the organization, made at the first start and renamed when `name` changed since."""
    organization = session.scalars(select(Organization)).one_or_none()
    if organization is None:
        organization = Organization(name=name)
        session.add(organization)
    organization.name = name
    session.flush()
    return organization


def get(session: Session) -> Organization:
    return session.scalars(select(Organization)).one()
