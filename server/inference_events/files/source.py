"""A file that other processes can read: a list of parts, and one seekable file object over them.

A source has everything that a process needs to read the file, but no secret, because the process that parses files
gets it.
"""

import hashlib
import io
import os
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

CHECKED_BYTES = 16 * 1024 * 1024
# Larger reads bypass the buffer: a parser that reads many columns alternately would fill it in vain.
BUFFER_BYTES = 256 * 1024


class SourceDamaged(Exception):
    """The content of a part is not what was stored."""


@dataclass(frozen=True, slots=True)
class SourcePart:
    """A part: `location` is a path, or a key in the source's bucket; size in bytes, SHA-256 in hex.

    A part that was compared already has no SHA-256.
    """

    location: str
    size: int
    sha256: str


class PartContent(Protocol):
    """Reads parts of one kind of store. Raises OSError, and FileStoreUnavailable if it may work later."""

    def size(self, part: SourcePart) -> int:
        """Return the number of stored bytes, which should be the part's size."""
        ...

    def read_into(self, part: SourcePart, start: int, buffer: memoryview) -> int:
        """Read bytes from `start` on into the buffer, or its beginning. Return their number, 0 at the end."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class FileSource:
    """A file made of parts, which are local files, or objects of the bucket at `bucket_url`."""

    parts: tuple[SourcePart, ...]
    bucket_url: str = ""

    @classmethod
    def from_json(cls, source: Sequence[Any]) -> "FileSource":
        bucket_url, parts = source
        return cls(tuple(SourcePart(*part) for part in parts), bucket_url)

    def to_json(self) -> list[Any]:
        return [self.bucket_url, [astuple(part) for part in self.parts]]

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts)

    def open(self) -> BinaryIO:
        """Return a seekable file object.

        Reading raises OSError if a part is missing or too short, and FileStoreUnavailable if it may work later.
        """
        if self.bucket_url:
            return cast(BinaryIO, _PartsReader(self.parts, self._bucket))
        return cast(BinaryIO, io.BufferedReader(_PartsReader(self.parts, LocalContent()), BUFFER_BYTES))

    def check(self, checkpoint: Callable[[], object]) -> None:
        """Compare each part with its SHA-256.

        Raises SourceDamaged, OSError, FileStoreUnavailable, and the errors of `checkpoint`.
        """
        self._check_all(checkpoint, _ignore)

    def copied(self, path: Path, checkpoint: Callable[[], object]) -> "FileSource":
        """Write the content to a file of this machine, compare it on the way, and return a source of that file.

        Raises what `check` raises.
        """
        with path.open("wb") as copy:
            self._check_all(checkpoint, copy.write)
        return FileSource((SourcePart(str(path), self.size, ""),))

    def _check_all(self, checkpoint: Callable[[], object], take: Callable[[memoryview], object]) -> None:
        content = self._bucket if self.bucket_url else LocalContent()
        try:
            for part in self.parts:
                _check(part, content, checkpoint, take)
        finally:
            content.close()

    @cached_property
    def _bucket(self) -> PartContent:
        """The buffer is shared by the file objects of one source, because a parser opens a file several times."""
        # Imported here: the library is part of an extra.
        from inference_events.files.bucket_content import BucketContent

        return BucketContent(self.bucket_url)


def _ignore(_: memoryview) -> None: ...


def _check(
    part: SourcePart, content: PartContent, checkpoint: Callable[[], object], take: Callable[[memoryview], object]
) -> None:
    """Compare a part with its SHA-256 and give its content to `take`."""
    digest, done = hashlib.sha256(), 0
    buffer = memoryview(bytearray(min(CHECKED_BYTES, part.size)))
    if content.size(part) != part.size:
        raise SourceDamaged
    while count := content.read_into(part, done, buffer[: part.size - done]):
        checkpoint()
        digest.update(buffer[:count])
        take(buffer[:count])
        done += count
    if digest.hexdigest() != part.sha256:
        raise SourceDamaged


class LocalContent:
    """Reads parts that are local files. One is open at a time."""

    def __init__(self) -> None:
        self._location = ""
        self._descriptor = -1

    def size(self, part: SourcePart) -> int:
        return Path(part.location).stat().st_size

    def read_into(self, part: SourcePart, start: int, buffer: memoryview) -> int:
        return os.preadv(self._open(part.location), [buffer], start)

    def close(self) -> None:
        if self._location:
            os.close(self._descriptor)
            self._location = ""

    def _open(self, location: str) -> int:
        if location != self._location:
            self.close()
            self._descriptor, self._location = os.open(location, os.O_RDONLY | os.O_CLOEXEC), location
        return self._descriptor


class _PartsReader(io.RawIOBase):
    """Maps positions in the file to ranges of its parts."""

    def __init__(self, parts: Sequence[SourcePart], content: PartContent) -> None:
        self._parts = parts
        self._content = content
        self._ends = list(accumulate(part.size for part in parts))
        self._position = 0

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
        """Fill the buffer unless the file ends before: a parser treats a shorter read as the end."""
        rest = memoryview(buffer)
        while rest and self._position < self._size:
            rest = rest[self._read_part(rest) :]
        return len(buffer) - len(rest)

    def readall(self) -> bytes:
        return self.read(max(0, self._size - self._position)) or b""

    def close(self) -> None:
        self._content.close()
        super().close()

    @property
    def _size(self) -> int:
        return self._ends[-1] if self._ends else 0

    def _read_part(self, buffer: memoryview) -> int:
        number = bisect_right(self._ends, self._position)
        part, left = self._parts[number], self._ends[number] - self._position
        count = self._content.read_into(part, part.size - left, buffer[:left])
        if not count:
            raise OSError("A part of the file is too short")
        self._position += count
        return count
