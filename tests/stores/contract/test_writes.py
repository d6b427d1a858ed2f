"""What a store promises of the three kinds of write."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference_events.events.store_errors import ContentConflict
from inference_events.events.types import Write, WriteKind
from tests.stores.opened import NOW, SECOND, Event, Opened, Row, names

values = {"x": st.floats(0, 3, width=16), "n": st.integers(0, 3), "label": st.booleans(), "name": st.sampled_from("ab")}
CARRIED_NULLS = st.none()


def rows(kind: WriteKind) -> st.SearchStrategy[list[Row]]:
    """Give rows of few ids and few values, so that repetitions are frequent."""
    nullable = {name: (value | CARRIED_NULLS if kind is WriteKind.UPDATE else value) for name, value in values.items()}
    row = st.fixed_dictionaries(
        {"id": st.sampled_from("abc")},
        optional={
            **nullable,
            "at": st.integers(NOW, NOW + 3),
            "extra": st.dictionaries(st.sampled_from("ef"), st.integers(0, 2), min_size=1),
        },
    )
    return st.lists(row.map(_with_violations), min_size=1, max_size=8)


def _with_violations(row: Row) -> Row:
    """Say of even numbers that they are out of range, and of what is absent that it is missing."""
    found = {name: "range" for name in ("x", "n") if row.get(name) is not None and row[name] % 2 == 0}
    missing = {name: "missing" for name in values if row.get(name) is None}
    return {**row, "violations": found | missing}


def updates(changes: list[Row]) -> list[Row]:
    """Leave out violations of columns that an update does not carry."""
    return [
        {**row, "violations": {name: kind for name, kind in row["violations"].items() if name in row}}
        for row in changes
    ]


def test_an_event_is_stored_as_it_was_written(opened: Opened) -> None:
    """A new event reads back with its values, undeclared columns, violations and times."""
    row = {"id": "a", "at": NOW - SECOND, "x": 0.5, "n": -3, "extra": {"e": [1, {"f": None}]}}
    assert opened.publish({**row, "violations": {"n": "range", "name": "missing"}}, received_at=NOW) == ["created"]
    assert opened.read() == [
        {
            "id": "a",
            "at": NOW - SECOND,
            "received_at": NOW,
            "updated_at": None,
            "extra": {"e": [1, {"f": None}]},
            "violations": {("n", "range"), ("name", "missing")},
            "values": {"x": 0.5, "n": -3},
            "labels": {"n": NOW},
        }
    ]


def test_an_event_without_a_time_has_that_of_its_receipt(opened: Opened) -> None:
    """Where a row has no timestamp the event gets the time of receipt of its own row."""
    opened.publish({"id": "a", "received_at": NOW}, {"id": "b", "received_at": NOW + 5})
    assert [event["at"] for event in opened.read()] == [NOW, NOW + 5]


def test_the_same_content_again_is_a_no_op(opened: Opened) -> None:
    """An event published again with the same content is unchanged, and so are labels that came in between."""
    event = {"id": "a", "x": 1.0, "label": False}
    opened.publish(event)
    opened.update({"id": "a", "label": True})
    before = opened.read()
    assert opened.publish(event, received_at=NOW + SECOND) == ["unchanged"]
    assert opened.read() == before


def test_a_retry_among_newer_content_never_wipes_a_label(opened: Opened) -> None:
    """A repeated event is a no-op also where other content of its id follows in the same batch."""
    first = {"id": "a", "x": 1.0, "label": False}
    opened.publish(first)
    opened.update({"id": "a", "label": True})
    assert opened.publish(first, {"id": "a", "x": 2.0}) == ["unchanged", "replaced"]
    assert opened.event("a")["values"] == {"x": 2.0, "label": True}


def test_other_content_replaces_what_it_carries(opened: Opened) -> None:
    """In the time series other content replaces the values that it carries, with their violations, and only them."""
    opened.publish({"id": "a", "at": NOW, "x": 1.0, "n": 2, "extra": {"e": 1, "f": 1}, "violations": {"x": "range"}})
    replacing = {"id": "a", "at": NOW + 7, "n": 3, "extra": {"f": 2}, "violations": {"n": "range", "x": "missing"}}
    assert opened.publish(replacing, received_at=NOW + SECOND) == ["replaced"]
    assert opened.event("a") == {
        "id": "a",
        "at": NOW + 7,
        "received_at": NOW,
        "updated_at": NOW + SECOND,
        "extra": {"e": 1, "f": 2},
        "violations": {("x", "range"), ("n", "range")},
        "values": {"x": 1.0, "n": 3},
        "labels": {"n": NOW},
    }


def test_an_update_changes_what_it_carries(opened: Opened) -> None:
    """An update changes the columns that it carries, clears those it carries as null, and moves the event in time."""
    opened.publish({"id": "a", "at": NOW, "x": 1.0, "n": 2, "name": "n", "violations": {"label": "missing"}})
    change = {"id": "a", "at": NOW + 7, "label": True, "n": None, "extra": {"e": 1}, "violations": {"n": "missing"}}
    assert opened.update(change, {"id": "unknown", "n": 1}) == ["updated", "unknown"]
    event = opened.event("a")
    assert (event["at"], event["values"]) == (NOW + 7, {"x": 1.0, "label": True, "name": "n"})
    assert (event["extra"], event["violations"]) == ({"e": 1}, {("n", "missing")})
    assert opened.ids() == ["a"]


def test_an_update_is_no_publication(opened: Opened) -> None:
    """After an update the content once published is still a no-op."""
    opened.publish({"id": "a", "x": 1.0})
    opened.update({"id": "a", "x": 2.0})
    assert opened.publish({"id": "a", "x": 1.0}) == ["unchanged"]
    assert opened.event("a")["values"] == {"x": 2.0}


def test_a_dataset_takes_new_ids_and_the_same_again(opened: Opened) -> None:
    """In a dataset new ids are added and the same content is a no-op."""
    assert opened.append({"id": "a", "x": 1.0}, {"id": "b"}, {"id": "a", "x": 1.0}) == [
        "created",
        "created",
        "unchanged",
    ]
    assert opened.append({"id": "a", "x": 1.0}, {"id": "c"}) == ["unchanged", "created"]
    assert opened.count("dataset") == 3


@pytest.mark.parametrize(
    ("rows", "places"),
    [
        ([{"id": "new"}, {"id": "a", "x": 2.0}], [1]),
        ([{"id": "new"}, {"id": "new", "x": 1.0}, {"id": "new"}, {"id": "new", "x": 2.0}], [1, 3]),
        ([{"id": "a"}, {"id": "b", "x": 0.0}, {"id": "b"}], [0, 1]),
    ],
)
def test_other_content_for_an_id_of_a_dataset_refuses_the_batch(
    opened: Opened, rows: list[Row], places: list[int]
) -> None:
    """Other content for an id, stored or in the batch, fails a dataset's batch with the places; nothing is written."""
    opened.append({"id": "a", "x": 1.0}, {"id": "b"})
    with pytest.raises(ContentConflict) as refused:
        opened.append(*rows)
    assert refused.value.rows == places
    assert opened.ids("dataset") == ["a", "b"]


