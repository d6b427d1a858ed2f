"""No change is missed, although rows of changes may become visible in another order than their ids."""

import pytest

from inference_events.events.types import WriteKind
from inference_events.stores.postgres import PostgresEventStore, changes, store
from tests.stores.contract.test_changes import FIRST, HOUR, START, dirty, revision
from tests.stores.contract.test_concurrency import Gate
from tests.stores.opened import MODEL, Opened

SECONDS = 30


def test_a_change_that_commits_late_is_dirty(opened: Opened, replica: PostgresEventStore) -> None:
    """A revision that was read while an earlier change was not committed yet does not hide that change."""
    opened.publish({"id": "old", "at": START + 50 * HOUR}, environment="gate")
    gate = Gate(opened)
    late = opened.write_of(WriteKind.PUBLISH, [{"id": "b", "at": START + 2 * HOUR}], "gate")
    replica.write(late).result(SECONDS)
    before = revision(opened, "gate")
    gate.opened.set()
    gate.passed.result(SECONDS)
    assert dirty(opened, before, "gate") == {0}
    assert dirty(opened, revision(opened, "gate"), "gate") <= {0, 2}


def test_compacted_changes_name_the_same_hours(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compaction keeps the revision, the hours of recent changes and, in fewer ranges, those of old ones."""
    monkeypatch.setattr(changes, "KEPT_ROWS", 3)
    monkeypatch.setattr(changes, "MAX_KEPT_RANGES", 4)
    monkeypatch.setattr(store, "COMPACT_AFTER", 10)
    for hour in range(19):
        opened.publish({"id": "a", "at": START + 2 * hour * HOUR})
    before = revision(opened)
    opened.publish({"id": "a", "at": START + 100 * HOUR})
    # It comes after the compaction.
    opened.store.forget_jobs([]).result(SECONDS)
    after = revision(opened)
    assert (after.changes - before.changes, dirty(opened, before)) == (2, {36, 100})
    everything = opened.store.dirty_hours(MODEL, "production", after._replace(changes=0, last=0))
    assert everything[0][0] == FIRST
    assert everything[-1] == (FIRST + 100, FIRST + 100)
    assert len(everything) < 15
