"""Files: uploads that events can be published from."""

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from inference_events.catalog.concurrency import Lock, find, locked
from inference_events.catalog.listing import Listing, Page, page
from inference_events.catalog.tables import File, FilePart, TokenProject, new_id, utc_now
from inference_events.errors import BadRequest, Conflict, ErrorDetail, ObjectNotFound
from inference_events.files.store import StoredObject

CSV = "CSV"
PARQUET = "PARQUET"
TAR_GZ = "TAR_GZ"
INITIATED = "INITIATED"
SUCCESSFUL = "SUCCESSFUL"
# Only in the catalog: for clients, a removed file is a 404.
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


def type_of(filename: str, pointer: str = "/file") -> str:
    """Return the type of a file by the suffix of its name.

    Raises BadRequest for the names that the contract's `MultipartInit` refuses: with another suffix, with a control
    character, or too long.
    """
    if len(filename) > MAX_FILENAME:
        raise BadRequest.with_details(
            ErrorDetail(f"must have a filename of at most {MAX_FILENAME} characters", pointer)
        )
    if _CONTROL.search(filename):
        raise BadRequest.at(pointer, "must have a filename without control characters")
    for suffix, type in _TYPES.items():
        if filename.lower().endswith(suffix):
            return type
    message = f"The file name must end in one of {', '.join(_TYPES)}"
    raise BadRequest(message, [ErrorDetail(message, pointer)])


def create(session: Session, *, filename: str, type: str, stored: StoredObject, token_id: str) -> File:
    """Add a file of one stored part."""
    file = _add(session, filename, type, SUCCESSFUL, stored.size, token_id)
    put_part(session, file.id, 1, stored)
    return file


def begin(session: Session, *, filename: str, type: str, token_id: str) -> File:
    """Add a file that will come in parts."""
    return _add(session, filename, type, INITIATED, 0, token_id)


def _add(session: Session, filename: str, type: str, status: str, size: int, token_id: str) -> File:
    file = File(
        id=new_id(),
        filename=filename,
        type=type,
        status=status,
        size=size,
        created_by_id=token_id,
        updated_by_id=token_id,
    )
    session.add(file)
    session.flush()
    session.refresh(file)
    return file


def put_part(session: Session, file_id: str, number: int, stored: StoredObject) -> None:
    """Add a part to a file. An earlier part with its number is released."""
    _release(session, FilePart.file_id == file_id, FilePart.number == number)
    part = FilePart(key=stored.key, file_id=file_id, number=number, size=stored.size, sha256=stored.sha256)
    session.add(part)
    session.flush()


def parts(session: Session, file_id: str) -> dict[int, StoredObject]:
    """Return the parts of a file by their numbers, in order."""
    rows = session.scalars(select(FilePart).where(FilePart.file_id == file_id).order_by(FilePart.number))
    return {row.number: StoredObject(row.key, row.size, row.sha256) for row in rows}


def objects(session: Session, file_id: str) -> list[StoredObject]:
    """Return the objects of a file, in order."""
    return list(parts(session, file_id).values())


def complete(session: Session, file_id: str, last: int, token_id: str) -> File:
    """Complete an upload with the parts up to number `last`, and release the others.

    Raises ObjectNotFound and Conflict.
    """
    file = get_unfinished(session, file_id)
    _release(session, FilePart.file_id == file_id, FilePart.number > last)
    file.status = SUCCESSFUL
    file.size = session.scalars(select(func.sum(FilePart.size)).where(FilePart.file_id == file_id)).one()
    file.updated_by_id = token_id
    file.updated_at = utc_now()
    session.flush()
    session.refresh(file)
    return file


def get_unfinished(session: Session, file_id: str) -> File:
    """Return an upload that takes parts. Raises ObjectNotFound, and Conflict for one that is completed."""
    file = get(session, file_id, Lock.EXCLUSIVE)
    if file.status != INITIATED:
        raise Conflict("The upload is already completed; start another one")
    return file


