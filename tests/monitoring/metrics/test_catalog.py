"""The catalogue lists the vendor's metrics, and a query that a model does not support is refused with its place."""

from typing import Any

import pytest

from inference_events.monitoring.metrics import (
    METRICS,
    MetricError,
    MetricQuery,
    MetricType,
    analytics_id,
    check,
    metrics_of,
)
from inference_events.monitoring.subject import Subject
from tests.monitoring.metrics.relation import (
    BASELINE,
    binary,
    drift,
    model,
    multiclass,
    one,
    ranking,
    regression,
    rows_of,
)

EVERY_TASK = {"traffic", "jsd", "psi", "average", "sum", "frequency"} | {
    f"{kind}_violation_{form}" for kind in ("null", "range", "type", "any") for form in ("count", "percentage")
}
OF_TASK = {
    "binary_classification": {"accuracy", "log_loss", "precision", "recall", "f1_score", "fpr", "auc", "auroc"}
    | {"expected_calibration_error", "geometric_mean", "calibrated_threshold", "data_count"},
    "multiclass_classification": {"accuracy", "log_loss", "log_loss_count", "data_count"},
    "regression": {"mae", "mse", "mape", "wmape", "r2", "data_count"},
    "ranking": {"map", "ndcg_mean", "query_count"},
    "llm": set(),
    "not_set": set(),
}


@pytest.mark.parametrize("task", OF_TASK)
def test_metrics_of_a_task(task: str) -> None:
    """Each task has the metrics that the vendor lists for it."""
    assert {metric.id for metric in metrics_of(task)} == EVERY_TASK | OF_TASK[task]


def test_display_names() -> None:
    """Metrics and their types have the vendor's names."""
    assert METRICS["jsd"].display_name == "Jensen-Shannon Distance"
    assert METRICS["null_violation_percentage"].display_name == "% Missing Value Violation"
    assert [type.display_name for type in MetricType] == [
        "Data Drift",
        "Data Integrity",
        "Performance",
        "Traffic",
        "Statistic",
        "Custom Metric",
    ]
    assert METRICS["any_violation_percentage"].is_percentage
    assert (METRICS["any_violation_percentage"].minimum, METRICS["any_violation_percentage"].maximum) == (0, 100)
    assert {metric.id for metric in METRICS.values() if metric.needs_baseline} == {
        "jsd",
        "psi",
        "prediction_drift_impact",
    }
    assert {metric.id for metric in METRICS.values() if metric.needs_category} == {"frequency"}


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("f1 score", "f1_score"),
        ("g mean", "geometric_mean"),
        ("callibrated threshold", "calibrated_threshold"),
        ("binary cross entropy", "log_loss"),
        ("missing value", "null_violation_count"),
        ("accuracy", "accuracy"),
        ("expected calibration error", "expected_calibration_error"),
    ],
)
def test_names_of_the_analytics_call(name: str, id: str) -> None:
    """The vendor's analytics call has names of its own, with spaces and slips."""
    assert analytics_id(name) == id
    assert id in METRICS


MIXED = model(
    [
        {"name": "age", "data_type": "int"},
        {"name": "state", "data_type": "category", "categories": ["a", "b"]},
        {"name": "note", "data_type": "str"},
        {"name": "seen", "data_type": "timestamp"},
        {"name": "v", "data_type": "vector", "n_dimensions": 2},
        {"name": "flag", "data_type": "bool"},
        {"name": "s", "data_type": "float"},
        {"name": "y", "data_type": "bool"},
    ],
    "binary_classification",
    spec={
        "outputs": ["s"],
        "targets": ["y"],
        "custom_features": [{"name": "both", "type": "FROM_COLUMNS", "columns": ["age", "s"]}],
    },
)


