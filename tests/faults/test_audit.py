"""The audit itself: it sees each kind of fault, so that its zeros mean something."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.faults import content
from tests.faults.audit import FAULTS, compare
from tests.faults.ledger import Change, Kind, Ledger


@pytest.fixture
def ledger() -> Ledger:
    """Give the ledger of twenty events, of which some were replaced, labelled, deleted or refused."""
    ledger = Ledger("client", 3)
    ledger.apply(Change(Kind.PUBLISH, ledger.claim(20), ledger.next_revision()))
    ledger.apply(Change(Kind.PUBLISH, np.arange(5), ledger.next_revision(), extras=1))
    ledger.apply(Change(Kind.LABEL, np.arange(3, 8), ledger.next_revision()))
    ledger.apply(Change(Kind.DELETE, np.arange(8, 10)))
    ledger.claim(5)
    return ledger


def stored(*tables: pa.Table) -> pa.Table:
    """Return tables of events as a download has them."""
    table = content.aligned(tables, 1)
    times = pc.cast(pc.multiply(table["time"], 1_000_000), pa.timestamp("us", "UTC"))
    return table.set_column(table.column_names.index("time"), "time", times)


def found(ledger: Ledger, *tables: pa.Table) -> dict[str, int]:
    """Return the faults that an audit finds, without zeros."""
    counts = compare(stored(*tables), [ledger], 1)
    return {fault: counts[fault] for fault in FAULTS if counts[fault]}


def test_what_was_acknowledged_is_no_fault(ledger: Ledger) -> None:
    """The state of the ledger itself passes."""
    assert len(ledger.expected()) == 18
    assert found(ledger, ledger.expected()) == {}


def test_an_event_less_is_lost(ledger: Ledger) -> None:
    """Events that are not there are counted."""
    assert found(ledger, ledger.expected().slice(2)) == {"lost": 2}


def test_an_event_more_is_doubled(ledger: Ledger) -> None:
    """So are copies of events."""
    assert found(ledger, ledger.expected(), ledger.expected().slice(0, 3)) == {"doubled": 3}


def test_an_event_that_was_refused_or_deleted_is_seen(ledger: Ledger) -> None:
    """So is what was deleted, and what nobody was told to be there."""
    refused = content.published("client", 3, np.array([9, 22]), np.array([1, 7]), 0)
    assert found(ledger, ledger.expected(), refused) == {"refused and there": 2}


@pytest.mark.parametrize("column", ["number", "score", "word", "label", "time", "extra_0"])
def test_every_column_counts(ledger: Ledger, column: str) -> None:
    """A value of another event is wrong, and so is one that is missing."""
    rows = content.aligned([ledger.expected()], 1)
    place = rows.column_names.index(column)
    another = rows[column].take(pa.array([4, *range(1, 18)]))
    missing = rows[column].take(pa.array([*range(4), None, *range(5, 18)]))
    for values in (another, missing):
        assert found(ledger, rows.set_column(place, column, values)) == {"wrong": 1}


@pytest.mark.parametrize(("there", "faults"), [(0, {}), (4, {}), (1, {"half there": 4}), (3, {"half there": 4})])
def test_what_is_in_doubt_happened_as_a_whole_or_not(ledger: Ledger, there: int, faults: dict[str, int]) -> None:
    """Of four events in doubt all or none may be there. What was found is expected from then on."""
    change = Change(Kind.PUBLISH, ledger.claim(4), ledger.next_revision(), extras=1)
    ledger.doubt(change)
    part = ledger.expected_after(change).slice(0, there)
    seen = found(ledger, ledger.expected(), part)
    assert {fault: count for fault, count in seen.items() if fault == "half there"} == faults
    assert len(ledger.expected()) == (22 if there else 18)
