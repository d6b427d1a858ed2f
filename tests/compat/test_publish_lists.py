"""Publishing lists of events: the acknowledged events are stored, in the order in which they were sent."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import fiddler as fdl
import pandas as pd
import pytest

from tests.compat.stored import column, define_model, stored_by_id, stored_events, stored_values, violations

NOON = 1_700_000_000_000
TRAINING = {"environment": fdl.EnvType.PRE_PRODUCTION, "dataset_name": "training"}


@pytest.fixture
def model(project: fdl.Project) -> fdl.Model:
    """Give a model with a column of every role."""
    return define_model(
        project,
        column("id", "str"),
        column("carrier", "category", categories=["AA", "UA"]),
        column("distance", "int", min=0, max=5000),
        column("late", "bool"),
        spec=fdl.ModelSpec(inputs=["carrier", "distance"], targets=["late"], metadata=["id"]),
        event_id_col="id",
        event_ts_col="ts",
    )


def events(count: int) -> list[dict[str, Any]]:
    return [
        {"id": f"e{n:05}", "ts": NOON + n, "carrier": "AA" if n % 2 else "UA", "distance": n % 5000, "late": n % 3 == 0}
        for n in range(count)
    ]


@pytest.mark.parametrize("count", [1, 2, 999, 1000, 1001, 5000])
def test_every_event_is_stored_under_the_returned_id(model: fdl.Model, count: int) -> None:
    """One id per event comes back in the order of the list, and each event is stored with the values it had."""
    sent = events(count)

    assert model.publish(sent) == [event["id"] for event in sent]

    stored = stored_events(model)
    assert [event["event_id"] for event in stored] == [event["id"] for event in sent]
    assert [event["values"] for event in stored] == [{k: v for k, v in event.items() if k != "ts"} for event in sent]
    assert all(event["violations"] == [] and event["undeclared"] == {} for event in stored)


def test_an_empty_list_changes_nothing(model: fdl.Model) -> None:
    """Nothing to publish is no error."""
    assert model.publish([]) == []
    assert stored_events(model) == []


def test_without_an_id_column_the_server_makes_ids(project: fdl.Project) -> None:
    """Each event gets its own id, by which it is found; equal events stay two."""
    model = define_model(project, column("distance", "int"))

    ids = model.publish([{"distance": n // 2} for n in range(1500)])

    assert len(set(ids)) == 1500
    assert all(UUID(id).version == 7 for id in ids)
    distances = stored_values(model, "distance")
    assert [distances[id] for id in ids] == [n // 2 for n in range(1500)]


@pytest.mark.parametrize(
    ("sent", "id"),
    [
        ("a", "a"),
        (" a ", " a "),
        ("0", "0"),
        (7, "7"),
        (7.0, "7"),
        (2**63, str(2**63)),
        (2**70, str(2**70)),
        ("Ünï/🛫?&#%00", "Ünï/🛫?&#%00"),
    ],
)
def test_ids_are_text(model: fdl.Model, sent: object, id: str) -> None:
    """A string is its own id; a number's id is its digits."""
    assert model.publish([{"id": sent}]) == [id]
    assert [event["event_id"] for event in stored_events(model, ids=[id])] == [id]


@pytest.mark.parametrize("without", [{}, {"id": None}, {"id": ""}, {"id": True}, {"id": 1.5}, {"id": float("nan")}])
def test_an_event_without_an_id_refuses_its_request(model: fdl.Model, without: dict[str, Any]) -> None:
    """If the model names an id column, an event without an id is a 400 that names its place; nothing is stored."""
    with pytest.raises(fdl.ApiError) as refusal:
        model.publish([{"id": "a", "distance": 1}, {**without, "distance": 2}])

    assert refusal.value.code == 400
    assert "/source/events/1/id" in str(refusal.value)
    assert stored_events(model) == []


def test_a_fault_refuses_its_thousand_only(model: fdl.Model) -> None:
    """The client sends a thousand events a request: those before the faulty request are stored, no others."""
    sent = events(3500)
    sent[2500]["ts"] = "yesterday"

    with pytest.raises(fdl.ApiError) as refusal:
        model.publish(sent)

    assert "/source/events/500/ts" in str(refusal.value)
    assert "yesterday" not in str(refusal.value)
    assert [event["event_id"] for event in stored_events(model)] == [event["id"] for event in sent[:2000]]


def test_an_unchanged_event_sent_again_changes_nothing(model: fdl.Model) -> None:
    """A label that came in between survives a repeated publish of the event without it."""
    model.publish([{"id": "a", "ts": NOON, "distance": 1}])
    model.publish([{"id": "a", "late": True}], update=True)

    assert model.publish([{"id": "a", "ts": NOON, "distance": 1}]) == ["a"]

    assert [event["values"]["late"] for event in stored_events(model)] == [True]


def test_other_content_for_an_id_replaces_what_it_carries(model: fdl.Model) -> None:
    """An event published again with other values has these, and keeps what it does not carry; nulls do not clear."""
    model.publish([{"id": "a", "ts": NOON, "carrier": "AA", "distance": 1, "late": True}])
    model.publish([{"id": "a", "ts": NOON + 1000, "carrier": "UA", "distance": None}])

    [event] = stored_events(model)
    assert event["values"] == {"id": "a", "carrier": "UA", "distance": 1, "late": True}
    assert event["timestamp"] == "2023-11-14T22:13:21.000000Z"


