"""Projects: groups of models."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from inference_events.catalog import jobs, organizations, outbox
from inference_events.catalog.concurrency import Lock, find, locked
from inference_events.catalog.listing import Listing, Page, page
from inference_events.catalog.tables import Model, Project, utc_now
from inference_events.errors import Conflict, ObjectNotFound

_COLUMNS = {
    "id": Project.id,
    "name": Project.name,
    "created_at": Project.created_at,
    "updated_at": Project.updated_at,
}


def create(session: Session, name: str) -> Project:
    """Add a project. Raises Conflict if its name is taken."""
    project = Project(name=name, organization=organizations.get(session))
    session.add(project)
    try:
        session.flush()
    except IntegrityError:
        raise Conflict("Project already exists") from None
    return project


def get(session: Session, project_id: str, lock: Lock = Lock.NONE) -> Project:
    """Return a project. Raises ObjectNotFound also for a deleted one."""
    project = find(session, Project, project_id, lock)
    if project is None or project.deleted_at is not None:
        raise ObjectNotFound.of("Project")
    return project


def list_page(session: Session, listing: Listing) -> Page[Project]:
    """Return a page of the projects. Raises BadRequest for an invalid listing."""
    rows = select(Project).where(Project.deleted_at.is_(None))
    return page(session, rows, listing, _COLUMNS, "name", Project.folded_name)


def delete(session: Session, project_id: str) -> tuple[Project, list[str]]:
    """Mark a project and its models as deleted and end their jobs. Return it and the ids of its models.

    Raises ObjectNotFound.
    """
    project = get(session, project_id, Lock.EXCLUSIVE)
    models = session.scalars(
        locked(select(Model).where(Model.project_id == project_id, Model.deleted_at.is_(None)), Model, Model.id)
    ).all()
    project.deleted_at = utc_now()
    for model in models:
        model.deleted_at = project.deleted_at
    jobs.end_of_project(session, project_id, "The project was deleted")
    outbox.cancel_of_models(session, [model.id for model in models])
    session.flush()
    return project, [model.id for model in models]
