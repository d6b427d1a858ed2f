"""Transactions that run again if the database failed temporarily, or if it is unknown whether they were committed.

A transaction runs a unit: a function that depends on its input only. If the connection is lost at the commit, the unit
runs again on a new connection and finds out by itself whether its first run was committed. Its second argument is the
number of earlier runs.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import psycopg
import structlog
from psycopg.pq import TransactionStatus
from sqlalchemy.exc import TimeoutError as PoolTimeout

from inference_events.database_use import DatabaseUse
from inference_events.events.store_errors import Retryable
from inference_events.stores.postgres.connections import Connection, Connections, execute_all

log = structlog.get_logger(__name__)

T = TypeVar("T")

MAX_ATTEMPTS = 5
MAX_SECONDS = 10.0
FIRST_PAUSE_SECONDS = 0.05
STATEMENT_SECONDS = 30
LONG_STATEMENT_SECONDS = 600
LOCK_SECONDS = 5
IDLE_SECONDS = 60
# Serialization failure, deadlock, lock timeout, and a server that stops, crashed or starts.
AGAIN = frozenset({"40001", "40P01", "55P03", "57P01", "57P02", "57P03"})
CONNECTION_LOST = "08"
# No space, no memory or no connection; a statement that took too long; a standby.
NOT_NOW = ("53", "57014", "25006")
SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"


class Transactions:
    """Runs units on the connections of a pool. Any thread may use it."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def write(self, unit: Callable[[Connection, int], T], seconds: int = STATEMENT_SECONDS) -> T:
        """Return the result of a unit after its commit. A statement may take `seconds`. Raises Retryable."""
        return self._run(unit, begin_writing(seconds))

    def read(self, unit: Callable[[Connection], T]) -> T:
        """Return the result of a unit that reads one snapshot. Raises Retryable."""
        return self._run(lambda connection, _: unit(connection), _with_limits(SNAPSHOT, STATEMENT_SECONDS))

    def _run(self, unit: Callable[[Connection, int], T], begin: str) -> T:
        deadline, use = time.monotonic() + MAX_SECONDS, self._connections.use
        for attempt in range(MAX_ATTEMPTS):
            try:
                with retryable_errors(), self._connections.one() as connection, transaction(connection, begin, use):
                    return unit(connection, attempt)
            except Again as error:
                log.info("transaction_retried", attempt=attempt, sqlstate=error.sqlstate)
                if attempt + 1 == MAX_ATTEMPTS or time.monotonic() > deadline:
                    raise Retryable(str(error)) from None
            use.note_retry()
            time.sleep(random.uniform(0.5, 1) * FIRST_PAUSE_SECONDS * 4**attempt)
        raise AssertionError("unreachable")


class Again(Exception):
    """A transaction failed, or its outcome is unknown. It may succeed if it runs again at once."""

    def __init__(self, error: psycopg.Error) -> None:
        super().__init__(_described(error))
        self.sqlstate = error.sqlstate


class QueryFailed(Exception):
    """The database refused a statement. Its message is dropped, because it may contain values of events."""


@contextmanager
def transaction(connection: Connection, begin: str, use: DatabaseUse | None = None) -> Iterator[None]:
    """Commit at the end, or roll back after an error. `use` counts commits of which the outcome is unknown."""
    execute_all(connection, begin)
    try:
        yield
        try:
            commit(connection)
        except psycopg.Error as error:
            if use and _is_lost(error):
                use.note_unknown_commit()
            raise
    except BaseException as error:
        if connection.info.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
            connection.execute("ROLLBACK")
        if isinstance(error, ValueError) and connection.info.transaction_status != TransactionStatus.IDLE:
            # The driver fails so if a pooler reports the loss of the server after the server itself did.
            raise psycopg.OperationalError("the connection was lost") from error
        raise


def commit(connection: Connection) -> None:
    """Commit. If the connection is lost meanwhile, the outcome of the transaction is unknown."""
    connection.execute("COMMIT")


@contextmanager
def retryable_errors() -> Iterator[None]:
    """Raise Again or Retryable for errors that the statement did not cause, and QueryFailed for others."""
    try:
        yield
    except psycopg.Error as error:
        state = error.sqlstate
        if state in AGAIN or (state or "").startswith(CONNECTION_LOST) or _is_lost(error):
            raise Again(error) from None
        if state is not None and state.startswith(NOT_NOW):
            raise Retryable(_described(error)) from None
        raise QueryFailed(_described(error)) from None
    except PoolTimeout as error:
        raise Retryable("all connections to the database are in use") from error


def begin_writing(seconds: int) -> str:
    """Return the statements that begin a transaction in which a statement may take `seconds`."""
    return _with_limits("BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE", seconds)


def begin_snapshot(seconds: int) -> str:
    """Return the statements that begin a read of one snapshot, which may wait for its consumer."""
    return _with_limits(SNAPSHOT, seconds, seconds)


def _with_limits(begin: str, seconds: int, idle_seconds: int = IDLE_SECONDS) -> str:
    return (
        f"{begin}; SET LOCAL statement_timeout = '{seconds}s'; SET LOCAL lock_timeout = '{LOCK_SECONDS}s';"
        f" SET LOCAL idle_in_transaction_session_timeout = '{idle_seconds}s'"
    )


def _described(error: psycopg.Error) -> str:
    return f"PostgreSQL: {type(error).__name__}, {error.sqlstate or 'no state'}"


def _is_lost(error: psycopg.Error) -> bool:
    """Return whether the connection was lost, so that the server reported no SQLSTATE.

    The driver calls it a programming error if a pooler responds in the place of a server that has gone.
    """
    kinds = psycopg.OperationalError | psycopg.InterfaceError | psycopg.ProgrammingError
    return error.sqlstate is None and isinstance(error, kinds)
