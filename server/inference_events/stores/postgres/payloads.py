"""The values of an event as bytes: a MessagePack array, which keeps every bit of every value.

A column's index in the array is never used for another column. Values beyond the end of an array are null, so a new
column changes no stored event. The first byte is the form: large arrays are compressed, and a later version may add a
form. They are compressed here because PostgreSQL's own compression takes eight times as long.
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
    """Return the packed array."""
    values: list[Any] = [] if stored is None else ormsgpack.unpackb(unpack_bytes(stored))
    return values


def unpack_all(stored: Sequence[bytes | None]) -> list[list[Any]]:
    """Return the packed arrays. Unpacking many at once takes less time for each."""
    unpackb = ormsgpack.unpackb
    return [unpackb(each[1:]) if each is not None and each[0] == 0 else unpack(each) for each in stored]


def pack_bytes(plain: bytes) -> bytes:
    """Return bytes in their stored form: compressed if that makes them smaller."""
    if len(plain) > COMPRESSED_BYTES:
        compressed = zstandard.ZstdCompressor(LEVEL).compress(plain)
        if len(compressed) < len(plain):
            return COMPRESSED + compressed
    return PLAIN + plain


def unpack_bytes(stored: bytes) -> bytes:
    """Return the packed bytes."""
    form, packed = stored[:1], stored[1:]
    if form == COMPRESSED:
        return zstandard.ZstdDecompressor().decompress(packed)
    if form != PLAIN:
        raise ValueError(f"payload of unknown form {form.hex()}")
    return packed
