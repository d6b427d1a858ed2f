"""Confusion matrix, curves and errors: exact, and bounded in points."""

import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference_events.monitoring.metrics import MetricQuery, Reason, scores
from inference_events.monitoring.subject import Subject
from tests.monitoring.metrics import references
from tests.monitoring.metrics.references import is_close, is_number
from tests.monitoring.metrics.relation import Row, binary, multiclass, regression, relations, rows_of

few = settings(max_examples=20)
SCORES = st.one_of(st.sampled_from([0.0, -0.0, 0.3, 0.5]), st.floats(0, 1), st.sampled_from([None, math.inf, math.nan]))
TABLE = st.lists(st.fixed_dictionaries({"y": st.sampled_from([0, 1, None, 7]), "s": SCORES}), max_size=30)


def ask(function: Any, subject: Subject, rows: Sequence[Row], query: MetricQuery | None = None) -> Any:
    return function(relations(subject, rows), "events", query or MetricQuery("accuracy"), subject)


def valid(rows: list[Row]) -> tuple[list[int], list[float]]:
    used = [row for row in rows if row["y"] in (0, 1) and is_number(row["s"])]
    return [row["y"] for row in used], [row["s"] for row in used]


@few
@given(rows=TABLE)
def test_confusion_matrix(rows: list[Row]) -> None:
    """The cells of a binary classifier are true and false positives and negatives."""
    found = ask(scores.confusion_matrix, binary(), rows, MetricQuery("accuracy", threshold=0.3))
    tp, fp, fn, tn = references.confusion(*valid(rows), 0.3)
    assert found.classes == (0, 1)
    assert found.counts == {cell: n for cell, n in {(1, 1): tp, (0, 1): fp, (1, 0): fn, (0, 0): tn}.items() if n}


def test_confusion_matrix_of_several_classes() -> None:
    """The cells are pairs of the actual and the predicted class."""
    rows = rows_of(y=["a", "b", "b", "x", None], p0=[0.9, 0.1, 0.8, 1, 1], p1=[0.1, 0.9, 0.2, 0, 0])
    found = ask(scores.confusion_matrix, multiclass(["a", "b"], "str"), rows)
    assert (found.classes, found.counts) == (("a", "b"), {(0, 0): 1, (1, 1): 1, (1, 0): 1})


@few
@given(rows=TABLE)
def test_curves(rows: list[Row]) -> None:
    """The points are the rates at each distinct score; with one class, a curve has none and a reason."""
    labels, values = valid(rows)
    positives, negatives = sum(labels), len(labels) - sum(labels)
    roc, recall = (ask(function, binary(), rows) for function in (scores.roc_curve, scores.precision_recall_curve))
    thresholds = sorted(set(values), reverse=True)
    if positives and negatives:
        assert roc.thresholds == (None, *thresholds)
        assert (roc.x[0], roc.y[0]) == (0, 0)
    else:
        assert (roc.x, roc.reason) == ((), Reason.ONE_CLASS if labels else Reason.NO_VALID_ROWS)
    if not positives:
        assert (recall.x, recall.reason) == ((), Reason.NO_POSITIVES if labels else Reason.NO_VALID_ROWS)
    for index, threshold in enumerate(thresholds):
        tp, fp, _, _ = references.confusion(labels, values, threshold)
        if positives and negatives:
            assert (roc.x[index + 1], roc.y[index + 1]) == (fp / negatives, tp / positives)
        if positives:
            assert (recall.x[index], recall.y[index]) == (tp / positives, tp / (tp + fp))


def test_curves_are_bounded() -> None:
    """A curve has at most 1,000 points, the first and the last among them."""
    rows = [{"y": number % 2, "s": number / 5000} for number in range(5000)]
    roc, recall = (ask(function, binary(), rows) for function in (scores.roc_curve, scores.precision_recall_curve))
    assert len(roc.x) == len(recall.x) == 1000
    assert (roc.thresholds[0], roc.thresholds[1], roc.thresholds[-1]) == (None, 4999 / 5000, 0)
    assert (roc.x[-1], roc.y[-1], recall.x[-1], recall.y[-1]) == (1, 1, 1, 0.5)


@few
@given(rows=TABLE)
def test_calibration_curve(rows: list[Row]) -> None:
    """A score's bucket is ten times the share of rows below it; equal scores are together."""
    labels, values = valid(rows)
    buckets: dict[int, list[tuple[int, float]]] = {}
    for label, value in zip(labels, values, strict=True):
        below = sum(other < value for other in values)
        buckets.setdefault(10 * below // len(values), []).append((label, value))
    found = ask(scores.calibration_curve, binary(), rows)
    assert [bucket.rows for bucket in found] == [len(buckets[number]) for number in sorted(buckets)]
    for bucket, number in zip(found, sorted(buckets), strict=True):
        inside = buckets[number]
        assert is_close(bucket.score, math.fsum(value for _, value in inside) / len(inside))
        assert is_close(bucket.positives, sum(label for label, _ in inside) / len(inside))


def test_error_distribution() -> None:
    """Errors, output minus target, are counted in ten bins of equal width."""
    rows = [
        *rows_of(y=[0.0] * 11, f=[float(number) for number in range(11)]),
        {"y": None, "f": 1.0},
        {"y": 1, "f": math.inf},
    ]
    found = ask(scores.error_distribution, regression(), rows)
    assert found.edges == tuple(range(11))
    assert found.counts == (1,) * 9 + (2,)
    same = ask(scores.error_distribution, regression(), rows_of(y=[1.0, 2.0], f=[2.0, 3.0]))
    assert (same.edges, same.counts) == ((1, 1), (2,))
    assert ask(scores.error_distribution, regression(), []) is Reason.NO_VALID_ROWS


def test_scatterplot() -> None:
    """The points are valid rows, at most 1,000, and the same ones for any order of the rows."""
    rows = rows_of(y=[1.0, None, 3.0], f=[1.5, 2.0, math.nan])
    assert ask(scores.prediction_scatterplot, regression(), rows) == [(1.0, 1.5)]
    many = [{"y": float(number), "f": number + 0.5} for number in range(3000)]
    found = ask(scores.prediction_scatterplot, regression(), many)
    assert len(set(found)) == 1000
    assert all(f == y + 0.5 for y, f in found)
    assert ask(scores.prediction_scatterplot, regression(), many[::-1]) == found


@pytest.mark.parametrize("function", [scores.calibration_curve, scores.prediction_scatterplot])
def test_nothing_to_draw(function: Any) -> None:
    """Without rows there are no points."""
    subject = binary() if function is scores.calibration_curve else regression()
    assert ask(function, subject, []) == []