@pytest.mark.parametrize(
    ("arguments", "place", "fix"),
    [
        ({"metric": "acuracy"}, "metric", 'did you mean "accuracy"?'),
        ({"metric": "mae"}, "metric", "the metrics of this model are traffic, jsd"),
        ({"metric": "average"}, "column", "needs a column of numbers"),
        ({"metric": "average", "column": "agee"}, "column", 'did you mean "age"?'),
        ({"metric": "average", "column": "state"}, "column", '"state" is none'),
        ({"metric": "average", "column": "__ANY__"}, "column", "no such column"),
        ({"metric": "traffic", "column": "age"}, "column", "remove it"),
        ({"metric": "frequency", "column": "state"}, "category", "needs a category"),
        ({"metric": "frequency", "column": "age", "category": 1}, "column", "needs a category or boolean column"),
        ({"metric": "frequency", "column": "flag", "category": "maybe"}, "category", "Boolean"),
        ({"metric": "accuracy", "category": "a"}, "category", "remove it"),
        ({"metric": "jsd", "column": "age"}, "baseline", 'its baselines are "before"'),
        ({"metric": "jsd", "column": "age", "baseline": "nope"}, "baseline", 'its baselines are "before"'),
        ({"metric": "jsd", "column": "note", "baseline": BASELINE}, "column", '"note" is none'),
        ({"metric": "psi", "column": "seen", "baseline": BASELINE}, "column", '"seen" is none'),
        ({"metric": "average", "column": "age", "baseline": BASELINE}, "baseline", "remove it"),
        ({"metric": "average", "column": "age", "component": 0}, "component", "remove it"),
        ({"metric": "jsd", "column": "v", "baseline": BASELINE, "component": 2}, "component", "from 0 to 1"),
        ({"metric": "jsd", "column": "both", "baseline": BASELINE, "component": 2}, "component", "from 0 to 1"),
        ({"metric": "jsd", "column": "v", "baseline": BASELINE, "component": -1}, "component", "from 0 to 1"),
        ({"metric": "jsd", "column": "age", "baseline": BASELINE, "component": 0}, "component", "remove it"),
        ({"metric": "accuracy", "target": "nope"}, "target", "no such column"),
        ({"metric": "accuracy", "target": "seen"}, "target", '"seen" is none'),
        ({"metric": "accuracy", "threshold": float("inf")}, "threshold", "finite"),
        ({"metric": "quantile", "column": "age", "level": 2}, "level", "from 0 to 1"),
    ],
)
def test_refusals(arguments: dict[str, Any], place: str, fix: str) -> None:
    """A refusal names the argument and how to correct it."""
    with pytest.raises(MetricError) as refused:
        check(MetricQuery(**arguments), MIXED)
    assert refused.value.place == place
    assert fix in refused.value.message


NOTHING = [{"name": "y", "data_type": "str"}, {"name": "s", "data_type": "float"}]


@pytest.mark.parametrize(
    ("subject", "metric", "fix"),
    [
        (model(NOTHING, "regression", spec={"outputs": ["s"]}), "mae", "spec.targets"),
        (model(NOTHING, "binary_classification", spec={"targets": ["y"]}), "accuracy", "spec.outputs"),
        (
            model(NOTHING, "binary_classification", spec={"targets": ["y"], "outputs": ["s"]}),
            "accuracy",
            "target_class_order",
        ),
        (
            model(NOTHING, "binary_classification", spec={"targets": ["s"], "outputs": ["y"]}),
            "accuracy",
            '"y" is no number',
        ),
        (multiclass(("a", "a"), "str"), "accuracy", ""),
        (
            model(NOTHING, "multiclass_classification", spec={"targets": ["y"], "outputs": ["s"]}),
            "accuracy",
            "1 outputs and 0 classes",
        ),
        (ranking(), "map", "use ndcg_mean instead"),
        (ranking({"data_type": "str"}), "ndcg_mean", "target_class_order"),
    ],
)
def test_models_that_lack_something(subject: Subject, metric: str, fix: str) -> None:
    """If the model's declaration is incomplete, the refusal names the part to correct."""
    if not fix:
        check(MetricQuery(metric), subject)
        return
    with pytest.raises(MetricError) as refused:
        check(MetricQuery(metric), subject)
    assert fix in refused.value.message


def test_weights_that_do_not_fit() -> None:
    """A drift of a model with more or fewer weights than classes is refused."""
    subject = binary(class_weights=[1, 2, 3], weighted_ref_histograms=True)
    with pytest.raises(MetricError, match="2 classes and 3 weights"):
        check(MetricQuery("jsd", column="s", baseline=BASELINE), subject)


@pytest.mark.parametrize(
    ("kind", "order", "negative", "positive"),
    [
        ("int", [0, 1], 0, 1),
        ("int", ["0", "1"], 0, 1),
        ("int", [1, 0], 1, 0),
        ("bool", [False, True], False, True),
        ("bool", ["false", "true"], False, True),
        ("bool", [0, 1], False, True),
        ("bool", None, False, True),
        ("str", ["no", "yes"], "no", "yes"),
        ("str", [0, 1], "0", "1"),
    ],
)
def test_order_of_classes(kind: str, order: list[Any] | None, negative: Any, positive: Any) -> None:
    """The classes of the order are values of the target's type, however the model spells them."""

    rows = rows_of(y=[negative, positive, positive], s=[0.1, 0.9, 0.2])
    subject = binary(kind, **({} if order is None else {"target_class_order": order}))
    found = one(subject, rows, "recall")
    assert (found.value, found.sample_size) == (0.5, 3)


def test_hostile_names_and_values() -> None:
    """Names and categories reach the database unchanged, with any characters."""
    name, value = "a\"b'; --%s{}\\", "'; DROP TABLE events; --\0\\"
    subject = model([{"name": name, "data_type": "category", "categories": [value, "b"]}])

    rows = [{name: value}, {name: "b"}, {name: value}]
    assert one(subject, rows, MetricQuery("frequency", column=name, category=value)).value == 2
    assert drift(subject, rows, rows, name).value == 0
    assert one(subject, rows, MetricQuery("null_violation_count", column=name)).value == 0


def test_regression_has_no_class_metrics() -> None:
    """The refusal of a metric that the task lacks lists those that it has."""
    with pytest.raises(MetricError, match=r"a model of the task regression has no auroc; .*mae, mse, mape, wmape, r2"):
        check(MetricQuery("auroc"), regression())
