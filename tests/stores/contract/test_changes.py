"""What a store promises of data revisions: each leads to the hours in which events have changed since."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise

import pyarrow as pa
import pytest

from inference_events.events.store_errors import ContentConflict, ModelUnknown, RevisionChanged
from inference_events.events.types import DataRevision, RejectedRow, WriteKind
from tests.stores.opened import MODEL, NOW, Opened, chunk

HOUR = 3_600_000_000
# A moment in the hour number FIRST.
FIRST = NOW // HOUR
START = FIRST * HOUR + 5
BEGINNING = DataRevision(0, 0)


def revision(opened: Opened, environment: str = "production") -> DataRevision:
    return opened.store.data_revision(MODEL, environment)


def dirty(opened: Opened, since: DataRevision, environment: str = "production") -> set[int]:
    """Return the dirty hours, counted from FIRST."""
    ranges = opened.store.dirty_hours(MODEL, environment, since)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(ranges))
    return {hour - FIRST for first, last in ranges for hour in range(first, last + 1)}


@contextmanager
def changing(opened: Opened, hours: Collection[int], environment: str = "production") -> Iterator[None]:
    """Check that what is done changes events in these hours, or at most in hours between them, and nowhere else."""
    before = revision(opened, environment)
    others = {each: revision(opened, each) for each in ("production", "dataset") if each != environment}
    yield
    after = revision(opened, environment)
    if hours:
        assert after.changes > before.changes
        assert after.last > before.last
    else:
        assert after == before
    found = dirty(opened, before, environment)
    assert set(hours) <= found
    assert found <= (set(range(min(hours), max(hours) + 1)) if hours else set())
    assert dirty(opened, after, environment) == set()
    assert {each: revision(opened, each) for each in others} == others


def test_an_environment_without_events_has_no_changes(opened: Opened) -> None:
    """Before the first event there are no changes, and no hour is dirty."""
    assert revision(opened) == BEGINNING
    assert dirty(opened, BEGINNING) == set()
    with pytest.raises(ModelUnknown):
        opened.store.data_revision("unknown", "production")
    with pytest.raises(ModelUnknown):
        opened.store.dirty_hours("unknown", "production", BEGINNING)


def test_data_revisions_are_those_of_each_environment(opened: Opened) -> None:
    """All data revisions of a model come at once, without environments that never had an event."""
    assert opened.store.data_revisions(MODEL) == {}
    opened.publish({"id": "a"}, {"id": "b", "at": NOW + 3 * HOUR})
    opened.append({"id": "a"})
    opened.publish({"id": "c"})
    found = opened.store.data_revisions(MODEL)
    assert found == {environment: revision(opened, environment) for environment in ("production", "dataset")}
    assert found["production"].changes > found["dataset"].changes > 0
    with pytest.raises(ModelUnknown):
        opened.store.data_revisions("00000000-0000-4000-8000-000000000000")


def test_publishing_changes_the_hours_of_its_events(opened: Opened) -> None:
    """New and replaced events change their hours, unchanged ones none. Without a time, that of the receipt counts."""
    with changing(opened, [0, 1, 2]):
        opened.publish(
            {"id": "a", "at": START, "x": 1.0}, {"id": "b", "at": START + 2 * HOUR}, {"id": "c", "at": START + HOUR}
        )
    with changing(opened, [4]):
        opened.publish({"id": "d", "received_at": START + 4 * HOUR})
    with changing(opened, []):
        opened.publish({"id": "a", "at": START, "x": 1.0}, {"id": "b", "at": START + 2 * HOUR})
    with changing(opened, [0]):
        opened.publish({"id": "a", "at": START, "x": 2.0}, {"id": "b", "at": START + 2 * HOUR})
    with changing(opened, [0, 7]):
        opened.publish({"id": "a", "at": START + 7 * HOUR, "x": 2.0})
    with changing(opened, [1]):
        opened.publish({"id": "c", "n": 1})


def test_updating_changes_the_hours_of_stored_events(opened: Opened) -> None:
    """An update changes the hour of its stored event, also a second one; with a new time, the old and the new hour."""
    opened.publish(*({"id": str(hour), "at": START + hour * HOUR} for hour in range(10)))
    with changing(opened, [3, 4]):
        opened.update({"id": "3", "label": True}, {"id": "4", "n": 1}, {"id": "unknown", "n": 1})
    with changing(opened, [3]):
        opened.update({"id": "3", "label": False})
    with changing(opened, [3, 20]):
        opened.update({"id": "3", "at": START + 20 * HOUR})
    with changing(opened, [20]):
        opened.update({"id": "3", "label": None})
    with changing(opened, []):
        opened.update({"id": "unknown", "label": True})


def test_appending_changes_the_hours_of_new_events(opened: Opened) -> None:
    """New events of a dataset change their hours. What is stored already, and what is refused, changes none."""
    with changing(opened, [1], "dataset"):
        opened.append({"id": "a", "at": START + HOUR})
    with changing(opened, [], "dataset"):
        opened.append({"id": "a", "at": START + HOUR})
        with pytest.raises(ContentConflict):
            opened.append({"id": "a", "at": START + 2 * HOUR}, {"id": "b", "at": START})


@pytest.mark.parametrize("by_range", [False, True])
def test_deleting_changes_the_hours_of_what_goes(opened: Opened, by_range: bool) -> None:
    """Deleted events change their hours, one that moved at its time now. A deletion of nothing changes nothing."""
    opened.publish(*({"id": str(hour), "at": START + hour * HOUR} for hour in range(10)))
    opened.update({"id": "5", "at": START + 6 * HOUR})
    epoch = opened.accept_job()
    selected = (
        {"start": START + 5 * HOUR, "end": START + 7 * HOUR} if by_range else {"event_ids": ["5", "6", "unknown"]}
    )
    with changing(opened, [6]):
        assert opened.delete(epoch, **selected) == 2
    with changing(opened, []):
        assert opened.delete(epoch, **selected) == 2
        assert opened.delete(opened.accept_job(), **selected) == 0


def test_chunks_of_files_change_hours(opened: Opened) -> None:
    """Each chunk of a job's file changes the hours of its events. Its rejected and unchanged rows change none."""
    opened.publish({"id": "a", "at": START, "x": 1.0})
    epoch = opened.accept_job("job")
    rejected = [RejectedRow(0, "BadRequest", "no id")]
    with changing(opened, [2]):
        rows = [{"id": "a", "at": START, "x": 1.0}, {"id": "b", "at": START + 2 * HOUR}]
        opened.publish(*rows, epoch=epoch, chunk=chunk("job", [1, 2], rejected))
    with changing(opened, []):
        opened.write(WriteKind.PUBLISH, [], epoch=epoch, chunk=chunk("job", [], rejected, end=4, start=3))
    with changing(opened, [0]):
        opened.update({"id": "a", "label": True}, epoch=epoch, chunk=chunk("job", [4], start=4))


