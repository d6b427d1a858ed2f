"""Stored rows as Arrow, for merging and for readers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from inference_events.events.merging import StoredRows
from inference_events.events.types import TIMESTAMP, UNKNOWN_TIME, VIOLATIONS
from inference_events.stores.postgres.columns import to_arrow, transposed
from inference_events.stores.postgres.connections import POSTGRES_EPOCH
from inference_events.stores.postgres.escaping import escape, unescape
from inference_events.stores.postgres.payloads import unpack_all, unpack_bytes
from inference_events.stores.postgres.schemas import LABELS, Column

# The columns that are read of every row. Payloads are added if they are needed.
SYSTEM = (
    "e.event_id, e.long_id, e.ts, e.received_at, e.updated_at, e.content_hash, e.hash_version, e.epoch,"
    " e.column_epochs::text, e.violations::text, e.labelled_at::text, e.undeclared"
)
HASHES = "e.event_id, e.long_id, e.content_hash, e.hash_version"
Row = tuple[Any, ...]


def selected(payloads: Sequence[str]) -> str:
    """Return the columns of `events` that FetchedRows needs."""
    return ", ".join([SYSTEM, *(f"e.{payload}" for payload in payloads)])


@dataclass(frozen=True)
class FetchedRows:
    """Rows with the columns of `selected`."""

    rows: Sequence[Row]
    payloads: Sequence[str]

    @cached_property
    def _columns(self) -> list[Sequence[Any]]:
        count = SYSTEM.count(",") + 1 + len(self.payloads)
        return transposed(self.rows) if self.rows else [()] * count

    @cached_property
    def keys(self) -> Sequence[str]:
        """The keys of the rows in `events`."""
        return self._columns[0]

    @cached_property
    def system(self) -> pa.Table:
        """The system columns under the names that `merge_rows` uses."""
        _, _, ts, received_at, updated_at, content_hash, hash_version, epoch, notes, violations, _, extras = (
            self._columns[:12]
        )
        return pa.table(
            {
                "event_id": event_ids(self.rows),
                "timestamp": times(ts),
                "received_at": times(received_at),
                "updated_at": times(updated_at),
                "content_hash": unsigned(content_hash),
                "hash_version": pa.array(hash_version, pa.uint8()),
                "undeclared": pa.array([_text(each) for each in extras], pa.string()),
                "violations": pa.array([read_violations(each) for each in violations], VIOLATIONS),
                "epoch": pa.array(epoch, pa.int64()),
                "column_epochs": pa.array([read_notes(each) for each in notes], pa.string()),
            }
        )

    @cached_property
    def labelled_at(self) -> list[dict[str, int]]:
        """The label times of each row by the number of the column."""
        return [orjson.loads(each) if each else {} for each in self._columns[10]]

    def payload(self, name: str) -> list[list[Any]]:
        """Return the arrays of a payload."""
        return unpack_all(self._columns[12 + self.payloads.index(name)])

    def values(self, columns: Sequence[Column]) -> pa.Table:
        """Return the values of columns. Their payloads must have been read."""
        return read_values(columns, {name: self.payload(name) for name in self.payloads}, len(self.rows))

    def labels(self, columns: Sequence[Column], values: pa.Table) -> Mapping[str, pa.Array]:
        """Return the label times of columns. A value without one was written before label times were stored."""
        return {
            column.name: pa.array(
                [
                    at.get(str(column.number), UNKNOWN_TIME if is_valid else None)
                    for at, is_valid in zip(self.labelled_at, values[column.name].is_valid().to_pylist(), strict=True)
                ],
                TIMESTAMP,
            )
            for column in columns
        }

    def stored(self, columns: Sequence[Column]) -> StoredRows:
        """Return the rows with these columns for `merge_rows` and `same_content`."""
        values = self.values(columns)
        labelled = [column for column in columns if column.labelled]
        labels = {name: pa.chunked_array([at]) for name, at in self.labels(labelled, values).items()}
        return StoredRows(self.system, values, labels)


def read_values(columns: Sequence[Column], payloads: Mapping[str, list[list[Any]]], count: int) -> pa.Table:
    """Return the values of columns from the arrays of the payloads."""
    by_payload = {name: transposed(arrays) for name, arrays in payloads.items()}
    nothing = (None,) * count
    arrays = []
    for column in columns:
        found = by_payload[column.payload]
        arrays.append(to_arrow(found[column.index] if column.index < len(found) else nothing, column.arrow))
    return pa.table(arrays, schema=pa.schema([(column.name, column.arrow) for column in columns]))


def payloads_of(columns: Sequence[Column]) -> list[str]:
    """Return the payloads that contain columns, and always `labels`, because it is small."""
    return [LABELS, *sorted({column.payload for column in columns} - {LABELS})]


def event_ids(rows: Sequence[Row]) -> pa.Array:
    """Return the ids of rows that begin with `event_id` and `long_id`."""
    return pa.array([unescape(key if long is None else long) for key, long, *_ in rows], pa.string())


def unsigned(hashes: Sequence[int]) -> pa.Array:
    return pa.array(np.array(hashes, np.int64).view(np.uint64))


def times(stored: Sequence[int | None]) -> pa.Array:
    """Return microseconds since 2000 as times."""
    moved = [None if time is None else time + POSTGRES_EPOCH for time in stored]
    return pa.array(moved, pa.int64()).cast(TIMESTAMP)


def read_violations(text: str | None) -> list[dict[str, str | None]]:
    found = orjson.loads(text) if text else []
    return [
        {"column": unescape(column), "kind": kind, "value": None if value is None else unescape(value)}
        for column, kind, value in found
    ]


def violations_json(found: Sequence[Mapping[str, str | None]]) -> bytes | None:
    """Return violations as JSON: an array of column, kind and value each."""
    if not found:
        return None
    return orjson.dumps(
        [
            (escape(each["column"] or ""), each["kind"], None if each["value"] is None else escape(each["value"]))
            for each in found
        ]
    )


def read_notes(text: str | None) -> str | None:
    """Return column epochs in the form that `merge_rows` uses."""
    if text is None:
        return None
    return orjson.dumps({unescape(name): epoch for name, epoch in orjson.loads(text).items()}).decode()


def notes_json(text: str | None) -> bytes | None:
    """Return column epochs in their stored form."""
    if text is None:
        return None
    return orjson.dumps({escape(name): epoch for name, epoch in orjson.loads(text).items()})


def _text(stored: bytes | None) -> str | None:
    return None if stored is None else unpack_bytes(stored).decode()
