"""Jobs: work that a request starts and a worker does later. A job outlives its model."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session, defer, object_session

from inference_events.catalog.access import IN_ALL_PROJECTS
from inference_events.catalog.concurrency import notify_of_jobs
from inference_events.catalog.files import SUCCESSFUL
from inference_events.catalog.listing import Listing, Page, page
from inference_events.catalog.tables import UNFINISHED, File, Job, new_id, utc_now
from inference_events.errors import ObjectNotFound

PENDING = "PENDING"
STARTED = "STARTED"
SUCCESS = "SUCCESS"
FAILURE = "FAILURE"
_UNFINISHED = Job.status.in_((PENDING, STARTED))
_ENDED = "ended_jobs"
# The parameters may be long: thousands of event ids.
WITHOUT_PARAMETERS = select(Job).options(defer(Job.params, raiseload=True))
_COLUMNS = {
    "id": Job.id,
    "name": Job.name,
    "status": Job.status,
    "model_id": Job.model_id,
    "project_id": Job.project_id,
    "created_at": Job.created_at,
    "updated_at": Job.updated_at,
}


def create(
    session: Session,
    *,
    kind: str,
    name: str,
    params: Mapping[str, Any],
    info: Mapping[str, Any],
    project_id: str | None,
    model_id: str | None,
    token_id: str,
    epoch: int,
    job_id: str | None = None,
) -> Job:
    """Add a PENDING job. `epoch` is its model's epoch at its acceptance."""
    job = Job(
        id=job_id or new_id(),
        kind=kind,
        name=name,
        status=PENDING,
        params=dict(params),
        info=dict(info),
        project_id=project_id,
        model_id=model_id,
        file_id=params.get("file_id"),
        token_id=token_id,
        epoch=epoch,
    )
    session.add(job)
    session.flush()
    notify_of_jobs(session)
    return job


def get(session: Session, job_id: str) -> Job:
    """Return a job, even if its model is deleted. Raises ObjectNotFound."""
    job = session.get(Job, job_id)
    if job is None:
        raise ObjectNotFound.of("Job")
    return job


def list_page(session: Session, listing: Listing) -> Page[Job]:
    """Return a page of the jobs, without their parameters. Raises BadRequest for an invalid listing."""
    return page(session, WITHOUT_PARAMETERS, listing, _COLUMNS, "-created_at", Job.folded_name)


def unfinished(session: Session) -> list[Job]:
    """Return the jobs that wait or run, oldest first, without their parameters."""
    in_order = WITHOUT_PARAMETERS.where(UNFINISHED).order_by(Job.created_at, Job.id)
    return list(session.scalars(in_order))


def count_unfinished(session: Session) -> int:
    """Return how many jobs wait or run, in all projects."""
    count = select(func.count()).select_from(Job).where(UNFINISHED)
    return session.scalar(count, execution_options=IN_ALL_PROJECTS) or 0


def unfinished_by_kind(session: Session) -> dict[tuple[str, ...], int]:
    """Return how many jobs wait or run, by kind and status."""
    counted = select(Job.kind, Job.status, func.count()).where(UNFINISHED).group_by(Job.kind, Job.status)
    return {(kind, status): count for kind, status, count in session.execute(counted)}


def unfinished_of_model(session: Session, model_id: str) -> Mapping[str, int]:
    """Return how many jobs of a model wait or run, by status."""
    counted = select(Job.status, func.count().label("jobs")).where(UNFINISHED, Job.model_id == model_id)
    return {row.status: row.jobs for row in session.execute(counted.group_by(Job.status))}


def ended(session: Session) -> list[tuple[str, str]]:
    """Return the kind and status of each job that ended in the session's transaction."""
    found: list[tuple[str, str]] = session.info.get(_ENDED, [])
    return found


def end_of_model(session: Session, model_id: str, message: str) -> None:
    """End the unfinished jobs of a deleted model."""
    _fail_all(session, Job.model_id == model_id, message)


def end_of_project(session: Session, project_id: str, message: str) -> None:
    """End the unfinished jobs of a deleted project."""
    _fail_all(session, Job.project_id == project_id, message)


def expired(session: Session, before: datetime, limit: int) -> list[str]:
    """Return up to `limit` ids of jobs that ended before a time, except jobs whose file is still kept."""
    has_file = select(File.id).where(File.id == Job.file_id, File.status == SUCCESSFUL).exists()
    ended = select(Job.id).where(Job.completed_at < before, ~has_file)
    return list(session.scalars(ended.order_by(Job.completed_at).limit(limit)))


def forget(session: Session, ids: Sequence[str]) -> None:
    """Delete jobs that ended."""
    session.execute(delete(Job).where(Job.id.in_(ids)))


def end(job: Job, status: str) -> None:
    """End a job and its lease, if any."""
    job.status = status
    job.completed_at = utc_now()
    job.lease_until = None
    session = object_session(job)
    assert session is not None
    session.info.setdefault(_ENDED, []).append((job.kind, status))
    notify_of_jobs(session)


def fail(job: Job, reason: str, message: str) -> None:
    """End a job as FAILURE."""
    job.error_reason, job.error_message = reason, message
    end(job, FAILURE)


def _fail_all(session: Session, which: ColumnElement[bool], message: str) -> None:
    # In order of their ids, so that two transactions cannot deadlock.
    unfinished = select(Job).where(_UNFINISHED, which).order_by(Job.id).with_for_update()
    for job in session.scalars(unfinished):
        fail(job, "ObjectNotFound", message)
