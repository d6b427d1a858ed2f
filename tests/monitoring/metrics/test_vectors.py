"""Figures of small tables that can be checked by hand."""

from typing import Any

import pytest

from inference_events.monitoring.metrics import MetricQuery
from tests.monitoring.metrics.relation import (
    binary,
    compute,
    drift,
    model,
    multiclass,
    one,
    ranking,
    regression,
    rows_of,
)

BINARY = rows_of(y=[0, 0, 0, 0, 1, 1, 1, 1, 0, 1], s=[0.1, 0.4, 0.6, 0.2, 0.9, 0.35, 0.8, 0.5, 0.5, 0.7])
MULTICLASS = rows_of(y=[0, 1, 2, 1], p0=[0.7, 0.1, 0.2, 0.5], p1=[0.2, 0.6, 0.2, 0.4], p2=[0.1, 0.3, 0.6, 0.1])
REGRESSION = rows_of(y=[100, 200, 0, 50, 80], f=[110, 180, 5, 50, 100])


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("data_count", 10),
        ("accuracy", 0.7),
        ("precision", 2 / 3),
        ("recall", 0.8),
        ("f1_score", 8 / 11),
        ("fpr", 0.4),
        ("geometric_mean", 0.7302967433402214),
        ("auroc", 0.82),
        ("auc", 0.82),
        ("log_loss", 0.487692),
        ("expected_calibration_error", 0.255),
        ("calibrated_threshold", 0.7),
        ("traffic", 10),
    ],
)
def test_binary(metric: str, value: float) -> None:
    """A binary classifier's metrics follow their formulas: a score that equals the threshold is positive."""
    found = one(binary(), BINARY, metric)
    assert found.value == pytest.approx(value, abs=1e-6)
    assert (found.rows, found.sample_size) == (10, 10)


def test_another_threshold_and_target() -> None:
    """A query's threshold and target replace those of the model."""
    assert one(binary(), BINARY, MetricQuery("precision", threshold=0.51)).value == 0.75
    assert one(binary(binary_classification_threshold=0.51), BINARY, "precision").value == 0.75
    two = model(
        [{"name": "s", "data_type": "float"}, {"name": "y", "data_type": "int"}, {"name": "z", "data_type": "bool"}],
        "binary_classification",
        spec={"outputs": ["s"], "targets": ["y"]},
    )
    rows = rows_of(y=[0, 0], z=[True, True], s=[0.9, 0.1])
    assert one(two, rows, MetricQuery("recall", target="z")).value == 0.5


@pytest.mark.parametrize(("metric", "value"), [("accuracy", 0.75), ("log_loss", 0.573654), ("log_loss_count", 4)])
def test_multiclass(metric: str, value: float) -> None:
    """The greatest output is the prediction, and log loss is that of the actual class."""
    assert one(multiclass(), MULTICLASS, metric).value == pytest.approx(value, abs=1e-6)
    texts = multiclass(["no", "maybe", "yes"], "str")
    named = [{**row, "y": ["no", "maybe", "yes"][row["y"]]} for row in MULTICLASS]
    assert one(texts, named, metric).value == pytest.approx(value, abs=1e-6)


def test_tie_of_several_classes() -> None:
    """Of equal outputs, the first is the prediction."""
    rows = rows_of(y=[0, 1], p0=[0.4, 0.4], p1=[0.4, 0.4], p2=[0.2, 0.2])
    assert one(multiclass(), rows, "accuracy").value == 0.5


@pytest.mark.parametrize(
    ("metric", "value"),
    [("mse", 185), ("rmse", 185**0.5), ("mae", 11), ("r2", 0.957801), ("mape", 11.25), ("wmape", 12.7907)],
)
def test_regression(metric: str, value: float) -> None:
    """Errors follow their formulas; mape and wmape are percentages, and mape leaves out targets of 0."""
    assert one(regression(), REGRESSION, metric).value == pytest.approx(value, abs=1e-4)


