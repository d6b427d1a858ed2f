"""A file as other processes read it: a list of parts, and one seekable file object over them.

A source holds all that a process needs to read the file and no secret, because the process that parses a file gets it.
"""

import hashlib
import io
import os
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO, cast

CHECKED_BYTES = 16 * 1024 * 1024
# Larger reads pass the buffer by: a parser that reads many columns in turn would fill it in vain.
BUFFER_BYTES = 256 * 1024


class SourceDamaged(Exception):
    """The content of a part is not what was stored."""


@dataclass(frozen=True, slots=True)
class SourcePart:
    """Locate a part: `location` is a path, size in bytes, SHA-256 in hex."""

    location: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class FileSource:
    """Read a file that is made of parts."""

    parts: tuple[SourcePart, ...]

    @classmethod
    def from_json(cls, parts: Sequence[Sequence[Any]]) -> "FileSource":
        return cls(tuple(SourcePart(*part) for part in parts))

    def to_json(self) -> list[Any]:
        return [astuple(part) for part in self.parts]

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts)

    def open(self) -> BinaryIO:
        """Return a seekable file object. Reading raises OSError if a part is missing or too short."""
        return cast(BinaryIO, io.BufferedReader(_PartsReader(self.parts), BUFFER_BYTES))

    def check(self, checkpoint: Callable[[], object]) -> None:
        """Compare each part with its SHA-256. Raises SourceDamaged, OSError, and what `checkpoint` raises."""
        for part in self.parts:
            _check(part, checkpoint)


def _check(part: SourcePart, checkpoint: Callable[[], object]) -> None:
    digest = hashlib.sha256()
    with Path(part.location).open("rb") as content:
        while piece := content.read(CHECKED_BYTES):
            checkpoint()
            digest.update(piece)
    if digest.hexdigest() != part.sha256:
        raise SourceDamaged


class _PartsReader(io.RawIOBase):
    """Map positions in the file to ranges of its parts. One part is open at a time."""

    def __init__(self, parts: Sequence[SourcePart]) -> None:
        self._parts = parts
        self._ends = list(accumulate(part.size for part in parts))
        self._position = 0
        self._number = -1
        self._descriptor = -1

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise OSError("The position is negative")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        if self._position >= self._size:
            return 0
        number = bisect_right(self._ends, self._position)
        left = self._ends[number] - self._position
        count = os.preadv(self._open(number), [memoryview(buffer)[:left]], self._parts[number].size - left)
        if not count and len(buffer):
            raise OSError("A part of the file is too short")
        self._position += count
        return count

    def close(self) -> None:
        self._close_part()
        super().close()

    @property
    def _size(self) -> int:
        return self._ends[-1] if self._ends else 0

    def _open(self, number: int) -> int:
        if number != self._number:
            self._close_part()
            self._descriptor, self._number = os.open(self._parts[number].location, os.O_RDONLY | os.O_CLOEXEC), number
        return self._descriptor

    def _close_part(self) -> None:
        if self._number >= 0:
            os.close(self._descriptor)
            self._number = -1