def get_readable(session: Session, file_id: str, pointer: str) -> File:
    """Return a complete CSV or Parquet file. Raises ObjectNotFound, and BadRequest with the pointer of the id."""
    file = get(session, file_id, Lock.SHARED)
    if file.type not in (CSV, PARQUET):
        raise BadRequest.at(
            pointer,
            "names a file that is neither CSV nor Parquet; its name must end in .csv, .parquet or .pq",
        )
    if file.status != SUCCESSFUL:
        raise BadRequest.at(pointer, "names an upload that is not completed; complete it first")
    return file


def check_project(session: Session, file: File, project_id: str, pointer: str) -> None:
    """Raise BadRequest with the pointer of the id if the file was uploaded for other projects than this one."""
    allowed = set(session.scalars(select(TokenProject.project_id).where(TokenProject.token_id == file.created_by_id)))
    if allowed and project_id not in allowed:
        raise BadRequest.at(pointer, "names a file that was uploaded for other projects; upload it with another token")


def get(session: Session, file_id: str, lock: Lock = Lock.NONE) -> File:
    """Return a file. Raises ObjectNotFound, also for a removed one."""
    file = find(session, File, file_id, lock)
    if file is None:
        raise ObjectNotFound.of("File")
    if file.status == REMOVED:
        raise ObjectNotFound("The file was removed; upload it again")
    return file


def list_page(session: Session, listing: Listing) -> Page[File]:
    """Return a page of the files that are not removed. Raises BadRequest for an invalid listing."""
    rows = select(File).where(File.status != REMOVED)
    return page(session, rows, listing, _COLUMNS, "-created_at", File.folded_filename)


def mark_removed(session: Session, file: File) -> None:
    """Mark a file as removed, clear its fields and release its parts."""
    _release(session, FilePart.file_id == file.id)
    file.status = REMOVED
    file.filename = ""
    file.size = 0
    file.updated_at = utc_now()


def forget_removed(session: Session, before: datetime, limit: int) -> int:
    """Delete the rows of up to `limit` files that were removed before a time. Return how many."""
    gone = select(File.id).where(File.status == REMOVED, File.updated_at < before).limit(limit)
    ids: Sequence[str] = session.scalars(gone).all()
    session.execute(delete(File).where(File.id.in_(ids)))
    return len(ids)


def unfinished_ids(session: Session) -> list[str]:
    """Return the ids of the uploads that take parts."""
    return list(session.scalars(select(File.id).where(File.status == INITIATED)))


def forget_unfinished(session: Session, before: datetime) -> None:
    """Delete the uncompleted uploads that began before a time, and release their parts."""
    late = select(File).where(File.status == INITIATED, File.created_at < before)
    # Locked first, because an upload may be completed meanwhile.
    ids = [file.id for file in session.scalars(locked(late, File, File.id))]
    _release(session, FilePart.file_id.in_(ids))
    session.execute(delete(File).where(File.id.in_(ids)))


def released_keys(session: Session, after: str, limit: int) -> list[str]:
    """Return up to `limit` keys of released objects that are greater than `after`, in order."""
    released = select(FilePart.key).where(FilePart.file_id.is_(None), FilePart.key > after)
    return list(session.scalars(released.order_by(FilePart.key).limit(limit)))


def forget_objects(session: Session, keys: Sequence[str]) -> None:
    """Delete the rows of released objects that are deleted from the file store."""
    session.execute(delete(FilePart).where(FilePart.key.in_(keys), FilePart.file_id.is_(None)))


def unnamed_keys(session: Session, keys: Sequence[str]) -> list[str]:
    """Return the `keys` that no row names."""
    named = set(session.scalars(select(FilePart.key).where(FilePart.key.in_(keys))))
    return [key for key in keys if key not in named]


def _release(session: Session, *which: ColumnElement[bool]) -> None:
    session.execute(update(FilePart).where(*which).values(file_id=None))
