"""Connections to the database, and the form of times on them.

No connection has state between transactions, and no statement is prepared, so that a pooler may run each transaction on
another connection.
"""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeAlias

import psycopg
from psycopg.adapt import Dumper
from psycopg.types.numeric import Int8BinaryLoader

from inference_events.database_use import CountedPool, DatabaseUse

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

# Microseconds from 1970 to 2000, when PostgreSQL's clock starts.
POSTGRES_EPOCH = 946_684_800_000_000
CONNECT_SECONDS = 10
TCP_MILLISECONDS = 10_000


class Timestamp(int):
    """A parameter: microseconds since 1970 in UTC."""


class _TimestampDumper(Dumper):
    format = psycopg.pq.Format.BINARY
    oid = psycopg.adapters.types["timestamp"].oid

    def dump(self, obj: Timestamp) -> bytes:
        return (int(obj) - POSTGRES_EPOCH).to_bytes(8, "big", signed=True)


def connect(url: str) -> Connection:
    """Open a connection. Its cursors return timestamps as microseconds since 2000."""
    connection = psycopg.connect(
        url,
        autocommit=True,
        prepare_threshold=None,
        connect_timeout=CONNECT_SECONDS,
        tcp_user_timeout=TCP_MILLISECONDS,
        target_session_attrs="read-write",
        client_encoding="UTF8",
        application_name="inference-events",
        cursor_factory=_BinaryCursor,
    )
    connection.adapters.register_dumper(Timestamp, _TimestampDumper)
    # Both are eight bytes. A Python datetime for each value would cost time, and datetimes end in the year 9999.
    connection.adapters.register_loader("timestamp", Int8BinaryLoader)
    return connection


def execute_all(connection: Connection, statements: str) -> None:
    """Execute several statements without parameters at once. Cursors with binary results cannot do that."""
    psycopg.Cursor(connection).execute(statements.encode())


def _is_ended(connection: Any) -> bool:
    """Return whether the server has ended an idle connection. After its restart it has ended all of them."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


class _BinaryCursor(psycopg.Cursor[tuple[Any, ...]]):
    def __init__(self, connection: Connection, **more: Any) -> None:
        super().__init__(connection, **more)
        self.format = psycopg.pq.Format.BINARY


class Connections:
    """A pool of connections. Any thread may use it."""

    def __init__(self, url: str, size: int, wait_seconds: float) -> None:
        self._url = url
        open_one: Any = partial(connect, url)
        self._pool = CountedPool(open_one, pool_size=size, max_overflow=0, timeout=wait_seconds, reset_on_return=None)
        self.use = DatabaseUse(self._pool, size)

    @contextmanager
    def one(self) -> Iterator[Connection]:
        """Lend a connection of the pool. It is closed afterwards if it is broken or still in a transaction."""
        lent = self._pool.connect()
        while _is_ended(lent.driver_connection):
            lent.invalidate()
            lent.close()
            lent = self._pool.connect()
        connection: Any = lent.driver_connection
        try:
            yield connection
        finally:
            if connection.closed or connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                lent.invalidate()
            lent.close()

    @contextmanager
    def own(self) -> Iterator[Connection]:
        """Open a connection outside the pool, for work that takes long."""
        connection = connect(self._url)
        try:
            yield connection
        finally:
            connection.close()

    def close(self) -> None:
        """Close the connections that are not lent."""
        self._pool.dispose()
