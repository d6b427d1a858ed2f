"""Convert columns between Arrow and the values in payloads, in which times are microseconds."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import pyarrow as pa

from inference_events.events.types import TIMESTAMP

TIME_LISTS = pa.list_(TIMESTAMP)


def to_python(column: pa.ChunkedArray | pa.Array) -> list[Any]:
    """Return the values of a column in the form of payloads."""
    values: list[Any] = column.cast(_plain(column.type)).to_pylist()
    return values


def to_arrow(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Return a column of values that were read from payloads."""
    return pa.array(values, _plain(kind)).cast(kind)


def transposed(rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    """Return the columns of rows. Nulls are appended to short rows."""
    return list(zip_longest(*rows))


def _plain(kind: pa.DataType) -> pa.DataType:
    if kind == TIMESTAMP:
        return pa.int64()
    return pa.list_(pa.int64()) if kind == TIME_LISTS else kind
