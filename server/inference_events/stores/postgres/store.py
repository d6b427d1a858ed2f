"""The event store on PostgreSQL: one table for all events, which any number of replicas write at the same time.

A write is durable when its transaction is committed, if `synchronous_commit` is on, as it is by default. `clocks`
explains the order of writes among replicas, and `transactions` what happens when a transaction is repeated.
"""

from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from functools import partial
from math import inf
from time import perf_counter
from typing import Any, TypeVar

import psycopg
import pyarrow as pa
import structlog

from inference_events.events.observer import StoreObserver
from inference_events.events.store_errors import Retryable, StoreClosed, StoreError, StoreUnreadable
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
from inference_events.stores.postgres import altering, jobs, reading, records
from inference_events.stores.postgres.changes import compact_changes, data_revision, data_revisions, dirty_hours
from inference_events.stores.postgres.connections import Connection, Connections, connect
from inference_events.stores.postgres.ddl import open_schema
from inference_events.stores.postgres.deleting import delete_events, empty_environment
from inference_events.stores.postgres.keyed_executor import KeyedExecutor
from inference_events.stores.postgres.scanning import scan_parts
from inference_events.stores.postgres.schemas import Schemas
from inference_events.stores.postgres.snapshots import PostgresSnapshot, open_snapshot
from inference_events.stores.postgres.transactions import (
    LONG_STATEMENT_SECONDS,
    STATEMENT_SECONDS,
    Again,
    QueryFailed,
    Transactions,
    begin_snapshot,
    retryable_errors,
    transaction,
)
from inference_events.stores.postgres.writing import WriteUnit

log = structlog.get_logger(__name__)

T = TypeVar("T")

# More than connections, because a deletion takes long, but holds a connection for one batch only.
WRITERS = 16
CONNECTIONS = 8
WAIT_SECONDS = 5.0
# Writes to an environment after which its changes are compacted.
COMPACT_AFTER = 1024
# The executor's keys for calls that belong to no model.
JOBS = "jobs"
HOUSEKEEPING = "housekeeping"


