"""Scans of any size: large ones pick the rows of a sample in another way than small ones."""

import pytest

from inference_events.events.types import Scan
from tests.stores.opened import MODEL, NOW, Opened

PICKED_ROWS = "inference_events.stores.duckdb.scanning.PICKED_ROWS"


def sample(opened: Opened, most: int) -> list[str]:
    parts = opened.store.scan(Scan(MODEL, "production", 1, [], most))
    return [event_id for part in parts for event_id in part.system["event_id"].to_pylist()]


@pytest.mark.parametrize("most", [1, 300, 999, 1000])
def test_a_sample_does_not_depend_on_how_it_is_picked(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Whether its rows are sorted or found by a threshold, the same events are in the sample, in the same order."""
    opened.publish(*({"id": f"e{number}", "at": NOW + number * 31 % 5000} for number in range(1000)))
    monkeypatch.setattr(PICKED_ROWS, 100_000)
    by_rows = sample(opened, most)
    monkeypatch.setattr(PICKED_ROWS, 0)
    assert sample(opened, most) == by_rows
    assert len(set(by_rows)) == most
