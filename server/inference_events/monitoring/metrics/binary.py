"""Binary classification: metrics of the confusion matrix, log loss and calibration.

A row is valid if its target is one of the two classes and its score a finite number. The positive class is predicted if
the score reaches the threshold.
"""

import math
import sys
from dataclasses import dataclass
from functools import partial
from operator import truediv

from inference_events.monitoring.metrics.classes import binary_classes, is_of
from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.metrics.figures import Figure, MetricQuery, Reason
from inference_events.monitoring.metrics.parts import Groups, Merge, Rows, find_groups
from inference_events.monitoring.metrics.plain import Plain, Totals, counts, ratio, total, totals_by_bin
from inference_events.monitoring.metrics.sql import count_if, literal, number, sum_if
from inference_events.monitoring.sql_names import quoted, value_column
from inference_events.monitoring.subject import Subject

EPSILON = sys.float_info.epsilon
CALIBRATION_BINS = 10


@dataclass(frozen=True)
class Binary:
    """SQL conditions and terms over one row: `score`, and what its class is."""

    target: str
    score: str
    valid: str
    positive: str
    negative: str
    predicted: str

    @property
    def labelled(self) -> str:
        return count_if(f"{value_column(self.target)} IS NOT NULL")

    @property
    def used(self) -> str:
        return count_if(self.valid)

    @property
    def tp(self) -> str:
        return count_if(f"{self.positive} AND {self.predicted}")

    @property
    def fp(self) -> str:
        return count_if(f"{self.negative} AND {self.predicted}")

    @property
    def fn(self) -> str:
        return count_if(f"{self.positive} AND NOT {self.predicted}")

    @property
    def tn(self) -> str:
        return count_if(f"{self.negative} AND NOT {self.predicted}")


def binary(query: MetricQuery, subject: Subject) -> Binary:
    """Return the SQL of a binary model's rows. Raises MetricError without classes."""
    target = query.target or subject.target or ""
    negative, positive = binary_classes(subject, target)
    threshold = subject.threshold if query.threshold is None else query.threshold
    score = number(subject.roles["outputs"][0])
    return Binary(
        target=target,
        score=score,
        valid=f"isfinite({score}) AND {is_of(target, negative, positive)}",
        positive=f"isfinite({score}) AND {is_of(target, positive)}",
        negative=f"isfinite({score}) AND {is_of(target, negative)}",
        predicted=f"({score} >= {literal(threshold)})",
    )


def plain(query: MetricQuery, subject: Subject) -> Plain | None:
    """Return a metric of a binary model that is made of sums, or None for another one."""
    sql = binary(query, subject)
    tp, fp, fn, tn = sql.tp, sql.fp, sql.fn, sql.tn

    def precision(n: Totals) -> float | Reason:
        return n[tp] / (n[tp] + n[fp]) if n[tp] + n[fp] else Reason.NO_PREDICTED_POSITIVES

    def recall(n: Totals) -> float | Reason:
        return n[tp] / (n[tp] + n[fn]) if n[tp] + n[fn] else Reason.NO_POSITIVES

    def fpr(n: Totals) -> float | Reason:
        return n[fp] / (n[fp] + n[tn]) if n[fp] + n[tn] else Reason.NO_NEGATIVES

    def both(n: Totals) -> tuple[float, float] | Reason:
        first, second = recall(n), precision(n)
        if isinstance(first, Reason):
            return first
        return second if isinstance(second, Reason) else (first, second)

    def f1_score(n: Totals) -> float | Reason:
        parts = both(n)
        return parts if isinstance(parts, Reason) else 2 * n[tp] / (2 * n[tp] + n[fp] + n[fn])

    def geometric_mean(n: Totals) -> float | Reason:
        parts = both(n)
        return parts if isinstance(parts, Reason) else math.sqrt(parts[0] * parts[1])

    def accuracy(n: Totals) -> float | Reason:
        return (n[tp] + n[tn]) / n[sql.used]

    matrix = {
        "accuracy": accuracy,
        "precision": precision,
        "recall": recall,
        "fpr": fpr,
        "f1_score": f1_score,
        "geometric_mean": geometric_mean,
    }
    trials = {"accuracy": (tp, fp, fn, tn), "precision": (tp, fp), "recall": (tp, fn), "fpr": (fp, tn)}
    if query.metric in matrix:
        cells = (tp, fp, fn, tn)
        return Plain(matrix[query.metric], cells, sql.used, sql.labelled, trials=trials.get(query.metric, ()))
    if query.metric == "data_count":
        return Plain(total(sql.used), (), sql.used, sql.labelled, is_count=True)
    return _log_loss(sql) if query.metric == "log_loss" else None


def _log_loss(sql: Binary) -> Plain:
    clipped = f"least(greatest({sql.score}, {literal(EPSILON)}), {literal(1 - EPSILON)})"
    loss = sum_if(f"-ln(CASE WHEN {sql.positive} THEN {clipped} ELSE 1 - {clipped} END)", sql.valid)
    return Plain(ratio(loss, sql.used, Reason.NO_VALID_ROWS), (loss,), sql.used, sql.labelled)


def calibration_error(connection: Connection, rows: Rows, query: MetricQuery, subject: Subject) -> list[Figure]:
    """Return the expected calibration error: 10 bins of equal width, each weighted by its share of the rows."""
    sql = binary(query, subject)
    counted = counts(sql.used, sql.labelled)
    place = f"least(greatest(floor({sql.score} * {CALIBRATION_BINS}), 0), {CALIBRATION_BINS - 1})"
    gap = f"CASE WHEN {sql.positive} THEN 1 - {sql.score} ELSE -{sql.score} END"
    text = f"SELECT bin, {place} AS place, fsum({gap}) FROM {quoted(rows.relation)} WHERE {sql.valid} GROUP BY ALL"
    gaps: dict[int, float] = {}
    for bin, _, sum in sorted(find_groups(connection, rows, Groups(text, (), 1, (Merge.SUM,)))):
        gaps[bin] = gaps.get(bin, 0.0) + abs(sum)
    return [
        counted.figure_of(n, partial(truediv, gaps.get(bin, 0.0), n[sql.used]))
        for bin, n in enumerate(totals_by_bin(connection, rows, [counted]))
    ]
