"""Turn any Arrow array into a form that `convert` takes: an array of a simple type, or else plain Python values.

An array stays whole if its type is simple (see `_simple`), which is fast. Any other is read value by value.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inference_events.events.ingest.pandas_types import pandas_type, values_of
from inference_events.events.ingest.plain_values import FIRST_DAY, LAST_DAY, days_of, is_bytes, is_list, is_text
from inference_events.events.ingest.timestamps import FIRST, LAST
from inference_events.events.types import TIMESTAMP


class PlainValues(list[Any]):
    """The values of a column that has no simple type. `convert` looks at each of them."""


Values: TypeAlias = Sequence[Any] | pa.Array


def normalize(column: pa.ChunkedArray, field: pa.Field, *, as_text: bool = False) -> Values:
    """Return the values of a file's column as `convert` takes them. `field` is that of the file.

    `as_text` keeps the nanoseconds of times, as text; without it they are cut to microseconds.
    """
    keeps_arrays = pandas_type(field) is None and not (as_text and _has_nanoseconds(column))
    simple = [_simple(chunk) for chunk in column.chunks] if keeps_arrays else [None]
    if all(chunk is not None for chunk in simple):
        return _joined(simple) if simple else pa.nulls(0)
    values = [value for chunk in column.chunks for value in values_of(chunk, field)]
    if set(map(type, values)) <= {str, type(None)}:
        return pa.array(values, pa.string())
    return PlainValues(values)


def _has_nanoseconds(column: pa.ChunkedArray) -> bool:
    """Return whether some time, alone or in a list, is no whole number of microseconds."""
    kind = column.type
    if is_list(kind) and _is_flat(kind.value_type):
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
    if is_text(kind) or is_bytes(kind):
        return _simple_texts(array)
    if is_list(kind) and _is_flat(kind.value_type):
        items = _simple(array.flatten())
        return None if items is None else with_items(array, items)
    if pa.types.is_float16(kind):
        return array.cast(pa.float32())
    is_simple = pa.types.is_null(kind) or pa.types.is_boolean(kind) or pa.types.is_decimal(kind)
    return array if is_simple or pa.types.is_integer(kind) or pa.types.is_floating(kind) else None


def _is_flat(kind: pa.DataType) -> bool:
    """Return whether a type has no other types in it. Of these, pyarrow's `flatten` aborts the process for some."""
    return bool(pa.types.is_primitive(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind)) or (
        is_text(kind) or is_bytes(kind)
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
    days = pa.array(days_of(array), pa.int64(), mask=array.is_null().to_numpy(zero_copy_only=False))
    return days.cast(pa.int32()).cast(pa.date32()) if _within(days, FIRST_DAY, LAST_DAY) else None


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
