"""The file of a job: compared with the digests of its upload, before any of its rows is stored.

A Parquet file is read in any order, and a part may have gigabytes. So a file in a bucket is copied to this machine once
and hashed on the way, instead of being read for its hashes first and for its rows then. If the disk has no room for the
copy, it is read twice.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import structlog

from inference_events.errors import is_full_disk
from inference_events.files.source import FileSource, SourceDamaged
from inference_events.jobs.run import JobFailed, JobRun
from inference_events.limits import GIB

# What a copy leaves free, for uploads and downloads.
RESERVED_BYTES = GIB

log = structlog.get_logger(__name__)


@contextmanager
def copy_path(directory: Path) -> Iterator[Path]:
    """Give the path of a copy, which is removed at the end."""
    path = directory / f"{uuid4().hex}.copy"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def checked_source(run: JobRun, source: FileSource, copy: Path) -> FileSource:
    """Return a source of the file that was compared with its upload, perhaps a copy at `copy`.

    Raises JobFailed, FileStoreUnavailable, and what the run's checkpoint raises.
    """
    try:
        if source.bucket_url and _has_room(copy.parent, source.size):
            return _copied(run, source, copy)
        source.check(run.checkpoint)
        return source
    except FileNotFoundError:
        raise JobFailed("InternalError", "The uploaded file is missing from the file store; upload it again") from None
    except OSError:
        raise JobFailed(
            "InternalError", "The file store cannot read the uploaded file; the server's log says why"
        ) from None
    except SourceDamaged:
        raise JobFailed("InternalError", "The uploaded file was damaged in the file store; upload it again") from None


def _has_room(directory: Path, size: int) -> bool:
    return shutil.disk_usage(directory).free >= size + RESERVED_BYTES


def _copied(run: JobRun, source: FileSource, copy: Path) -> FileSource:
    try:
        return source.copied(copy, run.checkpoint)
    except OSError as error:
        if not is_full_disk(error):
            raise
    # Others have filled the disk meanwhile.
    log.warning("file_copy_has_no_room", bytes=source.size)
    copy.unlink(missing_ok=True)
    source.check(run.checkpoint)
    return source
