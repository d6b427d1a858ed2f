"""Data integrity: no violation rejects an event; each is recorded by event and column, and the raw value is kept."""

from pathlib import Path
from typing import Any

import fiddler as fdl
import pandas as pd
import pytest

from tests.compat.stored import column, define_model, done, stored_by_id, stored_events, violations

COLUMNS: dict[str, dict[str, Any]] = {
    "float": {"data_type": "float", "min": 0, "max": 1},
    "int": {"data_type": "int", "min": -5, "max": 5},
    "bool": {"data_type": "bool", "categories": [False, True]},
    "str": {"data_type": "str"},
    "category": {"data_type": "category", "categories": ["a", "b", "7"]},
    "numbers": {"data_type": "category", "categories": [1, 2, 3]},
    "time": {"data_type": "timestamp"},
    "vector": {"data_type": "vector", "n_dimensions": 2},
}
HONEST: dict[str, Any] = {
    "float": 0.5,
    "int": 3,
    "bool": True,
    "str": "x",
    "category": "a",
    "numbers": 2,
    "time": "2024-01-02T03:04:05.000000Z",
    "vector": [0.5, -1.0],
}

# column, what is sent, what is stored as its value, which violations it has
CASES: list[tuple[str, Any, Any, list[str]]] = [
    *((name, value, value, []) for name, value in HONEST.items()),
    *((name, None, None, ["missing"]) for name in COLUMNS),
    ("float", 1, 1.0, []),
    ("float", 0, 0.0, []),
    ("float", 1.0000001, 1.0000001, ["range"]),
    ("float", -1, -1.0, ["range"]),
    ("float", "0.5", 0.5, ["type"]),
    ("float", "7", 7.0, ["range", "type"]),
    ("float", "far", None, ["type"]),
    ("float", True, None, ["type"]),
    ("float", [0.5], None, ["type"]),
    ("float", {"value": 0.5}, None, ["type"]),
    ("int", 5.0, 5, []),
    ("int", 6, 6, ["range"]),
    ("int", -6, -6, ["range"]),
    ("int", "3", 3, ["type"]),
    ("int", 3.5, None, ["type"]),
    ("int", "three", None, ["type"]),
    ("int", False, None, ["type"]),
    ("bool", 1, True, ["type"]),
    ("bool", "False", False, ["type"]),
    ("bool", "yes", None, ["type"]),
    ("bool", 2, None, ["type"]),
    ("str", 7, "7", ["type"]),
    ("str", 0.5, "0.5", ["type"]),
    ("str", True, "true", ["type"]),
    ("str", ["x"], None, ["type"]),
    ("category", "c", "c", ["range"]),
    ("category", "A", "A", ["range"]),
    ("category", 7, "7", ["type"]),
    ("category", 8, "8", ["range", "type"]),
    ("numbers", 4, 4, ["range"]),
    ("numbers", "2", 2, ["type"]),
    ("numbers", "two", None, ["type"]),
    ("numbers", 2.0, 2, []),
    ("time", "soon", None, ["type"]),
    ("time", 1704164645, "2024-01-02T03:04:05.000000Z", []),
    ("vector", [0.5], [0.5], ["range"]),
    ("vector", [0.5, 1.0, 2.0], [0.5, 1.0, 2.0], ["range"]),
    ("vector", [], [], ["range"]),
    ("vector", [0.5, None], [0.5, None], []),
    ("vector", [0.5, "x"], None, ["type"]),
    ("vector", "[0.5, 1]", [0.5, 1.0], ["type"]),
    ("vector", 0.5, None, ["type"]),
]


@pytest.fixture
def model(project: fdl.Project) -> fdl.Model:
    """Give a model with a column of every type."""
    columns = [column(name, **fields) for name, fields in COLUMNS.items()]
    return define_model(project, column("id", "str"), *columns, event_id_col="id")


def found(event: dict[str, Any], name: str) -> list[str]:
    return [kind for place, kind in violations(event) if place == name]


def test_every_violation_is_recorded_and_no_event_is_lost(model: fdl.Model) -> None:
    """Missing, of another type, out of range: the event is stored, with the value converted if that loses nothing."""
    model.publish([{"id": str(n), **HONEST, name: sent} for n, (name, sent, _, _) in enumerate(CASES)])

    stored = stored_by_id(model)
    assert len(stored) == len(CASES)
    for n, (name, sent, value, kinds) in enumerate(CASES):
        event = stored[str(n)]
        assert (event["values"][name], found(event, name)) == (value, kinds), (name, sent)
        assert all(place == name for place, _ in violations(event)), (name, sent)
        assert {k: v for k, v in event["values"].items() if k not in ("id", name)} == {
            k: v for k, v in HONEST.items() if k != name
        }


def test_the_raw_value_of_another_type_can_be_read_back(model: fdl.Model) -> None:
    """A value that did not fit its column is kept as it was sent, whether it could be converted or not."""
    cases = [(name, sent) for name, sent, _, kinds in CASES if "type" in kinds]
    model.publish([{"id": str(n), **HONEST, name: sent} for n, (name, sent) in enumerate(cases)])

    stored = stored_by_id(model)
    for n, (name, sent) in enumerate(cases):
        raw = [violation["value"] for violation in stored[str(n)]["violations"] if violation["kind"] == "type"]
        assert raw == [sent], name


def test_a_missing_column_is_missing(model: fdl.Model) -> None:
    """A column that an event does not have is null in it, and counts as missing."""
    model.publish([{"id": "a", "int": 1}, {"id": "b"}])
    stored = stored_by_id(model)
    assert violations(stored["a"]) == sorted((name, "missing") for name in COLUMNS if name != "int")
    assert violations(stored["b"]) == sorted((name, "missing") for name in COLUMNS)


