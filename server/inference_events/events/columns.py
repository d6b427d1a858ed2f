"""Columns of events as figures read them: flat Arrow batches, in which users' names never clash with the server's."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from inference_events.events.types import TIMESTAMP, VIOLATIONS

# The column of keys in a batch.
KEY = "key"


@dataclass(frozen=True)
class ColumnSelection:
    """Select columns of the events of an environment, of all or of those in a range of time.

    `start` is inclusive and `end` exclusive, both in UTC microseconds. `labels` are the columns whose label times are
    read, as in `StoredEvents.labelled_at`; a column that was never a target has none. `with_received` adds the times of
    receipt.

    With `most`, so many events are read at most: those with the lowest keys that are greater than `after`. Keys are the
    store's own text, and never change.
    """

    environment_id: str
    columns: Sequence[str] = ()
    labels: Sequence[str] = ()
    with_violations: bool = False
    start: int | None = None
    end: int | None = None
    with_received: bool = False
    most: int | None = None
    after: str | None = None


def value_name(column: str) -> str:
    """Return the name of a column's values in a batch: `v:age` for age.

    DuckDB ignores the case of ASCII letters in names. So the name says which letters are capitals, as bits in
    hexadecimal: `v1:Age` for Age.
    """
    return f"v{_capitals(column)}:{column}"


def label_name(column: str) -> str:
    """Return the name of a column's label times in a batch: `l:` instead of `v:`."""
    return f"l{_capitals(column)}:{column}"


def batch_schema(selection: ColumnSelection, declared: pa.Schema) -> pa.Schema:
    """Return the schema of the batches of a selection: `ts`, `key`, `received_at`, `violations`, values, label times.

    `declared` has the model's columns. Raises KeyError if it lacks one of the selection.
    """
    fields = [pa.field("ts", TIMESTAMP)]
    if selection.most is not None:
        fields.append(pa.field(KEY, pa.string()))
    if selection.with_received:
        fields.append(pa.field("received_at", TIMESTAMP))
    if selection.with_violations:
        fields.append(pa.field("violations", VIOLATIONS))
    fields += [pa.field(value_name(name), declared.field(name).type) for name in selection.columns]
    return pa.schema(fields + [pa.field(label_name(name), TIMESTAMP) for name in selection.labels])


def _capitals(name: str) -> str:
    bits = sum(1 << place for place, letter in enumerate(name) if "A" <= letter <= "Z")
    return f"{bits:x}" if bits else ""
