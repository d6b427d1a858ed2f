"""The metrics equal those of scikit-learn and SciPy on random tables of a thousand rows.

`make test-demo` has the libraries. The environment of the other tests is as users install the server, without them.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from inference_events.monitoring.metrics import MetricQuery, scores
from tests.monitoring.metrics.references import is_close
from tests.monitoring.metrics.relation import (
    Row,
    binary,
    compute,
    drift,
    model,
    multiclass,
    one,
    ranking,
    regression,
    relations,
)

REASON = "scikit-learn and SciPy are in the environment of make test-demo only"
sklearn = pytest.importorskip("sklearn.metrics", reason=REASON)
calibration = pytest.importorskip("sklearn.calibration", reason=REASON)
distance = pytest.importorskip("scipy.spatial.distance", reason=REASON)

SEEDS = [1, 2, 3]
ROWS = 1000
BINS = 4


def binary_rows(seed: int) -> tuple[list[Row], list[Any]]:
    """Return rows in bins, and labels and scores of the valid ones of each bin. Half of the scores tie."""
    random = np.random.default_rng(seed)
    bins, labels = random.integers(0, BINS, ROWS), random.integers(0, 2, ROWS)
    values = random.random(ROWS) * 0.7 + labels * 0.2
    values[::2] = np.round(values[::2], 1)
    is_valid = random.random(ROWS) > 0.2
    rows: list[Row] = [
        {"bin": int(bin), "y": int(y) if ok or index % 2 else None, "s": float(s) if ok or not index % 2 else math.nan}
        for index, (bin, y, s, ok) in enumerate(zip(bins, labels, values, is_valid, strict=True))
    ]
    return rows, [(labels[is_valid & (bins == bin)], values[is_valid & (bins == bin)]) for bin in range(BINS)]


def youden(y: Any, s: Any) -> float:
    fpr, tpr, thresholds = sklearn.roc_curve(y, s, drop_intermediate=False)
    return float(thresholds[1:][np.argmax(np.round(tpr - fpr, 12)[1:])])


BINARY: dict[str, Callable[[Any, Any], float]] = {
    "accuracy": lambda y, s: sklearn.accuracy_score(y, s >= 0.5),
    "precision": lambda y, s: sklearn.precision_score(y, s >= 0.5),
    "recall": lambda y, s: sklearn.recall_score(y, s >= 0.5),
    "f1_score": lambda y, s: sklearn.f1_score(y, s >= 0.5),
    "fpr": lambda y, s: 1 - sklearn.recall_score(y, s >= 0.5, pos_label=0),
    "geometric_mean": lambda y, s: math.sqrt(sklearn.precision_score(y, s >= 0.5) * sklearn.recall_score(y, s >= 0.5)),
    "auroc": sklearn.roc_auc_score,
    "auc": sklearn.roc_auc_score,
    "log_loss": sklearn.log_loss,
    "calibrated_threshold": youden,
}


@pytest.mark.parametrize("seed", SEEDS)
def test_binary(seed: int) -> None:
    """A binary classifier's metrics, with ties, missing labels and scores that are no numbers."""
    rows, valid = binary_rows(seed)
    found = compute(binary(), rows, *map(MetricQuery, BINARY), bins=BINS)
    for reference, figures in zip(BINARY.values(), found, strict=True):
        for figure, (y, s) in zip(figures, valid, strict=True):
            assert is_close(figure.value or 0, reference(y, s))
            assert figure.sample_size == len(y)


@pytest.mark.parametrize("seed", SEEDS)
def test_multiclass(seed: int) -> None:
    """Accuracy and log loss of several classes."""
    random = np.random.default_rng(seed)
    outputs, labels = random.dirichlet([1, 1, 1], ROWS), random.integers(0, 3, ROWS)
    rows: list[Row] = [
        {"y": int(y), **{f"p{index}": float(p) for index, p in enumerate(row)}}
        for y, row in zip(labels, outputs, strict=True)
    ]
    accuracy, loss = (compute(multiclass(), rows, MetricQuery(metric))[0][0] for metric in ("accuracy", "log_loss"))
    assert is_close(accuracy.value or 0, sklearn.accuracy_score(labels, outputs.argmax(axis=1)))
    assert is_close(loss.value or 0, sklearn.log_loss(labels, outputs))


REGRESSION: dict[str, Callable[[Any, Any], float]] = {
    "mse": sklearn.mean_squared_error,
    "rmse": sklearn.root_mean_squared_error,
    "mae": sklearn.mean_absolute_error,
    "mape": lambda y, f: 100 * sklearn.mean_absolute_percentage_error(y, f),
    "r2": sklearn.r2_score,
}


