"""The decoded size of the rows of an Arrow table, which may be far more than the table's size.

A dictionary holds a value once for any number of rows, and an array of nulls takes no memory at all.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

# The size of the smallest value as a Python object in a list.
MIN_VALUE_BYTES = 8

Sizes: TypeAlias = npt.NDArray[np.int64]


def value_sizes(array: pa.Array) -> Sizes:
    """Return how many bytes each value takes, at least 8."""
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return value_sizes(array.storage)
    if pa.types.is_dictionary(kind):
        return _dictionary_sizes(array)
    if pa.types.is_struct(kind):
        fields = [value_sizes(array.field(number)) for number in range(kind.num_fields)]
        total: Sizes = np.add.reduce([np.full(len(array), MIN_VALUE_BYTES, np.int64), *fields])
        return total
    if pa.types.is_fixed_size_list(kind):
        starts = np.arange(array.offset, array.offset + len(array)) * kind.list_size
        return _list_sizes(array.values, starts, starts + kind.list_size)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_map(kind):
        offsets = array.offsets.to_numpy()
        items = (
            array.values
            if not pa.types.is_map(kind)
            else pa.StructArray.from_arrays([array.keys, array.items], names=["key", "value"])
        )
        return _list_sizes(items, offsets[:-1], offsets[1:])
    if has_lengths(kind):
        lengths: Sizes = pc.fill_null(pc.binary_length(array), 0).to_numpy(zero_copy_only=False).astype(np.int64)
        return lengths + MIN_VALUE_BYTES
    if kind.num_fields or pa.types.is_run_end_encoded(kind):
        # For types that no Parquet file has, only the average is known.
        return np.full(len(array), array.nbytes // max(1, len(array)) + MIN_VALUE_BYTES, np.int64)
    if _is_view(kind):
        return value_sizes(array.cast(pa.large_binary()))
    return np.full(len(array), MIN_VALUE_BYTES, np.int64)


def _dictionary_sizes(array: pa.DictionaryArray) -> Sizes:
    if not len(array.dictionary):
        return np.full(len(array), MIN_VALUE_BYTES, np.int64)
    places = pc.fill_null(array.indices, 0).to_numpy(zero_copy_only=False)
    sizes: Sizes = value_sizes(array.dictionary)[places]
    return sizes


def _list_sizes(items: pa.Array, starts: Sizes, ends: Sizes) -> Sizes:
    if _is_fixed(items.type):
        return (ends - starts).astype(np.int64) * MIN_VALUE_BYTES + MIN_VALUE_BYTES
    before = np.concatenate([[0], np.cumsum(value_sizes(items))])
    sizes: Sizes = before[ends] - before[starts] + MIN_VALUE_BYTES
    return sizes


def _is_fixed(kind: pa.DataType) -> bool:
    return bool(pa.types.is_primitive(kind) or pa.types.is_null(kind) or pa.types.is_decimal(kind))


def has_lengths(kind: pa.DataType) -> bool:
    """Return whether the values of a type are bytes or texts, other than views."""
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def _is_view(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string_view(kind) or pa.types.is_binary_view(kind))
