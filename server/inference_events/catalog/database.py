"""The catalog: transactions of its database, in threads, and cached results of reads."""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, event, select, update
from sqlalchemy.exc import DatabaseError, SQLAlchemyError
from sqlalchemy.orm import ORMExecuteState, Session, sessionmaker

from inference_events.catalog.access import limit_to_projects
from inference_events.catalog.cache import Cache, VersionWatch
from inference_events.catalog.concurrency import CHANGES_NO_RESULT, IS_WRITE
from inference_events.catalog.schema import missing_columns, upgrade
from inference_events.catalog.sqlite import SqliteDatabase
from inference_events.catalog.tables import CatalogVersion
from inference_events.context import current_project_ids
from inference_events.database_use import DatabaseUse

T = TypeVar("T")

_READERS = 4
_CHANGED = "changed_tables"
# No cached result depends on these. Running jobs write their progress every second, and judgements come by the hour.
_NEVER_KEPT = frozenset(
    {"jobs", "attempts", "files", "file_parts", "alert_records", "alert_evaluations", "outbox", "work_leases"}
)


class Database(Protocol):
    """What differs between the databases of catalogs. `is_shared` is true if other processes write, too."""

    is_shared: bool
    max_writers: int

    @property
    def use(self) -> DatabaseUse | None: ...
    @property
    def engine(self) -> Engine: ...
    @property
    def reads(self) -> Engine: ...
    @property
    def writes(self) -> Engine: ...

    def run(self, unit: Callable[[], T]) -> T:
        """Return the result of `unit`, which is one transaction and may run several times."""
        ...

    def commit(self, session: Session) -> None:
        """End a write. It is on disk after this."""
        ...

    def migrating(self) -> AbstractContextManager[Connection]:
        """Begin a transaction for a migration. Only one process has such a transaction at a time."""
        ...

    def alone(self, what: str) -> AbstractContextManager[bool]:
        """Give whether no other process does `what`, and let none begin meanwhile."""
        ...

    def listen(self, wake: Callable[[], object]) -> Callable[[], None]:
        """Call `wake` if another process lets a job be ready, until the function returned is called."""
        ...

    def check(self) -> None:
        """Look through the whole database. Raises DatabaseError if its structure is damaged."""
        ...


