"""Read an array of any Arrow type value by value, at any depth.

Files bring types that neither JSON nor the event store has: times of day, durations, maps, unions, extension types,
texts that are not UTF-8, years that Python does not know. No cell may end a job, and pyarrow's own `to_pylist` raises
for many of these if pandas is not installed. A value that has no counterpart in JSON becomes text; bytes that are not
UTF-8 become `NotText`, which no column takes without a violation.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inference_events.events.ingest.not_text import decoded
from inference_events.events.ingest.timestamps import FIRST, LAST

NANOSECONDS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
DAY_NANOSECONDS = 86_400 * 1_000_000_000
EPOCH = datetime(1970, 1, 1)
FIRST_DAY, LAST_DAY = (bound // 86_400_000_000 for bound in (FIRST, LAST))


class ExactTime(str):
    """A time with nanoseconds, which Python's datetimes lack, as ISO 8601 in UTC."""


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


def is_text(kind: pa.DataType) -> bool:
    """Return whether a type is text, in any of its layouts."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def is_bytes(kind: pa.DataType) -> bool:
    """Return whether a type is bytes, in any of their layouts."""
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_binary_view(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def is_list(kind: pa.DataType) -> bool:
    """Return whether a type is a list, in any of its layouts."""
    return bool(
        pa.types.is_list(kind)
        or pa.types.is_large_list(kind)
        or pa.types.is_fixed_size_list(kind)
        or pa.types.is_list_view(kind)
        or pa.types.is_large_list_view(kind)
    )


def days_of(array: pa.Array) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return dates as days since 1970, nulls as 0."""
    if pa.types.is_date32(array.type):
        counts = pc.fill_null(array.cast(pa.int32()), 0)
        return np.asarray(counts.to_numpy(zero_copy_only=False), np.int64)
    milliseconds = pc.fill_null(array.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    days: np.ndarray[Any, np.dtype[np.int64]] = milliseconds // 86_400_000
    return days


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
    return [None if null else _date(day) for null, day in zip(is_null, days_of(array).tolist(), strict=True)]


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
    (is_text, _text_values),
    (is_bytes, _text_values),
    (pa.types.is_timestamp, _of_integers(_time)),
    (pa.types.is_date, _date_values),
    (pa.types.is_time, _of_integers(_time_of_day)),
    (pa.types.is_duration, _of_integers(_duration)),
    (pa.types.is_interval, _interval_values),
    (is_list, _list_values),
    (pa.types.is_map, _map_values),
    (pa.types.is_struct, _struct_values),
    (pa.types.is_union, _union_values),
    (pa.types.is_dictionary, _dictionary_values),
    (pa.types.is_run_end_encoded, _run_values),
)
