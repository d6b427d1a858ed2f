"""Segments and custom metrics: created, found and deleted as in the vendor's notebooks, and downloads by segment."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import fiddler as fdl
import pandas as pd
import pytest

from tests.compat.stored import column, define_model

EVENTS = [
    {"age": 25, "geography": "Hawaii", "churn": 1, "p": 0.9},
    {"age": 35, "geography": "Hawaii", "churn": 0, "p": 0.6},
    {"age": 45, "geography": "Texas", "churn": 1, "p": 0.2},
]
HAWAII = "(age<60 and age>30) and geography=='Hawaii'"
LOST_REVENUE = "sum(if(fp(),1,0) * -100)"
KINDS = pytest.mark.parametrize(
    ("kind", "title", "definition"),
    [(fdl.Segment, "Segment", HAWAII), (fdl.CustomMetric, "Custom metric", LOST_REVENUE)],
    ids=["Segment", "CustomMetric"],
)


@pytest.fixture
def model(project: fdl.Project) -> fdl.Model:
    """Give a binary classifier."""
    return define_model(
        project,
        column("age", "int"),
        column("geography", "category", categories=["Hawaii", "Texas"]),
        column("churn", "int"),
        column("p", "float"),
        spec=fdl.ModelSpec(inputs=["age", "geography"], outputs=["p"], targets=["churn"]),
        task=fdl.ModelTask.BINARY_CLASSIFICATION,
        task_params=fdl.ModelTaskParams(target_class_order=[0, 1], binary_classification_threshold=0.5),
    )


@KINDS
def test_a_definition_is_created_and_found(kind: Any, title: str, definition: str, model: fdl.Model) -> None:
    """It gets an id and a time, and is found by id, by name and in the list of its model, with its description."""
    made = kind(name="Lost Revenue in Hawaii", model_id=model.id, definition=definition, description="what").create()
    assert made.id
    assert made.created_at
    [listed] = kind.list(model.id)
    for found in (listed, kind.get(made.id), kind.from_name("Lost Revenue in Hawaii", model.id)):
        assert (found.id, found.name, found.model_id) == (made.id, made.name, model.id)
        assert (found.definition, found.description, found.created_at) == (definition, "what", made.created_at)
        assert (found.project.id, found.model.name) == (model.project_id, model.name)


@KINDS
def test_many_definitions_are_listed_once(kind: Any, title: str, definition: str, model: fdl.Model) -> None:
    """The client asks page by page, and sees each of them exactly once."""
    names = [f"number {number:02}" for number in range(52)]
    for name in names:
        kind(name=name, model_id=model.id, definition=definition).create()
    assert [found.name for found in kind.list(model.id)] == names


@KINDS
def test_a_deleted_definition_is_gone(kind: Any, title: str, definition: str, model: fdl.Model) -> None:
    """It is not found by id or name any more, and its name is free. A second deletion says so."""
    made = kind(name="mine", model_id=model.id, definition=definition).create()
    made.delete()
    with pytest.raises(fdl.NotFound):
        kind.get(made.id)
    with pytest.raises(fdl.NotFound, match=f"{title} not found for the given identifier"):
        kind.from_name("mine", model.id)
    with pytest.raises(fdl.NotFound, match=f"{title} not found for the given identifier"):
        made.delete()
    assert list(kind.list(model.id)) == []
    assert kind(name="mine", model_id=model.id, definition=definition).create().id != made.id


@KINDS
def test_a_name_is_a_conflict_once_it_is_taken(kind: Any, title: str, definition: str, model: fdl.Model) -> None:
    """A second definition of a name raises Conflict with the vendor's text."""
    kind(name="mine", model_id=model.id, definition=definition).create()
    with pytest.raises(fdl.Conflict, match=f"{title} with the same name already exists for this model"):
        kind(name="mine", model_id=model.id, definition=definition).create()


@KINDS
@pytest.mark.parametrize("wrong", ["age = 30", "sum(nope)", '"unclosed > 30', ""])
def test_an_invalid_definition_says_where(kind: Any, title: str, definition: str, wrong: str, model: fdl.Model) -> None:
    """It raises ApiError 400, whose message has a caret under the fault: notebooks print it to check definitions."""
    with pytest.raises(fdl.ApiError) as refusal:
        kind(name="__test_1700000000_abcd", model_id=model.id, definition=wrong).create()
    assert refusal.value.code == 400
    assert "/definition: " in refusal.value.message
    assert "^" in refusal.value.message
    assert list(kind.list(model.id)) == []


@KINDS
def test_an_unknown_model_is_not_found(kind: Any, title: str, definition: str) -> None:
    """A definition of an unknown model raises NotFound."""
    with pytest.raises(fdl.NotFound):
        kind(name="mine", model_id=uuid4(), definition=definition).create()


@pytest.mark.needs("Model.download_data")
def test_a_download_has_the_events_of_a_segment(model: fdl.Model, tmp_path: Path) -> None:
    """Stored or as a definition, a segment selects the same events."""
    model.publish(EVENTS)
    stored = fdl.Segment(name="Hawaii", model_id=model.id, definition=HAWAII).create()
    for place, chosen in enumerate(({"segment_definition": HAWAII}, {"segment_id": stored.id})):
        folder = tmp_path / str(place)
        model.download_data(folder, fdl.EnvType.PRODUCTION, **chosen)
        [file] = folder.iterdir()
        assert pd.read_parquet(file)["age"].to_list() == [35]


@pytest.mark.needs("Model.download_data")
def test_a_download_by_an_invalid_segment_is_refused(model: fdl.Model, tmp_path: Path) -> None:
    """An invalid definition and an unknown id say so, and no file is written."""
    model.publish(EVENTS)
    with pytest.raises(fdl.ApiError, match="/segment/definition: ") as refusal:
        model.download_data(tmp_path, fdl.EnvType.PRODUCTION, segment_definition="age = 30")
    assert refusal.value.code == 400
    with pytest.raises(fdl.NotFound, match="Segment not found"):
        model.download_data(tmp_path, fdl.EnvType.PRODUCTION, segment_id=uuid4())
    assert list(tmp_path.iterdir()) == []
