"""Drift: how far the values of a window are from those of a baseline."""

from collections.abc import Sequence

from inference_events.monitoring.metrics.catalog import IMPACT
from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.metrics.divergence import jensen_shannon_distance, population_stability_index
from inference_events.monitoring.metrics.figures import (
    BaselineRows,
    Figure,
    MetricQuery,
    Reason,
    figure,
)
from inference_events.monitoring.metrics.histograms import Pair, histogram_pairs
from inference_events.monitoring.metrics.parts import Rows
from inference_events.monitoring.metrics.plain import ROWS, Plain, total, totals_by_bin
from inference_events.monitoring.metrics.sources import source_of
from inference_events.monitoring.sql_names import quoted
from inference_events.monitoring.subject import Subject

DISTANCES = {"jsd": jensen_shannon_distance, "psi": population_stability_index}


def drift_pairs(
    connection: Connection, rows: Rows, query: MetricQuery, subject: Subject, baseline: BaselineRows
) -> list[Pair] | Reason:
    """Return the histograms behind a drift, for each bin of the rows, or the reason why there are none."""
    source = source_of(connection, query, subject, baseline)
    return source if isinstance(source, Reason) else histogram_pairs(connection, rows, subject, source, baseline)


def drift_figures(
    connection: Connection,
    rows: Rows,
    queries: Sequence[MetricQuery],
    subject: Subject,
    baseline: BaselineRows,
) -> list[list[Figure]]:
    """Return the distances of one column, one list for each query. All share the column and the baseline."""
    pairs = drift_pairs(connection, rows, queries[0], subject, baseline)
    traffic = [int(n[ROWS]) for n in totals_by_bin(connection, rows, [Plain(total(ROWS))])]
    if isinstance(pairs, Reason):
        reason = pairs
        if reason is Reason.NO_BASELINE_VALUES and not _has_rows(connection, baseline):
            reason = Reason.NO_BASELINE_ROWS
        nothing = [figure(reason if n else Reason.NO_ROWS, rows=n, used=0, baseline_size=0) for n in traffic]
        return [nothing for _ in queries]
    return [[_figure(query, subject, pair, n) for pair, n in zip(pairs, traffic, strict=True)] for query in queries]


def _figure(query: MetricQuery, subject: Subject, pair: Pair, rows: int) -> Figure:
    if query.metric == IMPACT:
        return prediction_drift_impact(subject.impacts.get(query.column or ""), _distance("jsd", pair, rows))
    return _distance(query.metric, pair, rows)


def _distance(metric: str, pair: Pair, rows: int) -> Figure:
    reason = _undefined(pair, rows)
    before, now = pair.counts(pair.baseline), pair.counts(pair.window)
    return figure(
        DISTANCES[metric](before, now) if reason is None else reason,
        rows=rows,
        used=pair.window.size,
        baseline_size=pair.baseline.size,
    )


def _undefined(pair: Pair, rows: int) -> Reason | None:
    if rows == 0:
        return Reason.NO_ROWS
    if not any(pair.baseline.counts.values()):
        return Reason.NO_BASELINE_VALUES if pair.baseline.nulls else Reason.NO_BASELINE_ROWS
    return None if any(pair.window.counts.values()) else Reason.NO_VALUES


def _has_rows(connection: Connection, baseline: BaselineRows) -> bool:
    return connection.execute(f"SELECT 1 FROM {quoted(baseline.relation)} LIMIT 1").fetchall() != []


def prediction_drift_impact(impact: float | None, drift: Figure) -> Figure:
    """Return how much a column's drift moves the prediction: its impact on the model times its `jsd`."""
    result = Reason.NO_IMPACT if impact is None else drift.reason or impact * (drift.value or 0.0)
    return figure(result, rows=drift.rows, used=drift.sample_size, baseline_size=drift.baseline_size)
