"""What a batch does to rows that are stored already, in Arrow and for every engine alike.

Three questions are answered here: what a batch with repeated ids amounts to (`deduplicate`), how its new events are
stored (`new_rows`), and how a stored row reads after it (`merge_rows`). `statuses` says what becomes of each row.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from inference_events import exact_json
from inference_events.events.types import (
    SYSTEM_SCHEMA,
    TIMESTAMP,
    VIOLATIONS,
    EventBatch,
    Mask,
    Write,
    WriteKind,
)

RowNumbers = npt.NDArray[np.int64]

CONTENT = "\0content"
TIME = "\0timestamp"

# What an engine keeps of each event besides its values and the times of its labels. `merge_rows` takes and returns
# these columns, and leaves further ones of an engine as they are.
STORED_COLUMNS = pa.schema(
    [
        *SYSTEM_SCHEMA,
        ("updated_at", TIMESTAMP),
        ("hash_version", pa.uint8()),
        ("epoch", pa.int64()),
        ("column_epochs", pa.string()),
    ]
)


@dataclass(frozen=True)
class WriteVersion:
    """The epoch of a write, and that of the oldest open job of its model.

    A request notes the epoch of each column that it writes while jobs are open. Jobs note nothing.
    """

    epoch: int
    oldest_open: int | None = None

    @property
    def notes(self) -> bool:
        return self.oldest_open is not None


@dataclass(frozen=True)
class Deduplicated:
    """A batch in which each id is there once, as if its rows had been written one after the other.

    `is_repeated` marks the ids that came more than once.
    """

    batch: EventBatch
    is_repeated: Mask


@dataclass(frozen=True)
class StoredRows:
    """What is stored of some events, in step: `system` has STORED_COLUMNS, `labels` the times of labels by column."""

    system: pa.Table
    values: pa.Table
    labels: Mapping[str, pa.Array]


def with_label_times(batch: EventBatch, targets: Collection[str]) -> EventBatch:
    """Return a batch with the times at which its rows give the targets a value."""
    labels = {}
    for name in targets:
        labels_it = pa.array(batch.carried[name] & batch.values[name].is_valid().to_numpy())
        labels[name] = _if(labels_it, batch.system["received_at"])
    return replace(batch, labels=labels)


def deduplicate(batch: EventBatch) -> Deduplicated:
    """Fold the rows of each id into one: for each column the last row that carries it counts.

    The time of a label is that of the first row which gives a value.
    """
    if batch.has_distinct_ids:
        return Deduplicated(batch, np.zeros(len(batch), bool))
    groups = batch.groups
    counts = np.bincount(groups)
    n = len(counts)
    if n == len(batch):
        return Deduplicated(batch, np.zeros(n, bool))
    rows = np.arange(len(batch))
    first, last = np.unique(groups, return_index=True)[1], _last(groups, n, rows)
    sources = {name: _last(groups[mask], n, rows[mask]) for name, mask in batch.carried.items()}
    times = batch.system["timestamp"].is_valid().to_numpy()
    system = batch.system.take(pa.array(last))
    system = _set(system, "timestamp", _take(batch.system["timestamp"], _last(groups[times], n, rows[times])))
    system = _set(system, "received_at", _take(batch.system["received_at"], first))
    system = _set(system, "undeclared", _fold_undeclared(batch, groups, n))
    system = _set(system, "violations", _fold_violations(batch, groups, first, sources, n))
    values = pa.table(
        [_take(batch.values[name], source) for name, source in sources.items()], schema=batch.values.schema
    )
    carried = {name: source >= 0 for name, source in sources.items()}
    labels = {name: _fold_labels(times, groups, n, rows) for name, times in batch.labels.items()}
    once = EventBatch(batch.revision, system, values, carried, batch.hash_version, labels, has_distinct_ids=True)
    return Deduplicated(once, counts > 1)


def _last(groups: RowNumbers, n: int, rows: RowNumbers) -> RowNumbers:
    last = np.full(n, -1, np.int64)
    np.maximum.at(last, groups, rows)
    return last


def _fold_labels(times: pa.Array, groups: RowNumbers, n: int, rows: RowNumbers) -> pa.Array:
    is_label = times.is_valid().to_numpy(zero_copy_only=False)
    # Counted from the end, the first row is the last.
    last = _last(groups[is_label], n, len(rows) - 1 - rows[is_label])
    return _take(times, np.where(last < 0, -1, len(rows) - 1 - last))


def _if(mask: pa.Array, column: pa.ChunkedArray) -> pa.Array:
    return pc.if_else(mask, column.combine_chunks(), None)


def _take(column: pa.ChunkedArray | pa.Array, rows: RowNumbers) -> pa.Array:
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return whole.take(pa.array(rows, mask=rows < 0))


def _set(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), table.schema.field(name), column)


def _fold_undeclared(batch: EventBatch, groups: RowNumbers, n: int) -> pa.Array:
    merged: list[str | None] = [None] * n
    for group, extra in zip(groups.tolist(), batch.system["undeclared"].to_pylist(), strict=True):
        merged[group] = merge_undeclared(merged[group], extra)
    return pa.array(merged, pa.string())


def take_rows(batch: EventBatch, rows: RowNumbers) -> EventBatch:
    """Return the batch of the given rows, in their order."""
    if len(rows) == len(batch) and np.array_equal(rows, np.arange(len(batch))):
        return batch
    return EventBatch(
        batch.revision,
        batch.system.take(pa.array(rows)),
        batch.values.take(pa.array(rows)),
        {name: mask[rows] for name, mask in batch.carried.items()},
        batch.hash_version,
        {name: times.take(pa.array(rows)) for name, times in batch.labels.items()},
        batch.has_distinct_ids,
    )


def merge_undeclared(stored: str | None, incoming: str | None) -> str | None:
    """Lay one JSON object of undeclared columns over another."""
    if stored is None or incoming is None:
        return incoming if stored is None else stored
    return exact_json.dumps(exact_json.loads(stored) | exact_json.loads(incoming)).decode()


def _fold_violations(
    batch: EventBatch, groups: RowNumbers, first: RowNumbers, sources: Mapping[str, RowNumbers], n: int
) -> pa.ListArray:
    items = _Violations.of(batch.system["violations"], list(sources))
    source = np.stack(list(sources.values())) if sources else np.zeros((0, n), np.int64)
    group = groups[items.rows]
    decisive = source[items.columns, group]
    kept = items.rows == np.where(decisive < 0, first[group], decisive)
    return items.filter(kept).moved(group[kept]).lists(n)


@dataclass(frozen=True)
class _Violations:
    """Violations of many rows, flattened: the row and the number of the column (-1 if unknown) of each."""

    items: pa.StructArray
    rows: RowNumbers
    columns: RowNumbers

    @classmethod
    def of(cls, lists: pa.ChunkedArray, names: list[str]) -> "_Violations":
        array = lists.combine_chunks()
        items = array.flatten()
        numbers = pc.index_in(items.field("column"), pa.array(names, pa.string()))
        return cls(
            items,
            np.asarray(pc.list_parent_indices(array)).astype(np.int64),
            pc.fill_null(numbers.cast(pa.int64()), -1).to_numpy(zero_copy_only=False),
        )

    def filter(self, kept: Mask) -> "_Violations":
        return _Violations(self.items.filter(pa.array(kept)), self.rows[kept], self.columns[kept])

    def moved(self, rows: RowNumbers) -> "_Violations":
        return _Violations(self.items, rows, self.columns)

    def lists(self, n: int) -> pa.ListArray:
        order = np.argsort(self.rows, kind="stable")
        offsets = np.concatenate([[0], np.cumsum(np.bincount(self.rows, minlength=n))]).astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(offsets), self.items.take(pa.array(order)), type=VIOLATIONS)


def new_rows(folded: Deduplicated, rows: RowNumbers, write: Write, stamp: WriteVersion) -> StoredRows:
    """Return rows of a batch, whose ids are not stored yet, as they are to be stored."""
    batch = take_rows(folded.batch, rows)
    system, count = batch.system, len(rows)
    noted = pa.nulls(count, pa.string())
    if stamp.notes:
        noted = column_epochs(batch, write.kind, stamp, [None] * count)
    updated = pc.if_else(pa.array(folded.is_repeated[rows]), pa.scalar(write.received_at, TIMESTAMP), None)
    system = _set(system, "timestamp", pc.coalesce(system["timestamp"], system["received_at"]))
    system = system.append_column("updated_at", updated)
    system = system.append_column("hash_version", _versions(batch))
    system = system.append_column("epoch", pa.repeat(pa.scalar(stamp.epoch, pa.int64()), count))
    return StoredRows(system.append_column("column_epochs", noted), batch.values, batch.labels)


def merge_rows(stored: StoredRows, batch: EventBatch, write: Write, stamp: WriteVersion) -> StoredRows:
    """Return stored rows as they read after the rows of `batch`, in step with them."""
    system, values = stored.system, stored.values
    later = _written_later(system, write)
    masks = {name: mask & ~_named(later, name) for name, mask in batch.carried.items()}
    new_time = batch.system["timestamp"].is_valid().to_numpy() & ~_named(later, TIME)
    new_hash = np.full(len(batch), write.kind is WriteKind.PUBLISH) & ~_named(later, CONTENT)
    changed = {
        "timestamp": _choose(new_time, batch.system["timestamp"], system["timestamp"]),
        "content_hash": _choose(new_hash, batch.system["content_hash"], system["content_hash"]),
        "hash_version": _choose(new_hash, _versions(batch), system["hash_version"]),
        "undeclared": _overlay_undeclared(system["undeclared"], batch.system["undeclared"], later),
        "violations": _overlay_violations(system["violations"], batch.system["violations"], masks),
        "updated_at": pa.repeat(pa.scalar(write.received_at, TIMESTAMP), len(batch)),
        "epoch": pc.max_element_wise(system["epoch"], pa.scalar(stamp.epoch)),
    }
    if stamp.notes:
        changed["column_epochs"] = column_epochs(batch, write.kind, stamp, system["column_epochs"].to_pylist())
    for name, column in changed.items():
        system = _set(system, name, column)
    chosen = [_choose(masks[name], batch.values[name], values[name]) for name in values.column_names]
    labels = {name: _earlier(times, batch.labels[name], masks[name]) for name, times in stored.labels.items()}
    return StoredRows(system, pa.table(chosen, schema=batch.values.schema), labels)


def _versions(batch: EventBatch) -> pa.ChunkedArray:
    return pa.chunked_array([pa.repeat(pa.scalar(batch.hash_version, pa.uint8()), len(batch))])


def _earlier(stored: pa.ChunkedArray, incoming: pa.Array, mask: Mask) -> pa.Array:
    return pc.coalesce(stored.combine_chunks(), _if(pa.array(mask), pa.chunked_array([incoming])))


def column_epochs(batch: EventBatch, kind: WriteKind, stamp: WriteVersion, before: list[str | None]) -> pa.Array:
    """Return the notes of rows, as JSON: per column the epoch of its last write, for the jobs that are open.

    Epochs before that of the oldest open job are dropped, because no job asks for them.
    """
    times = batch.system["timestamp"].is_valid().to_pylist()
    extras = batch.system["undeclared"].to_pylist()
    noted = []
    for row, old in enumerate(before):
        names = [name for name, mask in batch.carried.items() if mask[row]] + list(_keys(extras[row]))
        names += [TIME] if times[row] else []
        names += [CONTENT] if kind is WriteKind.PUBLISH else []
        kept = {name: epoch for name, epoch in _keys(old).items() if epoch >= (stamp.oldest_open or 0)}
        noted.append(orjson.dumps(kept | dict.fromkeys(names, stamp.epoch)).decode())
    return pa.array(noted, pa.string())


def _written_later(stored: pa.Table, write: Write) -> list[frozenset[str]]:
    """Return per row the columns that requests wrote after the job that writes was accepted."""
    if write.epoch is None:
        return []
    notes = map(_keys, stored["column_epochs"].to_pylist())
    return [frozenset(name for name, epoch in note.items() if epoch >= write.epoch) for note in notes]


def _named(later: list[frozenset[str]], name: str) -> Mask | np.bool_:
    return np.array([name in names for names in later], bool) if later else np.False_


def _choose(mask: Mask, chosen: pa.ChunkedArray, other: pa.ChunkedArray) -> pa.Array:
    n = len(mask)
    both = pa.concat_arrays([other.combine_chunks().cast(chosen.type), chosen.combine_chunks()])
    return both.take(pa.array(np.arange(n) + np.where(mask, n, 0)))


def _overlay_undeclared(stored: pa.ChunkedArray, incoming: pa.ChunkedArray, later: list[frozenset[str]]) -> pa.Array:
    merged = []
    for row, (old, new) in enumerate(zip(stored.to_pylist(), incoming.to_pylist(), strict=True)):
        if new is not None and later and later[row]:
            kept = {k: v for k, v in exact_json.loads(new).items() if k not in later[row]}
            new = exact_json.dumps(kept).decode()
        merged.append(merge_undeclared(old, new))
    return pa.array(merged, pa.string())


def _overlay_violations(stored: pa.ChunkedArray, incoming: pa.ChunkedArray, masks: Mapping[str, Mask]) -> pa.ListArray:
    names, n = list(masks), len(stored)
    matrix = np.stack([*masks.values(), np.zeros(n, bool)])
    old, new = _Violations.of(stored, names), _Violations.of(incoming, names)
    old = old.filter(~matrix[old.columns, old.rows])
    new = new.filter(matrix[new.columns, new.rows])
    items = pa.concat_arrays([old.items.cast(new.items.type), new.items])
    both = _Violations(items, np.concatenate([old.rows, new.rows]), np.concatenate([old.columns, new.columns]))
    return both.lists(n)


def _keys(text: str | None) -> Mapping[str, Any]:
    return orjson.loads(text) if text else {}
