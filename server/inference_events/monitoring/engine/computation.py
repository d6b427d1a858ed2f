"""Computes figures: one moment of a model's events, and the statements that read rows of it.

The store yields Arrow batches, and an in-memory DuckDB aggregates them as they come. Both run in the caller's thread.
"""

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias, TypeVar

import duckdb
import pyarrow as pa

from inference_events.events.columns import ColumnSelection, batch_schema
from inference_events.events.hours import HourRange
from inference_events.events.store import EventStore, Snapshot
from inference_events.events.types import DataRevision
from inference_events.models.schema import ModelSchema
from inference_events.monitoring.engine.cache import CACHE_BYTES, PartialCache
from inference_events.monitoring.engine.errors import QueryTooLarge
from inference_events.monitoring.engine.gradual import in_one_bin, read_gradually
from inference_events.monitoring.engine.readers import INSTANCES, MEMORY_BYTES, QUICK_SECONDS, WAIT_SECONDS, Readers
from inference_events.monitoring.engine.relations import with_relations
from inference_events.monitoring.engine.rows import BIN, RowSelection, Sql, numbered
from inference_events.monitoring.engine.watchdog import Watchdog
from inference_events.monitoring.sql_names import value_column

T = TypeVar("T")
# From long before the first year to long after the last one.
ALL_HOURS = (-(10**8), 10**8)
Batches: TypeAlias = Generator[pa.RecordBatch, None, None]


