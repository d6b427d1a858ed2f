"""Turn rows into one `EventBatch`: check ids and times, convert values, record violations.

Rows come as JSON events or as a chunk of a file. Both are processed column by column, by the same rules.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from inference_events import exact_json
from inference_events.events.ingest.columns import Converted, convert
from inference_events.events.ingest.hashes import HASH_VERSION, hash_column, hash_pair
from inference_events.events.ingest.ids import MAX_ID_CHARACTERS, event_id, generate_id
from inference_events.events.ingest.list_text import TypeMismatch, is_list_text, text_list
from inference_events.events.ingest.normalize import Values, as_list
from inference_events.events.ingest.number_text import canonical_id
from inference_events.events.ingest.raw_values import NULL_TEXTS, TOO_DEEP, TOO_NESTED, is_null, is_too_deep
from inference_events.events.ingest.rows import IncomingRows
from inference_events.events.ingest.time_formats import TimeFormat
from inference_events.events.ingest.times import whole_times
from inference_events.events.ingest.timestamps import ACCEPTED, looks_like_date, parse_timestamp
from inference_events.events.ingest.violations import Violations, find_violations
from inference_events.events.merging import take_rows
from inference_events.events.types import SYSTEM_SCHEMA, TIMESTAMP, EventBatch, Mask
from inference_events.messages import quote
from inference_events.models.schema import Column, ModelSchema

NO_ID = "is not an event id: send a non-empty string, an integer or an integral number"
MISSING_ID = "is missing, and the model's event_id_col names it: every event needs one"
NO_TIME = f"cannot be read as a time; accepted are {ACCEPTED}"
NO_FIT = "does not fit the model's event_ts_format {format}, which takes for example {example}"
CANONICAL = r"^(0|-?[1-9][0-9]*)$"
# 1900-01-01 and 2100-12-31, written with eight digits and read as seconds.
FIRST_DATE_LIKE, LAST_DATE_LIKE = 19_000_101_000_000, 21_001_231_000_000


@dataclass(frozen=True)
class RowFault:
    """A row that cannot be an event, and the column that is the reason."""

    row: int
    column: str
    message: str


@dataclass(frozen=True)
class Defaults:
    """Ids and times for rows that lack them. Ids derive from seed, time and row number.

    `time` is the time of receipt in microseconds since 1970. `rows` are the numbers of the rows, 0, 1, … if None.
    """

    seed: bytes
    time: int
    rows: Sequence[int] | None = None

    def id(self, row: int) -> str:
        return generate_id(self.seed, self.time, row if self.rows is None else self.rows[row])


@dataclass(frozen=True)
class Ingested:
    """A batch with the violations in it, and the faults of rows that cannot be events.

    `rows` are the indexes of the batch's rows among the input rows; without faults, all of them.
    `date_like` marks the rows of the batch whose time was read from eight digits that look like a date.
    """

    batch: EventBatch
    violations: Violations
    rows: npt.NDArray[np.int64]
    faults: list[RowFault] = field(default_factory=list)
    ignored_columns: list[str] = field(default_factory=list)
    undeclared_columns: list[str] = field(default_factory=list)
    missing_timestamp_column: str | None = None
    date_like: Mask | None = None

    @cached_property
    def ids(self) -> list[str]:
        listed: list[str] = self.batch.system["event_id"].to_pylist()
        return listed


def ingest_published(
    rows: IncomingRows, schema: ModelSchema, defaults: Defaults, *, makes_missing_ids: bool
) -> Ingested:
    """Make the batch of rows to publish. `makes_missing_ids` gives an id to rows that have none."""
    return _ingest(rows, schema, defaults, update=False, makes_missing_ids=makes_missing_ids)


def ingest_updates(rows: IncomingRows, schema: ModelSchema, defaults: Defaults) -> Ingested:
    """Make the batch of rows that update stored events: each row sets only the columns that it contains."""
    return _ingest(rows, schema, defaults, update=True, makes_missing_ids=False)


def _ingest(
    rows: IncomingRows, schema: ModelSchema, defaults: Defaults, *, update: bool, makes_missing_ids: bool
) -> Ingested:
    faults: list[RowFault] = []
    ids = _ids(rows, schema, defaults, faults, makes_missing_ids or schema.id_column is None)
    times = _timestamps(rows, schema, faults)
    converted = {c.name: _converted(c, rows) for c in schema.columns}
    carried = {c.name: _carried(c, rows, converted[c.name], schema, times, update) for c in schema.columns}
    undeclared = rows.undeclared(schema.names, keep_nulls=update)
    too_deep = list(_depth_faults(converted, undeclared))
    for fault in too_deep:
        undeclared.pop(fault.row, None)
    faults += too_deep
    violations = find_violations(converted, carried if update else None)
    system = pa.table(
        [
            ids,
            times,
            pa.repeat(pa.scalar(defaults.time, TIMESTAMP), len(rows)),
            pa.array(_content_hashes(converted, times, undeclared, len(rows))),
            _undeclared_texts(undeclared, len(rows)),
            violations.lists(len(rows)),
        ],
        schema=SYSTEM_SCHEMA,
    )
    values = pa.table([converted[name].array for name in schema.arrow.names], schema=schema.arrow)
    ignored = [c.name for c in schema.columns if update and not c.updatable and _is_sent(c, rows, schema)]
    batch = EventBatch(schema.revision, system, values, carried, HASH_VERSION)
    unknown = sorted(rows.names - schema.names)
    missing = None if update or schema.timestamp_column in rows.names else schema.timestamp_column
    everything = np.arange(len(rows))
    date_like = _date_like(times, rows, schema)
    return _without_faults(Ingested(batch, violations, everything, faults, ignored, unknown, missing, date_like))


def _without_faults(ingested: Ingested) -> Ingested:
    if not ingested.faults:
        return ingested
    kept = np.ones(len(ingested.batch), bool)
    kept[[fault.row for fault in ingested.faults]] = False
    rows = np.flatnonzero(kept)
    batch, violations = take_rows(ingested.batch, rows), ingested.violations.of(rows)
    date_like = None if ingested.date_like is None else ingested.date_like[rows]
    return replace(ingested, batch=batch, violations=violations, rows=rows, date_like=date_like)


def _ids(
    rows: IncomingRows, schema: ModelSchema, defaults: Defaults, faults: list[RowFault], makes_missing: bool
) -> pa.StringArray:
    values = None if schema.id_column is None else rows.column(schema.id_column)
    whole = None if rows.is_csv and schema.is_ranking else _whole_ids(values, rows.is_csv, schema.has_numeric_ids)
    if whole is not None:
        return whole
    ids: list[str] = []
    for row, value in enumerate(_each(values, rows, schema)):
        if is_null(value, text=rows.is_csv):
            found, fault = defaults.id(row) if makes_missing else None, MISSING_ID
        else:
            found, fault = _id(value, schema), NO_ID
        if found is None:
            faults.append(RowFault(row, schema.id_column or "", fault))
        ids.append(found or "")
    return pa.array(ids, pa.string())


def _id(value: Any, schema: ModelSchema) -> str | None:
    """Return the id of a value, by the conversion that its column has."""
    found = event_id(value)
    return canonical_id(found) if found is not None and schema.has_numeric_ids else found


def _whole_ids(values: Values | None, text: bool, are_numeric: bool) -> pa.StringArray | None:
    """Return the ids at once if each value is an integer, or a text that is an id as it stands; else None."""
    if values is None:
        return None
    if isinstance(values, pa.Array):
        ids = values.cast(pa.string()) if pa.types.is_integer(values.type) else values
    else:
        ids = pa.array(values, pa.string()) if set(map(type, values)) == {str} else None
    if ids is None or not pa.types.is_string(ids.type) or ids.null_count:
        return None
    nothing = pa.array(sorted(NULL_TEXTS) if text else [""])
    is_exact = not are_numeric or pc.all(pc.match_substring_regex(ids, CANONICAL)).as_py()
    is_short = not len(ids) or pc.max(pc.utf8_length(ids)).as_py() <= MAX_ID_CHARACTERS
    return None if not is_exact or not is_short or pc.any(pc.is_in(ids, nothing)).as_py() else ids


def _timestamps(rows: IncomingRows, schema: ModelSchema, faults: list[RowFault]) -> pa.Array:
    values = None if schema.timestamp_column is None else rows.column(schema.timestamp_column)
    if values is None:
        return pa.nulls(len(rows), TIMESTAMP)
    whole = whole_times(values, schema.timestamp_format, text=rows.is_csv)
    if whole is not None:
        return whole
    times: list[int | None] = []
    for row, value in enumerate(_each(values, rows, schema)):
        try:
            null = is_null(value, text=rows.is_csv)
            times.append(None if null else parse_timestamp(value, schema.timestamp_format))
        except (ValueError, ArithmeticError):
            times.append(None)
            faults.append(RowFault(row, schema.timestamp_column or "", _time_fault(schema.timestamp_format)))
    return pa.array(times, TIMESTAMP)


def _time_fault(format: TimeFormat | None) -> str:
    if format is None:
        return NO_TIME
    return NO_FIT.format(format=quote(format.text), example=quote(format.example))


def _date_like(times: pa.Array, rows: IncomingRows, schema: ModelSchema) -> Mask | None:
    """Mark the rows whose time was read from eight digits that look like a date, None if there is none."""
    if schema.timestamp_format is not None or schema.timestamp_column is None:
        return None
    micros = pc.fill_null(times.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    candidates = np.flatnonzero((micros >= FIRST_DATE_LIKE) & (micros <= LAST_DATE_LIKE))
    if not len(candidates):
        return None
    values = as_list(rows.column(schema.timestamp_column) or [])
    found = np.zeros(len(rows), bool)
    found[[row for row in candidates.tolist() if looks_like_date(values[row])]] = True
    return found if found.any() else None


def _each(values: Values | None, rows: IncomingRows, schema: ModelSchema) -> Sequence[Any]:
    if values is None:
        return [None] * len(rows)
    listed = as_list(values)
    return [_list_or_cell(cell) for cell in listed] if rows.is_csv and schema.is_ranking else listed


def _list_or_cell(cell: Any) -> Any:
    """Read the list that a CSV cell of a ranking row holds; any other cell stays as it is."""
    try:
        return text_list(cell) if is_list_text(cell) else cell
    except TypeMismatch:
        return cell


def _converted(column: Column, rows: IncomingRows) -> Converted:
    values = rows.column(column.name, as_text=column.element == pa.string())
    if values is None:
        return Converted(pa.nulls(len(rows), column.type), {}, None)
    return convert(column, values, text=rows.is_csv)


def _is_sent(column: Column, rows: IncomingRows, schema: ModelSchema) -> bool:
    return column.name != schema.id_column and rows.column(column.name) is not None


def _carried(
    column: Column, rows: IncomingRows, converted: Converted, schema: ModelSchema, times: pa.Array, update: bool
) -> Mask:
    if not update:
        if not converted.array.null_count:
            return np.ones(len(rows), bool)
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
    undeclared: Mapping[int, dict[str, Any]],
    length: int,
) -> npt.NDArray[np.uint64]:
    hashes = hash_column("\0timestamp", times)
    untyped: list[tuple[int, int]] = []
    for name, column in converted.items():
        if column.array.null_count < length:
            hashes = hashes + hash_column(name, column.array)
        lost = (row for row in column.mistyped if not column.array[row].is_valid)
        untyped += ((row, hash_pair(name, column.mistyped[row])) for row in lost)
    for row, extra in undeclared.items():
        kept = ((name, value) for name, value in extra.items() if value is not None)
        untyped += ((row, hash_pair(n, value if isinstance(value, str) else _json(value))) for n, value in kept)
    rows, added = zip(*untyped, strict=True) if untyped else ((), ())
    np.add.at(hashes, np.array(rows, np.int64), np.array(added, np.uint64))
    return hashes


def _undeclared_texts(undeclared: Mapping[int, dict[str, Any]], length: int) -> pa.StringArray:
    if not undeclared:
        return pa.nulls(length, pa.string())
    return pa.array([_json(undeclared[row]) if row in undeclared else None for row in range(length)], pa.string())


def _depth_faults(converted: Mapping[str, Converted], undeclared: Mapping[int, dict[str, Any]]) -> Iterator[RowFault]:
    for name, column in converted.items():
        yield from (RowFault(row, name, TOO_NESTED) for row, raw in column.mistyped.items() if raw == TOO_DEEP)
    for row, extra in undeclared.items():
        yield from (RowFault(row, name, TOO_NESTED) for name, value in extra.items() if is_too_deep(value))


def _json(value: Any) -> str:
    return exact_json.dumps(value, default=str).decode()
