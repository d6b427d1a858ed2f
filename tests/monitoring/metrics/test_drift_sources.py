"""What drifts besides columns: vectors, their components, and custom features; and what each event weighs."""

import math
from typing import Any

import pytest

from inference_events.monitoring.metrics import MetricQuery, Reason
from inference_events.monitoring.subject import Subject
from tests.monitoring.metrics.relation import BASELINE, Row, compute, drift, model, pair, shown

VECTOR = {"name": "v", "data_type": "vector", "n_dimensions": 2}


def vectors(*values: Any) -> list[Row]:
    return [{"v": value} for value in values]


def test_vector() -> None:
    """A vector's drift is that of the distance to the baseline's mean vector; broken vectors have none."""
    before = vectors([0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0], [1.0, 1.0])
    broken = vectors(None, [1.0], [1.0, None], [math.inf, 0.0], [1.0, 1.0, 1.0])
    near, far = vectors([1.0, 1.0], [1.0, 0.5]), vectors([9.0, 9.0], [-7.0, 1.0])
    found = pair(model([VECTOR]), [*before, *broken], [*near, *far, *broken], "v")
    assert found.bins.starts[0] == 0
    assert math.isclose(found.bins.starts[-1], math.sqrt(2))
    assert (found.baseline.size, found.window.size, found.window.nulls) == (5, 4, 5)
    assert shown(found)["above"] == (0, 2)
    assert drift(model([VECTOR]), before, near, "v").value < drift(model([VECTOR]), before, far, "v").value == 1  # type: ignore[operator]


def test_component_of_a_vector() -> None:
    """A component drifts as a column of its numbers would."""
    before, now = vectors([0.0, 5.0], [1.0, 6.0]), vectors([0.0, 9.0], [1.0, 9.0], [1.0])
    assert drift(model([VECTOR]), before, now[:2], "v", component=0).value == 0
    assert drift(model([VECTOR]), before, now, "v", component=1).value == 1


@pytest.mark.parametrize("type", ["FROM_VECTOR", "FROM_TEXT_EMBEDDING", "FROM_IMAGE_EMBEDDING"])
def test_feature_of_an_embedding(type: str) -> None:
    """A feature of an embedding drifts as its column does; without the column there is no figure."""
    features = [{"name": "meaning", "type": type, "column": "v"}, {"name": "lost", "type": type, "column": "w"}]
    subject = model([VECTOR], spec={"inputs": ["v"], "custom_features": features})
    before, now = vectors([0.0, 0.0], [2.0, 0.0]), vectors([5.0, 0.0])
    assert drift(subject, before, now, "meaning") == drift(subject, before, now, "v")
    assert drift(subject, before, now, "lost").reason is Reason.NO_EMBEDDING


def test_feature_of_columns() -> None:
    """Columns together drift by their distance to the mean, each in units of its deviation."""
    features = [
        {"name": "size", "type": "FROM_COLUMNS", "columns": ["a", "b"]},
        {"name": "route", "type": "FROM_COLUMNS", "columns": ["a", "c"]},
        {"name": "tone", "type": "ENRICHMENT", "columns": ["c"]},
    ]
    columns = [
        {"name": "a", "data_type": "float"},
        {"name": "b", "data_type": "int"},
        {"name": "c", "data_type": "category"},
    ]
    subject = model(columns, spec={"inputs": ["a", "b", "c"], "custom_features": features})
    before = [{"a": a, "b": b, "c": "x"} for a, b in [(1.0, 1000), (2.0, 2000), (3.0, 3000), (2.0, 2000), (None, 5)]]
    now = [{"a": 2.0, "b": 9000, "c": "x"}, {"a": 2.0, "b": 2000, "c": "x"}]
    found = pair(subject, before, now, "size")
    deviation = math.sqrt(0.5)
    assert math.isclose(found.bins.starts[-1], math.hypot(1 / deviation, 1 / deviation))
    assert (found.baseline.size, found.baseline.nulls) == (4, 1)
    assert shown(found)["above"] == (0, 1)
    assert drift(subject, before, now, "size", component=1) == drift(subject, before, now, "b")
    assert drift(subject, before, now, "route").reason is Reason.NOT_NUMERIC
    assert drift(subject, before, now, "tone").reason is Reason.NO_EMBEDDING


def test_rolling_vectors() -> None:
    """Each bin has its own centre."""
    subject = model([VECTOR], spec={"inputs": ["v"]})
    before = [{"bin": bin, "v": [float(i + bin), 0.0]} for bin in range(2) for i in range(4)]
    now = [{"bin": bin, "v": [float(i + 1), 0.0]} for bin in range(2) for i in range(4)]
    query = MetricQuery("jsd", column="v", baseline=BASELINE)
    first, second = compute(subject, now, query, bins=2, baseline=before, is_rolling=True)[0]
    assert second.value == 0
    assert first.value is not None
    assert first.value > 0


def weighted(*, is_on: bool | None = None, **more: Any) -> Subject:
    columns = [
        {"name": "x", "data_type": "bool"},
        {"name": "s", "data_type": "float"},
        {"name": "_weight", "data_type": "float"},
    ]
    spec = {"inputs": ["x"], "outputs": ["s"], **more}
    params: dict[str, Any] = {"class_weights": [1, 10], "weighted_ref_histograms": is_on}
    return model(columns, "binary_classification", spec=spec, **params)


@pytest.mark.parametrize("is_on", [None, True])
def test_class_weights(is_on: bool | None) -> None:
    """Each event has the weight of its predicted class; without a prediction it has none."""
    rows: list[Row] = [{"x": True, "s": 0.5}, {"x": False, "s": 0.4}, {"x": False, "s": 0.1}, {"x": True, "s": None}]
    found = pair(weighted(is_on=is_on), rows, rows[:2])
    assert shown(found) == {"false": (2, 1), "true": (10, 10)}
    assert (found.baseline.size, found.window.size) == (3, 2)


def test_weight_column() -> None:
    """A metadata column with weights goes before the weights of classes."""
    rows: list[Row] = [
        {"x": True, "s": 0.5, "_weight": 2.5},
        {"x": False, "s": 0.4, "_weight": 0.5},
        {"x": False, "_weight": None},
    ]
    assert shown(pair(weighted(metadata=["_weight"]), rows, rows)) == {"false": (0.5, 0.5), "true": (2.5, 2.5)}


def test_weights_can_be_switched_off() -> None:
    """With weighted_ref_histograms false, each event counts as one."""
    rows: list[Row] = [{"x": True, "s": 0.5, "_weight": 2.5}, {"x": False, "s": 0.4}]
    assert shown(pair(weighted(metadata=["_weight"], is_on=False), rows, rows)) == {"false": (1, 1), "true": (1, 1)}


def test_weights_of_several_classes() -> None:
    """With several classes, the greatest output decides the weight."""
    columns = [
        {"name": "x", "data_type": "bool"},
        {"name": "p", "data_type": "float"},
        {"name": "q", "data_type": "float"},
    ]
    subject = model(
        columns,
        "multiclass_classification",
        spec={"outputs": ["p", "q"]},
        class_weights=[1, 3],
        weighted_ref_histograms=True,
    )
    rows = [{"x": True, "p": 0.2, "q": 0.8}, {"x": False, "p": 0.5, "q": 0.5}]
    assert shown(pair(subject, rows, rows)) == {"false": (1, 1), "true": (3, 3)}
