"""A few columns of many payloads, decoded a column at a time.

Making Python objects of all values of an event costs more than the rest of a scan. So the payloads are joined, and
NumPy steps through all of them at once, from index to index. It reads single values only. If there is a list before the
last index that is needed, or a value that does not have its column's type, the payloads are unpacked one by one.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from inference_events.events.types import TIMESTAMP
from inference_events.stores.postgres.columns import to_arrow
from inference_events.stores.postgres.payloads import PLAIN, pack, unpack_all, unpack_bytes
from inference_events.stores.postgres.schemas import Column

Bytes: TypeAlias = npt.NDArray[np.uint8]
Numbers: TypeAlias = npt.NDArray[np.int64]

# The first byte of a value in MessagePack tells its type, and often its length.
NIL, FALSE, TRUE, FLOAT = 0xC0, 0xC2, 0xC3, 0xCB
INTEGERS = {0xCC: ">u1", 0xCD: ">u2", 0xCE: ">u4", 0xCF: ">u8", 0xD0: ">i1", 0xD1: ">i2", 0xD2: ">i4", 0xD3: ">i8"}
LONG_TEXTS = {0xD9: ">u1", 0xDA: ">u2", 0xDB: ">u4"}
SHORT_TEXTS = range(0xA0, 0xC0)
SMALL_INTEGERS = [*range(0x80), *range(0xE0, 0x100)]
LONG_ARRAYS = {0xDC: ">u2", 0xDD: ">u4"}
NO_VALUES = pack(())
# Bytes that may be read beyond the last payload.
PADDING = bytes(16)


def read_all(columns: Sequence[Column], stored: Mapping[str, Sequence[bytes | None]]) -> list[pa.Array]:
    """Return the values of columns, in their order. `stored` has their payloads by name."""
    types: dict[str, dict[int, pa.DataType]] = {name: {} for name in stored}
    for column in columns:
        types[column.payload][column.index] = column.arrow
    values = {name: read_columns(payloads, types[name]) for name, payloads in stored.items()}
    return [values[column.payload][column.index] for column in columns]


class _Unreadable(Exception):
    """There is a value that only `payloads` can read."""


def read_columns(stored: Sequence[bytes | None], types: Mapping[int, pa.DataType]) -> dict[int, pa.Array]:
    """Return the values at some indexes of payloads, by index. Values beyond the end of a payload are null."""
    if not types:
        return {}
    try:
        return _Payloads(stored).columns(types)
    except _Unreadable:
        arrays = unpack_all(stored)
        return {
            index: to_arrow([array[index] if index < len(array) else None for array in arrays], kind)
            for index, kind in types.items()
        }


class _Payloads:
    """Joined payloads. `_at` is the position of the next value of each."""

    def __init__(self, stored: Sequence[bytes | None]) -> None:
        plain = [each if each is not None and each[0] == 0 else _plain(each) for each in stored]
        self._bytes: Bytes = np.frombuffer(b"".join([*plain, PADDING]), np.uint8)
        lengths = np.fromiter(map(len, plain), np.int64, len(plain))
        self._at = np.cumsum(lengths) - lengths + len(PLAIN)
        self._counts = self._read_counts()

    def columns(self, types: Mapping[int, pa.DataType]) -> dict[int, pa.Array]:
        if not set(types.values()) <= _READERS.keys():
            raise _Unreadable
        columns = {}
        for index in range(max(types) + 1):
            is_missing = self._counts <= index
            tags = self._bytes[self._at]
            tags[is_missing] = NIL
            if index in types:
                columns[index] = _READERS[types[index]](self, tags)
            sizes = self._sizes(tags)
            sizes[is_missing] = 0
            self._at += sizes
        return columns

    def _read_counts(self) -> Numbers:
        """Return how many values each payload has, and step to the first."""
        tags = self._bytes[self._at]
        counts: Numbers = (tags & 0x0F).astype(np.int64)
        sizes = np.ones(len(tags), np.int64)
        for tag, kind in LONG_ARRAYS.items():
            self._put(counts, tags == tag, kind)
            sizes[tags == tag] += np.dtype(kind).itemsize
        self._at += sizes
        return counts

    def _sizes(self, tags: Bytes) -> Numbers:
        """Return how many bytes the values take."""
        sizes: Numbers = _SIZES[tags]
        if not sizes.all():
            raise _Unreadable
        return sizes + self._text_lengths(tags, 0)

    def _text_lengths(self, tags: Bytes, short: int | Numbers) -> Numbers:
        """Return the lengths of long texts, and `short` for all else."""
        lengths = np.zeros(len(tags), np.int64) + short
        if ((tags >= min(LONG_TEXTS)) & (tags <= max(LONG_TEXTS))).any():
            for tag, kind in LONG_TEXTS.items():
                self._put(lengths, tags == tag, kind)
        return lengths

    def _put(self, numbers: npt.NDArray[Any], chosen: npt.NDArray[np.bool_], kind: str) -> None:
        """Set the chosen numbers to those of a type that follow the tags."""
        if chosen.any():
            windows = np.lib.stride_tricks.sliding_window_view(self._bytes, np.dtype(kind).itemsize)
            numbers[chosen] = windows[self._at[chosen] + 1].view(kind)[:, 0]

    def read_floats(self, tags: Bytes) -> pa.Array:
        _check(tags, _IS_FLOAT)
        values = np.zeros(len(tags))
        self._put(values, tags == FLOAT, ">f8")
        return pa.array(values, pa.float64(), mask=tags == NIL, from_pandas=False)

    def read_integers(self, tags: Bytes) -> pa.Array:
        _check(tags, _IS_INTEGER)
        values = tags.view(np.int8).astype(np.int64)
        for tag, kind in INTEGERS.items():
            self._put(values, tags == tag, kind)
        return pa.array(values, pa.int64(), mask=tags == NIL)

    def read_times(self, tags: Bytes) -> pa.Array:
        return self.read_integers(tags).cast(TIMESTAMP)

    def read_booleans(self, tags: Bytes) -> pa.Array:
        _check(tags, _IS_BOOLEAN)
        return pa.array(tags == TRUE, pa.bool_(), mask=tags == NIL)

    def read_texts(self, tags: Bytes) -> pa.Array:
        _check(tags, _IS_TEXT)
        is_short = (tags >= SHORT_TEXTS.start) & (tags < SHORT_TEXTS.stop)
        lengths = self._text_lengths(tags, np.where(is_short, tags & 0x1F, 0))
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        heads = np.where(is_short, 1, _SIZES[tags])
        moved = np.repeat(self._at + heads - offsets[:-1], lengths)
        characters = self._bytes[moved + np.arange(len(moved))]
        is_valid = pa.array(tags != NIL)
        buffers = (pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(characters), is_valid.buffers()[1])
        return pa.StringArray.from_buffers(len(tags), *buffers)


def _plain(stored: bytes | None) -> bytes:
    return NO_VALUES if stored is None else PLAIN + unpack_bytes(stored)


def _check(tags: Bytes, readable: npt.NDArray[np.bool_]) -> None:
    if not readable[tags].all():
        raise _Unreadable


def _one_of(*tags: int) -> npt.NDArray[np.bool_]:
    return np.isin(np.arange(256), [NIL, *tags])


def _sizes_of_tags() -> Numbers:
    """Return how many bytes a value takes by its tag, without the characters of a long text. 0 is unreadable."""
    sizes = np.zeros(256, np.int64)
    sizes[[NIL, FALSE, TRUE, *SMALL_INTEGERS]] = 1
    sizes[list(SHORT_TEXTS)] = np.arange(1, len(SHORT_TEXTS) + 1)
    sizes[FLOAT] = 9
    for tag, kind in (INTEGERS | LONG_TEXTS).items():
        sizes[tag] = 1 + np.dtype(kind).itemsize
    return sizes


_SIZES = _sizes_of_tags()
_IS_FLOAT = _one_of(FLOAT)
_IS_INTEGER = _one_of(*SMALL_INTEGERS, *INTEGERS)
_IS_BOOLEAN = _one_of(FALSE, TRUE)
_IS_TEXT = _one_of(*SHORT_TEXTS, *LONG_TEXTS)
_READERS: Mapping[pa.DataType, Callable[[_Payloads, Bytes], pa.Array]] = {
    pa.float64(): _Payloads.read_floats,
    pa.int64(): _Payloads.read_integers,
    TIMESTAMP: _Payloads.read_times,
    pa.bool_(): _Payloads.read_booleans,
    pa.string(): _Payloads.read_texts,
}
