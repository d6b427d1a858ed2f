"""Writers that use the store on PostgreSQL without a server, each in a process of its own."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np
import psycopg
import pyarrow as pa

from inference_events.events.types import (
    SYSTEM_SCHEMA,
    EventBatch,
    IdempotencyRecord,
    RecordOfRows,
    Write,
    WriteKind,
)
from inference_events.stores.postgres.connections import connect
from inference_events.stores.postgres.schemas import load_schema
from inference_events.stores.postgres.store import PostgresEventStore
from tests.bench import workload
from tests.bench.load import Load

STORED = """
SELECT number, model_id, environment_id, revision FROM event_environments JOIN clocks USING (model_id)
WHERE model_id = %s AND dropped_at IS NULL
"""


class Environment(NamedTuple):
    """A model's environment as the store knows it."""

    number: int
    model_id: str
    environment_id: str
    revision: int


def find_environment(url: str, model_id: str) -> Environment:
    """Return the only environment of a model that has events."""
    with psycopg.connect(url) as db:
        [row] = db.execute(STORED, [model_id]).fetchall()
        return Environment(*row)


class Writers:
    """Processes that write new rows, each over a connection of its own."""

    def __init__(self, pools: Sequence[ProcessPoolExecutor]) -> None:
        self._pools = pools

    def run(self, writers: int, start: int, batches: int, size: int) -> Load:
        """Let some of the writers commit `batches` each, of consecutive rows of the workload."""
        pools = self._pools[:writers]
        starts = [start + number * batches * size for number in range(writers)]
        prepared = [pool.submit(_prepare, first, batches, size) for pool, first in zip(pools, starts, strict=True)]
        for future in prepared:
            future.result()
        started = time.perf_counter()
        done = [pool.submit(_write) for pool in pools]
        latencies = [latency for future in done for latency in future.result()]
        return Load(time.perf_counter() - started, latencies, [])


@contextmanager
def writing(url: str, environment: Environment, number: int) -> Iterator[Writers]:
    """Give a number of writers to an environment."""
    pools = [
        ProcessPoolExecutor(1, get_context("spawn"), initializer=_open, initargs=(url, environment))
        for _ in range(number)
    ]
    try:
        yield Writers(pools)
    finally:
        for pool in pools:
            pool.shutdown()


# What the process of a writer holds.
_store: PostgresEventStore
_environment: Environment
_schema: pa.Schema
_writes: list[Write]


def _open(url: str, environment: Environment) -> None:
    global _store, _environment, _schema
    _store = PostgresEventStore(url)
    _environment = environment
    with connect(url) as db:
        columns = load_schema(db, environment.model_id, environment.revision, 0).declared
    _schema = pa.schema([(column.name, column.arrow) for column in columns])


def _prepare(start: int, batches: int, size: int) -> None:
    global _writes
    _writes = [_write_of(rows) for rows in workload.batches(start, batches, size)]


def _write() -> list[float]:
    return [_seconds(write) for write in _writes]


def _seconds(write: Write) -> float:
    started = time.perf_counter()
    _store.write(write).result()
    return time.perf_counter() - started


def _write_of(rows: pa.Table) -> Write:
    """Return a publish of rows without a key, as it is after validation."""
    now = time.time_ns() // 1000
    system = pa.table(
        [
            rows["id"],
            rows["time"],
            pa.array([now] * len(rows), pa.timestamp("us")),
            pa.array(np.arange(len(rows), dtype=np.uint64)),
            pa.nulls(len(rows), pa.string()),
            pa.array([[]] * len(rows), SYSTEM_SCHEMA.field("violations").type),
        ],
        schema=SYSTEM_SCHEMA,
    )
    carried = {name: np.ones(len(rows), bool) for name in _schema.names}
    batch = EventBatch(_environment.revision, system, rows.select(_schema.names).cast(_schema), carried, 1)
    record = IdempotencyRecord("token", "POST", "/v3/events", None, rows["id"][0].as_py().encode(), b"response", now)
    records = [RecordOfRows(record, 0, len(rows))]
    return Write(_environment.model_id, _environment.environment_id, WriteKind.PUBLISH, batch, now, records=records)
