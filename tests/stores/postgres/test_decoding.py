"""Payloads are read with the same values a column at a time as one by one."""

import struct
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_events.stores.postgres import decoding
from inference_events.stores.postgres.payloads import pack

TIME = pa.timestamp("us")
INT64 = st.integers(-(2**63), 2**63 - 1)
EDGES = [0, 127, 128, 255, 256, 2**16 - 1, 2**16, 2**31, 2**32 - 1, 2**32, 2**63 - 1]
VALUES: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.float64(): st.floats(width=64),
    pa.int64(): INT64 | st.sampled_from(EDGES + [-edge - 1 for edge in EDGES]),
    TIME: st.integers(-(2**60), 2**60),
    pa.bool_(): st.booleans(),
    pa.string(): st.text(max_size=5)
    | st.sampled_from(["é" * 20, "x" * 31, "x" * 32, "x" * 255, "x" * 256, "y" * 70_000]),
    pa.list_(pa.float64()): st.lists(st.floats(width=64) | st.none(), max_size=3),
}
SINGLE = [kind for kind in VALUES if not pa.types.is_list(kind)]


@st.composite
def payloads(draw: st.DrawFn, kinds: Sequence[pa.DataType]) -> tuple[list[pa.DataType], list[list[Any]]]:
    """Return the types of some columns, and rows of values of which the last may be missing."""
    types = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=20))
    row = st.tuples(*(VALUES[kind] | st.none() for kind in types))
    rows = draw(
        st.lists(row.flatmap(lambda values: st.integers(0, len(values)).map(lambda n: [*values[:n]])), max_size=6)
    )
    return types, rows


def plain(kind: pa.DataType, values: Sequence[Any]) -> list[Any]:
    """Return values in a form in which equal ones have the same bits."""
    return [struct.pack("d", value) if isinstance(value, float) else repr(value) for value in values]


def check(types: Sequence[pa.DataType], rows: Sequence[Sequence[Any]], indexes: Sequence[int]) -> None:
    stored = [pack(row) if row else None for row in rows]
    found = decoding.read_columns(stored, {index: types[index] for index in indexes})
    assert sorted(found) == sorted(set(indexes))
    for index, array in found.items():
        array.validate(full=True)
        assert array.type == types[index]
        values = (array.cast(pa.int64()) if array.type == TIME else array).to_pylist()
        expected = [row[index] if index < len(row) else None for row in rows]
        assert plain(types[index], values) == plain(types[index], expected)


@given(data=st.data(), drawn=payloads(SINGLE))
def test_single_values(data: st.DataObject, drawn: tuple[list[pa.DataType], list[list[Any]]]) -> None:
    """Every value keeps every bit, with any values before it and any indexes chosen."""
    types, rows = drawn
    indexes = data.draw(st.sets(st.integers(0, len(types) - 1)))
    check(types, rows, sorted(indexes))


@given(data=st.data(), drawn=payloads(list(VALUES)))
def test_lists_among_them(data: st.DataObject, drawn: tuple[list[pa.DataType], list[list[Any]]]) -> None:
    """Lists, and the values after them, are read as well."""
    types, rows = drawn
    indexes = data.draw(st.sets(st.integers(0, len(types) - 1)))
    check(types, rows, sorted(indexes))


@pytest.mark.parametrize("count", [15, 16, 70_000])
def test_many_places(count: int) -> None:
    """Payloads with any number of values are read."""
    rows: list[list[int]] = [list(range(count)), [], [1]]
    check([pa.int64()] * count, rows, [0, min(count - 1, 300)])


def test_values_are_not_unpacked_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Single values, compressed payloads and nulls are read a column at a time."""
    monkeypatch.delattr(decoding, "unpack_all")
    types = SINGLE
    rows: list[list[Any]] = [
        [1.5, 2**40, -5, True, "x" * 5000],
        [None] * 5,
        [],
        [0.0, -1, 7, False, ""],
        [float("nan"), -(2**63)],
    ]
    check(types, rows, range(5))


def test_another_type_than_the_columns() -> None:
    """A whole number in a column of floats reads as a float."""
    stored = [pack([1]), pack([2.5])]
    assert decoding.read_columns(stored, {0: pa.float64()})[0].to_pylist() == [1.0, 2.5]
