"""The event store on DuckDB: one file, one table per model, one thread that writes.

A write is durable when its transaction is committed: DuckDB syncs its write-ahead log at every commit. Each read has a
separate cursor and sees the last commit.
"""

from collections.abc import Collection, Generator, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa

from inference_events.events.observer import StoreObserver
from inference_events.events.store_errors import ModelUnknown, StoreClosed, StoreUnreadable, TooManyColumns
from inference_events.events.types import (
    DataRevision,
    Deletion,
    IdempotencyRecord,
    JobProgress,
    MatchCount,
    Query,
    RejectedRow,
    RetryKey,
    Scan,
    Statuses,
    StoredEvents,
    Traffic,
    Write,
)
from inference_events.stores.duckdb.changes import data_revision, data_revisions, dirty_hours
from inference_events.stores.duckdb.commands import (
    AcceptJob,
    ApplySchema,
    Compact,
    CompactChanges,
    Drop,
    EndJob,
    EndOrphans,
    ForgetJobs,
    Purge,
    StartJob,
    Vacuum,
)
from inference_events.stores.duckdb.database import Database
from inference_events.stores.duckdb.group_commit import GroupCommitter
from inference_events.stores.duckdb.progress import job_progress
from inference_events.stores.duckdb.reading import count_matches, read_events, read_traffic
from inference_events.stores.duckdb.records import find_record
from inference_events.stores.duckdb.reopening import ReopeningWriter
from inference_events.stores.duckdb.rows import with_id_hashes
from inference_events.stores.duckdb.scanning import scan_parts
from inference_events.stores.duckdb.snapshots import DuckDBSnapshot, open_snapshot
from inference_events.stores.duckdb.sql import conditions, number, schema_of
from inference_events.stores.duckdb.table_schema import TableSchema
from inference_events.stores.duckdb.writer import MAX_DELTAS

CHECKPOINT_BYTES = 32 * 1024 * 1024