def test_dropping_never_returns_to_an_earlier_revision(opened: Opened) -> None:
    """A dropped model has no revision. If it is defined again, its revisions are new, also after a restart."""
    opened.publish({"id": "a", "at": START})
    before = revision(opened)
    opened.store.drop(MODEL).result()
    with pytest.raises(ModelUnknown):
        revision(opened)
    opened.reopen()
    opened.store.apply_schema(MODEL, 1, opened.schema).result()
    assert dirty(opened, BEGINNING) == set()
    opened.publish({"id": "a", "at": START + HOUR})
    assert revision(opened) != before
    assert dirty(opened, before) == {1}


def test_changes_of_the_schema_are_no_changes_of_data(opened: Opened) -> None:
    """What changes columns, or only how events are kept, leaves the revision as it is."""
    opened.publish({"id": "a", "at": START, "x": 1.0})
    opened.update({"id": "a", "label": True})
    with changing(opened, []):
        opened.define(x=pa.float64(), more=pa.string())


def test_revisions_survive_a_restart(opened: Opened) -> None:
    """After a restart the revision is the same, and what came before and after it is known."""
    opened.publish({"id": "a", "at": START})
    before = revision(opened)
    opened.update({"id": "a", "at": START + 9 * HOUR})
    opened.publish({"id": "b", "at": START + 20 * HOUR})
    after = revision(opened)
    opened.reopen()
    assert revision(opened) == after
    assert {0, 9, 20} <= dirty(opened, before)
    with changing(opened, [30]):
        opened.publish({"id": "c", "at": START + 30 * HOUR})


def test_an_unknown_revision_makes_everything_dirty(opened: Opened) -> None:
    """A revision that the store never had, as after an older copy was restored, hides no event."""
    opened.publish({"id": "a", "at": START}, {"id": "b", "at": START + HOUR})
    known = revision(opened)
    for unknown in (
        BEGINNING,
        DataRevision(known.changes + 1, known.last),
        DataRevision(known.changes, known.last + 9),
    ):
        assert dirty(opened, unknown) == {0, 1}


def test_a_write_that_fails_changes_nothing(opened: Opened) -> None:
    """Writes that are refused beside others in one commit leave no change of their own."""
    opened.append({"id": "a", "at": START})
    conflicting, stale, good = (
        opened.write_of(WriteKind.APPEND, [{"id": each, "at": START + hour * HOUR}], "dataset")
        for each, hour in (("a", 1), ("b", 2), ("c", 5))
    )
    stale = replace(stale, batch=replace(stale.batch, revision=7))
    with changing(opened, [5], "dataset"):
        refused, outdated, written = map(opened.store.write, (conflicting, stale, good))
        written.result()
        assert isinstance(refused.exception(), ContentConflict)
        assert isinstance(outdated.exception(), RevisionChanged)


def test_early_times_have_hours(opened: Opened) -> None:
    """Hours before 1970 are negative, and each holds the times from its beginning on."""
    opened.publish({"id": "a", "at": -1}, {"id": "b", "at": 0})
    assert opened.store.dirty_hours(MODEL, "production", BEGINNING) == [(-1, 0)]
