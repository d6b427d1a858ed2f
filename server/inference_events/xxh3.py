"""Hash columns of text with XXH3 (64 bits) without a call for each text.

Hashes of texts are stored, so they must be the same in every process, build and version. XXH3 is a published and
frozen format: for each text, this module returns the same hash as the library `xxhash` for its UTF-8 bytes, and
`tests/unit/test_xxh3.py` compares the two at each length. So callers may use both, and stored hashes stay valid.

XXH3 has a formula for each class of lengths. The texts of one class are hashed together, block by block so that the
intermediate values stay in the processor's cache. Few texts, and long ones, cost less in the library.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

Hashes = npt.NDArray[np.uint64]
Offsets = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Formula = Callable[[Bytes, Offsets, Offsets, int], Hashes]

MIN_ROWS = 256
# Rows at once in each class: intermediate values of more than 64 KiB leave the cache.
BLOCKS = (8192, 8192, 8192, 8192, 4096, 2048, 1365, 1024)
# The last length of each class. Longer texts go to the library.
CLASSES = np.array([0, 3, 8, 16, 32, 64, 96, 128])
LONG = len(CLASSES)
CLASS_OF_LENGTH = np.searchsorted(CLASSES, np.arange(CLASSES[-1] + 2))

PRIME32_2, PRIME32_3 = 0x85EBCA77, 0xC2B2AE3D
PRIME64_1, PRIME64_2, PRIME64_3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
PRIME_MX1, PRIME_MX2 = 0x165667919E3779F9, 0x9FB21C651E98DF25
MASK = (1 << 64) - 1
LOW = np.uint64(0xFFFFFFFF)
# The first 128 bytes of XXH3's default secret.
SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221b8084674f743248e"
    "e03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8a8fa763fe39c343ff9dcbbc7c70b4f1d8a"
    "51e04bcdb45931c89f7ec9d9787364"
)


def hash_strings(array: pa.StringArray, seed: int = 0) -> Hashes:
    """Return the XXH3 hash of each text. Hashes at nulls mean nothing."""
    if len(array) < MIN_ROWS:
        return _in_library(array.to_pylist(), seed)
    _, offset_buffer, data = array.buffers()
    offsets = np.frombuffer(offset_buffer, np.int32, len(array) + 1, 4 * array.offset).astype(np.int64)
    starts, lengths = offsets[:-1], np.diff(offsets)
    classes = CLASS_OF_LENGTH.take(lengths, mode="clip")
    hashes = np.empty(len(array), np.uint64)
    octets = np.frombuffer(data or b"", np.uint8)
    for number in np.flatnonzero(np.bincount(classes)).tolist():
        rows = np.flatnonzero(classes == number)
        if number == LONG:
            encoded = array.take(pa.array(rows)).dictionary_encode()
            hashes[rows] = _in_library(encoded.dictionary.to_pylist(), seed)[encoded.indices.to_numpy()]
            continue
        for low in range(0, len(rows), BLOCKS[number]):
            block = rows[low : low + BLOCKS[number]]
            hashes[block] = FORMULAS[number](octets, starts[block], lengths[block], seed)
    return hashes


def _in_library(texts: Sequence[str | None], seed: int) -> Hashes:
    digests = (xxhash.xxh3_64_intdigest((text or "").encode(), seed) for text in texts)
    return np.fromiter(digests, np.uint64, len(texts))


def _hash_empty(octets: Bytes, starts: Offsets, lengths: Offsets, seed: int) -> Hashes:
    return np.full(len(starts), xxhash.xxh3_64_intdigest(b"", seed), np.uint64)


def _hash_1_to_3(octets: Bytes, starts: Offsets, lengths: Offsets, seed: int) -> Hashes:
    first, middle, last = (
        octets[starts + offset].astype(np.uint64) for offset in (np.int64(0), lengths >> 1, lengths - 1)
    )
    combined = first << np.uint64(16) | middle << np.uint64(24) | last | lengths.astype(np.uint64) << np.uint64(8)
    return _avalanche_64(combined ^ _word((_secret(0, 4) ^ _secret(4, 4)) + seed))


def _hash_4_to_8(octets: Bytes, starts: Offsets, lengths: Offsets, seed: int) -> Hashes:
    swapped = int.from_bytes((seed & 0xFFFFFFFF).to_bytes(4, "little"), "big")
    first = _words(octets, starts, "<u4")[:, 0].astype(np.uint64)
    last = _words(octets, starts + lengths - 4, "<u4")[:, 0].astype(np.uint64)
    flip = _word((_secret(8) ^ _secret(16)) - (seed ^ swapped << 32))
    hashes = (last + (first << np.uint64(32))) ^ flip
    hashes ^= _rotated(hashes, 49) ^ _rotated(hashes, 24)
    hashes *= np.uint64(PRIME_MX2)
    hashes ^= (hashes >> np.uint64(35)) + lengths.astype(np.uint64)
    hashes *= np.uint64(PRIME_MX2)
    return hashes ^ hashes >> np.uint64(28)


def _hash_9_to_16(octets: Bytes, starts: Offsets, lengths: Offsets, seed: int) -> Hashes:
    low = _words(octets, starts, "<u8")[:, 0] ^ _word((_secret(24) ^ _secret(32)) + seed)
    high = _words(octets, starts + lengths - 8, "<u8")[:, 0] ^ _word((_secret(40) ^ _secret(48)) - seed)
    return _avalanche(lengths.astype(np.uint64) + low.byteswap() + high + _folded_product(low, high))


def _hash_17_to_128(octets: Bytes, starts: Offsets, lengths: Offsets, seed: int) -> Hashes:
    """Mix as many pieces of 16 bytes from both ends as the longest text of the class has; they may overlap."""
    steps = 16 * np.arange(-(-int(lengths[0]) // 32))[:, np.newaxis]
    pieces = np.concatenate([starts + steps, (starts + lengths - 16) - steps])
    words = _words(octets, pieces, "<u8", 2)
    offsets = np.concatenate([2 * steps, 2 * steps + 16]).ravel().tolist()
    low = words[..., 0] ^ np.array([[_word(_secret(offset) + seed)] for offset in offsets])
    high = words[..., 1] ^ np.array([[_word(_secret(offset + 8) - seed)] for offset in offsets])
    sums = _folded_product(low, high).sum(axis=0)
    return _avalanche(sums + lengths.astype(np.uint64) * np.uint64(PRIME64_1))


FORMULAS: Sequence[Formula] = (_hash_empty, _hash_1_to_3, _hash_4_to_8, _hash_9_to_16, *[_hash_17_to_128] * 4)


def _folded_product(left: Hashes, right: Hashes) -> Hashes:
    """Return the two halves of the 128-bit products, combined by XOR."""
    half = np.uint64(32)
    left_low, left_high, right_low, right_high = left & LOW, left >> half, right & LOW, right >> half
    cross = left_low * right_low
    cross >>= half
    left_low *= right_high
    cross += left_low
    right_low *= left_high
    cross += right_low & LOW
    left_high *= right_high
    right_low >>= half
    left_high += right_low
    cross >>= half
    left_high += cross
    left_high ^= left * right
    return left_high


def _avalanche(hashes: Hashes) -> Hashes:
    hashes = (hashes ^ hashes >> np.uint64(37)) * np.uint64(PRIME_MX1)
    return hashes ^ hashes >> np.uint64(32)


def _avalanche_64(hashes: Hashes) -> Hashes:
    hashes = (hashes ^ hashes >> np.uint64(33)) * np.uint64(PRIME64_2)
    hashes = (hashes ^ hashes >> np.uint64(29)) * np.uint64(PRIME64_3)
    return hashes ^ hashes >> np.uint64(32)


def _rotated(hashes: Hashes, bits: int) -> Hashes:
    return hashes << np.uint64(bits) | hashes >> np.uint64(64 - bits)


def _words(octets: Bytes, starts: Offsets, kind: str, count: int = 1) -> npt.NDArray[np.unsignedinteger]:
    """Return `count` words of a kind from each start, which need not be aligned."""
    width = np.dtype(kind).itemsize * count
    windows = np.ndarray((len(octets) - width + 1,), np.dtype((np.void, width)), octets, strides=(1,))
    words: npt.NDArray[np.unsignedinteger] = windows[starts].view(kind).reshape(*starts.shape, count)
    return words


def _secret(offset: int, width: int = 8) -> int:
    return int.from_bytes(SECRET[offset : offset + width], "little")


def _word(value: int) -> np.uint64:
    return np.uint64(value & MASK)