class DuckDBEventStore:
    """`EventStore` on one DuckDB file, which this process alone may open. Raises StoreUnreadable."""

    def __init__(
        self,
        path: Path,
        max_deltas: int = MAX_DELTAS,
        checkpoint_bytes: int = CHECKPOINT_BYTES,
        observer: StoreObserver | None = None,
        max_columns: int | None = None,
    ) -> None:
        """Open or create the file.

        `max_deltas` is the number of deltas per model before a compaction, `checkpoint_bytes` the size of the WAL that
        triggers a checkpoint. `observer` is called after each commit. `max_columns` bounds the columns of all models
        together, each of which takes 5 to 10 KiB of memory; a store that already has more can be read and written.
        """
        self._max_columns = max_columns
        observer = observer or StoreObserver()
        try:
            self._database = Database(path, checkpoint_bytes)
            self._engine = ReopeningWriter(self._database, max_deltas, observer)
        except duckdb.Error as error:
            raise StoreUnreadable(str(error)) from error
        self._committer = GroupCommitter(self._engine, observer)

    def apply_schema(
        self,
        model_id: str,
        revision: int,
        schema: pa.Schema,
        targets: Collection[str] = (),
        updatable: Collection[str] = (),
    ) -> Future[None]:
        self._check_columns(model_id, schema)
        return self._committer.submit(ApplySchema(model_id, revision, schema, targets))

    def drop(self, model_id: str) -> Future[None]:
        return self._committer.submit(Drop(model_id))

    def write(self, write: Write) -> Future[Statuses]:
        hashed = replace(write, batch=with_id_hashes(write.environment_id, write.batch))
        done = self._committer.submit(hashed)
        done.add_done_callback(lambda _: self._tidy(write.model_id))
        return done

    def delete(self, deletion: Deletion) -> Future[int]:
        done = self._committer.submit(deletion)
        done.add_done_callback(lambda _: self._tidy(deletion.model_id))
        return done

    def accept_job(self, model_id: str, job_id: str) -> Future[int]:
        return self._committer.submit(AcceptJob(model_id, job_id))

    def start_job(self, job_id: str, fence: int) -> Future[None]:
        return self._committer.submit(StartJob(job_id, fence))

    def end_job(self, job_id: str) -> Future[None]:
        return self._committer.submit(EndJob(job_id))

    def end_orphans(self, known: Collection[str], accepted_before: int) -> Future[None]:
        return self._committer.submit(EndOrphans(known, accepted_before))

    def purge_records(self, before: int) -> Future[None]:
        done = self._committer.submit(Purge(before))
        done.add_done_callback(lambda _: None if done.exception() else self._engine.record_index.forget(before))
        return done

    def forget_jobs(self, job_ids: Sequence[str]) -> Future[bool]:
        return self._committer.submit(ForgetJobs(job_ids))

    def read(self, query: Query) -> StoredEvents:
        with self._cursor() as cursor:
            return read_events(cursor, self._schema(query.model_id), query)

    def count_matches(self, query: Query, most: int | None = None) -> MatchCount:
        with self._cursor() as cursor:
            return count_matches(cursor, self._schema(query.model_id), query, most)

    def scan(self, scan: Scan) -> Generator[StoredEvents, None, None]:
        with self._cursor() as cursor:
            yield from scan_parts(cursor, self._schema(scan.model_id), scan)

    @contextmanager
    def snapshot(self, model_id: str, revision: int) -> Iterator[DuckDBSnapshot]:
        with (
            self._database.cursor() as cursor,
            open_snapshot(cursor, self._schema(model_id), revision) as snapshot,
        ):
            yield snapshot

    def count(self, model_id: str, environment_id: str, start: int | None = None, end: int | None = None) -> int:
        table = self._schema(model_id).table
        where, parameters = conditions(Query(model_id, environment_id, 0, start=start, end=end))
        with self._cursor() as cursor:
            return number(cursor, f"SELECT count(*) FROM {table} e WHERE {where}", parameters)

    def counts(self, model_id: str) -> dict[str, int]:
        table = self._schema(model_id).table
        with self._cursor() as cursor:
            return dict(cursor.execute(f"SELECT environment_id, count(*) FROM {table} GROUP BY ALL").fetchall())

    def traffic(self, model_id: str, environment_id: str, start: int | None = None, end: int | None = None) -> Traffic:
        with self._cursor() as cursor:
            return read_traffic(cursor, self._schema(model_id), environment_id, start, end)

    def data_revision(self, model_id: str, environment_id: str) -> DataRevision:
        self._schema(model_id)
        with self._cursor() as cursor:
            return data_revision(cursor, model_id, environment_id)

    def data_revisions(self, model_id: str) -> dict[str, DataRevision]:
        self._schema(model_id)
        with self._cursor() as cursor:
            return data_revisions(cursor, model_id)

    def dirty_hours(self, model_id: str, environment_id: str, since: DataRevision) -> list[tuple[int, int]]:
        self._schema(model_id)
        with self._cursor() as cursor:
            return dirty_hours(cursor, model_id, environment_id, since)

    def progress(self, job_id: str) -> JobProgress:
        with self._cursor() as cursor:
            return job_progress(cursor, job_id)

    def rejected_rows(self, job_id: str, offset: int, limit: int) -> tuple[list[RejectedRow], int]:
        with self._cursor() as cursor:
            total = number(cursor, "SELECT count(*) FROM rejected_rows WHERE job_id = ?", [job_id])
            rows = cursor.execute(
                "SELECT row, reason, message FROM rejected_rows WHERE job_id = ? ORDER BY row LIMIT ? OFFSET ?",
                [job_id, limit, offset],
            ).fetchall()
        return [RejectedRow(*row) for row in rows], total

    def find_record(self, key: RetryKey, body_digest: bytes) -> IdempotencyRecord | None:
        with self._cursor() as cursor:
            return find_record(cursor, self._engine.record_index, key, body_digest)

    def ping(self) -> bool:
        try:
            with self._cursor() as cursor:
                return number(cursor, "SELECT 1") == 1
        except duckdb.Error:
            return False

    def queue_depth(self) -> int:
        return self._committer.depth()

    def close(self) -> None:
        self._committer.stop()
        with suppress(duckdb.Error):  # The file is already closed, or the engine invalidated it.
            self._engine.close()
        self._database.close()

    def _tidy(self, model_id: str) -> None:
        with suppress(StoreClosed):  # The next start does it.
            if self._engine.needs_compaction(model_id):
                self._committer.submit(Compact(model_id))
            if self._engine.needs_change_compaction():
                self._committer.submit(CompactChanges())
            if self._engine.needs_vacuum():
                self._committer.submit(Vacuum())

    def _check_columns(self, model_id: str, schema: pa.Schema) -> None:
        """Raise TooManyColumns if a model's new columns are too many."""
        committed = self._engine.committed
        before = {column.name for column in committed[model_id].columns} if model_id in committed else set()
        added = len(set(schema.names) - before)
        if self._max_columns is None or not added:
            return
        if sum(len(one.columns) for one in committed.values()) + added > self._max_columns:
            raise TooManyColumns(self._max_columns)

    def _schema(self, model_id: str) -> TableSchema:
        return schema_of(self._engine.committed, model_id)

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            with self._database.cursor() as cursor:
                yield cursor
        except duckdb.CatalogException as error:
            # Only event tables are dropped, here between reading the schema and the query.
            raise ModelUnknown from error
