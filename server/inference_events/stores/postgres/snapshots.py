"""Columns of events at one moment, decoded from the payloads of the rows, in no order."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any

import orjson
import psycopg
import pyarrow as pa
from psycopg.pq import TransactionStatus

from inference_events.events.columns import ColumnSelection, batch_schema
from inference_events.events.hours import HourRange
from inference_events.events.store_errors import RevisionChanged
from inference_events.events.types import TIMESTAMP, UNKNOWN_TIME, VIOLATIONS, DataRevision
from inference_events.stores.postgres.changes import data_revision, dirty_hours
from inference_events.stores.postgres.clocks import read_clock
from inference_events.stores.postgres.connections import Connection
from inference_events.stores.postgres.decoding import read_all
from inference_events.stores.postgres.rows import Row, read_violations, times
from inference_events.stores.postgres.schemas import Column, EventSchema, Schemas
from inference_events.stores.postgres.selecting import in_range

BATCH_BYTES = 16 * 1024 * 1024
FETCHED_ROWS = 2000
CANCEL_SECONDS = 5.0
NONE_FOUND: list[dict[str, str | None]] = []


def open_snapshot(db: Connection, schemas: Schemas, model_id: str, revision: int) -> "PostgresSnapshot":
    """Return the snapshot that a transaction sees. Raises ModelUnknown and RevisionChanged."""
    clock = read_clock(db, model_id)
    if clock.revision != revision:
        raise RevisionChanged
    return PostgresSnapshot(db, schemas.get(db, model_id, clock.revision, clock.schema_version))


class PostgresSnapshot:
    """`Snapshot` in a transaction of one connection."""

    is_slow = True

    def __init__(self, db: Connection, schema: EventSchema) -> None:
        self._db = db
        self._schema = schema
        self._numbers = count()

    def data_revision(self, environment_id: str) -> DataRevision:
        return data_revision(self._db, self._schema.model_id, environment_id)

    def dirty_hours(self, environment_id: str, since: DataRevision) -> list[HourRange]:
        return dirty_hours(self._db, self._schema.model_id, environment_id, since)

    def columns(self, selection: ColumnSelection) -> Generator[pa.RecordBatch, None, None]:
        declared = pa.schema([(column.name, column.arrow) for column in self._schema.declared])
        decoder = _Decoder(self._schema, selection, batch_schema(selection, declared))
        environment = read_clock(self._db, self._schema.model_id, selection.environment_id).environment
        where, parameters = in_range(selection.start, selection.end)
        if selection.after is not None:
            where, parameters = f"{where} AND e.event_id > %s", [*parameters, selection.after]
        if selection.most is not None:
            last_key = self._last_key(selection.most, where, [environment, *parameters])
            where, parameters = f"{where} AND (%s::text IS NULL OR e.event_id <= %s)", [*parameters, last_key, last_key]
        query = f"SELECT {decoder.selected} FROM events e WHERE e.environment = %s{where}"
        with self._fetched(query, [environment, *parameters]) as fetched:
            yield from _joined(decoder.batch(rows) for rows in fetched)

    def _last_key(self, most: int, where: str, parameters: Sequence[Any]) -> str | None:
        """Return the key of the last of so many events in the order of keys, None if there are fewer.

        With both bounds, the rows can be read in the order in which they lie on the disk.
        """
        query = f"SELECT e.event_id FROM events e WHERE e.environment = %s{where} ORDER BY e.event_id OFFSET %s LIMIT 1"
        found = self._db.execute(query, [*parameters, most - 1]).fetchone()
        return None if found is None else found[0]

    def cancel(self) -> None:
        with suppress(psycopg.Error):
            self._db.cancel_safe(timeout=CANCEL_SECONDS)

    @contextmanager
    def _fetched(self, query: str, parameters: Sequence[Any]) -> Iterator[Iterator[list[Row]]]:
        """Give the rows of a query, some at a time."""
        name = f"columns_{next(self._numbers)}"
        self._db.execute(f"DECLARE {name} NO SCROLL CURSOR FOR {query}", parameters)
        try:
            fetch = f"FETCH FORWARD {FETCHED_ROWS} FROM {name}"
            yield iter(lambda: self._db.execute(fetch).fetchall(), [])
        finally:
            if self._db.info.transaction_status == TransactionStatus.INTRANS:
                self._db.execute(f"CLOSE {name}")


class _Decoder:
    """Makes batches of rows that have the columns of `selected`."""

    def __init__(self, schema: EventSchema, selection: ColumnSelection, arrow: pa.Schema) -> None:
        self._arrow = arrow
        self._selection = selection
        self._columns = [schema.by_name[name] for name in selection.columns]
        self._labels = [schema.by_name[name] for name in selection.labels]
        self._read = [*self._columns, *self._labels]
        self._payloads = list(dict.fromkeys(column.payload for column in self._read))

    @property
    def selected(self) -> str:
        keys = ["e.event_id"] if self._selection.most is not None else []
        received = ["e.received_at"] if self._selection.with_received else []
        violations = ["e.violations::text"] if self._selection.with_violations else []
        labels = ["e.labelled_at::text"] if self._labels else []
        return ", ".join(["e.ts", *keys, *received, *violations, *labels, *(f"e.{name}" for name in self._payloads)])

    def batch(self, rows: Sequence[Row]) -> pa.RecordBatch:
        """Return rows as a batch."""
        fetched = iter(zip(*rows, strict=True))
        arrays = [times(next(fetched))]
        if self._selection.most is not None:
            arrays.append(pa.array(next(fetched), pa.string()))
        if self._selection.with_received:
            arrays.append(times(next(fetched)))
        if self._selection.with_violations:
            found = [read_violations(text) if text else NONE_FOUND for text in next(fetched)]
            arrays.append(pa.array(found, VIOLATIONS))
        labelled_at = _read_times(next(fetched)) if self._labels else []
        values = read_all(self._read, dict(zip(self._payloads, fetched, strict=True)))
        arrays += values[: len(self._columns)]
        labels = zip(self._labels, values[len(self._columns) :], strict=True)
        arrays += [_label_times(labelled_at, column, found) for column, found in labels]
        return pa.RecordBatch.from_arrays(arrays, schema=self._arrow)


def _read_times(texts: Sequence[str | None]) -> list[dict[str, int]]:
    """Return the label times of each row by the number of the column. Many rows have the same text."""
    known = {text: orjson.loads(text) if text else {} for text in set(texts)}
    return [known[text] for text in texts]


def _label_times(labelled_at: Sequence[dict[str, int]], column: Column, values: pa.Array) -> pa.Array:
    """Return a column's label times. A value without one was written before label times were stored."""
    if not column.labelled:
        return pa.nulls(len(values), TIMESTAMP)
    number = str(column.number)
    found = [
        at.get(number, UNKNOWN_TIME if is_valid else None)
        for at, is_valid in zip(labelled_at, values.is_valid().to_pylist(), strict=True)
    ]
    return pa.array(found, pa.int64()).cast(TIMESTAMP)


def _joined(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Join small batches, because each costs its reader some time."""
    waiting: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        waiting.append(batch)
        size += batch.nbytes
        if size >= BATCH_BYTES:
            yield pa.concat_batches(waiting)
            waiting, size = [], 0
    if waiting:
        yield pa.concat_batches(waiting)
