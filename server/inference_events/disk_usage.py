"""Disk space that the data directory uses, and free space."""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from inference_events.data_directory import DataDirectory


def free_bytes(directory: DataDirectory) -> int:
    """Return the free bytes on the directory's disk that this user may fill."""
    return shutil.disk_usage(directory.path).free


def used_bytes(directory: DataDirectory) -> dict[str, int]:
    """Return the size in bytes of the directory's files by kind."""
    return {
        "events": _size(directory.events_file),
        "events_log": _size(directory.events_file.with_name(f"{directory.events_file.name}.wal")),
        "catalog": sum(map(_size, directory.path.glob(f"{directory.catalog_file.name}*"))),
        "files": sum(_sizes(directory.files)),
        "transfers": sum(sum(_sizes(path)) for path in (directory.incoming, directory.outgoing)),
    }


def _sizes(path: Path) -> Iterator[int]:
    """Yield the sizes of the files in and below a directory, without those that vanish meanwhile."""
    with suppress(FileNotFoundError), os.scandir(path) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _sizes(Path(entry.path))
            else:
                with suppress(FileNotFoundError):
                    yield entry.stat(follow_symlinks=False).st_size


def _size(file: Path) -> int:
    with suppress(FileNotFoundError):
        return file.stat().st_size
    return 0
