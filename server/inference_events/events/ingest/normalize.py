"""Turn any Arrow array into a form that `convert` takes: an array of a simple type, or else plain Python values.

Files bring types that neither JSON nor the event store has: times of day, durations, maps, unions, extension types,
texts that are not UTF-8, years that Python does not know. No cell may end a job, and pyarrow's own `to_pylist` raises
for many of these if pandas is not installed. So every type is read here, and here only:

* `normalize` keeps an array whole if its type is simple (see `_simple`), which is fast.
* `plain_values` reads any other array value by value, at any depth. A value that has no counterpart in JSON becomes
  text; bytes that are not UTF-8 become `NotText`, which no column takes without a violation.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, TypeAlias
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inference_events.events.ingest.not_text import decoded
from inference_events.events.ingest.timestamps import FIRST, LAST
from inference_events.events.types import TIMESTAMP

EXTENSION = b"ARROW:extension:name"
PARAMETERS = b"ARROW:extension:metadata"
PERIOD = "pandas.period"
INTERVAL = "pandas.interval"
BRACKETS = {"left": "[)", "right": "(]", "both": "[]", "neither": "()"}
# Periods count from 1970, as NumPy's times of these units do.
PERIOD_UNITS = {"Y-DEC": "Y", "M": "M", "D": "D", "h": "h", "min": "m", "s": "s", "ms": "ms", "us": "us", "ns": "ns"}
NANOSECONDS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
DAY_NANOSECONDS = 86_400 * 1_000_000_000
EPOCH = datetime(1970, 1, 1)
FIRST_DAY, LAST_DAY = (bound // 86_400_000_000 for bound in (FIRST, LAST))


class ExactTime(str):
    """A time with nanoseconds, which Python's datetimes lack, as ISO 8601 in UTC."""


class PlainValues(list[Any]):
    """The values of a column that has no simple type. `convert` looks at each of them."""


Values: TypeAlias = Sequence[Any] | pa.Array


def normalize(column: pa.ChunkedArray, field: pa.Field, *, as_text: bool = False) -> Values:
    """Return the values of a file's column as `convert` takes them. `field` is that of the file.

    `as_text` keeps the nanoseconds of times, as text; without it they are cut to microseconds.
    """
    keeps_arrays = _pandas_type(field) is None and not (as_text and _has_nanoseconds(column))
    simple = [_simple(chunk) for chunk in column.chunks] if keeps_arrays else [None]
    if all(chunk is not None for chunk in simple):
        return _joined(simple) if simple else pa.nulls(0)
    values = [value for chunk in column.chunks for value in _pandas_values(chunk, field)]
    if set(map(type, values)) <= {str, type(None)}:
        return pa.array(values, pa.string())
    return PlainValues(values)


def _has_nanoseconds(column: pa.ChunkedArray) -> bool:
    """Return whether some time, alone or in a list, is no whole number of microseconds."""
    kind = column.type
    if _is_list(kind) and _is_flat(kind.value_type):
        return any(_has_nanoseconds(pa.chunked_array([chunk.flatten()])) for chunk in column.chunks)
    if not pa.types.is_timestamp(kind) or kind.unit != "ns":
        return False
    counts = [chunk.view(pa.int64()).drop_null().to_numpy() for chunk in column.chunks]
    return any(bool(np.any(each % 1000)) for each in counts)


def _joined(chunks: list[pa.Array]) -> pa.Array:
    return chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks)


def as_list(values: Values) -> Sequence[Any]:
    """Return normalized values as Python objects."""
    listed: Sequence[Any] = values.to_pylist() if isinstance(values, pa.Array) else values
    return listed


def with_items(lists: pa.ListArray, items: pa.Array) -> pa.ListArray:
    """Return `lists` with other items in the same places."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), items, mask=lists.is_null())


def _simple(array: pa.Array) -> pa.Array | None:
    """Return an array of a type that `convert` reads at once, None if it has no such type or an odd value.

    Simple are nulls, booleans, numbers, dates, UTF-8 texts, UTC microseconds, and lists of these. pyarrow turns each
    of their values into a Python object without fail.
    """
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return None if isinstance(kind, pa.UuidType | pa.Bool8Type) else _simple(array.storage)
    if pa.types.is_dictionary(kind):
        values = _simple(array.dictionary)
        return None if values is None else values.take(array.indices)
    if pa.types.is_timestamp(kind):
        return _simple_times(array)
    if pa.types.is_date(kind):
        return _simple_dates(array)
    if _is_text(kind) or _is_bytes(kind):
        return _simple_texts(array)
    if _is_list(kind) and _is_flat(kind.value_type):
        items = _simple(array.flatten())
        return None if items is None else with_items(array, items)
    if pa.types.is_float16(kind):
        return array.cast(pa.float32())
    is_simple = pa.types.is_null(kind) or pa.types.is_boolean(kind) or pa.types.is_decimal(kind)
    return array if is_simple or pa.types.is_integer(kind) or pa.types.is_floating(kind) else None


def _is_flat(kind: pa.DataType) -> bool:
    """Return whether a type has no other types in it. Of these, pyarrow's `flatten` aborts the process for some."""
    return bool(pa.types.is_primitive(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind)) or (
        _is_text(kind) or _is_bytes(kind)
    )


