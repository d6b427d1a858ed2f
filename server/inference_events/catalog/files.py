"""Files: uploads that events can be published from."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from inference_events.catalog.listing import Listing, Page, page
from inference_events.catalog.tables import File, TokenProject, new_id, utc_now
from inference_events.errors import BadRequest, Conflict, Fault, ObjectNotFound

CSV = "CSV"
PARQUET = "PARQUET"
TAR_GZ = "TAR_GZ"
INITIATED = "INITIATED"
SUCCESSFUL = "SUCCESSFUL"
# Of the catalog alone: a removed file is a 404.
REMOVED = "REMOVED"
MAX_FILENAME = 1024
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TYPES = {".csv": CSV, ".parquet": PARQUET, ".pq": PARQUET, ".tar.gz": TAR_GZ}
_COLUMNS = {
    "id": File.id,
    "filename": File.filename,
    "status": File.status,
    "type": File.type,
    "size": File.size,
    "created_at": File.created_at,
    "updated_at": File.updated_at,
}


def type_of(filename: str, place: str = "/file") -> str:
    """Return the type that a file name's suffix decides.

    Raises BadRequest for a name that the contract's `MultipartInit` does not take either: one with another suffix,
    with a control character, or too long.
    """
    if len(filename) > MAX_FILENAME:
        raise BadRequest.naming(Fault(f"must have a filename of at most {MAX_FILENAME} characters", place))
    if _CONTROL.search(filename):
        raise BadRequest.naming(Fault("must have a filename without control characters", place))
    for suffix, type in _TYPES.items():
        if filename.lower().endswith(suffix):
            return type
    message = f"The file name must end in one of {', '.join(_TYPES)}"
    raise BadRequest(message, [Fault(message, place)])


def create(
    session: Session,
    *,
    file_id: str,
    filename: str,
    type: str,
    size: int,
    sha256: str,
    path: str,
    token_id: str,
    status: str = SUCCESSFUL,
) -> File:
    """Add a file, which is on disk, complete, if its status is SUCCESSFUL."""
    file = File(
        id=file_id,
        filename=filename,
        type=type,
        status=status,
        size=size,
        sha256=sha256,
        path=path,
        created_by_id=token_id,
        updated_by_id=token_id,
    )
    session.add(file)
    session.flush()
    session.refresh(file)
    return file


def begin(session: Session, *, filename: str, type: str, token_id: str) -> File:
    """Add a file that will come in parts."""
    return create(
        session,
        file_id=new_id(),
        filename=filename,
        type=type,
        size=0,
        sha256="",
        path="",
        token_id=token_id,
        status=INITIATED,
    )


def complete(session: Session, file_id: str, *, size: int, sha256: str, path: str, token_id: str) -> File:
    """Make an upload in parts a file that is on disk, complete. Raises ObjectNotFound and Conflict."""
    file = get_unfinished(session, file_id)
    file.status = SUCCESSFUL
    file.size, file.sha256, file.path = size, sha256, path
    file.updated_by_id = token_id
    file.updated_at = utc_now()
    session.flush()
    session.refresh(file)
    return file


def get_unfinished(session: Session, file_id: str) -> File:
    """Return an upload that takes parts. Raises ObjectNotFound, and Conflict for one that is completed."""
    file = get(session, file_id)
    if file.status != INITIATED:
        raise Conflict("The upload is already completed")
    return file


def get_readable(session: Session, file_id: str, place: str) -> File:
    """Return a complete file of rows. Raises ObjectNotFound, and BadRequest with the place of the id."""
    file = get(session, file_id)
    if file.type not in (CSV, PARQUET):
        raise BadRequest.naming(Fault("names a file that is neither CSV nor Parquet", place))
    if file.status != SUCCESSFUL:
        raise BadRequest.naming(Fault("names an upload that is not completed", place))
    return file


def check_project(session: Session, file: File, project_id: str, place: str) -> None:
    """Raise BadRequest with the place of the id if the file was uploaded for other projects than this one."""
    allowed = set(session.scalars(select(TokenProject.project_id).where(TokenProject.token_id == file.created_by_id)))
    if allowed and project_id not in allowed:
        raise BadRequest.naming(Fault("names a file that was uploaded for other projects", place))


def get(session: Session, file_id: str) -> File:
    """Return a file. Raises ObjectNotFound, also for a removed one."""
    file = session.get(File, file_id)
    if file is None:
        raise ObjectNotFound.of("File")
    if file.status == REMOVED:
        raise ObjectNotFound("The file was removed; upload it again")
    return file


def list_page(session: Session, listing: Listing) -> Page[File]:
    """Return a page of the files that are not removed. Raises BadRequest for a listing that cannot be read."""
    return page(session, select(File).where(File.status != REMOVED), listing, _COLUMNS, "-created_at", "filename")


def mark_removed(file: File) -> None:
    """Make a file unknown and forget what it was. Its content is removed after the commit, or by a later purge."""
    file.status = REMOVED
    file.filename = file.sha256 = file.path = ""
    file.size = 0
    file.updated_at = utc_now()


def removed_among(session: Session, ids: Sequence[str]) -> list[str]:
    """Return those of `ids` that are of removed files."""
    return list(session.scalars(select(File.id).where(File.id.in_(ids), File.status == REMOVED)))


def forget_removed(session: Session, before: datetime, limit: int) -> int:
    """Forget up to `limit` files that were removed before a time. Returns how many."""
    gone = select(File.id).where(File.status == REMOVED, File.updated_at < before).limit(limit)
    ids: Sequence[str] = session.scalars(gone).all()
    session.execute(delete(File).where(File.id.in_(ids)))
    return len(ids)


def remove_unknown(session: Session, directory: Path) -> None:
    """Delete the files in `directory` that a stop left there before the catalog knew them to be complete."""
    for path in directory.iterdir():
        file = session.get(File, path.name)
        if file is None or file.status != SUCCESSFUL:
            path.unlink()


def forget_unfinished(session: Session, before: datetime) -> None:
    """Forget the uploads in parts that began before a time and were not completed."""
    session.execute(delete(File).where(File.status == INITIATED, File.created_at < before))


def without_upload(session: Session, ids: Iterable[str]) -> list[str]:
    """Return those of `ids` that are not of an upload which takes parts."""
    unfinished = set(session.scalars(select(File.id).where(File.status == INITIATED)))
    return [one for one in ids if one not in unfinished]
