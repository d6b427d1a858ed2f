"""A figure sees a model's columns by what their values are, and by the roles that the model declares."""

from typing import Any

import pytest

from inference_events.models.schema import model_schema
from inference_events.monitoring.subject import Kind, Subject, make_subject

COLUMNS = [
    {"name": "age", "data_type": "int", "bins": [0, 50, 100]},
    {"name": "state", "data_type": "category", "categories": ["a", "b"]},
    {"name": "stars", "data_type": "category", "categories": [1, 2, 3]},
    {"name": "member", "data_type": "category", "categories": [True, False]},
    {"name": "seen", "data_type": "timestamp"},
    {"name": "vector", "data_type": "vector"},
    {"name": "label", "data_type": "bool"},
]


def subject(task: str = "binary_classification", **task_params: Any) -> Subject:
    schema: dict[str, Any] = {"columns": COLUMNS}
    spec = {"inputs": ["age", "state", "missing"], "targets": ["label"]}
    parts: dict[str, Any] = {"spec": spec, "task": task, "task_params": task_params}
    prepared = model_schema(
        model_id="m", revision=1, schema=schema, event_id_col=None, event_ts_col=None, event_ts_format=None, **parts
    )
    return make_subject(prepared, columns=schema, **parts)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("age", Kind.NUMBER),
        ("state", Kind.STRING),
        ("stars", Kind.NUMBER),
        ("member", Kind.BOOLEAN),
        ("seen", Kind.TIME),
        ("vector", Kind.VECTOR),
        ("label", Kind.BOOLEAN),
    ],
)
def test_kinds(name: str, kind: Kind) -> None:
    """The values of a column decide its kind: categories may be numbers, booleans or texts."""
    assert subject().kind(name) is kind


def test_roles() -> None:
    """Roles have declared columns only, and the first target is the label."""
    assert subject().roles["inputs"] == ("age", "state")
    assert subject().target == "label"
    assert subject().bins == {"age": (0, 50, 100)}


def test_parameters_of_the_task() -> None:
    """A threshold of 0 is a threshold; without one it is 0.5."""
    assert subject().threshold == 0.5
    assert subject(binary_classification_threshold=0).threshold == 0
    assert subject(target_class_order=[False, True]).class_order == (False, True)
    assert subject("ranking", group_by="state", top_k=3).top_k == 3
