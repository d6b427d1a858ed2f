"""Files: uploads that events can be published from."""

from pathlib import Path

from sqlalchemy.orm import Session

from inference_events.catalog.tables import File
from inference_events.errors import BadRequest, Fault, ObjectNotFound

CSV = "CSV"
PARQUET = "PARQUET"
TAR_GZ = "TAR_GZ"
SUCCESSFUL = "SUCCESSFUL"
_TYPES = {".csv": CSV, ".parquet": PARQUET, ".pq": PARQUET, ".tar.gz": TAR_GZ}


def type_of(filename: str) -> str:
    """Return the type that a file name's suffix tells. Raises BadRequest for any other suffix."""
    for suffix, type in _TYPES.items():
        if filename.lower().endswith(suffix):
            return type
    message = f"The file name must end in one of {', '.join(_TYPES)}"
    raise BadRequest(message, [Fault(message, "/file")])


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
) -> File:
    """Add a file that is on disk, complete."""
    file = File(
        id=file_id,
        filename=filename,
        type=type,
        status=SUCCESSFUL,
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


def get(session: Session, file_id: str) -> File:
    """Return a file. Raises ObjectNotFound."""
    file = session.get(File, file_id)
    if file is None:
        raise ObjectNotFound.of("File")
    return file


def remove_unknown(session: Session, directory: Path) -> None:
    """Delete the files in `directory` that a stop left there before the catalog knew them."""
    for path in directory.iterdir():
        if session.get(File, path.name) is None:
            path.unlink()
