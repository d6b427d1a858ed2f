"""Rows of changes are compacted when there are many, and nothing is lost while the ranges of hours are not too many."""

from pathlib import Path

import duckdb
import pytest

from inference_events.events.types import DataRevision
from tests.stores.opened import MODEL, NOW, Opened

HOUR = 3_600_000_000
FIRST = NOW // HOUR
FEW = 10


@pytest.fixture(autouse=True)
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let few rows be enough to compact them."""
    monkeypatch.setattr("inference_events.stores.duckdb.changes.COMPACT_AFTER", FEW)


def stored_rows(opened: Opened, directory: Path) -> int:
    opened.store.close()
    with duckdb.connect(str(directory / "events.duckdb")) as database:
        [(rows,)] = database.sql("SELECT count(*) FROM changes").fetchall()
    opened.reopen()
    return int(rows)


def write(opened: Opened, *hours: int, environment: str = "production") -> list[DataRevision]:
    """Add an event to each hour by a commit of its own, and return the revision after each."""
    revisions = []
    for number, hour in enumerate(hours):
        row = {"id": f"{len(hours)}-{number}", "at": (FIRST + hour) * HOUR}
        opened.publish(row, environment=environment)
        revisions.append(opened.store.data_revision(MODEL, environment))
    return revisions


def dirty(opened: Opened, since: DataRevision) -> list[tuple[int, int]]:
    ranges = opened.store.dirty_hours(MODEL, "production", since)
    return [(first - FIRST, last - FIRST) for first, last in ranges]


def test_compaction_loses_nothing(opened: Opened, tmp_path: Path) -> None:
    """Of many commits few rows are left, and still every revision says exactly what has changed since."""
    hours = [0, 5, 0, 5, 2, 5, 0, 9] * 10
    revisions = write(opened, *hours)
    write(opened, *hours, environment="other")
    assert stored_rows(opened, tmp_path) < 2 * FEW
    assert opened.store.data_revision(MODEL, "production") == revisions[-1]
    assert revisions[-1].changes == len(hours)
    for number, revision in enumerate(revisions):
        assert dirty(opened, revision) == [(hour, hour) for hour in sorted(set(hours[number + 1 :]))]


def test_the_oldest_of_many_ranges_become_one(opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If an environment has too many ranges, a recent revision is still exact, and an old one misses no hour."""
    monkeypatch.setattr("inference_events.stores.duckdb.changes.MAX_KEPT_RANGES", 5)
    revisions = write(opened, *range(0, 160, 2))
    assert stored_rows(opened, tmp_path) < 2 * FEW
    assert dirty(opened, revisions[-3]) == [(156, 156), (158, 158)]
    [oldest, *recent] = dirty(opened, revisions[10])
    assert oldest[0] == 0
    assert recent[-1] == (158, 158)
    assert {hour for first, last in (oldest, *recent) for hour in range(first, last + 1)} >= set(range(22, 160, 2))


def test_one_commit_with_scattered_events_has_few_ranges(opened: Opened) -> None:
    """Events of one write in many hours make few ranges, which have the widest gaps between them."""
    before = opened.store.data_revision(MODEL, "production")
    hours = [cluster * 1000 + hour for cluster in range(10) for hour in range(0, 40, 4)]
    opened.publish(*({"id": str(hour), "at": (FIRST + hour) * HOUR} for hour in hours))
    ranges = dirty(opened, before)
    assert len(ranges) == 16
    assert {first // 1000 for first, _ in ranges} == set(range(10))
    assert all(last - first <= 36 for first, last in ranges)
    assert all(any(first <= hour <= last for first, last in ranges) for hour in hours)
