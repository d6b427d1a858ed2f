"""Figures of several queries at once, with as few passes over the rows as they need."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from inference_events.monitoring.metrics import (
    binary,
    integrity,
    multiclass,
    ordered,
    ranking,
    regression,
    statistics,
    weights,
)
from inference_events.monitoring.metrics.catalog import (
    BINARY,
    METRICS,
    MULTICLASS,
    REGRESSION,
    MetricType,
)
from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.metrics.drift import drift_figures
from inference_events.monitoring.metrics.features import features
from inference_events.monitoring.metrics.figures import ANY_COLUMN, BaselineRows, Figure, MetricQuery
from inference_events.monitoring.metrics.parts import Rows
from inference_events.monitoring.metrics.plain import Plain, totals_by_bin
from inference_events.monitoring.subject import Subject

Statement = Callable[[Connection, Rows, MetricQuery, Subject], list[Figure]]
PERFORMANCE: Mapping[str, Callable[[MetricQuery, Subject], Plain | None]] = {
    BINARY: binary.plain,
    MULTICLASS: multiclass.plain,
    REGRESSION: regression.plain,
}
STATEMENTS: Mapping[str, Statement] = {
    "expected_calibration_error": binary.calibration_error,
    "r2": regression.r2,
    "map": ranking.ranking_metric,
    "ndcg_mean": ranking.ranking_metric,
    "query_count": ranking.ranking_metric,
    "minimum": statistics.order_statistic,
    "maximum": statistics.order_statistic,
    "quantile": statistics.order_statistic,
}


@dataclass(frozen=True)
class Needs:
    """The columns that a query reads, and whether it reads violations."""

    columns: tuple[str, ...]
    violations: bool = False


def plain(query: MetricQuery, subject: Subject) -> Plain | None:
    """Return a query as sums and counts, or None if it has a statement of its own. The query passed `check`."""
    type = METRICS[query.metric].type
    if type is MetricType.DATA_INTEGRITY:
        return integrity.plain(query, subject)
    if type in (MetricType.STATISTIC, MetricType.SERVICE_METRICS):
        return statistics.plain(query, subject)
    if type is MetricType.PERFORMANCE and subject.task in PERFORMANCE:
        return PERFORMANCE[subject.task](query, subject)
    return None


def reads_rows(query: MetricQuery) -> bool:
    """Report whether a metric is not made of aggregates that merge, so that it reads all rows of a bin together."""
    return query.metric in ordered.METRICS or query.metric == "quantile"


def figures(
    connection: Connection,
    rows: Rows,
    queries: Sequence[MetricQuery],
    subject: Subject,
    baselines: Mapping[str, BaselineRows] | None = None,
) -> list[list[Figure]]:
    """Return the figures of each query, one for each bin of the rows. The queries passed `check`.

    `baselines` has the rows of each baseline that a query names. Queries of the same column, target or baseline share
    their statements.
    """
    results: dict[int, list[Figure]] = {}
    plains = {index: one for index, query in enumerate(queries) if (one := plain(query, subject)) is not None}
    if plains:
        totals = totals_by_bin(connection, rows, list(plains.values()))
        results |= {index: [one.figure(n) for n in totals] for index, one in plains.items()}
    for group in _groups({index: query for index, query in enumerate(queries) if index not in plains}):
        found = _of_group(connection, rows, list(group.values()), subject, baselines or {})
        results |= dict(zip(group, found, strict=True))
    return [results[index] for index in range(len(queries))]


def _groups(queries: Mapping[int, MetricQuery]) -> list[dict[int, MetricQuery]]:
    """Put the queries together that differ in nothing but the metric, and all of the integrity of columns."""
    groups: dict[tuple[MetricType, MetricQuery], dict[int, MetricQuery]] = {}
    for index, query in queries.items():
        type = METRICS[query.metric].type
        shared = MetricQuery("") if type is MetricType.DATA_INTEGRITY else replace(query, metric=_statement(query))
        groups.setdefault((type, shared), {})[index] = query
    return list(groups.values())


def _statement(query: MetricQuery) -> str:
    if METRICS[query.metric].needs_baseline:
        return "drift"
    return "order" if query.metric in ordered.METRICS else query.metric


def _of_group(
    connection: Connection,
    rows: Rows,
    group: Sequence[MetricQuery],
    subject: Subject,
    baselines: Mapping[str, BaselineRows],
) -> list[list[Figure]]:
    first = group[0]
    if METRICS[first.metric].type is MetricType.DATA_INTEGRITY:
        return integrity.of_columns(connection, rows, group)
    if METRICS[first.metric].needs_baseline:
        return drift_figures(connection, rows, group, subject, baselines[first.baseline or ""])
    if first.metric in ordered.METRICS:
        return ordered.ordered_metrics(connection, rows, group, subject)
    return [STATEMENTS[query.metric](connection, rows, query, subject) for query in group]


def needs(query: MetricQuery, subject: Subject) -> Needs:
    """Return what a query reads. The query passed `check`."""
    metric = METRICS[query.metric]
    if metric.type is MetricType.DATA_INTEGRITY:
        return Needs((), violations=True)
    if metric.needs_baseline:
        names = [*_drift_columns(query, subject), *weights.weight_columns(subject)]
        return Needs(tuple(dict.fromkeys(name for name in names if name in subject.columns)))
    if metric.type is MetricType.PERFORMANCE:
        outputs = subject.roles["outputs"]
        target = query.target or subject.target or ""
        return Needs((target, *(outputs if subject.task == MULTICLASS else outputs[:1])))
    return Needs((query.column,) if query.column not in (None, ANY_COLUMN) else ())


def _drift_columns(query: MetricQuery, subject: Subject) -> Sequence[str]:
    name = query.column or ""
    if name in subject.columns:
        return [name]
    feature = features(subject)[name]
    return [feature.embedding] if feature.embedding is not None else feature.columns
