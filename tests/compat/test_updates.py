"""Updates: targets and metadata change, inputs and outputs do not, and ignored values are reported."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fiddler as fdl
import pandas as pd
import pytest

from tests.compat.stored import call, column, define_model, done, rejected_rows, stored_by_id, stored_events, violations

HOW = ["list", "parquet", "csv"]
NOON = "2024-01-02T12:00:00.000000Z"


@pytest.fixture
def model(project: fdl.Project) -> fdl.Model:
    """Give a model with two stored events and a column of every role."""
    model = define_model(
        project,
        column("id", "str"),
        column("distance", "int"),
        column("probability", "float"),
        column("decision", "str"),
        column("late", "bool"),
        column("delay", "float", min=0, max=100),
        column("gate", "str"),
        column("loose", "str"),
        spec=fdl.ModelSpec(
            inputs=["distance"],
            outputs=["probability"],
            decisions=["decision"],
            targets=["late", "delay"],
            metadata=["id", "gate"],
        ),
        event_id_col="id",
        event_ts_col="ts",
    )
    event = {"ts": NOON, "distance": 733, "probability": 0.5, "decision": "go", "gate": "A1", "loose": "x"}
    model.publish([{"id": "a", **event}, {"id": "b", **event}])
    return model


def update(model: fdl.Model, rows: list[dict[str, Any]], how: str, directory: Path) -> dict[str, Any]:
    """Update by a list, a DataFrame or a CSV file, and return the info of the job, if there is one."""
    if how == "list":
        assert model.publish(rows, update=True) == [row["id"] for row in rows]
        return {}
    frame = pd.DataFrame(rows)
    if how == "parquet":
        return done(model.publish(frame, update=True))
    frame.to_csv(directory / "updates.csv", index=False)
    return done(model.publish(directory / "updates.csv", update=True))


def values(model: fdl.Model, id: str = "a") -> dict[str, Any]:
    found: dict[str, Any] = stored_by_id(model)[id]["values"]
    return found


@pytest.mark.parametrize("how", HOW)
def test_targets_and_metadata_change(model: fdl.Model, tmp_path: Path, how: str) -> None:
    """Labels that arrive late and metadata are stored; other columns and other events stay as they were."""
    before = stored_by_id(model)

    update(model, [{"id": "a", "late": True, "delay": 12.5, "gate": "B2"}], how, tmp_path)

    after = stored_by_id(model)
    assert after["a"]["values"] == before["a"]["values"] | {"late": True, "delay": 12.5, "gate": "B2"}
    assert after["a"]["timestamp"] == NOON
    assert after["a"]["updated_at"] is not None
    assert violations(after["a"]) == []
    assert after["b"] == before["b"]


@pytest.mark.parametrize("how", HOW)
def test_inputs_outputs_and_decisions_do_not_change(model: fdl.Model, tmp_path: Path, how: str) -> None:
    """Inputs, outputs and decisions stay, while the rest of the same update is applied."""
    row = {"id": "a", "distance": 1, "probability": 0.1, "decision": "stop", "late": False}
    update(model, [row], how, tmp_path)
    assert values(model) == {
        "id": "a",
        "distance": 733,
        "probability": 0.5,
        "decision": "go",
        "late": False,
        "delay": None,
        "gate": "A1",
        "loose": "x",
    }


def test_ignored_columns_and_unknown_ids_are_reported(model: fdl.Model) -> None:
    """The response, of which the client passes on the ids only, names ignored columns and unknown ids."""
    rows = [{"id": "a", "distance": 1, "late": True, "typo": 1}, {"id": "zz", "late": True}]
    assert model.publish(rows, update=True) == ["a", "zz"]

    source = {"type": "EVENTS", "events": rows}
    response = call("PATCH", "/v3/events", json={"model_id": str(model.id), "env_type": "PRODUCTION", "source": source})

    assert response == {
        "source_type": "EVENTS",
        "event_ids": ["a", "zz"],
        "updated": 1,
        "unknown_event_ids": ["zz"],
        "ignored_columns": ["distance"],
        "undeclared_columns": ["typo"],
        "violations": [],
    }


@pytest.mark.parametrize("how", HOW)
def test_unknown_ids_change_nothing(model: fdl.Model, tmp_path: Path, how: str) -> None:
    """An id that is not stored makes no event; the known ones are updated, and a job counts both."""
    info = update(model, [{"id": "zz", "late": True}, {"id": "a", "late": True}], how, tmp_path)
    assert set(stored_by_id(model)) == {"a", "b"}
    assert values(model)["late"] is True
    if how != "list":
        assert (info["rows"], info["updated"], info["unknown"]) == (2, 1, 1)


@pytest.mark.parametrize("how", HOW)
def test_nulls_clear(model: fdl.Model, tmp_path: Path, how: str) -> None:
    """A null in an update clears the value; columns that are not in the update stay."""
    update(model, [{"id": "a", "late": True, "gate": None}, {"id": "b", "late": None, "gate": "C3"}], how, tmp_path)
    assert (values(model)["late"], values(model)["gate"]) == (True, None)
    assert (values(model, "b")["late"], values(model, "b")["gate"]) == (None, "C3")
    update(model, [{"id": "a", "late": None}], how, tmp_path)
    assert values(model)["late"] is None
    assert ("late", "missing") in violations(stored_by_id(model)["a"])


@pytest.mark.parametrize("how", HOW)
def test_a_moved_timestamp_moves_the_event(model: fdl.Model, tmp_path: Path, how: str) -> None:
    """The event is found at its new time and not at its old one; a null timestamp moves nothing."""
    update(model, [{"id": "a", "ts": "2024-02-01 00:00:00"}], how, tmp_path)
    assert [(event["event_id"], event["timestamp"]) for event in stored_events(model)] == [
        ("b", NOON),
        ("a", "2024-02-01T00:00:00.000000Z"),
    ]
    update(model, [{"id": "b", "ts": None, "late": True}], how, tmp_path)
    assert stored_by_id(model)["b"]["timestamp"] == NOON
    assert values(model, "b")["late"] is True


@pytest.mark.parametrize("how", HOW)
def test_violations_are_recomputed(model: fdl.Model, tmp_path: Path, how: str) -> None:
    """A label out of range counts from the update on, and no longer after it is corrected."""
    update(model, [{"id": "a", "delay": 120.0}], how, tmp_path)
    assert ("delay", "range") in violations(stored_by_id(model)["a"])
    update(model, [{"id": "a", "delay": 20.0}], how, tmp_path)
    assert [place for place, _ in violations(stored_by_id(model)["a"])] == ["late"]


def test_a_list_of_one_is_its_value(model: fdl.Model) -> None:
    """The vendor's documentation wraps each value of an update in a list of one: it counts as the value."""
    assert model.publish([{"id": ["a"], "late": [True], "delay": [3.5], "ts": ["2024-02-01"]}], update=True) == ["a"]
    event = stored_by_id(model)["a"]
    assert (event["values"]["late"], event["values"]["delay"]) == (True, 3.5)
    assert event["timestamp"] == "2024-02-01T00:00:00.000000Z"


