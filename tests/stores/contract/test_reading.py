"""What a store promises of reads and of what survives a restart."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference_events.events.store_errors import ModelUnknown
from tests.stores.opened import MODEL, NOW, SECOND, Opened

OTHER = "00000000-0000-4000-8000-000000000000"


def test_events_come_in_order_of_time_and_id(opened: Opened) -> None:
    """Events are ordered by timestamp, then id."""
    opened.publish(
        {"id": "b", "at": NOW}, {"id": "z", "at": NOW - 1}, {"id": "a", "at": NOW}, {"id": "c", "at": NOW + 1}
    )
    assert opened.ids() == ["z", "a", "b", "c"]
    assert opened.ids(limit=2) == ["z", "a"]


def test_reads_select_by_id_and_by_range(opened: Opened) -> None:
    """Ids and ranges (start inclusive, end exclusive) select; what is not stored is left out."""
    opened.publish(*({"id": str(at), "at": NOW + at} for at in range(5)))
    assert opened.ids(event_ids=["3", "1", "1", "unknown"]) == ["1", "3"]
    assert opened.ids(event_ids=[]) == []
    assert opened.ids(start=NOW + 1, end=NOW + 3) == ["1", "2"]
    assert opened.ids(start=NOW + 3) == ["3", "4"]
    assert opened.ids(end=NOW + 1) == ["0"]
    assert opened.ids(start=NOW + 1, after=(NOW + 2, "2")) == ["3", "4"]


def test_an_environment_without_events_is_empty(opened: Opened) -> None:
    """An environment in which nothing was written has no events."""
    opened.publish({"id": "a"})
    assert opened.read("other") == []
    assert opened.count("other") == 0
    assert opened.store.counts(MODEL) == {"production": 1}


def test_events_are_counted_by_range_and_environment(opened: Opened) -> None:
    """A count takes a range (start inclusive, end exclusive); all environments of a model are counted at once."""
    opened.publish(*({"id": str(at), "at": NOW + at} for at in range(5)))
    opened.append({"id": "0", "at": NOW}, {"id": "1", "at": NOW})
    ranges = ((None, None), (1, 3), (3, None), (None, 1), (5, 9))
    bounds = [[None if at is None else NOW + at for at in each] for each in ranges]
    assert [opened.store.count(MODEL, "production", *each) for each in bounds] == [5, 2, 2, 1, 0]
    assert opened.store.counts(MODEL) == {"production": 5, "dataset": 2}


def test_traffic_is_the_count_and_the_newest_time(opened: Opened) -> None:
    """Traffic has the number of events of a range, the time of the newest, and the data revision."""
    opened.publish(*({"id": str(at), "at": NOW + at} for at in range(5)))
    revision = opened.store.data_revision(MODEL, "production")
    assert opened.store.traffic(MODEL, "production") == (5, NOW + 4, revision)
    assert opened.store.traffic(MODEL, "production", NOW + 1, NOW + 3) == (2, NOW + 2, revision)
    assert opened.store.traffic(MODEL, "production", NOW + 5) == (0, None, revision)
    assert opened.store.traffic(MODEL, "other") == (0, None, (0, 0))
    with pytest.raises(ModelUnknown):
        opened.store.traffic(OTHER, "production")


def test_events_of_an_unknown_model_cannot_be_counted(opened: Opened) -> None:
    """A model that was never defined, or is dropped, has no counts, not even of nothing."""
    opened.store.drop(MODEL).result()
    for model_id in (MODEL, OTHER):
        with pytest.raises(ModelUnknown):
            opened.store.count(model_id, "production")
        with pytest.raises(ModelUnknown):
            opened.store.counts(model_id)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    times=st.dictionaries(st.text("ab\x00\u00e9\U0001f600", min_size=1, max_size=3), st.integers(0, 3), min_size=1),
    size=st.integers(1, 4),
)
def test_pages_show_each_event_once(opened: Opened, times: dict[str, int], size: int) -> None:
    """Pages that each begin after the last event of the one before show every event once, in order."""
    environment = opened.environment()
    opened.publish(*({"id": each, "at": NOW + at} for each, at in times.items()), environment=environment)
    seen: list[tuple[int, str]] = []
    while True:
        after = seen[-1] if seen else None
        page = opened.read(environment, limit=size, after=after)
        seen += [(event["at"], event["id"]) for event in page]
        if len(page) < size:
            break
    assert seen == sorted(
        ((NOW + at, each) for each, at in times.items()), key=lambda place: (place[0], place[1].encode())
    )


def test_events_survive_a_restart(opened: Opened) -> None:
    """A store that is closed and opened again has every event as it was, and goes on from there."""
    opened.publish({"id": "a", "x": 1.0, "extra": {"e": 1}, "violations": {"x": "range"}}, {"id": "b"})
    opened.update({"id": "b", "label": True}, received_at=NOW + SECOND)
    opened.append({"id": "a", "x": 2.0})
    before = opened.read(), opened.read("dataset")
    opened.reopen()
    assert (opened.read(), opened.read("dataset")) == before
    assert opened.publish({"id": "a", "x": 1.0, "extra": {"e": 1}}) == ["unchanged"]
    assert opened.count() == 2


def test_an_open_store_responds(opened: Opened) -> None:
    """A store that can be read says so."""
    assert opened.store.ping()