@pytest.mark.parametrize("scale", [1, 1e-6, 1e9])
@pytest.mark.parametrize("seed", SEEDS)
def test_regression(seed: int, scale: float) -> None:
    """Errors of a regression, also if the targets differ little from each other."""
    random = np.random.default_rng(seed)
    targets = random.normal(scale, 1, ROWS)
    outputs = targets + random.normal(0, 0.5, ROWS)
    rows: list[Row] = [{"y": float(y), "f": float(f)} for y, f in zip(targets, outputs, strict=True)]
    found = compute(regression(), rows, *map(MetricQuery, REGRESSION))
    for reference, figures in zip(REGRESSION.values(), found, strict=True):
        assert is_close(figures[0].value or 0, reference(targets, outputs))


@pytest.mark.parametrize("top", [1, 3, 20])
@pytest.mark.parametrize("seed", SEEDS)
def test_ranking(seed: int, top: int) -> None:
    """NDCG and average precision of groups whose scores differ."""
    random = np.random.default_rng(seed)
    sizes = random.integers(2, 12, 200)
    groups = [(random.integers(0, 4, size), random.random(size)) for size in sizes]
    groups = [(y, s) for y, s in groups if y.any()]
    rows: list[Row] = [{"y": y.astype(float).tolist(), "s": s.tolist()} for y, s in groups]
    expected = np.mean([sklearn.ndcg_score([y], [s], k=top) for y, s in groups])
    assert is_close(one(ranking(), rows, MetricQuery("ndcg_mean", top_k=top)).value or 0, expected)
    two = ranking({"data_type": "category", "categories": [0, 1]})
    rows = [{"y": (y > 0).astype(int).tolist(), "s": s.tolist()} for y, s in groups]
    expected = np.mean([sklearn.average_precision_score(y > 0, s) for y, s in groups])
    assert is_close(one(two, rows, MetricQuery("map", top_k=100)).value or 0, expected)


@pytest.mark.parametrize("bins", [None, [-1, -0.5, 0, 0.25, 2]])
@pytest.mark.parametrize("seed", SEEDS)
def test_drift(seed: int, bins: list[float] | None) -> None:
    """Bins are those of numpy, and the distance that of SciPy."""
    random = np.random.default_rng(seed)
    before, now = random.normal(0, 1, ROWS), random.normal(0.3, 1.2, ROWS)
    subject = model([{"name": "x", "data_type": "float", **({"bins": bins} if bins else {})}])
    old, new = ([{"x": float(x)} for x in side] for side in (before, now))
    edges = [-np.inf, *(bins or np.linspace(before.min(), before.max(), 11)), np.inf]
    # The last bin is closed, and what is above it starts right after.
    edges[-2] = np.nextafter(edges[-2], np.inf)
    expected = [np.histogram(side, edges)[0] for side in (before, now)]
    found = drift(subject, old, new, "x").value
    assert found is not None
    assert is_close(found, distance.jensenshannon(*expected, base=2))


@pytest.mark.parametrize("seed", SEEDS)
def test_curves(seed: int) -> None:
    """ROC, precision-recall and calibration curves."""
    rows, _ = binary_rows(seed)
    rows = [row for row in rows if row["bin"] == 0]
    y, s = (np.array(side) for side in zip(*((r["y"], r["s"]) for r in rows if valid(r)), strict=True))
    connection, query = relations(binary(), rows), MetricQuery("auroc")
    roc = scores.roc_curve(connection, "events", query, binary())
    fpr, tpr, thresholds = sklearn.roc_curve(y, s, drop_intermediate=False)
    assert (roc.x, roc.y, roc.thresholds[1:]) == (tuple(fpr), tuple(tpr), tuple(thresholds[1:]))
    curve = scores.precision_recall_curve(connection, "events", query, binary())
    precision, recall, thresholds = sklearn.precision_recall_curve(y, s)
    assert curve.thresholds == tuple(thresholds[::-1])
    assert (curve.x, curve.y) == (tuple(recall[-2::-1]), tuple(precision[-2::-1]))


def valid(row: Row) -> bool:
    return row["y"] is not None and math.isfinite(row["s"])


@pytest.mark.parametrize("seed", SEEDS)
def test_calibration_curve(seed: int) -> None:
    """Ten buckets of equally many rows; without ties they are those of scikit-learn."""
    random = np.random.default_rng(seed)
    s = random.random(ROWS)
    y = (random.random(ROWS) < s).astype(int)
    rows: list[Row] = [{"y": int(label), "s": float(score)} for label, score in zip(y, s, strict=True)]
    found = scores.calibration_curve(relations(binary(), rows), "events", MetricQuery("auroc"), binary())
    positives, means = calibration.calibration_curve(y, s, n_bins=10, strategy="quantile")
    assert [bucket.rows for bucket in found] == [ROWS // 10] * 10
    assert [bucket.score for bucket in found] == pytest.approx(means, rel=1e-9)
    assert [bucket.positives for bucket in found] == pytest.approx(positives, rel=1e-9)