def _simple_times(array: pa.Array) -> pa.Array | None:
    """Return timestamps as UTC microseconds, None if Python does not know one of their years."""
    # The numbers count from 1970 in UTC in every zone, also in one that does not exist.
    times = array.cast(pa.timestamp(array.type.unit))
    if times.type.unit == "ns":
        times = pc.floor_temporal(times, unit="microsecond")
    try:
        micros = times.cast(TIMESTAMP)
    except pa.ArrowInvalid:
        return None
    return micros if _within(micros.cast(pa.int64()), FIRST, LAST) else None


def _simple_dates(array: pa.Array) -> pa.Array | None:
    days = pa.array(_days(array), pa.int64(), mask=array.is_null().to_numpy(zero_copy_only=False))
    return days.cast(pa.int32()).cast(pa.date32()) if _within(days, FIRST_DAY, LAST_DAY) else None


def _days(array: pa.Array) -> np.ndarray[Any, np.dtype[np.int64]]:
    if pa.types.is_date32(array.type):
        counts = pc.fill_null(array.cast(pa.int32()), 0)
        return np.asarray(counts.to_numpy(zero_copy_only=False), np.int64)
    milliseconds = pc.fill_null(array.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    days: np.ndarray[Any, np.dtype[np.int64]] = milliseconds // 86_400_000
    return days


def _within(numbers: pa.Array, low: int, high: int) -> bool:
    bounds = pc.min_max(numbers).as_py()
    return bounds["min"] is None or low <= bounds["min"] <= bounds["max"] <= high


def _simple_texts(array: pa.Array) -> pa.Array | None:
    """Return text, or bytes that are text. Parquet does not check that its texts are UTF-8."""
    try:
        texts = array.cast(pa.binary()).cast(pa.string())
        texts.validate(full=True)
    except pa.ArrowException:
        return None
    return texts


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_binary_view(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def _is_list(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_list(kind)
        or pa.types.is_large_list(kind)
        or pa.types.is_fixed_size_list(kind)
        or pa.types.is_list_view(kind)
        or pa.types.is_large_list_view(kind)
    )


def plain_values(array: pa.Array) -> list[Any]:
    """Return the values of an array of any type as plain ones, of any depth.

    They are None, booleans, numbers, text, dates and datetimes of the years 1 to 9999 without a zone, lists, and
    dictionaries; a map is a list of pairs, as its keys need be neither text nor different.
    """
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return _extension_values(array)
    for is_kind, read in _READERS:
        if is_kind(kind):
            return read(array)
    values: list[Any] = array.to_pylist()
    return values


def _extension_values(array: pa.ExtensionArray) -> list[Any]:
    if isinstance(array.type, pa.UuidType):
        return [None if raw is None else str(UUID(bytes=raw)) for raw in array.storage.to_pylist()]
    if isinstance(array.type, pa.Bool8Type):
        return [None if number is None else number != 0 for number in array.storage.to_pylist()]
    return plain_values(array.storage)


def _text_values(array: pa.Array) -> list[Any]:
    return [None if raw is None else decoded(raw) for raw in array.cast(pa.large_binary()).to_pylist()]


def _integers(array: pa.Array) -> list[int | None]:
    wide = pa.int32() if array.type.bit_width == 32 else pa.int64()
    integers: list[int | None] = array.view(wide).to_pylist()
    return integers


def _of_integers(write: Callable[[int, str], Any]) -> Callable[[pa.Array], list[Any]]:
    """Return a reader of a type that counts in a unit; `write` gets the number of nanoseconds and the unit."""

    def read(array: pa.Array) -> list[Any]:
        unit = array.type.unit
        scale = NANOSECONDS[unit]
        return [None if number is None else write(number * scale, unit) for number in _integers(array)]

    return read


def _time(nanoseconds: int, unit: str) -> datetime | str:
    micros = nanoseconds // 1000
    if nanoseconds % 1000:
        return ExactTime(_far(nanoseconds, "ns"))
    if FIRST <= micros <= LAST:
        return EPOCH + timedelta(microseconds=micros)
    return _far(nanoseconds // NANOSECONDS[unit], unit).replace("T", " ")


def _date_values(array: pa.Array) -> list[Any]:
    is_null = array.is_null().to_pylist()
    return [None if null else _date(day) for null, day in zip(is_null, _days(array).tolist(), strict=True)]


def _date(days: int) -> date | str:
    if FIRST_DAY <= days <= LAST_DAY:
        return (EPOCH + timedelta(days=days)).date()
    return _far(days, "D")


def _far(number: int, unit: str) -> str:
    """Write a time since 1970 of any year."""
    return str(np.datetime_as_string(np.array([number], np.int64).view(f"datetime64[{unit}]"))[0])


def _time_of_day(nanoseconds: int, unit: str) -> str:
    # Not with Python's `time`, which has no 24:00:00 and no nanoseconds.
    return f"{'-' if nanoseconds < 0 else ''}{_clock(abs(nanoseconds))}"


def _duration(nanoseconds: int, unit: str) -> str:
    """Write a duration as pandas does."""
    days, rest = divmod(nanoseconds, DAY_NANOSECONDS)
    return f"{days} days {'+' if days < 0 else ''}{_clock(rest)}"


def _clock(nanoseconds: int) -> str:
    seconds, fraction = divmod(nanoseconds, 1_000_000_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    digits = f".{fraction:09}" if fraction % 1000 else f".{fraction // 1000:06}" if fraction else ""
    return f"{hours:02}:{minutes:02}:{seconds:02}{digits}"


def _interval_values(array: pa.Array) -> list[Any]:
    return [None if each is None else _iso_duration(*each) for each in array.to_pylist()]


def _iso_duration(months: int, days: int, nanoseconds: int) -> str:
    seconds, fraction = divmod(abs(nanoseconds), 1_000_000_000)
    sign = "-" if nanoseconds < 0 else ""
    return f"P{months}M{days}DT{sign}{seconds}.{fraction:09}S"


def _list_values(array: pa.Array) -> list[Any]:
    # Not by `flatten`, which aborts the process for lists of some types.
    if pa.types.is_fixed_size_list(array.type):
        size = array.type.list_size
        starts = range(array.offset * size, (array.offset + len(array)) * size, size) if size else [0] * len(array)
        ends = [start + size for start in starts]
    elif pa.types.is_list_view(array.type) or pa.types.is_large_list_view(array.type):
        starts = array.offsets.to_pylist()
        ends = [start + size for start, size in zip(starts, array.sizes.to_pylist(), strict=True)]
    else:
        offsets = array.offsets.to_pylist()
        starts, ends = offsets[:-1], offsets[1:]
    nulls = array.is_null().to_pylist()
    bounds = [(0, 0) if null else (start, end) for null, start, end in zip(nulls, starts, ends, strict=True)]
    first, last = min((low for low, high in bounds if high), default=0), max((high for _, high in bounds), default=0)
    items = plain_values(array.values.slice(first, last - first))
    return [
        None if null else items[low - first : high - first] for null, (low, high) in zip(nulls, bounds, strict=True)
    ]


def _map_values(array: pa.MapArray) -> list[Any]:
    offsets = array.offsets.to_pylist()
    start, length = offsets[0], offsets[-1] - offsets[0]
    pairs = [
        list(pair)
        for pair in zip(
            plain_values(array.keys.slice(start, length)), plain_values(array.items.slice(start, length)), strict=True
        )
    ]
    bounds = zip(array.is_null().to_pylist(), pairwise(offsets), strict=True)
    return [None if null else pairs[low - start : high - start] for null, (low, high) in bounds]


def _struct_values(array: pa.StructArray) -> list[Any]:
    names = [field.name for field in array.type]
    # Not by `flatten`, which aborts the process for fields of some types.
    columns = [plain_values(array.field(number)) for number in range(len(names))]
    rows: Iterator[Any] = zip(*columns, strict=True) if columns else iter([()] * len(array))
    # A field that is there twice would be lost in a dictionary.
    make: Callable[[Any], Any] = dict if len(set(names)) == len(names) else lambda pairs: [list(pair) for pair in pairs]
    nulls = array.is_null().to_pylist()
    return [None if null else make(zip(names, row, strict=True)) for null, row in zip(nulls, rows, strict=True)]


def _union_values(array: pa.UnionArray) -> list[Any]:
    # From the buffers, as `type_codes` and `offsets` do not know that an array is a slice.
    codes = _buffer(array, 1, np.int8)
    children = {code: plain_values(array.field(number)) for number, code in enumerate(array.type.type_codes)}
    places = _buffer(array, 2, np.int32) if array.type.mode == "dense" else range(len(array))
    return [children[code][place] for code, place in zip(codes, places, strict=True)]


def _buffer(array: pa.Array, number: int, kind: type[np.generic]) -> list[int]:
    items: list[int] = np.frombuffer(array.buffers()[number], kind)[array.offset : array.offset + len(array)].tolist()
    return items


def _dictionary_values(array: pa.DictionaryArray) -> list[Any]:
    words = plain_values(array.dictionary)
    return [None if index is None else words[index] for index in array.indices.to_pylist()]


def _run_values(array: pa.RunEndEncodedArray) -> list[Any]:
    values = plain_values(array.values)
    places = np.arange(len(array)) + array.offset
    return [values[run] for run in np.searchsorted(np.asarray(array.run_ends), places, side="right")]


_READERS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[Any], list[Any]]], ...] = (
    (_is_text, _text_values),
    (_is_bytes, _text_values),
    (pa.types.is_timestamp, _of_integers(_time)),
    (pa.types.is_date, _date_values),
    (pa.types.is_time, _of_integers(_time_of_day)),
    (pa.types.is_duration, _of_integers(_duration)),
    (pa.types.is_interval, _interval_values),
    (_is_list, _list_values),
    (pa.types.is_map, _map_values),
    (pa.types.is_struct, _struct_values),
    (pa.types.is_union, _union_values),
    (pa.types.is_dictionary, _dictionary_values),
    (pa.types.is_run_end_encoded, _run_values),
)


def _pandas_values(array: pa.Array, field: pa.Field) -> list[Any]:
    """Return the values of pandas' periods and intervals as pandas writes them, and those of any other type."""
    name, parameters = _extension(field)
    if name in (PERIOD, INTERVAL) and isinstance(array.type, pa.BaseExtensionType):
        array = array.storage
    if name == PERIOD and pa.types.is_integer(array.type) and parameters.get("freq") in PERIOD_UNITS:
        return _periods(array, PERIOD_UNITS[parameters["freq"]])
    if name == INTERVAL and _has_two_ends(array.type) and parameters.get("closed") in BRACKETS:
        brackets = BRACKETS[parameters["closed"]]
        ends = plain_values(array)
        return [None if e is None else f"{brackets[0]}{e['left']}, {e['right']}{brackets[1]}" for e in ends]
    return plain_values(array)


def _has_two_ends(kind: pa.DataType) -> bool:
    return pa.types.is_struct(kind) and sorted(field.name for field in kind) == ["left", "right"]


def _pandas_type(field: pa.Field) -> str | None:
    name, _ = _extension(field)
    return name if name in (PERIOD, INTERVAL) else None


def _extension(field: pa.Field) -> tuple[str, dict[str, str]]:
    """Return the name and the parameters of an extension type, whether or not Arrow knows it here."""
    if isinstance(field.type, pa.ExtensionType):
        name, parameters = field.type.extension_name, field.type.__arrow_ext_serialize__()
    else:
        metadata = field.metadata or {}
        name, parameters = metadata.get(EXTENSION, b"").decode(errors="replace"), metadata.get(PARAMETERS, b"")
    return name, _parameters(parameters) if name in (PERIOD, INTERVAL) else {}


def _parameters(text: bytes) -> dict[str, str]:
    """Read the metadata that pandas wrote with a type. A file may have any text there."""
    try:
        parameters = json.loads(text)
    except ValueError:
        return {}
    return parameters if isinstance(parameters, dict) else {}


def _periods(ordinals: pa.Array, unit: str) -> list[Any]:
    counts = ordinals.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    minutes = ":00" if unit == "h" else ""
    texts = [text.replace("T", " ") + minutes for text in np.datetime_as_string(counts.view(f"datetime64[{unit}]"))]
    return [None if null else text for null, text in zip(ordinals.is_null().to_pylist(), texts, strict=True)]
