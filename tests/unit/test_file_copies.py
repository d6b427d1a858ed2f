"""The file of a job is what was uploaded, whether it is copied or read where it is."""

import errno
import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from inference_events.files.source import FileSource, PartContent, SourcePart
from inference_events.jobs import file_copies
from inference_events.jobs.file_copies import checked_source, copy_path
from inference_events.jobs.run import JobFailed

CONTENT = {"first": b"id,number\n", "second": b"a,1\nb,2\n"}
RUN: Any = SimpleNamespace(checkpoint=lambda: None)


class Objects:
    """A bucket's content, which counts the bytes that are read."""

    def __init__(self, content: dict[str, bytes]) -> None:
        self._content = content
        self.bytes_read = 0

    def size(self, part: SourcePart) -> int:
        return len(self._found(part))

    def read_into(self, part: SourcePart, start: int, buffer: memoryview) -> int:
        found = self._found(part)[start : start + len(buffer)]
        buffer[: len(found)] = found
        self.bytes_read += len(found)
        return len(found)

    def close(self) -> None: ...

    def _found(self, part: SourcePart) -> bytes:
        if part.location not in self._content:
            raise FileNotFoundError
        return self._content[part.location]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[PartContent], None]:
    """Let every bucket have some content."""
    return lambda content: monkeypatch.setattr(FileSource, "_bucket", content)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "one.copy"


def source() -> FileSource:
    parts = (SourcePart(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in CONTENT.items())
    return FileSource(tuple(parts), "s3://bucket")


def read(source: FileSource) -> bytes:
    with source.open() as file:
        return file.read()


def test_a_file_of_a_bucket_is_read_once(use: Callable[[PartContent], None], copy: Path) -> None:
    """Its parts are copied one after the other, and the copy is read from then on."""
    objects = Objects(CONTENT)
    use(objects)
    checked = checked_source(RUN, source(), copy)
    assert checked.bucket_url == ""
    assert read(checked) == read(checked) == b"".join(CONTENT.values())
    assert objects.bytes_read == checked.size == source().size


@pytest.mark.parametrize(
    ("damaged", "message"),
    [({"second": b"a,1\nb,3\n"}, "damaged"), ({"second": b"a,1\n"}, "damaged"), ({"second": None}, "missing")],
)
@pytest.mark.parametrize("has_room", [True, False])
def test_no_row_of_a_damaged_file_is_read(
    use: Callable[[PartContent], None],
    copy: Path,
    monkeypatch: pytest.MonkeyPatch,
    damaged: dict[str, bytes | None],
    message: str,
    has_room: bool,
) -> None:
    """A part that was changed, cut or removed fails the job before a row is read, copied or not."""
    monkeypatch.setattr(file_copies, "_has_room", lambda *_: has_room)
    use(Objects({name: data for name, data in (CONTENT | damaged).items() if data is not None}))
    with pytest.raises(JobFailed, match=message):
        checked_source(RUN, source(), copy)


def test_without_room_a_file_is_read_where_it_is(
    use: Callable[[PartContent], None], copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the disk has too little room for a copy, or fills up meanwhile, the bucket is read twice instead."""
    use(Objects(CONTENT))
    assert checked_source(RUN, source(), copy).bucket_url == ""

    def fill(*_: Any) -> None:
        copy.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileSource, "copied", fill)
    assert checked_source(RUN, source(), copy).bucket_url == "s3://bucket"
    assert not copy.exists()
    monkeypatch.setattr(file_copies, "RESERVED_BYTES", 2**62)
    assert checked_source(RUN, source(), copy).bucket_url == "s3://bucket"


def test_files_of_this_machine_are_not_copied(tmp_path: Path, copy: Path) -> None:
    """A file on the disk is read where it is."""
    path = tmp_path / "part"
    path.write_bytes(b"abc")
    stored = FileSource((SourcePart(str(path), 3, hashlib.sha256(b"abc").hexdigest()),))
    assert checked_source(RUN, stored, copy) is stored
    assert not copy.exists()


def test_a_copy_is_removed(tmp_path: Path) -> None:
    """A copy is removed at the end of its job, also after an error."""
    with suppress(ZeroDivisionError), copy_path(tmp_path) as path:
        path.write_bytes(b"abc")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