class FigureEngine:
    """Lets a few threads compute at a time, each for a limited time and in limited memory. Any thread may use it."""

    def __init__(
        self,
        store: EventStore,
        seconds: float,
        *,
        instances: int = INSTANCES,
        memory_bytes: int = MEMORY_BYTES,
        wait_seconds: float = WAIT_SECONDS,
        quick_seconds: float = QUICK_SECONDS,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        """`seconds` bound a computation with its waiting, and `cache_bytes` what is kept of it for later ones.

        The other bounds are those of `Readers`.
        """
        self._store = store
        self._cache = PartialCache(cache_bytes)
        self._seconds = seconds
        self._readers = Readers(instances, memory_bytes, wait_seconds, quick_seconds)

    @contextmanager
    def compute(
        self, schema: ModelSchema, cancelled: threading.Event | None = None, started: float | None = None
    ) -> "Iterator[Computation]":
        """Give a computation on the present moment of a model.

        Its time began at `started` on the monotonic clock; None means now. Set `cancelled` to end it from another
        thread. It and each of its calls may raise EngineBusy, QueryTimeout, QueryTooLarge and QueryCancelled. Raises
        ModelUnknown and RevisionChanged as `EventStore.snapshot` does.
        """
        watchdog = Watchdog(self._seconds, cancelled or threading.Event(), started)
        with self._readers.one(watchdog) as db, self._store.snapshot(schema.model_id, schema.revision) as snapshot:
            computation = Computation(db, snapshot, schema, watchdog, self._cache)
            try:
                with watchdog.watching(computation.interrupt):
                    yield computation
            except Exception:
                # An interrupt also ends what runs outside the statements, such as the read of a data revision.
                if computation.is_interrupted:
                    watchdog.check()
                raise

    def close(self) -> None:
        """Free the memory. No computation may run."""
        self._readers.close()


class Computation:
    """Statements that read rows of one moment. For one thread."""

    def __init__(
        self,
        db: duckdb.DuckDBPyConnection,
        snapshot: Snapshot,
        schema: ModelSchema,
        watchdog: Watchdog,
        cache: PartialCache,
    ) -> None:
        self._db = db
        self.snapshot = snapshot
        self.schema = schema
        self.cache = cache
        self._revisions: dict[str, DataRevision] = {}
        self._dirty: dict[tuple[str, DataRevision], list[HourRange]] = {}
        self._watchdog = watchdog
        self._open_reads: list[Batches] = []
        self._failure: BaseException | None = None
        self._relations = 0
        self.is_interrupted = False

    def data_revision(self, environment_id: str) -> DataRevision:
        """Return the data revision of an environment, at the moment of all rows."""
        if environment_id not in self._revisions:
            self._revisions[environment_id] = self.snapshot.data_revision(environment_id)
        return self._revisions[environment_id]

    def dirty_hours(self, environment_id: str, since: DataRevision) -> list[HourRange]:
        """Return the hours of an environment that changed after a revision, until the moment of all rows.

        Every hour is dirty if the revision is later than this moment: another computation may have begun later.
        """
        key = (environment_id, since)
        if key not in self._dirty:
            now = self.data_revision(environment_id)
            is_later = since.changes > now.changes or since.last > now.last
            self._dirty[key] = [ALL_HOURS] if is_later else self.snapshot.dirty_hours(environment_id, since)
        return self._dirty[key]

    def rows(self, selection: RowSelection, name: str = "rows") -> "Rows":
        """Return a rows relation that statements call `name`. Raises KeyError for a column that is not declared."""
        return Rows(self, selection, name, self.source(selection))

    def source(self, selection: RowSelection) -> str:
        """Return the name of a new source of rows, which `release` forgets."""
        self._relations += 1
        source = f"source_{self._relations}"
        self._db.register(source, _Source(self, selection, self.schema.arrow))
        return source

    def query(self, statement: Sql, *relations: "Rows") -> pa.Table:
        """Return the rows of a statement that reads these relations by their names."""
        return self.run(*with_relations(statement.text, statement.values, {each.name: each for each in relations}))

    def run(self, text: str, values: Sequence[Any]) -> pa.Table:
        """Execute a statement that stands alone."""
        return self.fetch(text, values, lambda found: found.to_arrow_table())

    def fetch(self, text: str, values: Sequence[Any], read: Callable[[duckdb.DuckDBPyRelation], T]) -> T:
        """Execute a statement that stands alone, and return what `read` makes of its rows."""
        self._watchdog.check()
        self._failure = None
        try:
            return read(self._db.sql(text, params=list(values)))
        except duckdb.Error as error:
            self._watchdog.check()
            if self._failure is not None:
                # DuckDB kept only its text.
                raise self._failure from None
            if isinstance(error, duckdb.OutOfMemoryException):
                raise QueryTooLarge from None
            raise
        finally:
            self._close_reads()

    def read(self, selection: ColumnSelection) -> list[pa.RecordBatch]:
        """Return rows as the store has them."""
        try:
            return list(self.guarded(self.snapshot.columns(selection)))
        except Exception:
            # The watchdog also ends the read in the store.
            self._watchdog.check()
            raise
        finally:
            self._close_reads()

    def replace(self, source: str, table: pa.Table) -> None:
        """Let statements read a table instead of a source of rows."""
        self._db.unregister(source)
        self._db.register(source, table)

    def query_table(self, table: pa.Table, name: str, text: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement that reads an Arrow table by its name."""
        self._db.register(name, table)
        try:
            return self.fetch(text, (), lambda found: found.fetchall())
        finally:
            self._db.unregister(name)

    def release(self, source: str, kept: str | None) -> None:
        """Forget a source of rows, and its table."""
        self._db.unregister(source)
        if kept is not None:
            self._db.execute(f"DROP TABLE {kept}")

    def interrupt(self) -> None:
        """Stop what runs. Any thread may call it, several times."""
        with suppress(duckdb.Error):
            self._db.interrupt()
        if not self.is_interrupted:
            self.is_interrupted = True
            self.snapshot.cancel()

    def guarded(self, batches: Batches) -> Batches:
        """Pass batches on while the computation may run, and note why they end early."""
        self._open_reads.append(batches)
        try:
            for batch in batches:
                self._watchdog.check()
                yield batch
        except Exception as error:
            self._failure = error
            raise

    def _close_reads(self) -> None:
        """Close what a statement did not read to its end."""
        for batches in self._open_reads:
            batches.close()
        self._open_reads = []


class Rows:
    """A rows relation of a computation."""

    def __init__(self, computation: Computation, selection: RowSelection, name: str, source: str) -> None:
        self.name = name
        self._computation = computation
        self._selection = selection
        self._source = source
        self._narrow: dict[str, str] = {}
        self._kept: str | None = None
        self._is_kept_once_read = False
        self._key: bytes | None = None

    def query(self, statement: Sql, *others: "Rows") -> pa.Table:
        """Return the rows of a statement that reads this relation, and others."""
        return self._computation.query(statement, self, *others)

    def keep(self) -> None:
        """Prepare for several statements: keep the rows in memory if it takes longer to read them again."""
        if self._kept is None and self._computation.snapshot.is_slow:
            text, values = self._restricted(self._source)
            self._computation.run(f"CREATE TEMP TABLE kept_{self._source} AS {text}", values)
            self._kept = f"kept_{self._source}"

    def keep_once_read(self) -> None:
        """Keep the rows as `keep` does, but only when the first statement reads them."""
        self._is_kept_once_read = True

    def keep_gradually(self, key: bytes) -> None:
        """Read rows without bins, or of one bin, so that the next computation goes on if time is over.

        What is read is kept under a key, for as long as no event of the selection changes. A store that is not slow
        reads the rows for each statement.
        """
        if self._computation.snapshot.is_slow:
            self._key = key

    def close(self) -> None:
        """Free the memory of the rows. No statement may read them afterwards."""
        for source in self._narrow.values():
            self._computation.release(source, None)
        self._computation.release(self._source, self._kept)

    def definition(self, statement: str) -> tuple[str, Sequence[Any]]:
        """Return the query that makes the relation with the columns that a statement names, and its values."""
        if self._is_kept_once_read:
            self._is_kept_once_read = False
            self.keep()
        if self._key is not None:
            rows = read_gradually(self._computation, self._selection.stored, self._key)
            self._computation.replace(self._source, in_one_bin(rows))
            self._key = None
        if self._kept is not None:
            return f"SELECT * FROM {self._kept}", ()
        if self._computation.snapshot.is_slow:
            return self._restricted(self._source)
        return self._restricted(self._narrow_source(statement))

    def _narrow_source(self, statement: str) -> str:
        """Return a source without the columns that a statement does not name: each scan reads all of its source."""
        selection = self._selection.named_in(statement)
        key = repr(selection)
        if key not in self._narrow:
            self._narrow[key] = self._computation.source(selection)
        return self._narrow[key]

    def _restricted(self, source: str) -> tuple[str, Sequence[Any]]:
        """Return the query for the rows of a source that are in the segment, and its values."""
        segment = self._selection.segment
        if segment is None:
            return f"SELECT * FROM {source}", ()
        condition = segment.sql(value_column)
        return f"SELECT * FROM {source} WHERE {condition.text}", condition.values


class _Source:
    """The source of a DuckDB scan. Each scan reads the rows again."""

    def __init__(self, computation: Computation, selection: RowSelection, declared: pa.Schema) -> None:
        self._computation = computation
        self._selection = selection
        self._schema = batch_schema(selection.stored, declared).append(BIN)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        batches = self._computation.guarded(self._read())
        return pa.RecordBatchReader.from_batches(self._schema, batches).__arrow_c_stream__(requested_schema)

    def _read(self) -> Batches:
        read = self._computation.snapshot.columns(self._selection.stored)
        try:
            yield from numbered(read, self._schema, self._selection.bins)
        finally:
            read.close()
