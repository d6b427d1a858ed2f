"""The server notices that its disk refuses writes, and that it takes them again."""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from inference_events.catalog import Catalog
from inference_events.catalog.database import sqlite_url
from inference_events.disk import PROBE_BYTES, Disk
from inference_events.errors import BadRequest
from inference_events.metrics import Metrics
from inference_events.stores.duckdb import DuckDBEventStore
from inference_events.stores.duckdb.writer import Writer
from tests.stores.opened import Opened


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int | None], None]]:
    """Give a function that makes every sync fail with an error number, or none."""

    def fail(number: int | None) -> None:
        monkeypatch.undo()
        if number is not None:
            monkeypatch.setattr(os, "fsync", lambda _: _raise(OSError(number, os.strerror(number))))

    yield fail
    monkeypatch.undo()


def _raise(error: BaseException) -> Any:
    raise error


def test_a_probe_writes_and_syncs_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A probe puts 4 KiB on the disk of the directory, and no file stays."""
    sizes = []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: sizes.append((os.fstat(file).st_size, os.fstat(file).st_dev)))
    disk = Disk(tmp_path)
    disk.probe()
    monkeypatch.setattr(os, "fsync", sync)
    assert sizes == [(PROBE_BYTES, tmp_path.stat().st_dev)]
    assert disk.is_writable
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO])
def test_a_probe_that_fails_is_noticed_and_one_that_works_again(
    disk: Disk, full: Callable[[int | None], None], number: int
) -> None:
    """The disk counts as read-only from the first probe that fails to the first that works."""
    full(number)
    disk.probe()
    assert not disk.is_writable
    full(None)
    disk.probe()
    assert disk.is_writable


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)),
        duckdb.IOException(f'IO Error: Could not write file "events.duckdb.wal": {os.strerror(errno.ENOSPC)}'),
        duckdb.IOException(f'IO Error: Could not write file "events.duckdb.wal": {os.strerror(errno.EROFS)}'),
        duckdb.FatalException(f'IO Error: Could not fsync file "events.duckdb": {os.strerror(errno.EIO)}'),
        OperationalError("INSERT", {}, Exception("database or disk is full")),
        OperationalError("INSERT", {}, Exception("attempt to write a readonly database")),
        OperationalError("INSERT", {}, Exception("disk I/O error")),
    ],
    ids=str,
)
def test_a_write_that_the_disk_refused_is_noticed(disk: Disk, error: Exception) -> None:
    """The disk counts as read-only at once, and until a probe after which no write has failed."""
    disk.note_failure(error)
    assert not disk.is_writable
    disk.probe()
    assert not disk.is_writable
    disk.probe()
    assert disk.is_writable


@pytest.mark.parametrize("error", [duckdb.ConversionException("a value"), BadRequest("refused"), MemoryError()])
def test_other_failures_say_nothing_of_the_disk(disk: Disk, error: Exception) -> None:
    """A write that fails for another reason leaves the disk writable."""
    disk.note_failure(error)
    assert disk.is_writable


def test_both_stores_report_a_write_that_the_disk_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The callback gets a failed write of the catalog or the event store, and neither reads nor refusals."""
    noted: list[BaseException] = []
    catalog = Catalog(sqlite_url(tmp_path / "catalog.sqlite"), noted.append)
    full = OperationalError("INSERT", {}, Exception("database or disk is full"))
    with pytest.raises(OperationalError):
        catalog.write(lambda _: _raise(full))
    with pytest.raises(OperationalError):
        catalog.read(lambda _: _raise(full))
    with pytest.raises(BadRequest):
        catalog.write(lambda _: _raise(BadRequest("refused")))
    assert noted == [full]
    with pytest.raises(OperationalError):
        catalog.write(lambda session: session.execute(text("INSERT INTO nowhere VALUES (1)")))
    assert len(noted) == 2
    catalog.close()
    opened = Opened(lambda path: DuckDBEventStore(path / "events.duckdb", observer=Metrics(noted.append)), tmp_path)
    error = duckdb.IOException(f"IO Error: {os.strerror(errno.ENOSPC)}")
    monkeypatch.setattr(Writer, "_write", lambda *_: _raise(error))
    with pytest.raises(duckdb.IOException):
        opened.publish({"id": "a"})
    assert noted[2:] == [error]
    opened.store.close()
