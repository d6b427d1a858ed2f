"""The DuckDB file, reopened in the same process if the engine invalidates it.

DuckDB counts some failures as fatal, such as a checkpoint on a full disk: from then on every statement fails until the
file is closed and opened again. Committed data is in the write-ahead log and is not lost.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from inference_events.events.store_errors import StoreClosed
from inference_events.stores.duckdb.formats import open_format


class Database:
    """One DuckDB file, which this process alone may open. Cursors are for reading, from any thread."""

    def __init__(self, path: Path, checkpoint_bytes: int) -> None:
        self.path = path
        self._checkpoint_bytes = checkpoint_bytes
        self._turn = threading.Condition()
        self._readers = 0
        self._is_reopening = False
        self._is_closed = False
        self._connection: duckdb.DuckDBPyConnection | None = None
        self.reopen()

    def writing_cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a cursor for the one thread that writes. It is valid until `reopen`."""
        return self._opened().cursor()

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a cursor and keep the file open meanwhile. Raises duckdb.Error if it cannot be opened."""
        with self._turn:
            self._turn.wait_for(lambda: not self._is_reopening)
            cursor = self._opened().cursor()
            self._readers += 1
        try:
            yield cursor
        finally:
            cursor.close()
            with self._turn:
                self._readers -= 1
                self._turn.notify_all()

    def reopen(self) -> None:
        """Wait until nobody reads, close the file if it is open, and open it. Only the writing thread may call it."""
        with self._turn:
            self._is_reopening = True
            try:
                # Readers end soon: every read of an invalidated file fails.
                self._turn.wait_for(lambda: not self._readers)
                self._disconnect()
                self._connection = _connect(self.path, self._checkpoint_bytes)
            finally:
                self._is_reopening = False
                self._turn.notify_all()

    def close(self) -> None:
        """Close the file for good. Later reads raise StoreClosed."""
        with self._turn:
            self._is_closed = True
        self._disconnect()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _opened(self) -> duckdb.DuckDBPyConnection:
        if self._is_closed:
            raise StoreClosed
        if self._connection is None:
            raise duckdb.ConnectionException("the database could not be opened again")
        return self._connection


def _connect(path: Path, checkpoint_bytes: int) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(path))
    try:
        # A table with 10,000 columns takes one segment of each, if it has one row or 100,000. They grow with the rows.
        connection.execute("SET initial_column_segment_size = '256'")
        # Without them the engine's allocator keeps what a large read or write took, until the next one.
        connection.execute("SET allocator_background_threads = true")
        # At each checkpoint the engine compresses what was written since: often means small blocks.
        connection.execute(f"SET checkpoint_threshold = '{checkpoint_bytes}B'")
        open_format(connection)
    except BaseException:
        connection.close()
        raise
    return connection
