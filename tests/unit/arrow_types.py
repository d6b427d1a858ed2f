"""Arrow types and arrays of every kind that pyarrow has, with the odd values that files hold."""

from collections.abc import Callable
from decimal import Decimal
from random import Random

import numpy as np
import pyarrow as pa
from hypothesis import reject
from hypothesis import strategies as st

UNITS = ["s", "ms", "us", "ns"]
# pyarrow can neither make nor read an array of these.
CANNOT_BE_MADE = {"Type_INTERVAL_MONTHS", "Type_INTERVAL_DAY_TIME"}

LEAVES: dict[str, list[pa.DataType]] = {
    "Type_NA": [pa.null()],
    "Type_BOOL": [pa.bool_(), pa.bool8()],
    "Type_INT8": [pa.int8()],
    "Type_INT16": [pa.int16()],
    "Type_INT32": [pa.int32()],
    "Type_INT64": [pa.int64()],
    "Type_UINT8": [pa.uint8()],
    "Type_UINT16": [pa.uint16()],
    "Type_UINT32": [pa.uint32()],
    "Type_UINT64": [pa.uint64()],
    "Type_HALF_FLOAT": [pa.float16()],
    "Type_FLOAT": [pa.float32()],
    "Type_DOUBLE": [pa.float64()],
    "Type_DECIMAL32": [pa.decimal32(7, 2)],
    "Type_DECIMAL64": [pa.decimal64(16, 4)],
    "Type_DECIMAL128": [pa.decimal128(38, 10), pa.decimal128(20, 0), pa.decimal128(5, -2)],
    "Type_DECIMAL256": [pa.decimal256(70, 30)],
    "Type_STRING": [pa.string(), pa.json_()],
    "Type_LARGE_STRING": [pa.large_string()],
    "Type_STRING_VIEW": [pa.string_view()],
    "Type_BINARY": [pa.binary(), pa.opaque(pa.binary(), "point", "maps")],
    "Type_LARGE_BINARY": [pa.large_binary()],
    "Type_BINARY_VIEW": [pa.binary_view()],
    "Type_FIXED_SIZE_BINARY": [pa.binary(3), pa.uuid()],
    "Type_DATE32": [pa.date32()],
    "Type_DATE64": [pa.date64()],
    "Type_TIMESTAMP": [pa.timestamp(unit, zone) for unit in UNITS for zone in (None, "Europe/Berlin", "Mars/Phobos")],
    "Type_TIME32": [pa.time32("s"), pa.time32("ms")],
    "Type_TIME64": [pa.time64("us"), pa.time64("ns")],
    "Type_DURATION": [pa.duration(unit) for unit in UNITS],
    "Type_INTERVAL_MONTH_DAY_NANO": [pa.month_day_nano_interval()],
}
NESTED: dict[str, Callable[[pa.DataType], pa.DataType]] = {
    "Type_LIST": pa.list_,
    "Type_LARGE_LIST": pa.large_list,
    "Type_FIXED_SIZE_LIST": lambda item: pa.list_(item, 2),
    "Type_LIST_VIEW": pa.list_view,
    "Type_LARGE_LIST_VIEW": pa.large_list_view,
    "Type_MAP": lambda item: pa.map_(pa.string(), item),
    "Type_STRUCT": lambda item: pa.struct([("a", item), ("a", pa.time64("ns")), ("b", item)]),
    "Type_SPARSE_UNION": lambda item: pa.sparse_union([pa.field("0", item), pa.field("1", pa.int8())]),
    "Type_DENSE_UNION": lambda item: pa.dense_union([pa.field("0", item), pa.field("1", pa.int8())]),
    "Type_DICTIONARY": lambda item: pa.dictionary(pa.int8(), item),
    "Type_RUN_END_ENCODED": lambda item: pa.run_end_encoded(pa.int32(), item),
}
BYTES = [b"", b"a", b"7.0", b" 7", b"NaT", b"2024-05-01", b"\xff\xfe", "ß".encode(), b"\xed\xa0\x80", b"[1, 2]", b"\0"]
FLOATS = [0.0, -0.0, 1.5, 7.0, float("nan"), float("inf"), -float("inf"), 1e308, 2.0**60]


def types(depth: int = 3) -> st.SearchStrategy[pa.DataType]:
    """Draw a type whose values are nested up to `depth` levels deep."""
    leaves = st.sampled_from([kind for kinds in LEAVES.values() for kind in kinds])
    if depth == 0:
        return leaves
    return leaves | st.builds(lambda make, item: make(item), st.sampled_from(list(NESTED.values())), types(depth - 1))


