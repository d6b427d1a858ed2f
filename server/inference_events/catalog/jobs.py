"""Jobs: what a request started and a worker does later. They outlive the model that they worked for."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, not_, or_, select, tuple_
from sqlalchemy.orm import Session, aliased, defer, object_session

from inference_events.catalog.access import IN_ALL_PROJECTS
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
# These may be long: thousands of event ids.
_WITHOUT_PARAMETERS = select(Job).options(defer(Job.params, raiseload=True))
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
    """Add a job that waits for its turn. `epoch` is that of its model at which it was accepted."""
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
    return job


def get(session: Session, job_id: str) -> Job:
    """Return a job, whatever became of its model. Raises ObjectNotFound."""
    job = session.get(Job, job_id)
    if job is None:
        raise ObjectNotFound.of("Job")
    return job


def list_page(session: Session, listing: Listing) -> Page[Job]:
    """Return a page of the jobs, without their parameters. Raises BadRequest for a wrong listing."""
    return page(session, _WITHOUT_PARAMETERS, listing, _COLUMNS, "-created_at", Job.folded_name)


def unfinished(session: Session) -> list[Job]:
    """Return the jobs that wait or run, oldest first, without their parameters."""
    in_order = _WITHOUT_PARAMETERS.where(UNFINISHED).order_by(Job.created_at, Job.id)
    return list(session.scalars(in_order))


def count_unfinished(session: Session) -> int:
    """Return how many jobs wait or run, in all projects."""
    count = select(func.count()).select_from(Job).where(UNFINISHED)
    return session.scalar(count, execution_options=IN_ALL_PROJECTS) or 0


def unfinished_by_kind(session: Session) -> dict[tuple[str, ...], int]:
    """Return how many jobs wait or run, by kind and status."""
    counted = select(Job.kind, Job.status, func.count()).where(UNFINISHED).group_by(Job.kind, Job.status)
    return {(kind, status): count for kind, status, count in session.execute(counted)}


def ended(session: Session) -> list[tuple[str, str]]:
    """Return kind and status of each job that ended in the session's transaction."""
    found: list[tuple[str, str]] = session.info.get(_ENDED, [])
    return found


def next_ready(session: Session, running: Sequence[Job]) -> Job | None:
    """Return the oldest job that may run beside `running`, without its parameters; None if each has to wait.

    Jobs of one model run in the order of their epochs. A job of a whole project, which has no model, runs after the
    older jobs of the project and before the younger ones.
    """
    other = aliased(Job)
    unfinished = select(other.id).where(other.status.in_((PENDING, STARTED)))
    of_model = unfinished.where(other.model_id == Job.model_id, other.epoch < Job.epoch)
    of_project = unfinished.where(other.project_id == Job.project_id).where(
        tuple_(other.created_at, other.id) < tuple_(Job.created_at, Job.id)
    )
    waits_for_project = of_project.where(other.model_id.is_(None)).exists()
    is_project_that_waits = and_(Job.model_id.is_(None), of_project.exists())
    ready = (
        _WITHOUT_PARAMETERS.where(UNFINISHED)
        .where(Job.id.not_in([job.id for job in running]))
        .where(or_(Job.model_id.is_(None), Job.model_id.not_in([job.model_id for job in running if job.model_id])))
        .where(~of_model.exists(), ~waits_for_project, ~is_project_that_waits)
        .order_by(Job.created_at, Job.id)
        .limit(1)
    )
    for job in running:
        if job.project_id is not None:
            shares = and_(Job.project_id.is_not(None), Job.project_id == job.project_id)
            ready = ready.where(not_(and_(shares, Job.model_id.is_(None)) if job.model_id else shares))
    return session.scalar(ready)


def is_started(session: Session, job_id: str) -> bool:
    """Tell whether a job runs and has not ended."""
    return session.scalar(select(Job.status).where(Job.id == job_id)) == STARTED


def start(session: Session, job_id: str) -> Job | None:
    """Count a start and mark a job as running, maybe again. Returns None if it ended in the meantime."""
    job = get(session, job_id)
    if job.status not in (PENDING, STARTED):
        return None
    job.status = STARTED
    job.started_at = job.started_at or utc_now()
    job.starts += 1
    return job


def note_progress(session: Session, job_id: str, row: int) -> None:
    """Forget the starts before the present one, because the job has come to another row since."""
    job = get(session, job_id)
    job.starts, job.started_row = 1, row


def take_back_start(session: Session, job_id: str) -> None:
    """Do not count the last start, because the process outlived the run."""
    job = get(session, job_id)
    job.starts = max(0, job.starts - 1)


def report(session: Session, job_id: str, progress: float, info: Mapping[str, Any]) -> bool:
    """Note how far a running job is, in per cent, and merge `info`. Returns False if it has ended."""
    job = get(session, job_id)
    if job.status != STARTED:
        return False
    job.progress = progress
    job.info = {**job.info, **info}
    return True


def succeed(session: Session, job_id: str, info: Mapping[str, Any]) -> bool:
    """End a running job well; `info` is merged into its info. Returns False if it has ended already."""
    if not report(session, job_id, 100.0, info):
        return False
    _end(get(session, job_id), SUCCESS)
    return True


def fail(session: Session, job_id: str, reason: str, message: str, info: Mapping[str, Any]) -> None:
    """Merge `info` into a job's info, and end the job as FAILURE unless it has ended already."""
    add_info(session, job_id, info)
    job = get(session, job_id)
    if job.status in (PENDING, STARTED):
        _fail(job, reason, message)


def add_info(session: Session, job_id: str, info: Mapping[str, Any]) -> None:
    """Merge `info` into a job's info, also after its end: a deletion ends jobs whose last rows are being written."""
    job = get(session, job_id)
    job.info = {**job.info, **info}


def end_of_model(session: Session, model_id: str, message: str) -> None:
    """End the unfinished jobs of a model that is deleted."""
    _fail_all(session, Job.model_id == model_id, message)


def end_of_project(session: Session, project_id: str, message: str) -> None:
    """End the unfinished jobs of a project that is deleted."""
    _fail_all(session, Job.project_id == project_id, message)


def expired(session: Session, before: datetime, limit: int) -> list[str]:
    """Return up to `limit` ids of jobs that ended before a time. A job whose file is kept is kept, too."""
    has_file = select(File.id).where(File.id == Job.file_id, File.status == SUCCESSFUL).exists()
    ended = select(Job.id).where(Job.completed_at < before, ~has_file)
    return list(session.scalars(ended.order_by(Job.completed_at).limit(limit)))


def forget(session: Session, ids: Sequence[str]) -> None:
    """Delete jobs that ended."""
    session.execute(delete(Job).where(Job.id.in_(ids)))


def _fail_all(session: Session, which: ColumnElement[bool], message: str) -> None:
    for job in session.scalars(select(Job).where(_UNFINISHED, which)):
        _fail(job, "ObjectNotFound", message)


def _fail(job: Job, reason: str, message: str) -> None:
    job.error_reason, job.error_message = reason, message
    _end(job, FAILURE)


def _end(job: Job, status: str) -> None:
    job.status = status
    job.completed_at = utc_now()
    session = object_session(job)
    assert session is not None
    session.info.setdefault(_ENDED, []).append((job.kind, status))
