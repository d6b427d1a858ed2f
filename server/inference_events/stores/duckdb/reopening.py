"""Recover from failures of the engine: committed data is kept, and the rest can be retried."""

from typing import Any

import duckdb
import structlog

from inference_events.events.observer import StoreObserver
from inference_events.stores.duckdb.checkpoints import Checkpoints
from inference_events.stores.duckdb.database import Database
from inference_events.stores.duckdb.records import RecordIndex
from inference_events.stores.duckdb.table_schema import TableSchema
from inference_events.stores.duckdb.writer import Writer

log = structlog.get_logger(__name__)

# In the engine's error if the transaction is on disk, but its checkpoint failed.
COMMITTED = "COMMIT succeeded and is durable"


class ReopeningWriter:
    """Executes commands with a `Writer`, and replaces it after failures.

    After a failed commit, a writer's index of ids would be ahead of the tables. After a fatal error, its connection
    cannot be used.
    """

    def __init__(self, database: Database, max_deltas: int, observer: StoreObserver) -> None:
        self._database = database
        self._max_deltas = max_deltas
        self._checkpoints = Checkpoints(database.path, observer)
        # It outlives the writers, because it may have more records than are committed, but never fewer.
        self.record_index = RecordIndex()
        self._write_with(database.writing_cursor())

    @property
    def committed(self) -> dict[str, TableSchema]:
        """The schemas that readers see."""
        return self._writer.committed

    def begin(self) -> None:
        try:
            self._writer.begin()
        except duckdb.Error:
            self._reopen()
            self._writer.begin()

    def commit(self) -> None:
        try:
            self._writer.commit()
        except duckdb.FatalException as error:
            log.error("checkpoint_failed" if COMMITTED in str(error) else "store_failed", exc_info=error)
            if COMMITTED not in str(error):
                self._reopen()
                raise
            self._reopen()

    def rollback(self) -> None:
        try:
            self._writer.rollback()
        except duckdb.FatalException:
            self._reopen()
        except duckdb.Error:
            # The engine has already rolled back, as it does after a failed commit.
            self._replace_writer()

    def apply(self, command: Any) -> Any:
        return self._writer.apply(command)

    def after_commit(self) -> bool:
        return self._writer.after_commit()

    def needs_vacuum(self) -> bool:
        """Ask the current writer, as the two methods below do. Any thread may call it."""
        return self._writer.needs_vacuum()

    def needs_change_compaction(self) -> bool:
        return self._writer.needs_change_compaction()

    def needs_compaction(self, model_id: str) -> bool:
        return self._writer.needs_compaction(model_id)

    def close(self) -> None:
        self._writer.close()

    def _reopen(self) -> None:
        self._cursor.close()
        self._database.reopen()
        self._replace_writer()
        log.warning("store_reopened")

    def _replace_writer(self) -> None:
        self._cursor.close()
        self._write_with(self._database.writing_cursor())

    def _write_with(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor
        self._writer = Writer(cursor, self._max_deltas, self.record_index, self._checkpoints)
