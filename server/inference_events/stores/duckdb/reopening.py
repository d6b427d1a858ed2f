"""Going on after a failure of the engine: what was committed is there, and what was not can be tried again."""

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

# How the engine says that a transaction is on disk, but that the checkpoint which came with it failed.
COMMITTED = "COMMIT succeeded and is durable"


class ReopeningWriter:
    """Do the committer's work with a `Writer`, and make a new one after each failure that the old one may not survive.

    A writer's index of ids would be ahead of the tables after a commit that failed, and its connection is of no use
    after a fatal error.
    """

    def __init__(self, database: Database, max_deltas: int, observer: StoreObserver) -> None:
        self._database = database
        self._max_deltas = max_deltas
        self._checkpoints = Checkpoints(database.path, observer)
        # It outlives the writers: it knows more than what is committed, but never less.
        self.record_index = RecordIndex()
        self._begin_at(database.writing_cursor())

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
            # The engine has rolled back already, as it does when it cannot commit.
            self._begin_anew()

    def apply(self, work: Any) -> Any:
        return self._writer.apply(work)

    def after_commit(self) -> bool:
        return self._writer.after_commit()

    def needs_vacuum(self) -> bool:
        """Return what the writer returns, as the two below do. Any thread may call it."""
        return self._writer.needs_vacuum()

    def needs_folding(self) -> bool:
        return self._writer.needs_folding()

    def needs_compaction(self, model_id: str) -> bool:
        return self._writer.needs_compaction(model_id)

    def close(self) -> None:
        self._writer.close()

    def _reopen(self) -> None:
        self._cursor.close()
        self._database.reopen()
        self._begin_anew()
        log.warning("store_reopened")

    def _begin_anew(self) -> None:
        self._cursor.close()
        self._begin_at(self._database.writing_cursor())

    def _begin_at(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor
        self._writer = Writer(cursor, self._max_deltas, self.record_index, self._checkpoints)