def test_an_id_names_one_event_per_environment(opened: Opened) -> None:
    """The same id in two environments names two events."""
    opened.publish({"id": "a", "x": 1.0})
    assert opened.append({"id": "a", "x": 2.0}, environment="one") == ["created"]
    assert opened.append({"id": "a", "x": 3.0}, environment="two") == ["created"]
    assert [opened.event("a", where)["values"]["x"] for where in ("production", "one", "two")] == [1.0, 2.0, 3.0]


def test_ids_are_compared_exactly(opened: Opened) -> None:
    """Ids that differ in anything name different events; order is that of their UTF-8 bytes."""
    ids = ["a", "A", "a ", "\u00e4", "a\u0308", "a\x00", "a\x00b", "\U0001f600", "\uffee", "0", "00", "'; --", "%"]
    opened.publish(*({"id": each, "x": float(place)} for place, each in enumerate(ids)))
    assert opened.ids() == sorted(ids, key=str.encode)
    assert [opened.event(each)["values"]["x"] for each in ids] == list(range(len(ids)))


def test_values_keep_every_bit(opened: Opened) -> None:
    """The ends of every type's range are read back as they were written."""
    extreme = [5e-324, 1.7976931348623157e308, float("inf"), float("-inf"), 0.1 + 0.2]
    opened.publish(*({"id": str(place), "x": value} for place, value in enumerate(extreme)))
    opened.publish({"id": "n", "n": 2**63 - 1}, {"id": "o", "n": -(2**63), "name": "\x00\U0001f600"})
    assert [opened.event(str(place))["values"]["x"] for place in range(len(extreme))] == extreme
    assert opened.event("n")["values"] == {"n": 2**63 - 1}
    assert opened.event("o")["values"] == {"n": -(2**63), "name": "\x00\U0001f600"}


