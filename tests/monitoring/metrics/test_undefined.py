"""A figure that is undefined is null with its reason, never 0, infinite or an exception."""

import math
from collections.abc import Sequence
from typing import Any

import pytest

from inference_events.monitoring.metrics import METRICS, MetricQuery, Reason, check
from inference_events.monitoring.metrics.figures import MetricError
from inference_events.monitoring.subject import Subject
from tests.monitoring.metrics.relation import (
    BASELINE,
    Row,
    binary,
    compute,
    model,
    multiclass,
    one,
    ranking,
    regression,
)

TWO = {"data_type": "category", "categories": [0, 1]}
NUMBER = model([{"name": "x", "data_type": "float"}])
NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("subject", "metric", "rows", "reason"),
    [
        (binary(), "accuracy", [], "no_rows"),
        (binary(), "accuracy", [{"y": None, "s": 0.5}], "no_labels"),
        (binary(), "accuracy", [{"y": 1, "s": None}], "no_valid_rows"),
        (binary(), "accuracy", [{"y": 1, "s": NAN}, {"y": 1, "s": INF}], "no_valid_rows"),
        (binary(), "accuracy", [{"y": 7, "s": 0.5}], "no_valid_rows"),
        (binary(), "precision", [{"y": 1, "s": 0.1}], "no_predicted_positives"),
        (binary(), "recall", [{"y": 0, "s": 0.9}], "no_positives"),
        (binary(), "fpr", [{"y": 1, "s": 0.9}], "no_negatives"),
        (binary(), "f1_score", [{"y": 0, "s": 0.9}], "no_positives"),
        (binary(), "f1_score", [{"y": 1, "s": 0.1}], "no_predicted_positives"),
        (binary(), "geometric_mean", [{"y": 1, "s": 0.1}], "no_predicted_positives"),
        (binary(), "auroc", [{"y": 1, "s": 0.1}], "one_class"),
        (binary(), "auc", [{"y": 0, "s": 0.1}], "one_class"),
        (binary(), "auroc", [{"y": 7, "s": 0.1}], "no_valid_rows"),
        (binary(), "calibrated_threshold", [{"y": 1, "s": 0.1}], "one_class"),
        (binary(), "calibrated_threshold", [], "no_rows"),
        (binary(), "log_loss", [{"y": None, "s": 0.1}], "no_labels"),
        (binary(), "expected_calibration_error", [{"y": None, "s": 0.1}], "no_labels"),
        (binary(), "expected_calibration_error", [], "no_rows"),
        (multiclass(), "accuracy", [{"y": 3, "p0": 1, "p1": 0, "p2": 0}], "no_valid_rows"),
        (multiclass(), "log_loss", [{"y": 0, "p0": 1, "p1": 0, "p2": INF}], "no_valid_rows"),
        (multiclass(), "log_loss", [{"y": None, "p0": 1, "p1": 0, "p2": 0}], "no_labels"),
        (regression(), "mae", [], "no_rows"),
        (regression(), "mse", [{"y": None, "f": 1}], "no_labels"),
        (regression(), "mse", [{"y": 1, "f": None}], "no_valid_rows"),
        (regression(), "mse", [{"y": 1e200, "f": -1e200}], "overflow"),
        (regression(), "mape", [{"y": 0, "f": 1}], "zero_targets"),
        (regression(), "wmape", [{"y": 0, "f": 1}], "zero_targets"),
        (regression(), "r2", [{"y": 1, "f": 1}], "too_few_rows"),
        (regression(), "r2", [{"y": 0.1, "f": 1}] * 3, "constant_target"),
        (regression(), "r2", [{"y": 1e200, "f": 0}, {"y": -1e200, "f": 0}], "overflow"),
        (ranking(), "ndcg_mean", [{"y": [0, 0], "s": [0.1, 0.2]}], "no_relevant_items"),
        (ranking(), "ndcg_mean", [{"y": None, "s": [0.1]}], "no_labels"),
        (ranking(), "ndcg_mean", [{"y": [1], "s": [None]}], "no_valid_rows"),
        (ranking(), "ndcg_mean", [{"y": [], "s": []}], "no_labels"),
        (ranking(TWO), "map", [{"y": [0], "s": [0.1]}], "no_relevant_items"),
        (ranking(TWO), "map", [], "no_rows"),
    ],
)
def test_performance(subject: Subject, metric: str, rows: list[Row], reason: str) -> None:
    """Each way in which a performance metric is undefined has its reason."""
    found = one(subject, rows, metric)
    assert (found.value, found.reason) == (None, reason)


