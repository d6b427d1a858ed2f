"""Models: the columns of their events and the meaning of these columns."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from inference_events.catalog import environments, jobs, outbox, projects
from inference_events.catalog.concurrency import Lock, find
from inference_events.catalog.listing import Listing, Page, page
from inference_events.catalog.tables import BRIEF_MODEL, JsonObject, Model, utc_now
from inference_events.errors import Conflict, ObjectNotFound

# The fields that decide how an event is read and stored. A change of them raises the schema revision.
BINDING = frozenset({"schema", "spec", "task", "task_params", "event_id_col", "event_ts_col", "event_ts_format"})

_COLUMNS = {
    "id": Model.id,
    "name": Model.name,
    "version": Model.version,
    "project_id": Model.project_id,
    "task": Model.task,
    "created_at": Model.created_at,
    "updated_at": Model.updated_at,
}


def create(session: Session, project_id: str, values: Mapping[str, Any], token_id: str) -> Model:
    """Add a model and its PRODUCTION environment. `values` are columns of the table by name.

    Raises ObjectNotFound for the project, and Conflict if it has a model with that name and version.
    """
    project = projects.get(session, project_id, Lock.SHARED)
    chosen = {"version": "v1", "task_params": {}, "xai_params": {}} | dict(values)
    model = Model(project=project, created_by_id=token_id, updated_by_id=token_id, **chosen)
    session.add(model)
    _flush(session)
    environments.create_production(session, model.id)
    session.refresh(model)
    return model


def get(session: Session, model_id: str, lock: Lock = Lock.NONE) -> Model:
    """Return a model. Raises ObjectNotFound also for a deleted one."""
    model = find(session, Model, model_id, lock)
    if model is None or model.deleted_at is not None:
        raise ObjectNotFound.of("Model")
    return model


def brief(session: Session, model_ids: Collection[str]) -> Sequence[Model]:
    """Return the models with these ids, without their schemas. Those that are deleted or do not exist are missing."""
    rows = select(Model).where(Model.deleted_at.is_(None), Model.id.in_(model_ids)).options(*BRIEF_MODEL)
    return session.scalars(rows).all()


def list_page(
    session: Session, listing: Listing, project_id: str | None = None, latest_only: bool = False
) -> Page[Model]:
    """Return a page of the models without their schemas, of one project if given.

    With `latest_only`, only the newest version of each name is listed. Raises BadRequest for an invalid listing.
    """
    rows = select(Model).where(Model.deleted_at.is_(None)).options(*BRIEF_MODEL)
    if project_id is not None:
        rows = rows.where(Model.project_id == project_id)
    if latest_only:
        newer = aliased(Model)
        later = or_(
            newer.created_at > Model.created_at,
            and_(newer.created_at == Model.created_at, newer.id > Model.id),
        )
        same_name = and_(newer.project_id == Model.project_id, newer.name == Model.name)
        rows = rows.where(~select(newer.id).where(newer.deleted_at.is_(None), same_name, later).exists())
    return page(session, rows, listing, _COLUMNS, "name,version", Model.folded_name)


def update(session: Session, model_id: str, changes: Mapping[str, Any], token_id: str) -> Model:
    """Replace columns of a model by name, and raise its schema revision if the change concerns new events.

    Raises ObjectNotFound, and Conflict if another model has the new name and version.
    """
    model = get(session, model_id, Lock.EXCLUSIVE)
    if any(getattr(model, name) != value for name, value in changes.items() if name in BINDING):
        model.schema_revision += 1
    for name, value in changes.items():
        setattr(model, name, value)
    model.updated_by_id = token_id
    model.updated_at = utc_now()
    _flush(session)
    session.refresh(model)
    return model


def set_feature_impact(session: Session, model: Model, impact: JsonObject, token_id: str) -> None:
    """Keep the impacts of a model, which must be locked. They do not concern its events."""
    model.feature_impact = impact
    model.updated_by_id = token_id
    session.flush()


def delete(session: Session, model_id: str) -> Model:
    """Mark a model as deleted and end its jobs. Raises ObjectNotFound."""
    model = get(session, model_id, Lock.EXCLUSIVE)
    model.deleted_at = utc_now()
    jobs.end_of_model(session, model_id, "The model was deleted")
    outbox.cancel_of_models(session, [model.id])
    session.flush()
    return model


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError:
        raise Conflict("Model already exists") from None
