"""Where the row of each event id lies: an index in memory, so that work by id need not look through the table."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash

Hashes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

GONE = -1
LONGEST_RUN = 1 << 21


def hash_ids(environment_id: str, ids: Sequence[str]) -> Hashes:
    """Hash event ids of one environment. The hashes are stored: they must not change."""
    seed = xxhash.xxh3_64_intdigest(environment_id.encode())
    digests = map(xxhash.xxh3_64_intdigest, map(str.encode, ids), repeat(seed))
    return np.fromiter(digests, np.uint64, len(ids))


@dataclass(frozen=True)
class _Run:
    """Entries in order of their hash. A place is overwritten where the row moves or goes."""

    hashes: Hashes
    places: Places

    @classmethod
    def sorted(cls, hashes: Hashes, places: Places, *, of_runs: bool = False) -> "_Run":
        """Sort entries. `of_runs` tells that they are runs one after the other, which a stable sort merges."""
        order = np.argsort(hashes, kind="stable" if of_runs else None)
        return cls(hashes[order], places[order])

    def __len__(self) -> int:
        return len(self.hashes)

    def find(self, hashes: Hashes) -> Places:
        """Return the numbers of the entries that have one of the hashes."""
        first = np.searchsorted(self.hashes, hashes)
        there = first < len(self)
        there[there] = self.hashes[first[there]] == hashes[there]
        first = first[there]
        length = np.searchsorted(self.hashes, hashes[there], "right") - first
        starts = np.repeat(first - (np.cumsum(length) - length), length)
        entries: Places = starts + np.arange(length.sum())
        return entries

    def without(self, below: int) -> "_Run":
        """Return the entries whose places are not below one."""
        stays = self.places >= below
        return _Run(self.hashes[stays], self.places[stays])

    def joined(self, other: "_Run") -> "_Run":
        """Return the entries of both whose rows are still there."""
        hashes = np.concatenate([self.hashes, other.hashes])
        places = np.concatenate([self.places, other.places])
        there = places != GONE
        return _Run.sorted(hashes[there], places[there], of_runs=True)


class Identity:
    """Maps 64-bit hashes of event ids to the places of their rows, of one table.

    Two ids may share a hash, so what is found are candidates: who asks compares the ids. An id that is stored is
    always among the candidates of its hash. An entry takes 16 bytes, in a few sorted runs: runs of like size are
    joined, so that they stay few, up to a size that is joined in a moment.
    """

    def __init__(self, hashes: Hashes, places: Places) -> None:
        self._runs = [_Run.sorted(hashes, places)]
        self._next_place = int(places.max(initial=-1)) + 1

    def find(self, hashes: Hashes) -> Places:
        """Return the places of all rows whose ids may have one of the hashes, sorted."""
        wanted = _distinct(hashes)
        places = _distinct(np.concatenate([run.places[run.find(wanted)] for run in self._runs]))
        there: Places = places[places != GONE]
        return there

    def reserve(self, count: int) -> Places:
        """Return places for rows that are to be inserted: larger than any before, so that rows lie in their order."""
        start = self._next_place
        self._next_place += count
        return np.arange(start, self._next_place)

    def add(self, hashes: Hashes, places: Places) -> None:
        """Note rows that were inserted."""
        run = _Run.sorted(hashes, places)
        while self._runs and len(self._runs[-1]) <= min(2 * len(run), LONGEST_RUN):
            run = self._runs.pop().joined(run)
        self._runs.append(run)

    def remove(self, hashes: Hashes, places: Places) -> None:
        """Note rows that were deleted."""
        keys, ordered = _distinct(hashes), np.sort(places)
        for run in self._runs:
            entries = run.find(keys)
            run.places[entries[_contains(ordered, run.places[entries])]] = GONE

    def drop_below(self, place: int) -> None:
        """Forget rows whose places are below one."""
        self._runs = [run.without(place) for run in self._runs]


@dataclass(frozen=True)
class RowIds:
    """The `rowid` at each place. Both ascend with the rows, so they part only where the engine left out deleted rows.

    From each of `starts` on, which ascend, the rowid is the place less its shift.
    """

    starts: Places
    shifts: Places

    def guess(self, places: Places) -> Places:
        if not len(self.starts):
            return places
        return places - self.shifts[np.maximum(np.searchsorted(self.starts, places, "right") - 1, 0)]


def _distinct(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return each value once, sorted. NumPy's `unique` puts integers into a table, which takes far longer."""
    ordered = np.sort(values)
    return ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if len(ordered) else ordered


def _contains(ordered: Places, wanted: Places) -> npt.NDArray[np.bool_]:
    if not len(ordered):
        return np.zeros(len(wanted), bool)
    near = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    found: npt.NDArray[np.bool_] = ordered[near] == wanted
    return found