def array_of(kind: pa.DataType, length: int, random: Random) -> pa.Array:
    """Return an array with nulls and with values at the bounds of its type, which may stand for no value in Python."""
    if isinstance(kind, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(kind, array_of(kind.storage_type, length, random))
    if pa.types.is_nested(kind) or pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        return _nested(kind, length, random)
    if pa.types.is_null(kind):
        return pa.nulls(length)
    if pa.types.is_boolean(kind):
        return pa.array([random.choice([True, False, None]) for _ in range(length)], kind)
    if pa.types.is_interval(kind):
        return pa.array([random.choice([None, pa.MonthDayNano([1, -2, 3])]) for _ in range(length)], kind)
    if pa.types.is_decimal(kind):
        digits = [Decimal(random.randrange(10**4)).scaleb(-kind.scale) for _ in range(length)]
        return pa.array([random.choice([None, one]) for one in digits], kind)
    if pa.types.is_floating(kind):
        numbers = [random.choice([*FLOATS, None]) for _ in range(length)]
        return pa.array(numbers, pa.float64()).cast(kind, safe=False)
    if pa.types.is_fixed_size_binary(kind):
        width = kind.byte_width
        return pa.array([random.choice([None, random.randbytes(width), b"a" * width]) for _ in range(length)], kind)
    if kind.num_buffers > 2 or pa.types.is_binary_view(kind) or pa.types.is_string_view(kind):
        return _bytes(kind, length, random)
    return _integers(kind, length, random)


def _bytes(kind: pa.DataType, length: int, random: Random) -> pa.Array:
    raw = [random.choice([*BYTES, None]) for _ in range(length)]
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
        texts = pa.array(raw, pa.binary_view())
        # A view of bytes as text, which pyarrow makes of buffers only.
        return pa.Array.from_buffers(kind, length, texts.buffers(), texts.null_count)
    is_large = pa.types.is_large_string(kind) or pa.types.is_large_binary(kind)
    return pa.array(raw, pa.large_binary() if is_large else pa.binary()).view(kind)


def _integers(kind: pa.DataType, length: int, random: Random) -> pa.Array:
    """Make an array by the integers that it stores: of times these are often none that Python has."""
    width = kind.bit_width
    low, high = (0, 2**width - 1) if pa.types.is_unsigned_integer(kind) else (-(2 ** (width - 1)), 2 ** (width - 1) - 1)
    numbers = [random.choice([low, high, 0, 7, 1, random.randint(low, high), None]) for _ in range(length)]
    stored = getattr(pa, f"{'uint' if low == 0 else 'int'}{width}")()
    return pa.array(numbers, stored).view(kind)


def _nested(kind: pa.DataType, length: int, random: Random) -> pa.Array:
    if pa.types.is_dictionary(kind):
        words = array_of(kind.value_type, 3, random)
        indices = pa.array([random.choice([0, 1, 2, None]) for _ in range(length)], pa.int8())
        return pa.DictionaryArray.from_arrays(indices, words)
    if pa.types.is_run_end_encoded(kind):
        ends = pa.array(range(2, 2 * length + 2, 2), pa.int32())
        try:
            runs = pa.RunEndEncodedArray.from_arrays(ends, array_of(kind.value_type, length, random))
        except pa.ArrowInvalid:  # pyarrow makes no runs of texts that are not UTF-8, nor of some nested values.
            reject()
        return runs[1 : length + 1]
    if pa.types.is_struct(kind):
        fields = list(kind)
        columns = [array_of(field.type, length, random) for field in fields]
        return pa.StructArray.from_arrays(columns, fields=fields, mask=_mask(length, random))
    if pa.types.is_union(kind):
        return _union(kind, length, random)
    if pa.types.is_fixed_size_list(kind):
        return pa.FixedSizeListArray.from_arrays(array_of(kind.value_type, 2 * length, random), 2)
    lengths = [random.randrange(3) for _ in range(length)]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    if pa.types.is_map(kind):
        keys = pa.array([random.choice(["a", "b"]) for _ in range(sum(lengths))], kind.key_type)
        items = array_of(kind.item_type, sum(lengths), random)
        return pa.MapArray.from_arrays(pa.array(offsets, pa.int32()), keys, items)
    items = array_of(kind.value_type, sum(lengths), random)
    if pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind):
        wide = pa.int64() if pa.types.is_large_list_view(kind) else pa.int32()
        make = pa.LargeListViewArray if pa.types.is_large_list_view(kind) else pa.ListViewArray
        return make.from_arrays(
            pa.array(offsets[:-1], wide), pa.array(lengths, wide), items, mask=_mask(length, random)
        )
    wide = pa.int64() if pa.types.is_large_list(kind) else pa.int32()
    make = pa.LargeListArray if pa.types.is_large_list(kind) else pa.ListArray
    return make.from_arrays(pa.array(offsets, wide), items, mask=_mask(length, random))


def _union(kind: pa.DataType, length: int, random: Random) -> pa.Array:
    children = [array_of(field.type, length, random) for field in kind]
    codes = pa.array([random.randrange(len(children)) for _ in range(length)], pa.int8())
    if kind.mode == "sparse":
        return pa.UnionArray.from_sparse(codes, children)
    places = pa.array([random.randrange(length) for _ in range(length)], pa.int32())
    return pa.UnionArray.from_dense(codes, places, children)


def _mask(length: int, random: Random) -> pa.Array:
    return pa.array([random.random() < 0.2 for _ in range(length)], pa.bool_())
