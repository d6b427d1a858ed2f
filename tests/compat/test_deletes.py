"""Deleting events by id and by time range, with the job that does it."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import fiddler as fdl
import pytest

from tests.compat.stored import column, define_model, done, stored_by_id, stored_events

pytestmark = pytest.mark.needs("Model.delete_events")

START = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def model(project: fdl.Project) -> fdl.Model:
    """Give a model with 24 events, one an hour."""
    model = define_model(project, column("id", "str"), column("x", "int"), event_id_col="id", event_ts_col="ts")
    model.publish([{"id": f"e{n:02}", "ts": START + timedelta(hours=n), "x": n} for n in range(24)])
    return model


def ids(*numbers: int) -> list[str]:
    return [f"e{n:02}" for n in numbers]


def left(model: fdl.Model) -> list[str]:
    return [event["event_id"] for event in stored_events(model)]


def test_events_with_the_ids_go(model: fdl.Model) -> None:
    """The named events are gone when the job is done; unknown ids are no fault; the job counts the deleted events."""
    job = model.delete_events(event_ids=[*ids(3, 5), "never stored"])
    assert (job.name, job.info["resource_type"]) == ("Delete events", "EVENT")
    assert done(job)["deleted_events"] == 2
    assert left(model) == ids(*(n for n in range(24) if n not in (3, 5)))


def test_ten_thousand_ids_go(model: fdl.Model) -> None:
    """As many ids as the client allows are deleted in one call."""
    many = [f"m{n:05}" for n in range(10_000)]
    model.publish([{"id": id, "x": 1} for id in many])
    assert done(model.delete_events(event_ids=many))["deleted_events"] == 10_000
    assert left(model) == ids(*range(24))


@pytest.mark.parametrize(
    ("start", "end", "gone"),
    [
        (START + timedelta(hours=2), START + timedelta(hours=4), [2, 3]),
        ("2024-01-01T02:00:00Z", "2024-01-01T02:00:00.000001Z", [2]),
        ("2024-01-01T02:00:00.000001Z", "2024-01-01T03:00:00Z", []),
        ("2024-01-01T04:00:00+02:00", "2024-01-01T06:00:00+02:00", [2, 3]),
        (START.astimezone(timezone(timedelta(hours=-7))), START + timedelta(hours=1), [0]),
        (START - timedelta(days=365), START + timedelta(days=365), list(range(24))),
    ],
)
def test_a_time_range_goes(model: fdl.Model, start: Any, end: Any, gone: list[int]) -> None:
    """The start belongs to the range, the end does not, in any time zone."""
    job = model.delete_events(start_time=start, end_time=end, update_metrics=True)
    assert done(job)["deleted_events"] == len(gone)
    assert left(model) == ids(*(n for n in range(24) if n not in gone))


def test_a_reversed_range_is_refused(model: fdl.Model) -> None:
    """The client does not check; the server responds with 400 and deletes nothing."""
    with pytest.raises(fdl.ApiError) as refusal:
        model.delete_events(start_time=START + timedelta(hours=4), end_time=START)
    assert refusal.value.code == 400
    assert len(left(model)) == 24


def test_a_moved_event_is_deleted_at_its_new_time(model: fdl.Model) -> None:
    """An event whose timestamp was updated belongs to the range of its new time only."""
    model.publish([{"id": "e02", "ts": START + timedelta(days=9)}], update=True)
    done(model.delete_events(start_time=START + timedelta(hours=2), end_time=START + timedelta(hours=3)))
    assert len(left(model)) == 24
    done(model.delete_events(start_time=START + timedelta(days=9), end_time=START + timedelta(days=10)))
    assert "e02" not in left(model)


def test_deleted_events_can_be_published_again(model: fdl.Model) -> None:
    """An id is free again after its deletion, and nothing of the old event is left in the new one."""
    done(model.delete_events(event_ids=ids(1)))
    model.publish([{"id": "e01", "ts": START}])
    assert stored_by_id(model)["e01"]["values"] == {"id": "e01", "x": None}


def test_events_published_after_the_deletion_stay(model: fdl.Model) -> None:
    """The job deletes the events that existed when it was accepted, however late it runs."""
    job = model.delete_events(event_ids=ids(1, 2))
    model.publish([{"id": "e01", "ts": START, "x": 100}])
    done(job)
    assert "e02" not in left(model)
    assert stored_by_id(model)["e01"]["values"]["x"] == 100


def test_datasets_are_not_touched(model: fdl.Model) -> None:
    """Deleting concerns production only, even if a dataset has the same ids."""
    model.publish([{"id": "e01", "ts": START, "x": 1}], fdl.EnvType.PRE_PRODUCTION, "training")
    done(model.delete_events(event_ids=ids(1)))
    done(model.delete_events(start_time=START, end_time=START + timedelta(days=1)))
    assert (left(model), set(stored_by_id(model, "training"))) == ([], {"e01"})
