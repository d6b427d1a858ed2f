"""Make the events file of a stopped server smaller."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from inference_events.data_directory import (
    DataDirectory,
    DataDirectoryDamaged,
    DataDirectoryError,
    check_link,
    unowned,
)
from inference_events.errors import is_full_disk
from inference_events.migration import on_events, plan_directory
from inference_events.stores.duckdb.compaction import CopyDiffers, compact, merge_log, needed_bytes, used_bytes


@dataclass(frozen=True)
class Space:
    """Bytes of the events file with its log, bytes that a copy needs at most, and bytes that the disk has free."""

    used: int
    needed: int
    free: int

    @property
    def is_enough(self) -> bool:
        return self.needed <= self.free


@dataclass(frozen=True)
class Compaction:
    """Result of a compaction: copied rows, and bytes of the events file before and after."""

    rows: int
    before: int
    after: int


class DataDirectoryOutdated(DataDirectoryError):
    """A data directory must be migrated first."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"The events of {path} have an older version's format: run inference-events migrate first")


class DataDirectoryFull(DataDirectoryError):
    """The disk of a data directory has too little free space."""


def plan_compaction(path: Path) -> Space:
    """Return the space that `compact_directory` would need. Raises a DataDirectoryError."""
    _check_format(path)
    with unowned(path):
        return _space(path / "events.duckdb")


def compact_directory(path: Path, announce: Callable[[Space], None]) -> Compaction:
    """Replace the events file by a copy without unused space. `announce` gets the copy's size before it is written.

    Raises a DataDirectoryError, such as DataDirectoryFull; the events file is then unchanged.
    """
    _check_format(path)
    directory = DataDirectory(path)
    try:
        return _compact(directory, announce)
    finally:
        directory.drop_draft_events()
        directory.close()


def _compact(directory: DataDirectory, announce: Callable[[Space], None]) -> Compaction:
    events, draft = directory.events_file, directory.draft_events_file
    # A rename would replace the link, not the file.
    check_link(events)
    on_events(events, merge_log)
    space = _space(events)
    announce(space)
    if not space.is_enough:
        raise DataDirectoryFull(f"The disk of {directory.path} has not enough free space for the copy")
    try:
        rows = on_events(events, lambda path: compact(path, draft))
    except CopyDiffers:
        raise DataDirectoryError(f"A copy of {events} is not equal to it; nothing is changed") from None
    except (DataDirectoryDamaged, OSError) as error:
        if is_full_disk(error):
            raise DataDirectoryFull(f"The disk of {directory.path} became full; nothing is changed") from error
        raise
    return Compaction(rows, space.used, events.stat().st_size)


def _check_format(path: Path) -> None:
    if plan_directory(path) is not None:
        raise DataDirectoryOutdated(path)


def _space(events: Path) -> Space:
    return Space(used_bytes(events), on_events(events, needed_bytes), shutil.disk_usage(events.parent).free)