@pytest.mark.parametrize(
    ("metric", "top_k", "relevances", "scores", "value"),
    [
        ("ndcg_mean", None, [3, 2, 0, 1], [0.9, 0.2, 0.8, 0.5], 0.915893),
        ("ndcg_mean", 2, [3, 2, 0, 1], [0.9, 0.2, 0.8, 0.5], 0.703918),
        ("map", None, [1, 0, 1, 0], [0.9, 0.8, 0.7, 0.1], 0.833333),
        ("map", 2, [1, 0, 1, 1], [0.9, 0.8, 0.7, 0.1], 0.5),
        # Of equal scores, the earlier item comes first.
        ("map", None, [0, 1], [0.5, 0.5], 0.5),
        ("map", None, [1, 0], [0.5, 0.5], 1),
    ],
)
def test_ranking(metric: str, top_k: int | None, relevances: list[float], scores: list[float], value: float) -> None:
    """The gain of an item is its relevance, and only the first top_k items count."""
    subject = ranking({"data_type": "category", "categories": [0, 1]} if metric == "map" else None)
    found = one(subject, [{"y": relevances, "s": scores}], MetricQuery(metric, top_k=top_k))
    assert found.value == pytest.approx(value, abs=1e-6)


def test_mean_over_groups() -> None:
    """A mean is that of groups, not of items; a group without a relevant item counts as a query only."""
    rows = rows_of(y=[[1, 0], [0, 0], [0, 1], None], s=[[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.5]])
    subject = ranking({"data_type": "category", "categories": [0, 1]})
    map, queries = (compute(subject, rows, MetricQuery(metric))[0][0] for metric in ("map", "query_count"))
    assert (map.value, map.sample_size, map.rows, map.labelled) == (0.75, 2, 4, 3)
    assert queries.value == 3


@pytest.mark.parametrize(
    ("before", "now", "jsd", "psi"),
    [
        ([10, 20, 30, 40], [40, 30, 20, 10], 0.391868, 0.833941),
        ([10, 20], [10, 20], 0, 0),
        ([100, 0], [0, 100], 1, 9.049256),
        ([250] * 4, [25] * 4, 0, 0),
        ([1000, 0, 0, 0], [100, 0, 0, 0], 0, 0.059309),
    ],
)
def test_drift(before: list[int], now: list[int], jsd: float, psi: float) -> None:
    """Both distances of two histograms, over the categories of the schema."""
    categories = list("abcd"[: len(before)])
    subject = model([{"name": "x", "data_type": "category", "categories": categories}])

    def rows(counts: list[int]) -> Any:
        return [{"x": name} for name, count in zip(categories, counts, strict=True) for _ in range(count)]

    assert drift(subject, rows(before), rows(now), "x").value == pytest.approx(jsd, abs=1e-6)
    assert drift(subject, rows(before), rows(now), "x", "psi").value == pytest.approx(psi, abs=1e-6)


def test_single_value_of_a_group() -> None:
    """A list of one holds for each item of the group; a list that is too short leaves the other items invalid."""
    assert one(ranking(), [{"y": [1.0], "s": [0.9, 0.1, 0.5]}], "ndcg_mean").value == 1
    assert one(ranking(), [{"y": [0.0, 1.0], "s": [0.9, 0.1, 0.99]}], "ndcg_mean").value == pytest.approx(
        0.6309, abs=1e-4
    )


@pytest.mark.parametrize(
    ("kind", "order", "relevances"),
    [
        ({"data_type": "bool"}, None, [False, True]),
        ({"data_type": "category", "categories": ["no", "yes"]}, None, ["no", "yes"]),
        ({"data_type": "str"}, ["no", "yes"], ["no", "yes"]),
        ({"data_type": "category", "categories": [1, 2]}, None, [1, 2]),
        ({"data_type": "int"}, [1, 2], [1, 2]),
    ],
)
def test_two_relevances(kind: dict[str, Any], order: list[Any] | None, relevances: list[Any]) -> None:
    """Average precision takes booleans, texts and numbers of two classes; the second class is the relevant one."""
    subject = ranking(kind, **({} if order is None else {"target_class_order": order}))
    assert one(subject, [{"y": relevances, "s": [0.9, 0.1]}], "map").value == 0.5


def test_graded_texts() -> None:
    """A text's relevance is its place in the class order, from 0."""
    subject = ranking({"data_type": "str"}, target_class_order=["bad", "fair", "good", "perfect"])
    rows = [{"y": ["perfect", "good", "bad", "fair"], "s": [0.9, 0.2, 0.8, 0.5]}]
    assert one(subject, rows, "ndcg_mean").value == pytest.approx(0.915893, abs=1e-6)
