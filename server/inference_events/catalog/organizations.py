"""The one organization of a server."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from inference_events.catalog.tables import Organization


def ensure(session: Session, name: str) -> Organization:
    """Return the organization. Create it at the first start, and rename it if `name` has changed."""
    organization = session.scalars(select(Organization)).one_or_none()
    if organization is None:
        organization = Organization(name=name)
        session.add(organization)
    organization.name = name
    session.flush()
    return organization


def get(session: Session) -> Organization:
    return session.scalars(select(Organization)).one()