def test_an_id_twice_in_one_list_is_one_event(model: fdl.Model) -> None:
    """The last one wins, as if they were sent one after the other, and both ids are returned."""
    assert model.publish([{"id": "a", "distance": 1, "late": True}, {"id": "a", "distance": 2}]) == ["a", "a"]
    [event] = stored_events(model)
    assert (event["values"]["distance"], event["values"]["late"]) == (2, True)


def test_python_values_become_json_values(project: fdl.Project) -> None:
    """Each Python value that the client can send is stored as the value of its column's type."""
    model = define_model(
        project,
        column("time", "timestamp"),
        column("float", "float"),
        column("int", "int"),
        column("str", "str"),
        column("vector", "vector", n_dimensions=3),
    )
    cases: list[tuple[str, Any, Any]] = [
        ("time", datetime(2025, 1, 1, 2, 3, 4, 5), "2025-01-01T02:03:04.000005Z"),
        ("time", datetime(2025, 1, 1, tzinfo=UTC), "2025-01-01T00:00:00.000000Z"),
        ("time", pd.Timestamp("2025-01-01T02:00+02:00"), "2025-01-01T00:00:00.000000Z"),
        ("time", date(2025, 1, 1), "2025-01-01T00:00:00.000000Z"),
        ("time", pd.NaT, None),
        ("float", 0.1, 0.1),
        ("float", 1e300, 1e300),
        ("float", float("nan"), None),
        ("float", float("inf"), None),
        ("float", Decimal("0.25"), 0.25),
        ("float", None, None),
        ("int", 2**62, 2**62),
        ("int", -(2**63), -(2**63)),
        ("str", "", ""),
        ("str", "nan", "nan"),
        ("str", 'Zeile 1\r\n"Zeile" 2\t\u2028🛫\x00', 'Zeile 1\r\n"Zeile" 2\t\u2028🛫\x00'),
        ("str", UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ("vector", [1, 2.5, 3.0], [1.0, 2.5, 3.0]),
        ("vector", [1.0, float("nan"), 3.0], [1.0, None, 3.0]),
        ("vector", (1.0, 2.0, 3.0), [1.0, 2.0, 3.0]),
    ]

    ids = model.publish([{name: value} for name, value, _ in cases])

    stored = stored_by_id(model)
    for id, (name, value, expected) in zip(ids, cases, strict=True):
        assert stored[id]["values"][name] == expected, (name, value)
        kinds = [kind for place, kind in violations(stored[id]) if place == name]
        assert kinds == (["missing"] if expected is None else []), (name, value)


def test_numbers_sent_as_text_are_numbers_and_counted(model: fdl.Model) -> None:
    """A sender that splits lines of text and sends every cell as a string gets numbers, with a type violation."""
    model.publish([{"id": "a", "ts": str(NOON), "carrier": "AA", "distance": "733", "late": "true"}])

    [event] = stored_events(model)
    assert event["values"] == {"id": "a", "carrier": "AA", "distance": 733, "late": True}
    assert violations(event) == [("distance", "type"), ("late", "type")]
    assert event["timestamp"] == "2023-11-14T22:13:20.000000Z"


def test_a_list_makes_a_dataset(model: fdl.Model) -> None:
    """A list may also be PRE_PRODUCTION: its events are those of the dataset, and production stays empty."""
    assert model.publish(events(3), **TRAINING) == ["e00000", "e00001", "e00002"]
    assert list(stored_by_id(model, "training")) == ["e00000", "e00001", "e00002"]
    assert stored_events(model) == []


def test_a_dataset_makes_the_ids_and_times_that_rows_lack(model: fdl.Model) -> None:
    """In a dataset an event needs neither an id nor a timestamp, even if the model names columns for them."""
    ids = model.publish([{"distance": 1}, {"distance": 2}], **TRAINING)
    assert stored_values(model, "distance", "training") == dict(zip(ids, [1, 2], strict=True))


def test_a_dataset_grows_but_does_not_change(model: fdl.Model) -> None:
    """Publishing to a dataset again adds events, repeats nothing, and never changes one: that is a 400."""
    model.publish(events(2), **TRAINING)
    model.publish(events(3), **TRAINING)
    assert len(stored_events(model, "training")) == 3

    with pytest.raises(fdl.ApiError) as refusal:
        model.publish([{**events(1)[0], "distance": 4999}], **TRAINING)
    assert refusal.value.code == 400
    assert "/source/events/0" in str(refusal.value)
    assert stored_values(model, "distance", "training") == {"e00000": 0, "e00001": 1, "e00002": 2}


def test_a_dataset_needs_a_name(model: fdl.Model) -> None:
    """PRE_PRODUCTION without a dataset is a 400 that names the missing field."""
    with pytest.raises(fdl.ApiError, match="the vendor's client calls it dataset_name") as refusal:
        model.publish(events(1), environment=fdl.EnvType.PRE_PRODUCTION)
    assert refusal.value.code == 400


def test_a_dataset_name_means_nothing_in_production(model: fdl.Model) -> None:
    """The client sends the name of a dataset to PRODUCTION too; it is ignored."""
    assert model.publish(events(1), dataset_name="training") == ["e00000"]
    assert len(stored_events(model)) == 1


def test_an_unknown_model_is_not_found(model: fdl.Model) -> None:
    """Publishing to a missing model raises NotFound."""
    model.id = UUID(int=0)
    with pytest.raises(fdl.NotFound):
        model.publish(events(1))
