"""Decide which worker runs which job: order, leases and fences.

A worker claims a job for some seconds, its lease, and renews the lease while it runs the job. If the lease ends first,
another worker may claim the job. Each claim raises the job's fence, so owner and fence identify one run of the job.
Every change that a run makes to its job names both and locks the row until the commit: a run that lost its lease
changes nothing. Leases are measured by the database's clock.

A job is ready if it has no lease, or one that ended, and no job before it is unfinished. The jobs of one model run in
the order of their epochs. A job of a project has no model and runs after the project's older jobs and before the
younger ones. A model with a leased job is busy, so its jobs run one at a time even if one with a smaller epoch is added
late.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, Self

from sqlalchemy import ColumnElement, ScalarSelect, func, literal, literal_column, or_, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from inference_events.catalog import jobs
from inference_events.catalog.clock import from_now
from inference_events.catalog.concurrency import notify_of_jobs
from inference_events.catalog.tables import Job, UtcDateTime, utc_now

_CHANGE = {"synchronize_session": False}


class Lease(NamedTuple):
    """Identifies one run of a job."""

    job_id: str
    owner: str
    fence: int

    @classmethod
    def of(cls, job: Job) -> Self:
        """Return the lease of a claimed job."""
        assert job.owner is not None
        return cls(job.id, job.owner, job.fence)

    @property
    def is_latest(self) -> ColumnElement[bool]:
        """Select the job if no later run was claimed and this one was not released."""
        return (Job.id == self.job_id) & (Job.owner == self.owner) & (Job.fence == self.fence)


def claim(session: Session, owner: str, seconds: float) -> Job | None:
    """Lease the oldest ready job, count a start, and return it as STARTED; None if no job is ready."""
    claimed = (
        update(Job)
        .where(Job.id == _NEXT_READY)
        .values(
            status=jobs.STARTED,
            owner=owner,
            lease_until=from_now(seconds),
            fence=Job.fence + 1,
            starts=Job.starts + 1,
            started_at=func.coalesce(Job.started_at, literal(utc_now(), UtcDateTime())),
        )
        .returning(Job)
    )
    return session.scalar(claimed, execution_options=_CHANGE)


def seconds_to_next_end(session: Session) -> float | None:
    """Return in how many seconds the next lease ends, None if there is none."""
    now = from_now()
    found: tuple[datetime | None, datetime] = session.execute(
        select(func.min(Job.lease_until), now).where(Job.lease_until > now)
    ).one()
    return None if found[0] is None else (found[0] - found[1]).total_seconds()


def is_held(session: Session, lease: Lease) -> bool:
    """Return whether a run still has its lease and its job has not ended."""
    return session.scalar(select(Job.status).where(lease.is_latest)) == jobs.STARTED


def renew(session: Session, lease: Lease, seconds: float) -> bool:
    """Extend a lease to `seconds` from now. Return False if the run has lost it or the job has ended."""
    renewed = (
        update(Job)
        .where(lease.is_latest, Job.status == jobs.STARTED)
        # A renewal is no change for readers of the job.
        .values(lease_until=from_now(seconds), updated_at=Job.updated_at)
        .returning(Job.id)
    )
    return session.scalar(renewed, execution_options=_CHANGE) is not None


def release(session: Session, lease: Lease) -> None:
    """Release an unfinished job without counting the start: the process survived the run."""
    given_back = (
        update(Job)
        .where(lease.is_latest, Job.status == jobs.STARTED)
        .values(owner=None, lease_until=None, starts=Job.starts - 1)
    )
    session.execute(given_back, execution_options=_CHANGE)
    notify_of_jobs(session)


def end_all(session: Session) -> None:
    """End all leases. Call it only if no worker runs."""
    ended = update(Job).where(Job.lease_until.is_not(None)).values(owner=None, lease_until=None)
    session.execute(ended, execution_options=_CHANGE)


def note_progress(session: Session, lease: Lease, row: int) -> None:
    """Reset the count of starts to the current one, because the job has made progress."""
    noted = update(Job).where(lease.is_latest).values(starts=1, started_row=row)
    session.execute(noted, execution_options=_CHANGE)


def report(session: Session, lease: Lease, seconds: float, progress: float, info: Mapping[str, Any]) -> bool:
    """Store a running job's progress in per cent, merge `info`, and renew the lease for `seconds`.

    Return False, without a change, if the run has lost its lease or the job has ended.
    """
    job = _locked(session, lease)
    if job is None or job.status != jobs.STARTED:
        return False
    job.progress = progress
    job.info = {**job.info, **info}
    job.lease_until = from_now(seconds)
    return True


def succeed(session: Session, lease: Lease, info: Mapping[str, Any]) -> bool:
    """End a job as SUCCESS and merge `info`. Return False if the run has lost its lease or the job has ended."""
    job = _locked(session, lease)
    if job is None or job.status != jobs.STARTED:
        return False
    job.progress = 100.0
    job.info = {**job.info, **info}
    jobs.end(job, jobs.SUCCESS)
    return True


def fail(session: Session, lease: Lease, reason: str, message: str, info: Mapping[str, Any]) -> bool:
    """Merge `info` into a job's info, and end the job as FAILURE unless it has already ended.

    Return False, without a change, if the run has lost its lease.
    """
    job = _locked(session, lease)
    if job is None:
        return False
    job.info = {**job.info, **info}
    if job.status == jobs.STARTED:
        jobs.fail(job, reason, message)
    return True


def add_info(session: Session, lease: Lease, info: Mapping[str, Any]) -> bool:
    """Merge `info` into the info of an ended job: a deletion ended it while its last rows were written.

    Return False, without a change, if the run has lost its lease instead.
    """
    job = _locked(session, lease)
    if job is None or job.status == jobs.STARTED:
        return False
    job.info = {**job.info, **info}
    return True


def _locked(session: Session, lease: Lease) -> Job | None:
    """Return the job of a lease, locked until the transaction ends; None if the lease is lost."""
    return session.scalar(jobs.WITHOUT_PARAMETERS.where(lease.is_latest).with_for_update())


def _is_unfinished(job: type[Job]) -> ColumnElement[bool]:
    # As text, because a partial index is used only if the query has its condition without parameters.
    return job.status.in_([literal_column(f"'{status}'") for status in (jobs.PENDING, jobs.STARTED)])


def _next_ready() -> ScalarSelect[str]:
    job, other = aliased(Job), aliased(Job)
    unfinished = select(other.id).where(_is_unfinished(other))
    earlier_of_model = unfinished.where(other.model_id == job.model_id, other.epoch < job.epoch)
    is_older = tuple_(other.created_at, other.id) < tuple_(job.created_at, job.id)
    older_of_project = unfinished.where(other.project_id == job.project_id, is_older)
    busy_models = select(other.model_id).where(other.lease_until > from_now(), other.model_id.is_not(None))
    return (
        select(job.id)
        .where(_is_unfinished(job), or_(job.lease_until.is_(None), job.lease_until <= from_now()))
        .where(or_(job.model_id.is_(None), job.model_id.not_in(busy_models)))
        .where(~earlier_of_model.exists(), ~older_of_project.where(other.model_id.is_(None)).exists())
        .where(or_(job.model_id.is_not(None), ~older_of_project.exists()))
        .order_by(job.created_at, job.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )


_NEXT_READY = _next_ready()
