"""Encode Arrow columns as columns of `events`."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa

from inference_events.events.merging import StoredRows
from inference_events.stores.postgres.columns import to_python
from inference_events.stores.postgres.escaping import long_id
from inference_events.stores.postgres.payloads import pack, pack_bytes
from inference_events.stores.postgres.rows import FetchedRows, notes_json, violations_json
from inference_events.stores.postgres.schemas import FIXED, LABELS, Column, EventSchema
from inference_events.stores.postgres.staging import TYPES, sent_json, sent_times, signed

Columns = list[Sequence[Any]]
# The columns that every change of a stored row sets.
CHANGED = (
    "event_id",
    "ts",
    "updated_at",
    "content_hash",
    "hash_version",
    "epoch",
    "column_epochs",
    "violations",
    "labelled_at",
)


def new_columns(schema: EventSchema, environment: int, keys: Sequence[str], new: StoredRows) -> Columns:
    """Return all columns of new rows."""
    count = len(keys)
    sent = _system_columns(new.system) | {
        "environment": [environment] * count,
        "event_id": keys,
        "long_id": [long_id(each, key) for each, key in zip(new.system["event_id"].to_pylist(), keys, strict=True)],
        "received_at": sent_times(new.system["received_at"]),
        "labelled_at": sent_json(_label_times(schema.labelled, new.labels, [{}] * count)),
        "undeclared": _extras(new.system),
        FIXED: _packed(schema.declared, FIXED, new.values),
        LABELS: _packed(schema.declared, LABELS, new.values),
    }
    return [sent[name] for name in TYPES]


def changed_columns(
    columns: Sequence[Column], stored: FetchedRows, merged: StoredRows, has_extras: bool
) -> tuple[list[str], Columns]:
    """Return the names and values of the columns of `events` that change when columns of the model were merged."""
    labelled = [column for column in columns if column.labelled]
    sent = _system_columns(merged.system) | {
        "event_id": stored.keys,
        "labelled_at": sent_json(_label_times(labelled, merged.labels, stored.labelled_at)),
    }
    names = list(CHANGED)
    if has_extras:
        sent["undeclared"] = _extras(merged.system)
        names.append("undeclared")
    for payload in sorted({column.payload for column in columns}):
        own = [column for column in columns if column.payload == payload]
        sent[payload] = _repacked(own, stored.payload(payload), merged.values)
        names.append(payload)
    return names, [sent[name] for name in names]


def _system_columns(system: pa.Table) -> dict[str, Sequence[Any]]:
    return {
        "ts": sent_times(system["timestamp"]),
        "updated_at": sent_times(system["updated_at"]),
        "content_hash": signed(system["content_hash"]),
        "hash_version": system["hash_version"].to_pylist(),
        "epoch": system["epoch"].to_pylist(),
        "column_epochs": sent_json([notes_json(each) for each in system["column_epochs"].to_pylist()]),
        "violations": sent_json([violations_json(each) for each in system["violations"].to_pylist()]),
    }


def _extras(system: pa.Table) -> list[bytes | None]:
    return [None if each is None else pack_bytes(each.encode()) for each in system["undeclared"].to_pylist()]


def _label_times(
    labelled: Sequence[Column], labels: Mapping[str, Any], before: Sequence[Mapping[str, int]]
) -> list[bytes | None]:
    """Return the label times of each row as JSON, by the numbers of columns; None for a row without any."""
    if not labelled:
        return [orjson.dumps(times) if times else None for times in before]
    numbers = [str(column.number) for column in labelled]
    gained = zip(*(to_python(labels[column.name]) for column in labelled), strict=True)
    # Most events of a batch have the same times.
    known: dict[tuple[Any, ...], bytes | None] = {}
    documents = []
    for times, new in zip(before, gained, strict=True):
        both = (*times.items(), new)
        if both not in known:
            merged = {**times, **{number: at for number, at in zip(numbers, new, strict=True) if at is not None}}
            known[both] = orjson.dumps(merged) if merged else None
        documents.append(known[both])
    return documents


def _packed(declared: Sequence[Column], payload: str, values: pa.Table) -> list[bytes | None]:
    """Return a payload of new rows."""
    own = {column.index: column.name for column in declared if column.payload == payload}
    count = values.num_rows
    if not own:
        return [pack(()) if payload == FIXED else None] * count
    nothing = (None,) * count
    arrays = (to_python(values[own[place]]) if place in own else nothing for place in range(max(own) + 1))
    return [pack(row) for row in zip(*arrays, strict=True)]


def _repacked(own: Sequence[Column], arrays: Sequence[list[Any]], values: pa.Table) -> list[bytes]:
    """Return a payload of stored rows with new values for some columns."""
    length = max(column.index for column in own) + 1
    rows = [array + [None] * (length - len(array)) for array in arrays]
    for column in own:
        for row, value in zip(rows, to_python(values[column.name]), strict=True):
            row[column.index] = value
    return [pack(row) for row in rows]
