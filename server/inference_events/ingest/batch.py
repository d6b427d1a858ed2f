"""Turn rows into one `EventBatch`: check what must hold, convert the rest, record violations.

Rows come as JSON events or as a chunk of a file. Both are looked at column by column, by the same rules.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

from inference_events.events.merge import take_rows
from inference_events.events.store import SYSTEM_SCHEMA, TIMESTAMP, VIOLATIONS, EventBatch, Mask
from inference_events.ingest.columns import (
    TOO_DEEP,
    TOO_NESTED,
    Converted,
    Mistyped,
    Values,
    convert,
    is_list_text,
    is_null,
    is_too_deep,
    plain_times,
    text_list,
    text_to_null,
)
from inference_events.ingest.foreign import plain_column
from inference_events.ingest.hashes import hash_column, hash_pair
from inference_events.ingest.ids import event_id, made_id
from inference_events.ingest.schema import Column, ModelSchema
from inference_events.ingest.timestamps import parse_timestamp

NO_ID = "is not an event id: send a non-empty string, an integer or an integral number"
MISSING_ID = "is missing, and the model's event_id_col names it: every event needs one"
NO_TIME = "cannot be read as a time"


class Rows(Protocol):
    """A table of incoming values. `text` tells that they are CSV cells, whose type is the schema's."""

    text: bool

    def __len__(self) -> int: ...

    @property
    def names(self) -> frozenset[str]:
        """Every column that some row has."""

    def column(self, name: str) -> Values | None:
        """Return the values of a column, None if no row has it."""

    def present(self, name: str) -> Mask:
        """Return which rows contain the column, be it with a null."""

    def undeclared(self, known: frozenset[str], keep_nulls: bool) -> list[dict[str, Any] | None]:
        """Return what each row has beside the known columns, None where that is nothing."""


@dataclass(frozen=True)
class RowFault:
    """A row that cannot be an event, and the column which is to blame."""

    row: int
    column: str
    message: str


@dataclass(frozen=True)
class Made:
    """What the server makes for rows that lack it: ids derive from seed, time and row number.

    `time` is the time of receipt in microseconds since 1970. `rows` are the numbers of the rows, 0, 1, … if None.
    """

    seed: bytes
    time: int
    rows: Sequence[int] | None = None

    def id(self, row: int) -> str:
        return made_id(self.seed, self.time, row if self.rows is None else self.rows[row])


@dataclass(frozen=True)
class Ingested:
    """A batch with its ids, and the faults of rows that cannot be events.

    `rows` are the places of the batch's rows among those that came in; it is all of them where there is no fault.
    """

    batch: EventBatch
    ids: list[str]
    rows: npt.NDArray[np.int64]
    faults: list[RowFault] = field(default_factory=list)
    ignored_columns: list[str] = field(default_factory=list)
    undeclared_columns: list[str] = field(default_factory=list)

    def violation_counts(self, among: Mask | None = None) -> list[tuple[str, str, int]]:
        """Count violations by column and kind, of the rows that `among` marks."""
        lists = self.batch.system["violations"].combine_chunks()
        items = (lists if among is None else lists.filter(pa.array(among))).flatten()
        pairs = pa.table([items.field("column"), items.field("kind")], ["column", "kind"])
        grouped = pairs.group_by(["column", "kind"]).aggregate([([], "count_all")])
        return sorted((row["column"], row["kind"], row["count_all"]) for row in grouped.to_pylist())


def ingest_published(rows: Rows, schema: ModelSchema, made: Made, *, makes_missing_ids: bool) -> Ingested:
    """Make the batch of rows to publish. `makes_missing_ids` gives an id to rows that have none."""
    return _ingest(rows, schema, made, update=False, makes_missing_ids=makes_missing_ids)


def ingest_updates(rows: Rows, schema: ModelSchema, made: Made) -> Ingested:
    """Make the batch of rows that update stored events: only what a row contains is carried."""
    return _ingest(rows, schema, made, update=True, makes_missing_ids=False)


def _ingest(rows: Rows, schema: ModelSchema, made: Made, *, update: bool, makes_missing_ids: bool) -> Ingested:
    faults: list[RowFault] = []
    ids = _ids(rows, schema, made, faults, makes_missing_ids or schema.id_column is None)
    times = _timestamps(rows, schema, faults)
    converted = {c.name: _converted(c, rows) for c in schema.columns}
    carried = {c.name: _carried(c, rows, converted[c.name], schema, times, update) for c in schema.columns}
    undeclared = rows.undeclared(schema.names, keep_nulls=update)
    too_deep = list(_depth_faults(converted, undeclared))
    for fault in too_deep:
        undeclared[fault.row] = None
    faults += too_deep
    system = pa.table(
        [
            pa.array(ids, pa.string()),
            times,
            pa.repeat(pa.scalar(made.time, TIMESTAMP), len(rows)),
            pa.array(_content_hashes(converted, times, undeclared, len(rows))),
            pa.array([None if extra is None else _json(extra) for extra in undeclared], pa.string()),
            _violations(converted, carried if update else None, len(rows)),
        ],
        schema=SYSTEM_SCHEMA,
    )
    values = pa.table([converted[name].array for name in schema.arrow.names], schema=schema.arrow)
    ignored = [c.name for c in schema.columns if update and not c.updatable and _is_sent(c, rows, schema)]
    batch = EventBatch(schema.revision, system, values, carried)
    unknown = sorted(rows.names - schema.names)
    return _without_faults(Ingested(batch, ids, np.arange(len(rows)), faults, ignored, unknown))


