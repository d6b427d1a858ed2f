"""An index in memory from event ids to rows, so that operations by id need not scan the table."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from inference_events.xxh3 import hash_strings

Hashes = npt.NDArray[np.uint64]
RowKeys = npt.NDArray[np.int64]

TOMBSTONE = -1
MAX_RUN_LENGTH = 1 << 21


def hash_ids(environment_id: str, ids: pa.StringArray) -> Hashes:
    """Hash event ids of one environment. The hashes are stored, so they must not change between versions."""
    return hash_strings(ids, xxhash.xxh3_64_intdigest(environment_id.encode()))


@dataclass(frozen=True)
class _SortedRun:
    """Entries sorted by hash. A row_key is overwritten if the row moves or is deleted."""

    hashes: Hashes
    row_keys: RowKeys

    @classmethod
    def sorted(cls, hashes: Hashes, row_keys: RowKeys, *, of_runs: bool = False) -> "_SortedRun":
        """Sort entries. Set `of_runs` if they are concatenated runs: a stable sort merges these faster."""
        order = np.argsort(hashes, kind="stable" if of_runs else None)
        return cls(hashes[order], row_keys[order])

    def __len__(self) -> int:
        return len(self.hashes)

    def find(self, hashes: Hashes) -> RowKeys:
        """Return the numbers of the entries that have one of the hashes."""
        first = np.searchsorted(self.hashes, hashes)
        there = first < len(self)
        there[there] = self.hashes[first[there]] == hashes[there]
        first = first[there]
        length = np.searchsorted(self.hashes, hashes[there], "right") - first
        starts = np.repeat(first - (np.cumsum(length) - length), length)
        entries: RowKeys = starts + np.arange(length.sum())
        return entries

    def without(self, below: int) -> "_SortedRun":
        """Return the entries whose row_keys are not less than `below`."""
        stays = self.row_keys >= below
        return _SortedRun(self.hashes[stays], self.row_keys[stays])

    def joined(self, other: "_SortedRun") -> "_SortedRun":
        """Return the entries of both runs without the tombstones."""
        hashes = np.concatenate([self.hashes, other.hashes])
        row_keys = np.concatenate([self.row_keys, other.row_keys])
        there = row_keys != TOMBSTONE
        return _SortedRun.sorted(hashes[there], row_keys[there], of_runs=True)


class IdIndex:
    """Maps 64-bit hashes of event ids to the row_keys of their rows in one table.

    Two ids may share a hash, so a look-up returns candidates, and the caller compares the ids. A stored id is always
    among the candidates of its hash. An entry takes 16 bytes. Entries are in a few sorted runs: runs of similar size
    are joined, up to a size that takes little time to join.
    """

    def __init__(self, hashes: Hashes, row_keys: RowKeys) -> None:
        self._runs = [_SortedRun.sorted(hashes, row_keys)]
        self._next_row_key = int(row_keys.max(initial=-1)) + 1

    def find(self, hashes: Hashes) -> RowKeys:
        """Return the row_keys of all rows whose ids may have one of the hashes, sorted."""
        wanted = _distinct(hashes)
        row_keys = _distinct(np.concatenate([run.row_keys[run.find(wanted)] for run in self._runs]))
        there: RowKeys = row_keys[row_keys != TOMBSTONE]
        return there

    def reserve(self, count: int) -> RowKeys:
        """Return row_keys for new rows, larger than all earlier ones, so that rows are stored in the order of keys."""
        start = self._next_row_key
        self._next_row_key += count
        return np.arange(start, self._next_row_key)

    def add(self, hashes: Hashes, row_keys: RowKeys) -> None:
        """Add inserted rows."""
        run = _SortedRun.sorted(hashes, row_keys)
        while self._runs and len(self._runs[-1]) <= min(2 * len(run), MAX_RUN_LENGTH):
            run = self._runs.pop().joined(run)
        self._runs.append(run)

    def remove(self, hashes: Hashes, row_keys: RowKeys) -> None:
        """Remove deleted rows."""
        keys, ordered = _distinct(hashes), np.sort(row_keys)
        for run in self._runs:
            entries = run.find(keys)
            run.row_keys[entries[_contains(ordered, run.row_keys[entries])]] = TOMBSTONE

    def drop_below(self, row_key: int) -> None:
        """Remove rows whose row_keys are less than `row_key`."""
        self._runs = [run.without(row_key) for run in self._runs]


@dataclass(frozen=True)
class RowIds:
    """Maps row_keys to `rowid`s. Both ascend, so their difference changes only at rows that the engine dropped.

    From each of the ascending `starts` on, the rowid is the row_key minus the shift.
    """

    starts: RowKeys
    shifts: RowKeys

    def guess(self, row_keys: RowKeys) -> RowKeys:
        if not len(self.starts):
            return row_keys
        return row_keys - self.shifts[np.maximum(np.searchsorted(self.starts, row_keys, "right") - 1, 0)]


def _distinct(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the distinct values, sorted. NumPy's `unique` hashes integers, which takes far longer."""
    ordered = np.sort(values)
    return ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if len(ordered) else ordered


def _contains(ordered: RowKeys, wanted: RowKeys) -> npt.NDArray[np.bool_]:
    if not len(ordered):
        return np.zeros(len(wanted), bool)
    near = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    found: npt.NDArray[np.bool_] = ordered[near] == wanted
    return found
