"""The catalog's database: its engine, its schema and its transactions."""

import asyncio
import contextvars
import sqlite3
import threading
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, inspect, select
from sqlalchemy.exc import DatabaseError, SQLAlchemyError
from sqlalchemy.orm import ORMExecuteState, Session, sessionmaker

from inference_events.catalog.access import limit_to_projects
from inference_events.catalog.tables import Table
from inference_events.context import current_project_ids

T = TypeVar("T")

_MIGRATIONS = Path(__file__).parent / "migrations"
_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 10000")
_BEGIN = "sqlite_begin"
_MOST_REMEMBERED = 4096
_CHANGED = "changed_tables"
# Nothing that is remembered depends on these. Running jobs write their progress every second.
_NEVER_REMEMBERED = frozenset({"jobs", "attempts", "files"})


class Catalog:
    """Run functions in transactions of the catalog, whose schema is brought up to date first.

    `url` is a SQLAlchemy URL; `migrated` is what `upgrade` returned. Reads run side by side, writes one after the
    other. A write is on disk when its call returns; when its function raises, nothing of it is kept. The async
    variants run the function in a thread that sees the caller's context variables. A request that is limited to
    projects sees their rows only. `on_write_error` gets each error of the database that ends a write.
    """

    def __init__(self, url: str, on_write_error: Callable[[BaseException], object] = lambda _: None) -> None:
        self._after_commit: list[Callable[[Session], None]] = []
        self._on_write_error = on_write_error
        self._engine = _create_engine(url)
        try:
            self.migrated = upgrade(self._engine)
        except BaseException:
            self._engine.dispose()
            raise
        self._read = sessionmaker(self._engine, expire_on_commit=False)
        self._write = sessionmaker(
            self._engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"}), expire_on_commit=False
        )
        for sessions in (self._read, self._write):
            event.listen(sessions, "do_orm_execute", limit_to_projects)
        event.listen(self._write, "after_flush", _note_flush)
        event.listen(self._write, "do_orm_execute", _note_statement)
        self._write_lock = threading.Lock()
        self._readers = ThreadPoolExecutor(4, thread_name_prefix="catalog-read")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="catalog-write")
        self._version = 0
        self._remembered: dict[Hashable, tuple[int, Any]] = {}

    def read(self, function: Callable[[Session], T]) -> T:
        """Return what `function` makes of one consistent state of the catalog."""
        with self._read() as session, session.begin():
            return function(session)

    def write(self, function: Callable[[Session], T]) -> T:
        """Return what `function` returns, after all that it changed is on disk."""
        try:
            with self._write_lock, self._write() as session:
                with session.begin():
                    result = function(session)
                if session.info.get(_CHANGED, set()) - _NEVER_REMEMBERED:
                    self._version += 1
                for call in self._after_commit:
                    call(session)
        except DatabaseError as error:
            self._on_write_error(error)
            raise
        return result

    async def aread(self, function: Callable[[Session], T]) -> T:
        """Do `read` without holding up the event loop."""
        return await _run(self._readers, self.read, function)

    async def awrite(self, function: Callable[[Session], T]) -> T:
        """Do `write` without holding up the event loop. Cancelling the caller does not undo it."""
        return await _run(self._writer, self.write, function)

    def cached_read(self, key: Hashable, function: Callable[[Session], T]) -> T:
        """Do `read`, or return its last result for `key`, unless it was None or something was written since.

        `function` must not read jobs, files or retry records: their writes do not count.
        It is quick enough for the event loop if `function` is one look-up.
        """
        # What a request limited to projects gets is not what others get.
        key = (current_project_ids(), key)
        known = self._remembered.get(key)
        if known is not None and known[0] == self._version:
            result: T = known[1]
            return result
        version = self._version
        result = self.read(function)
        if result is not None:
            self._cached_read(key, version, result)
        return result

    def after_commit(self, function: Callable[[Session], None]) -> None:
        """Call `function` with the session of each write that is on disk."""
        # No listener of SQLAlchemy: it keeps those of a session class, and all that they lead to, for ever.
        self._after_commit.append(function)

    def write_later(self, function: Callable[[Session], object]) -> "Future[object]":
        """Queue a write that nobody waits for; it is done before `close` returns."""
        return self._writer.submit(self.write, function)

    def ping(self) -> bool:
        """Tell whether the database can be read."""
        try:
            self.read(lambda session: session.execute(select(1)))
        except SQLAlchemyError:
            return False
        return True

    def check(self) -> None:
        """Look through the whole database. Raises sqlalchemy.exc.DatabaseError if its structure is damaged."""
        if self._engine.dialect.name == "sqlite":
            with self._engine.connect() as connection:
                _check_sqlite(connection)

    def missing(self) -> list[str]:
        """Return the columns that the schema has and the database has not, each with its table."""
        there = inspect(self._engine).get_multi_columns()
        found = {(table, column["name"]) for (_, table), columns in there.items() for column in columns}
        expected = {(table.name, column.name) for table in Table.metadata.tables.values() for column in table.columns}
        return sorted(".".join(each) for each in expected - found)

    def close(self) -> None:
        """Finish what is queued and let go of the database."""
        self._writer.shutdown()
        self._readers.shutdown()
        self._engine.dispose()

    def _cached_read(self, key: Hashable, version: int, result: object) -> None:
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[key] = (version, result)


def _note_flush(session: Session, _: object) -> None:
    changed = session.info.setdefault(_CHANGED, set())
    changed |= {row.__tablename__ for rows in (session.new, session.dirty, session.deleted) for row in rows}


def _note_statement(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        statement: Any = state.statement
        state.session.info.setdefault(_CHANGED, set()).add(statement.table.name)


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


def needs_upgrade(file: Path) -> bool:
    """Tell whether opening a catalog would change its schema, which stays as it is."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=rw", uri=True)) as connection:
            [(revision,)] = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    except (sqlite3.Error, ValueError):
        return False  # There is none, or it is damaged, which opening it tells.
    newest: str | None = ScriptDirectory.from_config(_alembic()).get_current_head()
    return bool(revision != newest)


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def upgrade(engine: Engine) -> Mapping[str, int]:
    """Bring the schema to the newest revision. Returns what the revisions changed in rows, counted by name."""
    config = _alembic()
    changed: dict[str, int] = {}
    config.attributes["changed"] = changed
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return changed


def _create_engine(url: str) -> Engine:
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None
    # The built-in one knows ASCII only.
    connection.create_function("lower", 1, _lower, deterministic=True)
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _check_sqlite(connection: Connection) -> None:
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if found != "ok":
        raise DatabaseError(None, None, sqlite3.DatabaseError(found))


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


def _begin_sqlite(connection: Connection) -> None:
    # The driver begins late, and never for reads; a write that began as a read could not wait for its turn.
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


async def _run(executor: Executor, call: Callable[[Callable[[Session], T]], T], function: Callable[[Session], T]) -> T:
    context = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(executor, context.run, call, function)