def _without_faults(ingested: Ingested) -> Ingested:
    if not ingested.faults:
        return ingested
    kept = np.ones(len(ingested.batch), bool)
    kept[[fault.row for fault in ingested.faults]] = False
    rows = np.flatnonzero(kept)
    ids = [ingested.ids[row] for row in rows]
    return replace(ingested, batch=take_rows(ingested.batch, rows), ids=ids, rows=rows)


def _ids(rows: Rows, schema: ModelSchema, made: Made, faults: list[RowFault], makes_missing: bool) -> list[str]:
    values = None if schema.id_column is None else rows.column(schema.id_column)
    ids: list[str] = []
    for row, value in enumerate(_each(values, rows, schema)):
        if is_null(value, text=rows.text):
            found, fault = made.id(row) if makes_missing else None, MISSING_ID
        else:
            found, fault = event_id(value), NO_ID
        if found is None:
            faults.append(RowFault(row, schema.id_column or "", fault))
        ids.append(found or "")
    return ids


def _timestamps(rows: Rows, schema: ModelSchema, faults: list[RowFault]) -> pa.Array:
    values = None if schema.timestamp_column is None else rows.column(schema.timestamp_column)
    if isinstance(values, pa.Array) and pa.types.is_timestamp(values.type):
        return values
    times: list[int | None] = []
    for row, value in enumerate(_each(values, rows, schema)):
        try:
            null = is_null(value, text=rows.text)
            times.append(None if null else parse_timestamp(value, schema.timestamp_format))
        except (ValueError, ArithmeticError):
            times.append(None)
            faults.append(RowFault(row, schema.timestamp_column or "", NO_TIME))
    return pa.array(times, TIMESTAMP)


def _each(values: Values | None, rows: Rows, schema: ModelSchema) -> Sequence[Any]:
    if values is None:
        return [None] * len(rows)
    listed: Sequence[Any] = values.to_pylist() if isinstance(values, pa.Array) else values
    return [_list_or_cell(cell) for cell in listed] if rows.text and schema.is_ranking else listed


def _list_or_cell(cell: Any) -> Any:
    """Read the list that a CSV cell of a ranking row holds; any other cell stays as it is."""
    try:
        return text_list(cell) if is_list_text(cell) else cell
    except Mistyped:
        return cell


def _converted(column: Column, rows: Rows) -> Converted:
    values = rows.column(column.name)
    if values is None:
        return Converted(pa.nulls(len(rows), column.type), {}, np.zeros(len(rows), bool))
    return convert(column, values, text=rows.text)


def _is_sent(column: Column, rows: Rows, schema: ModelSchema) -> bool:
    return column.name != schema.id_column and rows.column(column.name) is not None


def _carried(
    column: Column, rows: Rows, converted: Converted, schema: ModelSchema, times: pa.Array, update: bool
) -> Mask:
    if not update:
        carried: Mask = converted.array.is_valid().to_numpy(zero_copy_only=False).copy()
        carried[list(converted.mistyped)] = True
        return carried
    if not column.updatable:
        return np.zeros(len(rows), bool)
    if column.name == schema.timestamp_column:
        given: Mask = times.is_valid().to_numpy(zero_copy_only=False)
        return given
    return rows.present(column.name)


def _content_hashes(
    converted: Mapping[str, Converted],
    times: pa.Array,
    undeclared: Sequence[dict[str, Any] | None],
    length: int,
) -> npt.NDArray[np.uint64]:
    hashes = hash_column("\0timestamp", times) if length else np.zeros(0, np.uint64)
    untyped: list[tuple[int, int]] = []
    for name, column in converted.items():
        if column.array.null_count < length:
            hashes = hashes + hash_column(name, column.array)
        lost = (row for row in column.mistyped if not column.array[row].is_valid)
        untyped += ((row, hash_pair(name, column.mistyped[row])) for row in lost)
    for row, extra in enumerate(undeclared):
        kept = ((name, value) for name, value in (extra or {}).items() if value is not None)
        untyped += ((row, hash_pair(n, value if isinstance(value, str) else _json(value))) for n, value in kept)
    rows, added = zip(*untyped, strict=True) if untyped else ((), ())
    np.add.at(hashes, np.array(rows, np.int64), np.array(added, np.uint64))
    return hashes