@pytest.mark.parametrize("how", ["list", "parquet", "csv"])
def test_unknown_columns_are_kept(model: fdl.Model, tmp_path: Path, how: str) -> None:
    """A column that the schema does not know is stored and can be read; it is no violation."""
    frame = pd.DataFrame({"id": ["a", "b"], "gate": ["B17", None], **{k: [v] * 2 for k, v in HONEST.items()}})
    if how == "list":
        model.publish(frame.to_dict(orient="records"))
    elif how == "parquet":
        done(model.publish(frame))
    else:
        frame.to_csv(tmp_path / "events.csv", index=False)
        done(model.publish(tmp_path / "events.csv"))
    stored = stored_by_id(model)
    assert {id: event["undeclared"] for id, event in stored.items()} == {"a": {"gate": "B17"}, "b": {}}
    assert all(event["violations"] == [] for event in stored.values())


def test_undeclared_values_keep_their_json(model: fdl.Model) -> None:
    """Nested objects, lists, numbers and booleans in unknown columns read back unchanged."""
    extra = {"nested": {"a": [1, {"b": None}]}, "number": 2**53 + 1, "flag": False, "text": "ß"}
    model.publish([{"id": "a", **HONEST, **extra}])
    assert stored_events(model)[0]["undeclared"] == extra


def test_the_cells_of_a_csv_file_have_the_types_of_the_schema(model: fdl.Model, tmp_path: Path) -> None:
    """CSV has only text: a cell that reads as the column's type is no violation, any other one is a type violation."""
    good = '0.5,3,True,7,7,2,2024-01-02 03:04:05,"[0.5, -1.0]"'
    bad = "far,3.5,yes,x,c,4,soon,[0.5"
    (tmp_path / "events.csv").write_text(f"id,{','.join(COLUMNS)}\na,{good}\nb,{bad}\n")

    assert done(model.publish(tmp_path / "events.csv"))["created"] == 2

    stored = stored_by_id(model)
    assert stored["a"]["values"] == {"id": "a", **HONEST, "str": "7", "category": "7"}
    assert violations(stored["a"]) == []
    assert violations(stored["b"]) == [
        ("bool", "type"),
        ("category", "range"),
        ("float", "type"),
        ("int", "type"),
        ("numbers", "range"),
        ("time", "type"),
        ("vector", "type"),
    ]


@pytest.mark.parametrize(
    ("name", "values", "stored", "kinds"),
    [
        ("float", pd.Series([1, 2], dtype="int8"), [1.0, 2.0], [[], ["range"]]),
        ("float", pd.Series(["0.5", "x"]), [0.5, None], [["type"], ["type"]]),
        ("int", pd.Series([5.0, 5.5]), [5, None], [[], ["type"]]),
        ("int", pd.Series([5, 6], dtype="uint64"), [5, 6], [[], ["range"]]),
        ("int", pd.Series([True, False]), [None, None], [["type"], ["type"]]),
        ("bool", pd.Series([0, 1]), [False, True], [["type"], ["type"]]),
        ("bool", pd.Series([True, None], dtype="boolean"), [True, None], [[], ["missing"]]),
        ("str", pd.Series([1, 2]), ["1", "2"], [["type"], ["type"]]),
        ("category", pd.Series(["a", "c"], dtype="category"), ["a", "c"], [[], ["range"]]),
        ("category", pd.Series([7, 8]), ["7", "8"], [["type"], ["range", "type"]]),
        ("numbers", pd.Series([1.0, 9.0]), [1, 9], [[], ["range"]]),
        ("vector", pd.Series([[0.5, 1.0], [0.5]]), [[0.5, 1.0], [0.5]], [[], ["range"]]),
        ("vector", pd.Series([[1, 2], None]), [[1.0, 2.0], None], [[], ["missing"]]),
        ("float", pd.Series([float("inf"), float("nan")]), None, [["range"], ["missing"]]),
    ],
)
def test_the_dtypes_of_a_frame_are_judged_like_json(
    model: fdl.Model, name: str, values: pd.Series, stored: list[Any] | None, kinds: list[list[str]]
) -> None:
    """In Parquet the column has a type: if it differs from the schema's, every value counts."""
    rest = {k: [v] * 2 for k, v in HONEST.items() if k != name}
    done(model.publish(pd.DataFrame({"id": ["a", "b"], **rest, name: values})))

    events = stored_events(model, ids=["a", "b"])
    assert [found(event, name) for event in events] == kinds
    if stored is not None:
        assert [event["values"][name] for event in events] == stored
    assert all(place == name for event in events for place, _ in violations(event))


def test_a_new_category_does_not_change_the_schema(model: fdl.Model) -> None:
    """Violations are measured by the schema as the user declared it: the same value violates it again."""
    model.publish([{"id": "a", **HONEST, "category": "new"}])
    model.publish([{"id": "b", **HONEST, "category": "new"}])
    assert all(violations(event) == [("category", "range")] for event in stored_events(model))


@pytest.mark.needs("Model.add_column")
def test_a_wider_schema_binds_new_events(model: fdl.Model) -> None:
    """After `model.update()`, which sends the schema in newer clients, events are measured by the new range."""
    model.publish([{"id": "a", **HONEST, "int": 9}])
    model.schema["int"].max = 10
    model.update()
    model.publish([{"id": "b", **HONEST, "int": 9}])
    stored = stored_by_id(model)
    assert (violations(stored["a"]), violations(stored["b"])) == ([("int", "range")], [])
