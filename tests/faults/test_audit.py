"""The audit finds each kind of fault, so that its zeros mean something."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.faults import content
from tests.faults.audit import FAULTS, compare
from tests.faults.expected_state import Change, ExpectedState, Kind


@pytest.fixture
def state() -> ExpectedState:
    """Return the expected state of twenty events, some of them replaced, labelled, deleted or refused."""
    state = ExpectedState("client", 3)
    state.apply(Change(Kind.PUBLISH, state.claim(20), state.next_revision()))
    state.apply(Change(Kind.PUBLISH, np.arange(5), state.next_revision(), extras=1))
    state.apply(Change(Kind.LABEL, np.arange(3, 8), state.next_revision()))
    state.apply(Change(Kind.DELETE, np.arange(8, 10)))
    state.claim(5)
    return state


def stored(*tables: pa.Table) -> pa.Table:
    """Return tables of events as a download has them."""
    table = content.aligned(tables, 1)
    times = pc.cast(pc.multiply(table["time"], 1_000_000), pa.timestamp("us", "UTC"))
    return table.set_column(table.column_names.index("time"), "time", times)


def found(state: ExpectedState, *tables: pa.Table) -> dict[str, int]:
    """Return the faults that an audit finds, without zeros."""
    counts = compare(stored(*tables), [state], 1)
    return {fault: counts[fault] for fault in FAULTS if counts[fault]}


def test_what_was_acknowledged_is_no_fault(state: ExpectedState) -> None:
    """Stored events that equal the expected state pass."""
    assert len(state.expected()) == 18
    assert found(state, state.expected()) == {}


def test_an_event_less_is_lost(state: ExpectedState) -> None:
    """An audit counts missing events."""
    assert found(state, state.expected().slice(2)) == {"lost": 2}


def test_an_event_more_is_doubled(state: ExpectedState) -> None:
    """An audit counts copies of events."""
    assert found(state, state.expected(), state.expected().slice(0, 3)) == {"doubled": 3}


def test_an_event_that_was_refused_or_deleted_is_seen(state: ExpectedState) -> None:
    """An audit counts stored events that were deleted or never acknowledged."""
    refused = content.published("client", 3, np.array([9, 22]), np.array([1, 7]), 0)
    assert found(state, state.expected(), refused) == {"refused and there": 2}


@pytest.mark.parametrize("column", ["number", "score", "word", "label", "time", "extra_0"])
def test_every_column_counts(state: ExpectedState, column: str) -> None:
    """A value of another event is wrong, and so is one that is missing."""
    rows = content.aligned([state.expected()], 1)
    place = rows.column_names.index(column)
    another = rows[column].take(pa.array([4, *range(1, 18)]))
    missing = rows[column].take(pa.array([*range(4), None, *range(5, 18)]))
    for values in (another, missing):
        assert found(state, rows.set_column(place, column, values)) == {"wrong": 1}


@pytest.mark.parametrize(("there", "faults"), [(0, {}), (4, {}), (1, {"half there": 4}), (3, {"half there": 4})])
def test_what_is_in_doubt_happened_as_a_whole_or_not(state: ExpectedState, there: int, faults: dict[str, int]) -> None:
    """Of four events in doubt all or none may be stored. Events that were found are expected from then on."""
    change = Change(Kind.PUBLISH, state.claim(4), state.next_revision(), extras=1)
    state.doubt(change)
    part = state.expected_after(change).slice(0, there)
    seen = found(state, state.expected(), part)
    assert {fault: count for fault, count in seen.items() if fault == "half there"} == faults
    assert len(state.expected()) == (22 if there else 18)
