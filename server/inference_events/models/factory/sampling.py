"""Sample the rows of a file that may be far larger than memory."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from inference_events.events.ingest.hashes import Hashes, mix

# Added to row numbers, because the hash of zero is zero.
STEP = np.uint64(0x9E3779B97F4A7C15)


def sample(tables: Iterable[pa.Table], size: int, max_bytes: int) -> pa.Table | None:
    """Return at most `size` of the rows that arrive, in their order; fewer if they exceed `max_bytes`.

    Every row is equally likely to be sampled, and the same rows always give the same sample: each row's key is a hash
    of its number, and the rows with the smallest keys stay. Returns None if nothing arrives.
    """
    reservoir = _Reservoir(size, max_bytes)
    for table in tables:
        reservoir.add(table)
    return reservoir.rows()


class _Reservoir:
    def __init__(self, size: int, max_bytes: int) -> None:
        self._size = size
        self._max_bytes = max_bytes
        self._seen = 0
        self._limit = np.uint64(2**64 - 1)
        self._tables: list[pa.Table] = []
        self._keys: list[Hashes] = []

    def add(self, table: pa.Table) -> None:
        keys = mix(np.arange(self._seen, self._seen + len(table), dtype=np.uint64) + STEP)
        self._seen += len(table)
        kept = np.flatnonzero(keys <= self._limit)
        self._tables.append(table.take(pa.array(kept)))
        self._keys.append(keys[kept])
        if sum(map(len, self._keys)) > 2 * self._size or self._bytes() > 2 * self._max_bytes:
            self._shrink()

    def rows(self) -> pa.Table | None:
        if not self._seen:
            return None
        self._shrink()
        return self._tables[0]

    def _shrink(self) -> None:
        """Keep the rows with the smallest keys, as many as fit. From now on, add only rows with smaller keys."""
        table, keys = pa.concat_tables(self._tables), np.concatenate(self._keys)
        size = min(self._size, len(table))
        if self._bytes() > self._max_bytes:
            size = min(size, max(1, len(table) * self._max_bytes // self._bytes()))
            self._size = size
        if size < len(table):
            kept = np.sort(np.argpartition(keys, size - 1)[:size])
            table, keys = table.take(pa.array(kept)), keys[kept]
            self._limit = keys.max()
        self._tables, self._keys = [table], [keys]

    def _bytes(self) -> int:
        return sum(table.nbytes for table in self._tables)
