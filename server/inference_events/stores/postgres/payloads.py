"""The values of an event as bytes: a MessagePack array, by which every value keeps every bit.

A column's place in the array is its own for ever. What comes after the end of an array is null, so that a new column
costs stored events nothing. The first byte tells the form, for later versions and for large arrays, which are
compressed here because PostgreSQL's own compression takes eight times as long.
"""

from collections.abc import Sequence
from typing import Any

import ormsgpack
import zstandard

PLAIN = b"\x00"
COMPRESSED = b"\x01"
COMPRESSED_BYTES = 1024
LEVEL = 1


def pack(values: Sequence[Any]) -> bytes:
    """Return an array of values (null, bool, int of 64 bits, float, str, or a list of these) as bytes."""
    return pack_bytes(ormsgpack.packb(values))


def unpack(stored: bytes | None) -> list[Any]:
    """Return the array that was packed."""
    values: list[Any] = [] if stored is None else ormsgpack.unpackb(unpack_bytes(stored))
    return values


def unpack_all(stored: Sequence[bytes | None]) -> list[list[Any]]:
    """Return the arrays that were packed. To unpack many at once takes less time for each."""
    unpackb = ormsgpack.unpackb
    return [unpackb(each[1:]) if each is not None and each[0] == 0 else unpack(each) for each in stored]


def pack_bytes(plain: bytes) -> bytes:
    """Return bytes in the form in which they are stored: compressed if that makes them smaller."""
    if len(plain) > COMPRESSED_BYTES:
        compressed = zstandard.ZstdCompressor(LEVEL).compress(plain)
        if len(compressed) < len(plain):
            return COMPRESSED + compressed
    return PLAIN + plain


def unpack_bytes(stored: bytes) -> bytes:
    """Return the bytes that were packed."""
    form, packed = stored[:1], stored[1:]
    if form == COMPRESSED:
        return zstandard.ZstdDecompressor().decompress(packed)
    if form != PLAIN:
        raise ValueError(f"payload of unknown form {form.hex()}")
    return packed
