"""Notice the checkpoints that the engine makes by itself at a commit, and decide when one is due.

DuckDB does not report checkpoints, but the files show them: a commit without a checkpoint makes the write-ahead log
longer.

A checkpoint takes 25 to 80 µs for each column of each table that was written, even for one row. So one is also due
after writes to a few wide tables: after fifty it would hold up all requests for many seconds.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from inference_events.events.observer import StoreObserver
from inference_events.stores.duckdb.scheduling import WIDE_COLUMNS

MAX_WIDE_COLUMNS = 15_000


class Checkpoints:
    """Notices the checkpoints of the file at `path`."""

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

    def reset_if_due(self) -> bool:
        """Return whether wide tables make a checkpoint due, and then count from 0 again.

        So a checkpoint that fails, for example because of a long read, is not tried again at once.
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
