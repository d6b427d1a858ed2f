"""A catalog in a SQLite file, which only one process uses."""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

T = TypeVar("T")

_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 10000")
_BEGIN = "sqlite_begin"


class SqliteDatabase:
    """Runs one write at a time, and reads concurrently."""

    is_shared = False
    max_writers = 1
    use = None

    def __init__(self, url: str) -> None:
        self.engine = create_engine(url)
        event.listen(self.engine, "connect", _set_up)
        event.listen(self.engine, "begin", _begin)
        self.reads = self.engine
        self.writes = self.engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})

    def run(self, unit: Callable[[], T]) -> T:
        """Return the result of a transaction."""
        return unit()

    def commit(self, session: Session) -> None:
        """Commit a write. It is on disk afterwards."""
        session.commit()

    def migrating(self) -> AbstractContextManager[Connection]:
        """Begin a transaction for a migration."""
        return self.writes.begin()

    def alone(self, what: str) -> AbstractContextManager[bool]:
        """Yield True: no other process has the file."""
        return nullcontext(True)

    def listen(self, wake: Callable[[], object]) -> Callable[[], None]:
        """Do nothing: no other process has the file."""
        return lambda: None

    def check(self) -> None:
        """Look through the whole file. Raises DatabaseError if its structure is damaged."""
        with self.engine.connect() as connection:
            found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        if found != "ok":
            raise DatabaseError(None, None, sqlite3.DatabaseError(found))


def _set_up(connection: Any, _: object) -> None:
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # The driver begins late, and never for reads. A write that began as a read could not wait for another write.
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))