def test_an_id_twice_in_one_update_is_as_if_one_after_the_other(model: fdl.Model) -> None:
    """Both change the event; the later one wins if both set a column."""
    rows = [{"id": "a", "late": True, "gate": "B2"}, {"id": "a", "late": False}]
    assert model.publish(rows, update=True) == ["a", "a"]
    assert (values(model)["late"], values(model)["gate"]) == (False, "B2")


def test_columns_without_a_role_and_unknown_ones_change_too(model: fdl.Model) -> None:
    """A column without a role is like metadata."""
    model.publish([{"id": "a", "loose": "y", "extra": {"k": 1}}], update=True)
    event = stored_by_id(model)["a"]
    assert (event["values"]["loose"], event["undeclared"]) == ("y", {"extra": {"k": 1}})


def test_thousands_of_labels_arrive(model: fdl.Model, tmp_path: Path) -> None:
    """A list of 2,500 updates takes three requests, a file one; every label is stored."""
    ids = [f"e{n:04}" for n in range(2500)]
    model.publish([{"id": id, "distance": 1} for id in ids])
    assert model.publish([{"id": id, "delay": float(n % 100)} for n, id in enumerate(ids)], update=True) == ids
    info = update(model, [{"id": id, "late": n % 2 == 0} for n, id in enumerate(ids)], "parquet", tmp_path)
    assert info["updated"] == 2500
    stored = stored_by_id(model)
    assert [(stored[id]["values"]["delay"], stored[id]["values"]["late"]) for id in ids] == [
        (float(n % 100), n % 2 == 0) for n in range(2500)
    ]


def test_updates_need_an_id(model: fdl.Model, tmp_path: Path) -> None:
    """Without an id in the event the request is a 400; without the id column in the file the job fails."""
    with pytest.raises(fdl.ApiError, match="/source/events/0/id") as refusal:
        model.publish([{"late": True}], update=True)
    assert refusal.value.code == 400
    with pytest.raises(
        fdl.AsyncJobFailed, match='The file lacks the column "id" that event_id_col names; it has "late"'
    ):
        done(model.publish(pd.DataFrame({"late": [True]}), update=True))


def test_rows_that_select_nothing_are_rejected_alone(model: fdl.Model, tmp_path: Path) -> None:
    """A row without an id or with an unreadable time is rejected and named, the others are done."""
    (tmp_path / "updates.csv").write_text("id,late,ts\na,True,\n,True,\nb,True,soon\n")
    job = model.publish(tmp_path / "updates.csv", update=True)
    info = done(job)
    assert (info["updated"], info["rejected_rows"]) == (1, 2)
    assert [(row, message.split(":")[0]) for row, message in rejected_rows(job)] == [(1, "id"), (2, "ts")]


def test_a_model_without_an_id_column_cannot_be_updated(project: fdl.Project) -> None:
    """There is nothing to select by: a 400 that says so, for lists and files."""
    model = define_model(project, column("x", "float"))
    for rows in ([{"x": 1.0}], pd.DataFrame({"x": [1.0]})):
        with pytest.raises(fdl.ApiError, match="event_id_col") as refusal:
            model.publish(rows, update=True)
        assert refusal.value.code == 400


def test_datasets_cannot_be_updated(model: fdl.Model) -> None:
    """PRE_PRODUCTION does not change: a 400, for lists and files."""
    rows = [{"id": "a", "late": True}]
    model.publish(rows, fdl.EnvType.PRE_PRODUCTION, "training")
    for source in (rows, pd.DataFrame(rows)):
        with pytest.raises(fdl.ApiError, match="datasets cannot be changed") as refusal:
            model.publish(source, fdl.EnvType.PRE_PRODUCTION, "training", update=True)
        assert refusal.value.code == 400


def test_the_time_of_receipt_stays(model: fdl.Model) -> None:
    """An update changes when the event was updated, not when it was received."""
    before = stored_by_id(model)["a"]
    model.publish([{"id": "a", "late": True}], update=True)
    after = stored_by_id(model)["a"]
    assert after["received_at"] == before["received_at"]
    assert before["updated_at"] is None
    assert datetime.fromisoformat(after["updated_at"]) <= datetime.now(UTC)