class Catalog:
    """Run functions in transactions of the catalog, after upgrading its schema.

    `url` names a SQLite file (`sqlite_url`) or a PostgreSQL database; `migrated` is the result of `upgrade`. A read
    sees one snapshot. A write is on disk when its call returns; if its function raises, the write is rolled back. On
    PostgreSQL a function may run several times. The async variants run the function in a thread with the caller's
    context variables. A request that is limited to projects sees only their rows. `on_write_error` gets each error of
    the database that ends a write.

    Raises a CatalogError, and DatabaseError if the database is damaged. Reads and writes raise ServiceUnavailable if
    the database does not respond.
    """

    def __init__(self, url: str, on_write_error: Callable[[BaseException], object] = lambda _: None) -> None:
        self._after_commit: list[Callable[[Session], None]] = []
        self._on_write_error = on_write_error
        self._database = _open(url)
        try:
            with self._database.migrating() as connection:
                self.migrated = upgrade(connection)
        except BaseException:
            self._database.engine.dispose()
            raise
        self._read = sessionmaker(self._database.reads, expire_on_commit=False)
        self._write = sessionmaker(self._database.writes, expire_on_commit=False, info={IS_WRITE: True})
        for sessions in (self._read, self._write):
            event.listen(sessions, "do_orm_execute", limit_to_projects)
        event.listen(self._write, "after_flush", _note_flush)
        event.listen(self._write, "do_orm_execute", _note_statement)
        self._write_lock = threading.BoundedSemaphore(self._database.max_writers)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="catalog-read")
        self._writer = ThreadPoolExecutor(self._database.max_writers, thread_name_prefix="catalog-write")
        self._cache = Cache(self._database.is_shared)
        self._watch = VersionWatch(self._look) if self._database.is_shared else None

    def read(self, function: Callable[[Session], T]) -> T:
        """Return the result of `function`, which sees one snapshot of the catalog."""
        return self._database.run(partial(self._read_once, function))

    def write(self, function: Callable[[Session], T]) -> T:
        """Return the result of `function` after its changes are on disk."""
        try:
            with self._write_lock:
                return self._database.run(partial(self._write_once, function))
        except DatabaseError as error:
            self._on_write_error(error)
            raise

    async def aread(self, function: Callable[[Session], T]) -> T:
        """Do `read` without blocking the event loop."""
        return await _run(self._readers, self.read, function)

    async def awrite(self, function: Callable[[Session], T]) -> T:
        """Do `write` without blocking the event loop. Cancelling the caller does not undo it."""
        return await _run(self._writer, self.write, function)

    def cached_read(self, key: Hashable, function: Callable[[Session], T]) -> T:
        """Do `read`, or return the cached result for `key`. A result of None is not cached.

        Another replica's writes may be missing for a second. `function` must not read jobs, files or idempotency
        records: writes to those do not make cached results stale.
        """
        key = _key(key)
        known: T | None = self._cache.find(key)
        if known is not None:
            return known
        version = self._cache.version
        result = self.read(function)
        if result is not None:
            self._cache.keep(key, version, result)
        return result

    async def acached_read(self, key: Hashable, function: Callable[[Session], T]) -> T:
        """Do `cached_read` without blocking the event loop."""
        known: T | None = self._cache.find(_key(key))
        if known is not None:
            return known
        return await _run(self._readers, partial(self.cached_read, key), function)

    def refresh(self) -> None:
        """Read the catalog's version at once, as after a notification by another replica."""
        self._cache.look(lambda: self.read(_version))

    def after_commit(self, function: Callable[[Session], None]) -> None:
        """Call `function` with the session of each write after its commit."""
        # Not a listener of SQLAlchemy, which keeps the listeners of a session class for ever.
        self._after_commit.append(function)

    def write_later(self, function: Callable[[Session], object]) -> "Future[object]":
        """Queue a write. It is done before `close` returns."""
        return self._writer.submit(self.write, function)

    def alone(self, what: str) -> AbstractContextManager[bool]:
        """Give whether no other process does `what`, and let none begin meanwhile."""
        return self._database.alone(what)

    def listen(self, wake: Callable[[], object]) -> Callable[[], None]:
        """Call `wake` if another process lets a job be ready, until the function returned is called."""
        return self._database.listen(wake)

    @property
    def database_use(self) -> DatabaseUse | None:
        """How a shared database is used."""
        return self._database.use

    def ping(self) -> bool:
        """Return whether the database can be read."""
        try:
            self._read_once(lambda session: session.execute(select(1)))
        except SQLAlchemyError:
            return False
        return True

    def check(self) -> None:
        """Look through the whole database. Raises sqlalchemy.exc.DatabaseError if its structure is damaged."""
        self._database.check()

    def missing(self) -> list[str]:
        """Return the columns of the schema that the database lacks, each with its table."""
        return missing_columns(self._database.engine)

    def close(self) -> None:
        """Finish the queued writes and close the database."""
        if self._watch is not None:
            self._watch.close()
        self._writer.shutdown()
        self._readers.shutdown()
        self._database.engine.dispose()

    def _look(self) -> None:
        # The watch tries again by itself, and must end when the catalog closes.
        self._cache.look(lambda: self._read_once(_version))

    def _read_once(self, function: Callable[[Session], T]) -> T:
        with self._read() as session, session.begin():
            return function(session)

    def _write_once(self, function: Callable[[Session], T]) -> T:
        with self._write() as session:
            result = function(session)
            session.flush()
            is_new = session.info.get(_CHANGED, set()) - _NEVER_KEPT
            version = session.scalar(_RAISE_VERSION) if is_new else None
            self._database.commit(session)
            if version is not None:
                self._cache.note(version)
            for call in self._after_commit:
                call(session)
            return result


# The last statement of its transaction: other writes wait for the row.
_RAISE_VERSION = update(CatalogVersion).values(version=CatalogVersion.version + 1).returning(CatalogVersion.version)


def sqlite_url(path: Path) -> str:
    """Return the URL of a SQLite file."""
    return f"sqlite:///{path}"


def _open(url: str) -> Database:
    if url.startswith("sqlite:"):
        return SqliteDatabase(url)
    # The driver is installed with the extra `cluster` only.
    from inference_events.catalog.postgres import PostgresDatabase

    return PostgresDatabase(url)


def _version(session: Session) -> int:
    return session.scalars(select(CatalogVersion.version)).one()


def _key(key: Hashable) -> Hashable:
    # A request that is limited to projects gets other results.
    return (current_project_ids(), key)


def _note_flush(session: Session, _: object) -> None:
    changed = session.info.setdefault(_CHANGED, set())
    changed |= {row.__tablename__ for rows in (session.new, session.dirty, session.deleted) for row in rows}


def _note_statement(state: ORMExecuteState) -> None:
    changes = state.is_insert or state.is_update or state.is_delete
    if changes and not state.execution_options.keys() & CHANGES_NO_RESULT:
        statement: Any = state.statement
        state.session.info.setdefault(_CHANGED, set()).add(statement.table.name)


async def _run(executor: Executor, call: Callable[[Callable[[Session], T]], T], function: Callable[[Session], T]) -> T:
    context = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(executor, context.run, call, function)
