"""The index of event ids: added ids that were not removed are found, in any run."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference_events.stores.duckdb import id_index
from inference_events.stores.duckdb.id_index import IdIndex, RowIds, hash_ids

Step = tuple[str, list[int]]

# Few hashes, so that ids share them; small steps, so that runs are made, joined and changed.
STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "remove", "find"]), st.lists(st.integers(0, 40), max_size=12)), max_size=60
)


def hashes(keys: list[int]) -> id_index.Hashes:
    return np.array(keys, np.uint64)


@settings(max_examples=60, deadline=None)
@given(stored=st.lists(st.integers(0, 40), max_size=30), steps=STEPS)
def test_what_is_there_is_found(stored: list[int], steps: list[Step]) -> None:
    """After any additions and removals, a hash leads to the places of exactly the rows that have it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(id_index, "MAX_RUN_LENGTH", 16)
        index = IdIndex(hashes(stored), np.arange(len(stored)))
        rows = dict(enumerate(stored))
        for name, keys in steps:
            if name == "add":
                places = index.reserve(len(keys))
                index.add(hashes(keys), places)
                rows |= zip(places.tolist(), keys, strict=True)
            elif name == "remove":
                gone = {place: rows.pop(place) for place in list(rows)[: len(keys)]}
                index.remove(hashes(list(gone.values())), np.array(list(gone), np.int64))
            assert index.find(hashes(keys)).tolist() == sorted(place for place, key in rows.items() if key in keys)


def test_places_ascend() -> None:
    """Reserved places are above all that are taken, so that rows lie in the order of their places."""
    index = IdIndex(hashes([5, 6]), np.array([3, 11]))
    assert index.reserve(2).tolist() == [12, 13]
    assert index.reserve(1).tolist() == [14]


def test_hashes_never_change() -> None:
    """Hashes are stored with the events: every version must make the same of an id."""
    expected = [1204387983275101673, 4854532268690918641, 16908102542773552717]
    for repeats in (1, 1000):
        ids = pa.array(["a", "ä", ""] * repeats)
        assert hash_ids("7f0f7f86-2d4e-4d58-9a3c-1f6a0f0b7a44", ids).tolist() == expected * repeats


def test_row_ids_follow_from_places() -> None:
    """From each start on the rowid is so much less than the place, and the place itself where nothing is known."""
    nothing = np.array([], np.int64)
    assert RowIds(nothing, nothing).guess(np.array([0, 7])).tolist() == [0, 7]
    shifted = RowIds(np.array([2, 10, 20]), np.array([2, 5, 5]))
    assert shifted.guess(np.array([2, 9, 10, 19, 25])).tolist() == [0, 7, 5, 14, 20]