def _violations(converted: Mapping[str, Converted], carried: Mapping[str, Mask] | None, length: int) -> pa.ListArray:
    """Build the list of violations of every row, of the carried columns only where `carried` is given."""
    places: list[npt.NDArray[np.int64]] = []
    names: list[tuple[str, str]] = []
    raws: list[Sequence[str | None]] = []
    for name, column in converted.items():
        for kind, rows, values in _found(column):
            if carried is not None:
                kept = carried[name][rows]
                values = [value for value, keep in zip(values, kept, strict=True) if keep]
                rows = rows[kept]
            places.append(rows)
            names.append((name, kind))
            raws.append(values)
    rows = np.concatenate(places) if places else np.zeros(0, np.int64)
    order = np.argsort(rows, kind="stable")
    lengths = [len(place) for place in places]
    which = np.repeat(np.arange(len(names)), lengths)[order]
    items = pa.StructArray.from_arrays(
        [
            pa.array([column for column, _ in names], pa.string()).take(pa.array(which)),
            pa.array([kind for _, kind in names], pa.string()).take(pa.array(which)),
            pa.array([raw for part in raws for raw in part], pa.string()).take(pa.array(order)),
        ],
        fields=list(VIOLATIONS.value_type),
    )
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=length))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), items)


def _found(column: Converted) -> Iterator[tuple[str, npt.NDArray[np.int64], Sequence[str | None]]]:
    null: Mask = column.array.is_null().to_numpy(zero_copy_only=False).copy()
    mistyped = np.array(sorted(column.mistyped), np.int64)
    null[mistyped] = False
    missing = np.flatnonzero(null)
    outside = np.flatnonzero(column.out_of_range)
    yield "missing", missing, [None] * len(missing)
    yield "type", mistyped, [column.mistyped[row] for row in mistyped.tolist()]
    yield "range", outside, [None] * len(outside)


def _depth_faults(
    converted: Mapping[str, Converted], undeclared: Sequence[dict[str, Any] | None]
) -> Iterator[RowFault]:
    for name, column in converted.items():
        yield from (RowFault(row, name, TOO_NESTED) for row, raw in column.mistyped.items() if raw == TOO_DEEP)
    for row, extra in enumerate(undeclared):
        yield from (RowFault(row, name, TOO_NESTED) for name, value in (extra or {}).items() if is_too_deep(value))


def _json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


class JsonRows:
    """Events as they came in a request."""

    text = False

    def __init__(self, events: Sequence[Mapping[str, Any]], *, unwraps: frozenset[str] = frozenset()) -> None:
        self._events = events
        self._unwraps = unwraps
        self.names = frozenset().union(*events) if events else frozenset()

    def __len__(self) -> int:
        return len(self._events)

    def column(self, name: str) -> Sequence[Any] | None:
        if name not in self.names:
            return None
        try:
            values = list(map(itemgetter(name), self._events))
        except KeyError:
            values = [event.get(name) for event in self._events]
        return [_unwrapped(value) for value in values] if name in self._unwraps else values

    def present(self, name: str) -> Mask:
        if name not in self.names:
            return np.zeros(len(self._events), bool)
        return np.fromiter((name in event for event in self._events), bool, len(self._events))

    def undeclared(self, known: frozenset[str], keep_nulls: bool) -> list[dict[str, Any] | None]:
        if self.names <= known:
            return [None] * len(self._events)
        return [
            {k: v for k, v in event.items() if k not in known and (keep_nulls or v is not None)} or None
            for event in self._events
        ]


def _unwrapped(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


class FileRows:
    """A chunk of a file. Every row contains every column of it."""

    def __init__(self, chunk: pa.Table, *, text: bool) -> None:
        self.text = text
        self._chunk = chunk
        self.names = frozenset(chunk.column_names)

    def __len__(self) -> int:
        return int(self._chunk.num_rows)

    def column(self, name: str) -> pa.Array | None:
        return self._array(name) if name in self._chunk.column_names else None

    def _array(self, name: str) -> pa.Array:
        return plain_times(plain_column(self._chunk[name].combine_chunks(), self._chunk.schema.field(name)))

    def present(self, name: str) -> Mask:
        return np.full(len(self), name in self._chunk.column_names)

    def undeclared(self, known: frozenset[str], keep_nulls: bool) -> list[dict[str, Any] | None]:
        extra = [name for name in self._chunk.column_names if name not in known]
        if not extra:
            return [None] * len(self)
        columns = {name: self._array(name) for name in extra}
        if self.text:
            columns = {name: text_to_null(column) for name, column in columns.items()}
        rows = zip(*(column.to_pylist() for column in columns.values()), strict=True)
        return [{k: v for k, v in zip(extra, row, strict=True) if keep_nulls or not is_null(v)} or None for row in rows]
