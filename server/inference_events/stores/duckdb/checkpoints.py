"""When the engine makes a checkpoint, which it does by itself at a commit.

DuckDB reports no checkpoint, but one shows in the files: a commit that makes none adds to the write-ahead log.

A checkpoint takes 25 to 80 µs for each column of each table that was written, even for one row. So it is also made
when a few wide tables were written: with fifty it would hold up everybody for many seconds.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from inference_events.events.observer import StoreObserver

WIDE_COLUMNS = 1_000
MAX_WIDE_COLUMNS = 20_000


class Checkpoints:
    """Notice the checkpoints of the file at `path`."""

    def __init__(self, path: Path, observer: StoreObserver) -> None:
        self._path = path
        self._log = path.with_name(f"{path.name}.wal")
        self._observer = observer
        # The columns of the wide tables that were written since the last checkpoint.
        self._wide: dict[str, int] = {}

    def note_write(self, table: str, columns: int) -> None:
        """Note that rows were inserted into a table."""
        if columns >= WIDE_COLUMNS:
            self._wide[table] = columns

    def take_due(self) -> bool:
        """Return whether so much of wide tables was written that it is time for a checkpoint, and count from 0 again.

        A checkpoint that fails, as beside a long read, is thus not tried again at once.
        """
        is_due = sum(self._wide.values()) >= MAX_WIDE_COLUMNS
        if is_due:
            self._wide = {}
        return is_due

    @contextmanager
    def observed(self) -> Iterator[None]:
        """Report the checkpoint if one is made in this context."""
        before, started = self._state(), perf_counter()
        yield
        after = self._state()
        if after[0] < before[0] or (not after[0] and after != before):
            self._wide = {}
            self._observer.observe_checkpoint(perf_counter() - started)

    def _state(self) -> tuple[int, int]:
        """Return the size of the log and when the file was last written."""
        log, file = _status(self._log), _status(self._path)
        return log.st_size if log else 0, file.st_mtime_ns if file else 0


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None
