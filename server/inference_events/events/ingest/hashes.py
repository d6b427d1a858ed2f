"""Hash the content of events so that JSON, CSV and Parquet of one event hash alike.

An event's hash is the sum of a hash per value, each mixed with its column's name. So it does not depend on the order of
columns, and nulls add nothing.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from inference_events.xxh3 import hash_strings

Hashes = npt.NDArray[np.uint64]

# Raise it if the same event, sent again, gets another hash: because of the hash itself, or because its values are
# converted in another way. Stored rows with an older version are compared by their values.
HASH_VERSION = 1
NULL_ITEM = np.uint64(0x9E3779B97F4A7C15)
# A column whose first rows have few values is hashed by value: looking a value up costs less than hashing it.
SAMPLE_ROWS, MAX_SAMPLE_VALUES = 512, 64


def hash_text(text: str) -> int:
    """Return a 64-bit hash of `text` that is the same in every process and version."""
    return xxhash.xxh3_64_intdigest(text.encode())


def hash_column(name: str, array: pa.Array) -> Hashes:
    """Return one hash per row, 0 for null."""
    hashes = mix(_hash_values(array) ^ np.uint64(hash_text(name)))
    if array.null_count:
        hashes[array.is_null().to_numpy(zero_copy_only=False)] = 0
    return hashes


def hash_pair(name: str, text: str) -> int:
    """Return the hash of a value that has no declared type, by its text."""
    pair = np.array([hash_text(text) ^ hash_text(name)], np.uint64)
    return int(mix(pair)[0])


def mix(values: Hashes) -> Hashes:
    """Spread the bits of 64-bit integers (the finalizer of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Hashes = values ^ (values >> np.uint64(31))
    return mixed


def _hash_values(array: pa.Array) -> Hashes:
    hashes: Hashes
    kind = array.type
    if pa.types.is_list(kind):
        return _hash_lists(array)
    if pa.types.is_string(kind):
        return _hash_strings(array)
    if pa.types.is_floating(kind):
        # Adding 0 makes a positive zero of a negative one.
        hashes = (_filled(array, 0.0) + 0.0).view(np.uint64)
    elif pa.types.is_boolean(kind):
        hashes = _filled(array, False).astype(np.uint64)
    else:
        hashes = _filled(array if kind == pa.int64() else array.cast(pa.int64()), 0).view(np.uint64)
    return hashes


def _filled(array: pa.Array, value: Any) -> npt.NDArray[Any]:
    # Each call of Arrow costs more than it takes to hash a few rows.
    numbers = pc.fill_null(array, value) if array.null_count else array
    filled: npt.NDArray[Any] = numbers.to_numpy(zero_copy_only=False)
    return filled


def _hash_strings(array: pa.Array) -> Hashes:
    if len(array) < SAMPLE_ROWS or pc.count_distinct(array[:SAMPLE_ROWS], "all").as_py() > MAX_SAMPLE_VALUES:
        return hash_strings(array)
    encoded = array.dictionary_encode(null_encoding="encode")
    hashes: Hashes = hash_strings(encoded.dictionary)[encoded.indices.to_numpy()]
    return hashes


def _hash_lists(array: pa.ListArray) -> Hashes:
    items, parents = array.flatten(), np.asarray(pc.list_parent_indices(array))
    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
    places = np.arange(len(items)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    hashes = _hash_values(items)
    hashes = np.where(items.is_null().to_numpy(zero_copy_only=False), NULL_ITEM, hashes)
    totals: Hashes = lengths.astype(np.uint64)
    np.add.at(totals, parents, mix(hashes + places.astype(np.uint64) * NULL_ITEM))
    return totals
