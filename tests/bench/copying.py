"""The references on PostgreSQL: the same rows by COPY, or by one bare statement, without a server's promises."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, TypeAlias
from uuid import uuid4

import psycopg

from inference_events.stores.postgres.staging import COLUMNS, INSERT_OR_LOCK
from tests.bench.load import Load

Connection: TypeAlias = psycopg.Connection[Any]
Commit: TypeAlias = Callable[[Connection, bytes], None]

NEW_ID = "md5(event_id || %s) AS event_id"
NEWEST_ROWS = f"""
COPY (
    SELECT * FROM (
        SELECT {COLUMNS.replace("event_id", NEW_ID, 1)} FROM events e
        WHERE environment = %s ORDER BY e.ts DESC LIMIT %s OFFSET %s
    ) ORDER BY event_id
) TO STDOUT (FORMAT BINARY)
"""


def new_rows(url: str, environment: int, count: int, size: int) -> list[bytes]:
    """Return `count` times `size` rows as COPY reads them: the newest ones of an environment under new ids."""
    salt = uuid4().hex
    with psycopg.connect(url) as db:
        return [_read(db, [salt, environment, size, number * size]) for number in range(count)]


def commit_all(url: str, parts: Sequence[bytes], connections: int, commit: Commit) -> Load:
    """Write every part in a transaction of its own, over several connections."""
    waiting = iter(parts)

    def write(db: Connection) -> list[float]:
        return [_seconds(db, part, commit) for part in waiting]

    with ExitStack() as stack, ThreadPoolExecutor(connections) as pool:
        opened = [stack.enter_context(psycopg.connect(url)) for _ in range(connections)]
        started = time.perf_counter()
        latencies = [latency for taken in pool.map(write, opened) for latency in taken]
        return Load(time.perf_counter() - started, latencies, [])


def copy(db: Connection, rows: bytes, table: str = "events") -> None:
    """Copy rows straight into a table."""
    with db.cursor() as cursor, cursor.copy(f"COPY {table} ({COLUMNS}) FROM STDIN (FORMAT BINARY)") as copying:
        copying.write(rows)


def insert(environment: int) -> Commit:
    """Return a function that inserts rows by the statement of the store, with nothing around it."""

    def commit(db: Connection, rows: bytes) -> None:
        db.execute("CREATE TEMPORARY TABLE new_events (LIKE events) ON COMMIT DROP")
        copy(db, rows, "new_events")
        db.execute(INSERT_OR_LOCK, [environment])

    return commit


def _read(db: Connection, values: Sequence[object]) -> bytes:
    with db.cursor() as cursor, cursor.copy(NEWEST_ROWS, values) as copying:
        return b"".join(map(bytes, copying))


def _seconds(db: Connection, rows: bytes, commit: Commit) -> float:
    started = time.perf_counter()
    commit(db, rows)
    db.commit()
    return time.perf_counter() - started