def test_an_empty_batch_is_written(opened: Opened) -> None:
    """A batch without rows has no statuses and changes nothing."""
    for kind in WriteKind:
        assert opened.write(kind, []) == []
    assert opened.count() == 0


@pytest.mark.parametrize("kind", list(WriteKind))
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_repeated_ids_count_as_one_after_the_other(opened: Opened, kind: WriteKind, data: st.DataObject) -> None:
    """A batch with repeated ids has the effects and statuses of its rows sent one after the other."""
    stored = data.draw(rows(WriteKind.PUBLISH), "stored")
    labels = data.draw(rows(WriteKind.UPDATE), "labels")
    incoming = data.draw(rows(kind), "incoming")
    if kind is WriteKind.UPDATE:
        incoming = updates(incoming)
    together, apart = opened.environment(), opened.environment()
    for environment in (together, apart):
        opened.write(WriteKind.PUBLISH, stored, environment)
        opened.write(WriteKind.UPDATE, updates(labels), environment)
    if kind is WriteKind.APPEND:
        incoming = _without_conflicts(opened, incoming, apart)
    at_once = opened.write(kind, incoming, together, received_at=NOW + SECOND)
    one_by_one = [opened.write(kind, [row], apart, received_at=NOW + SECOND)[0] for row in incoming]
    assert at_once == one_by_one
    assert opened.read(together) == opened.read(apart)


def _without_conflicts(opened: Opened, incoming: list[Row], environment: str) -> list[Row]:
    kept: list[Row] = []
    for row in incoming:
        try:
            opened.write(WriteKind.APPEND, [row], environment + "-trial")
            kept.append({**row, "id": row["id"] + "-new"})
        except ContentConflict:
            pass
    return kept


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(batches=st.lists(rows(WriteKind.PUBLISH), min_size=2, max_size=6))
def test_writes_committed_together_count_as_one_after_the_other(opened: Opened, batches: list[list[Row]]) -> None:
    """Requests that wait for one commit have the effects and results of requests sent one after the other."""
    grouped, apart = opened.environment(), opened.environment()
    kinds = [WriteKind.UPDATE if number % 3 == 2 else WriteKind.PUBLISH for number in range(len(batches))]

    def writes(environment: str) -> list[Write]:
        return [
            opened.write_of(kind, _received(updates(batch) if kind is WriteKind.UPDATE else batch, number), environment)
            for number, (kind, batch) in enumerate(zip(kinds, batches, strict=True))
        ]

    waiting = [opened.store.write(write) for write in writes(grouped)]
    together = [names(future.result()) for future in waiting]
    assert together == [names(opened.store.write(write).result()) for write in writes(apart)]
    assert [_untimed(event) for event in opened.read(grouped)] == [_untimed(event) for event in opened.read(apart)]


def _received(batch: list[Row], later: int) -> list[Row]:
    return [{**row, "received_at": NOW + later} for row in batch]


def _untimed(event: Event) -> Event:
    """Writes committed together are one change: its time is that of the last."""
    return {**event, "updated_at": event["updated_at"] is not None}