@pytest.mark.parametrize(
    ("query", "rows", "reason"),
    [
        (MetricQuery("average", column="x"), [], "no_rows"),
        (MetricQuery("sum", column="x"), [{"x": None}], "no_values"),
        (MetricQuery("average", column="x"), [{"x": NAN}, {"x": INF}], "no_values"),
        (MetricQuery("sum", column="x"), [{"x": 1.7e308}, {"x": 1.7e308}], "overflow"),
        (MetricQuery("quantile", column="x"), [{"x": None}], "no_values"),
        (MetricQuery("minimum", column="x"), [], "no_rows"),
        (MetricQuery("any_violation_percentage", column="x"), [], "no_rows"),
        (MetricQuery("any_violation_percentage"), [], "no_rows"),
    ],
)
def test_statistics_and_integrity(query: MetricQuery, rows: list[Row], reason: str) -> None:
    """A statistic without values and a share of no rows are undefined."""
    found = one(NUMBER, rows, query)
    assert (found.value, found.reason) == (None, reason)


@pytest.mark.parametrize(
    ("before", "now", "reason"),
    [
        ([{"x": 1}], [], "no_rows"),
        ([{"x": 1}], [{"x": None}], "no_values"),
        ([], [{"x": 1}], "no_baseline_rows"),
        ([{"x": None}], [{"x": 1}], "no_baseline_values"),
        ([], [], "no_rows"),
    ],
)
@pytest.mark.parametrize("metric", ["jsd", "psi"])
def test_drift(metric: str, before: list[Row], now: list[Row], reason: str) -> None:
    """A drift needs values on both sides."""
    found = one(NUMBER, now, MetricQuery(metric, column="x", baseline=BASELINE), baseline=before)
    assert (found.value, found.reason) == (None, reason)


@pytest.mark.parametrize(
    ("before", "reason"),
    [([], "no_baseline_rows"), ([{"v": None}], "no_baseline_values"), ([{"v": [1.0, None]}], "no_baseline_values")],
)
def test_drift_of_vectors(before: list[Row], reason: str) -> None:
    """Without a usable vector in the baseline there is no centre."""
    subject = model([{"name": "v", "data_type": "vector"}])
    found = one(subject, [{"v": [1.0, 2.0]}], MetricQuery("jsd", column="v", baseline=BASELINE), baseline=before)
    assert (found.value, found.reason) == (None, reason)


def every_query(subject: Subject, arguments: dict[str, Any]) -> list[MetricQuery]:
    """Return a query of each metric of the catalogue that the model supports."""
    queries = []
    for metric in METRICS.values():
        for column in (None, *subject.columns):
            query = MetricQuery(metric.id, column=column, **(arguments if metric.needs_category else {}))
            query = MetricQuery(metric.id, column=column, baseline=BASELINE) if metric.needs_baseline else query
            try:
                check(query, subject)
            except MetricError:
                continue
            queries.append(query)
    return queries


@pytest.mark.parametrize(
    "subject", [binary(), binary("bool"), multiclass(), regression(), ranking(TWO)], ids=lambda one: one.task
)
@pytest.mark.parametrize("is_empty", [True, False])
def test_every_metric_without_values(subject: Subject, is_empty: bool) -> None:
    """Without rows, and with nulls only, counts are 0 and everything else is null with a reason."""
    rows: Sequence[Row] = [] if is_empty else [{}]
    queries = every_query(subject, {"category": 1})
    assert len({query.metric for query in queries}) > 12
    for query, figures in zip(queries, compute(subject, rows, *queries), strict=True):
        figure = figures[0]
        metric = METRICS[query.metric]
        if metric.is_count:
            assert figure.value == (len(rows) if metric.id == "traffic" else 0)
        elif not metric.is_percentage or is_empty or metric.takes.name == "NOTHING":
            assert figure.value is None
            assert isinstance(figure.reason, Reason)
