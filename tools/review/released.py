"""The contracts that were released, one file each, as in `contract/0.1.0.yaml`."""

import re
from pathlib import Path

NAME = re.compile(r"(\d+)\.(\d+)\.(\d+)")


class NoReleaseError(Exception):
    """The directory has no released contract."""


def version_of(path: Path) -> tuple[int, ...] | None:
    """Return the version in a file's name, None if there is none."""
    found = NAME.fullmatch(path.stem)
    return tuple(map(int, found.groups())) if found else None


def newest(folder: Path) -> Path:
    """Return the file of the last release; raises NoReleaseError."""
    released = {version: path for path in folder.glob("*.yaml") if (version := version_of(path))}
    if not released:
        raise NoReleaseError(f"{folder} has no file like 0.1.0.yaml")
    return released[max(released)]
