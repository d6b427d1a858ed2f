"""Confusion matrix, curves and errors of a model's scores, with a bounded number of points.

These take all rows of a relation, in any bin.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from inference_events.monitoring.metrics import binning
from inference_events.monitoring.metrics.binary import binary
from inference_events.monitoring.metrics.catalog import BINARY
from inference_events.monitoring.metrics.classes import binary_classes, multiclass_classes
from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.metrics.figures import MetricQuery, Reason
from inference_events.monitoring.metrics.multiclass import multiclass
from inference_events.monitoring.metrics.ordered import NOTHING, Ordered, ordered
from inference_events.monitoring.metrics.regression import regression
from inference_events.monitoring.sql_names import quoted
from inference_events.monitoring.subject import Subject

MAX_POINTS = 1000
MAX_CELLS = 10_000
BUCKETS = 10


@dataclass(frozen=True)
class Confusion:
    """Rows by class, as positions in `classes`: the actual one and the predicted one. Cells without rows are missing.

    Of more than 10,000 cells, `counts` has the greatest.
    """

    classes: tuple[Any, ...]
    counts: dict[tuple[int, int], int]


@dataclass(frozen=True)
class Curve:
    """Points from the highest threshold down. No points, and a reason, if the curve is undefined.

    The first threshold is None if no row reaches it.
    """

    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()
    thresholds: tuple[float | None, ...] = ()
    reason: Reason | None = None


@dataclass(frozen=True)
class Bucket:
    """Rows with neighbouring scores: their number, their mean score, and the share of positives."""

    rows: int
    score: float
    positives: float


@dataclass(frozen=True)
class Errors:
    """Counts of rows by their error, output minus target, between two edges. The last bin includes its upper edge."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


def confusion_matrix(connection: Connection, relation: str, query: MetricQuery, subject: Subject) -> Confusion:
    """Count the valid rows by actual and predicted class."""
    if subject.task == BINARY:
        sql = binary(query, subject)
        classes: Sequence[Any] = binary_classes(subject, sql.target)
        valid, cells = sql.valid, f"({sql.positive})::INTEGER, {sql.predicted}::INTEGER"
    else:
        several = multiclass(query, subject)
        classes = multiclass_classes(subject, several.target)
        valid, cells = several.valid, f"({several.actual}) - 1, ({several.predicted}) - 1"
    found = connection.execute(
        f"SELECT {cells}, count(*) AS n FROM {quoted(relation)} WHERE {valid} GROUP BY ALL "
        f"ORDER BY n DESC, 1, 2 LIMIT {MAX_CELLS}"
    ).fetchall()
    return Confusion(tuple(classes), {(actual, predicted): n for actual, predicted, n in found})


def roc_curve(connection: Connection, relation: str, query: MetricQuery, subject: Subject) -> Curve:
    """Return the false (x) and the true (y) positive rate by threshold, at most 1,000 points."""
    found = _scores(connection, relation, query, subject)
    positives, negatives = found.totals
    if not positives or not negatives:
        return Curve(reason=Reason.ONE_CLASS if positives or negatives else Reason.NO_VALID_ROWS)
    kept = _thin(len(found.scores), MAX_POINTS - 1)
    return Curve(
        (0.0, *(found.negatives[kept] / negatives).tolist()),
        (0.0, *(found.positives[kept] / positives).tolist()),
        (None, *found.scores[kept].tolist()),
    )


def precision_recall_curve(connection: Connection, relation: str, query: MetricQuery, subject: Subject) -> Curve:
    """Return recall (x) and precision (y) by threshold, at most 1,000 points."""
    found = _scores(connection, relation, query, subject)
    positives, negatives = found.totals
    if not positives:
        return Curve(reason=Reason.NO_POSITIVES if negatives else Reason.NO_VALID_ROWS)
    kept = _thin(len(found.scores), MAX_POINTS)
    reached, correct = (found.positives + found.negatives)[kept], found.positives[kept]
    return Curve(
        tuple((correct / positives).tolist()), tuple((correct / reached).tolist()), tuple(found.scores[kept].tolist())
    )


def _scores(connection: Connection, relation: str, query: MetricQuery, subject: Subject) -> Ordered:
    found = ordered(connection, relation, binary(query, subject), bin="0")
    return next((one for _, one in found), NOTHING)


def _thin(count: int, points: int) -> npt.NDArray[np.int64]:
    """Return the first and the last index and evenly spaced ones between them."""
    return np.unique(np.linspace(0, count - 1, min(count, points)).round().astype(np.int64))


def calibration_curve(connection: Connection, relation: str, query: MetricQuery, subject: Subject) -> list[Bucket]:
    """Return up to 10 buckets of equally many rows by score. Equal scores are in the same bucket, the lower one."""
    sql = binary(query, subject)
    found = connection.execute(
        f"SELECT count(*), fsum(score) / count(*), count(*) FILTER (WHERE is_positive) / count(*) FROM ("
        f"SELECT {sql.score} AS score, {sql.positive} AS is_positive, "
        f"((rank() OVER (ORDER BY {sql.score}) - 1) * {BUCKETS}) // count(*) OVER () AS bucket "
        f"FROM {quoted(relation)} WHERE {sql.valid}) GROUP BY bucket ORDER BY bucket"
    ).fetchall()
    return [Bucket(rows, score, positives) for rows, score, positives in found]


def error_distribution(connection: Connection, relation: str, query: MetricQuery, subject: Subject) -> Errors | Reason:
    """Count the errors of a regression in 10 bins of equal width."""
    sql = regression(query, subject)
    errors = f"SELECT {sql.output} - {sql.target} AS x FROM {quoted(relation)} WHERE {sql.valid}"
    errors = f"SELECT x FROM ({errors}) WHERE isfinite(x)"
    least, greatest = connection.execute(f"SELECT min(x), max(x) FROM ({errors})").fetchall()[0]
    if least is None:
        return Reason.NO_VALID_ROWS
    edges = binning.equal_widths(least, greatest)
    bins = binning.edge_bins(edges)
    found = connection.execute(f"SELECT {binning.place_sql(bins)} AS number, count(*) FROM ({errors}) GROUP BY ALL")
    counts = dict(found.fetchall())
    return Errors((edges[0], *(edges[1:] or edges)), tuple(counts.get(number, 0) for number in range(len(bins.labels))))


def prediction_scatterplot(
    connection: Connection, relation: str, query: MetricQuery, subject: Subject
) -> list[tuple[float, float]]:
    """Return target and output of at most 1,000 rows; of more, the same ones each time."""
    sql = regression(query, subject)
    found = connection.execute(
        f"SELECT {sql.target} AS target, {sql.output} AS output FROM {quoted(relation)} WHERE {sql.valid} "
        f"ORDER BY hash(ts, target, output), target, output LIMIT {MAX_POINTS}"
    )
    return found.fetchall()
