"""Metrics of the order of a binary model's scores: the area under the ROC curve, and the best threshold.

DuckDB finds the valid rows, and NumPy sorts them bin by bin and adds them up. For 10 million rows that takes 1.2 s of
processor time. It took 3.0 s if DuckDB sorted, and sums over windows in SQL took longer still. Counts are exact, so the
order of rows with the same score does not matter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from inference_events.monitoring.engine.errors import QueryTooLarge
from inference_events.monitoring.metrics.binary import Binary, binary
from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.metrics.figures import Figure, MetricQuery, Reason
from inference_events.monitoring.metrics.parts import Rows
from inference_events.monitoring.metrics.plain import counts, totals_by_bin
from inference_events.monitoring.sql_names import quoted
from inference_events.monitoring.subject import Subject

# Each takes 17 bytes, and those of the bin that is sorted 25 more.
MAX_ROWS = 16_000_000
Counts = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Ordered:
    """The distinct scores of one bin, from the highest, and how many positive and negative rows reach each."""

    scores: Scores
    positives: Counts
    negatives: Counts

    @property
    def totals(self) -> tuple[int, int]:
        """Return the number of positive and negative rows."""
        return (int(self.positives[-1]), int(self.negatives[-1])) if len(self.scores) else (0, 0)


def ordered(connection: Connection, relation: str, sql: Binary, *, bin: str = "bin") -> Iterator[tuple[int, Ordered]]:
    """Yield the scores of each bin that has a valid row. Raises QueryTooLarge for more rows than memory is for."""
    found: dict[str, npt.NDArray[Any]] = connection.execute(
        f"SELECT {bin} AS bin, {sql.score} + 0 AS score, {sql.positive} AS is_positive FROM {quoted(relation)} "
        f"WHERE {sql.valid} LIMIT {MAX_ROWS + 1}"
    ).fetchnumpy()
    bins, scores, is_positive = (np.asarray(found[name]) for name in ("bin", "score", "is_positive"))
    _check_size(len(bins))
    # Rows come about in the order of their times.
    if np.any(bins[1:] < bins[:-1]):
        order = np.argsort(bins, kind="stable")
        bins, scores, is_positive = bins[order], scores[order], is_positive[order]
    starts = np.flatnonzero(np.diff(bins, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(bins)], strict=False):
        order = np.argsort(scores[start:end])[::-1]
        yield int(bins[start]), _cumulative(scores[start:end][order], is_positive[start:end][order])


def _check_size(rows: float) -> None:
    if rows > MAX_ROWS:
        raise QueryTooLarge


def _cumulative(scores: Scores, is_positive: npt.NDArray[np.bool_]) -> Ordered:
    last = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    positives = np.cumsum(is_positive, dtype=np.int64)[last]
    return Ordered(scores[last], positives, last + 1 - positives)


def area(found: Ordered) -> float | Reason:
    """Return the share of pairs whose positive row has the higher score. Ties count as half."""
    positives, negatives = found.totals
    if not positives or not negatives:
        return Reason.ONE_CLASS
    new = np.diff(found.positives, prepend=0)
    below = 2 * (negatives - found.negatives) + np.diff(found.negatives, prepend=0)
    return int(np.sum(new * below)) / (2 * positives * negatives)


def best_threshold(found: Ordered) -> float | Reason:
    """Return the score with the greatest difference of true and false positive rate; of several, the highest."""
    positives, negatives = found.totals
    if not positives or not negatives:
        return Reason.ONE_CLASS
    return float(found.scores[np.argmax(found.positives * negatives - found.negatives * positives)])


METRICS = {"auroc": area, "auc": area, "calibrated_threshold": best_threshold}
NOTHING = Ordered(np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))


def ordered_metrics(
    connection: Connection, rows: Rows, queries: Sequence[MetricQuery], subject: Subject
) -> list[list[Figure]]:
    """Return metrics of the order of the scores, one list for each query. All queries have the same target."""
    sql = binary(queries[0], subject)
    counted = counts(sql.used, sql.labelled)
    totals = totals_by_bin(connection, rows, [counted])
    _check_size(sum(n[sql.used] for n in totals))
    results = {
        bin: [METRICS[query.metric](found) for query in queries]
        for bin, found in ordered(connection, rows.relation, sql)
    }
    nothing: list[float | Reason] = [Reason.ONE_CLASS] * len(queries)
    by_bin = [
        [counted.figure_of(n, partial(_same, result)) for result in results.get(bin, nothing)]
        for bin, n in enumerate(totals)
    ]
    return [list(figures) for figures in zip(*by_bin, strict=True)]


def _same(result: float | Reason) -> float | Reason:
    return result
