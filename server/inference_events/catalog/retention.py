"""Remove files: those that clients delete, expired ones, and those of deleted models.

A file is removed in three steps: its row is marked as removed, then its objects are deleted, and much later its row.
The acceptance of a job checks the mark, and marking checks for jobs, so no job ever waits for a removed file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from inference_events.catalog.access import IN_ALL_PROJECTS
from inference_events.catalog.concurrency import locked
from inference_events.catalog.files import SUCCESSFUL, mark_removed
from inference_events.catalog.tables import File, Job, Model
from inference_events.errors import Conflict

_USES = select(Job.id).where(Job.file_id == File.id)


@dataclass(frozen=True)
class FileAges:
    """The times since which files are kept: files that jobs used by the end of the last job, others by their upload."""

    used: datetime
    unused: datetime


def remove(session: Session, file: File) -> None:
    """Mark a file that the session has locked as removed. Raises Conflict if an unfinished job needs it."""
    if session.scalar(select(Job.id).where(Job.file_id == file.id, Job.completed_at.is_(None)).limit(1)):
        raise Conflict("An unfinished job needs the file; delete it after the job has ended")
    mark_removed(session, file)


def expired_files(session: Session, kept: FileAges, limit: int) -> list[str]:
    """Return up to `limit` ids of expired files."""
    return list(session.scalars(select(File.id).where(*_expired(kept)).limit(limit)))


def remove_expired(session: Session, kept: FileAges, ids: Sequence[str]) -> int:
    """Mark the files as removed that are still expired. Return how many."""
    return _remove(session, File.id.in_(ids), *_expired(kept))


def remove_of_model(session: Session, model_id: str) -> None:
    """Mark the files as removed that a deleted model used and no existing model uses."""
    _remove_used(session, Job.model_id == model_id)


def remove_of_project(session: Session, project_id: str) -> None:
    """Mark the files as removed that a deleted project used and no existing model uses."""
    _remove_used(session, Job.project_id == project_id)


def _expired(kept: FileAges) -> list[ColumnElement[bool]]:
    is_needed = _USES.where(or_(Job.completed_at.is_(None), Job.completed_at >= kept.used)).exists()
    return [File.status == SUCCESSFUL, ~is_needed, or_(_USES.exists(), File.updated_at < kept.unused)]


def _remove_used(session: Session, by: ColumnElement[bool]) -> None:
    is_used = _USES.join(Model, Model.id == Job.model_id).where(Model.deleted_at.is_(None)).exists()
    _remove(session, File.status == SUCCESSFUL, File.id.in_(select(Job.file_id).where(by)), ~is_used)


def _remove(session: Session, *which: ColumnElement[bool]) -> int:
    # A file is removed with its model, even if the deleting token cannot see the file.
    found = locked(select(File).where(*which), File, File.id)
    ids = [file.id for file in session.scalars(found, execution_options=IN_ALL_PROJECTS)]
    # Checked again, because a job may have been accepted before the files were locked. From now on none can be.
    still = select(File).where(File.id.in_(ids), *which)
    gone = session.scalars(still, execution_options=IN_ALL_PROJECTS).all()
    for file in gone:
        mark_removed(session, file)
    return len(gone)