class PostgresEventStore:
    """`Store` on a PostgreSQL database, which other replicas may use as well."""

    def __init__(
        self,
        url: str,
        connections: int = CONNECTIONS,
        writers: int = WRITERS,
        observer: StoreObserver | None = None,
    ) -> None:
        """Open the database and create the tables if there are none. Raises StoreUnreadable and StoreTooNew.

        At most `writers` models are written at the same time. `observer` is called after each commit.
        """
        try:
            with connect(url) as connection:
                open_schema(connection)
        except psycopg.Error as error:
            raise StoreUnreadable(str(error)) from error
        self._connections = Connections(url, connections, WAIT_SECONDS)
        self.database_use = self._connections.use
        self._transactions = Transactions(self._connections)
        self._schemas = Schemas()
        self._executor = KeyedExecutor(writers)
        self._observer = observer or StoreObserver()
        self._writes: Counter[tuple[str, str]] = Counter()
        self._closed = False

    def apply_schema(
        self,
        model_id: str,
        revision: int,
        schema: pa.Schema,
        targets: Collection[str] = (),
        updatable: Collection[str] = (),
    ) -> Future[None]:
        def change(db: Connection, _: int) -> None:
            altering.change_schema(db, model_id, revision, schema, targets, updatable)

        return self._submit(model_id, change, LONG_STATEMENT_SECONDS)

    def drop(self, model_id: str) -> Future[None]:
        return self._executor.submit(model_id, lambda: self._drop(model_id))

    def write(self, write: Write) -> Future[Statuses]:
        unit = WriteUnit(write, self._schemas)
        seconds = STATEMENT_SECONDS if write.chunk is None else LONG_STATEMENT_SECONDS
        done = self._executor.submit(
            write.model_id, lambda: self._observed(write, lambda: self._transactions.write(unit, seconds))
        )
        done.add_done_callback(lambda _: self._compact_sometimes(write.model_id, write.environment_id))
        return done

    def delete(self, deletion: Deletion) -> Future[int]:
        return self._executor.submit(
            deletion.model_id, lambda: self._observed(deletion, lambda: delete_events(self._transactions, deletion))
        )

    def read(self, query: Query) -> StoredEvents:
        return self._search(query, lambda db: reading.read_events(db, self._schemas, query))

    def count_matches(self, query: Query, most: int | None = None) -> MatchCount:
        return self._search(query, lambda db: reading.count_matches(db, self._schemas, query, most))

    def scan(self, scan: Scan) -> Generator[StoredEvents, None, None]:
        self._check_open()
        with self._long_snapshot() as connection:
            yield from scan_parts(connection, self._schemas, scan)

    @contextmanager
    def snapshot(self, model_id: str, revision: int) -> Iterator[PostgresSnapshot]:
        self._check_open()
        with self._long_snapshot() as connection:
            yield open_snapshot(connection, self._schemas, model_id, revision)

    def count(self, model_id: str, environment_id: str, start: int | None = None, end: int | None = None) -> int:
        return self._read(lambda db: reading.count_events(db, model_id, environment_id, start, end))

    def counts(self, model_id: str) -> Mapping[str, int]:
        return self._read(lambda db: reading.count_all_events(db, model_id))

    def traffic(self, model_id: str, environment_id: str, start: int | None = None, end: int | None = None) -> Traffic:
        return self._read(lambda db: reading.read_traffic(db, model_id, environment_id, start, end))

    def data_revision(self, model_id: str, environment_id: str) -> DataRevision:
        return self._read(lambda db: data_revision(db, model_id, environment_id))

    def data_revisions(self, model_id: str) -> Mapping[str, DataRevision]:
        return self._read(lambda db: data_revisions(db, model_id))

    def dirty_hours(self, model_id: str, environment_id: str, since: DataRevision) -> list[tuple[int, int]]:
        return self._read(lambda db: dirty_hours(db, model_id, environment_id, since))

    def accept_job(self, model_id: str, job_id: str) -> Future[int]:
        return self._submit(model_id, lambda db, _: jobs.accept_job(db, model_id, job_id))

    def start_job(self, job_id: str, fence: int) -> Future[None]:
        return self._submit(JOBS, lambda db, _: jobs.start_job(db, job_id, fence))

    def end_job(self, job_id: str) -> Future[None]:
        return self._submit(JOBS, lambda db, _: jobs.end_job(db, job_id))

    def end_orphans(self, known: Collection[str], accepted_before: int) -> Future[None]:
        return self._submit(JOBS, lambda db, _: jobs.end_orphans(db, known, accepted_before))

    def progress(self, job_id: str) -> JobProgress:
        return self._read(lambda db: jobs.job_progress(db, job_id))

    def rejected_rows(self, job_id: str, offset: int, limit: int) -> tuple[list[RejectedRow], int]:
        return self._read(lambda db: jobs.rejected_rows(db, job_id, offset, limit))

    def forget_jobs(self, job_ids: Sequence[str]) -> Future[bool]:
        return self._submit(HOUSEKEEPING, lambda db, _: jobs.forget_some_rows(db, job_ids))

    def find_record(self, key: RetryKey, body_digest: bytes) -> IdempotencyRecord | None:
        return self._read(lambda db: records.find_record(db, key, body_digest))

    def purge_records(self, before: int) -> Future[None]:
        return self._executor.submit(HOUSEKEEPING, lambda: self._purge(before))

    def ping(self) -> bool:
        try:
            return self._read(lambda db: db.execute("SELECT 1").fetchone() == (1,))
        except (QueryFailed, Retryable):
            return False

    def queue_depth(self) -> int:
        return self._executor.depth()

    def close(self) -> None:
        self._closed = True
        self._executor.close()
        self._connections.close()

    def _submit(self, key: str, unit: Callable[[Connection, int], T], seconds: int = STATEMENT_SECONDS) -> Future[T]:
        return self._executor.submit(key, lambda: self._transactions.write(unit, seconds))

    def _search(self, query: Query, unit: Callable[[Connection], T]) -> T:
        if query.deadline == inf:
            return self._read(unit)
        # It may take long, so it gets a connection of its own.
        self._check_open()
        with self._long_snapshot() as connection:
            return unit(connection)

    def _read(self, unit: Callable[[Connection], T]) -> T:
        self._check_open()
        return self._transactions.read(unit)

    @contextmanager
    def _long_snapshot(self) -> Iterator[Connection]:
        """Give a connection in a transaction of one snapshot. It is held for a long time, so it is none of the pool."""
        try:
            with (
                retryable_errors(),
                self._connections.own() as connection,
                transaction(connection, begin_snapshot(LONG_STATEMENT_SECONDS)),
            ):
                yield connection
        except Again as error:
            raise Retryable(str(error)) from None

    def _check_open(self) -> None:
        if self._closed:
            raise StoreClosed

    def _drop(self, model_id: str) -> None:
        """Hide a model and delete its events. The next drop finishes one that was interrupted."""
        self._transactions.write(lambda db, _: altering.hide_model(db, model_id))
        for environment in self._transactions.read(lambda db: altering.hidden_environments(db, model_id)):
            empty_environment(self._transactions, environment)
            self._transactions.write(partial(_forget_environment, environment))

    def _compact_sometimes(self, model_id: str, environment_id: str) -> None:
        """Compact the changes of an environment after many writes, without waiting for it."""
        self._writes[model_id, environment_id] += 1
        if self._writes[model_id, environment_id] >= COMPACT_AFTER:
            del self._writes[model_id, environment_id]
            with suppress(StoreClosed):
                self._submit(HOUSEKEEPING, lambda db, _: compact_changes(db, model_id, environment_id))

    def _purge(self, before: int) -> None:
        while not self._transactions.write(lambda db, _: records.purge_some_records(db, before)):
            pass

    def _observed(self, work: Any, act: Callable[[], T]) -> T:
        started = perf_counter()
        try:
            result = act()
        except StoreError:
            raise
        except Exception as error:
            log.error("write_failed", exc_info=error)
            self._observer.observe_failure(error)
            raise
        self._observer.observe_commit([work], [result], perf_counter() - started)
        return result


def _forget_environment(environment: int, db: Connection, _: int) -> None:
    altering.forget_environment(db, environment)
