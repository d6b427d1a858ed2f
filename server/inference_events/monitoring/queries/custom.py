"""Figures of custom metrics: a definition makes them of aggregates of the rows and of builtin metrics."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from inference_events.monitoring import fql
from inference_events.monitoring.metrics import Figure, Reason, Rows
from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.metrics.parts import Total, find_totals
from inference_events.monitoring.metrics.plain import ROWS
from inference_events.monitoring.sql_names import quoted, value_column

Row: TypeAlias = Mapping[fql.Sql, float | None]


def custom_figures(
    connection: Connection,
    rows: Rows,
    metrics: Sequence[fql.CustomMetric],
    builtins: Mapping[fql.Builtin, Sequence[Figure]],
) -> list[list[Figure]]:
    """Return the figures of each metric by bin. One pass over the rows serves all sums, another one all else."""
    found = _find(connection, rows, metrics)
    results = []
    for metric in metrics:
        inputs = _aggregates(metric, found, rows.bins)
        parts = [builtins[one] for one in metric.builtins]
        values = _results(connection, metric, inputs, parts, rows.bins)
        results.append(
            [
                _figure(value, int(found.get(bin, {}).get(COUNT) or 0), [part[bin] for part in parts])
                for bin, value in enumerate(values)
            ]
        )
    return results


def reads_quantile(metric: fql.CustomMetric) -> bool:
    """Report whether an aggregate of a metric is no sum, so that it reads all rows of a bin together."""
    return not all(metric.sums(value_column))


COUNT = fql.Sql(ROWS)


def _find(
    connection: Connection, rows: Rows, metrics: Sequence[fql.CustomMetric]
) -> dict[int, dict[fql.Sql, float | None]]:
    """Return what the aggregates are made of by bin, and the number of rows."""
    sums = {COUNT: None, **{one: None for metric in metrics for each in metric.sums(value_column) for one in each}}
    others = {
        one: None
        for metric in metrics
        for one, made_of in zip(metric.aggregates(value_column), metric.sums(value_column), strict=True)
        if not made_of
    }
    totals = find_totals(connection, rows, [Total(one.text, one.values) for one in sums])
    by_bin = {bin: dict(zip(sums, values, strict=True)) for bin, *values in totals}
    if others:
        columns = "".join(f", {one.text}" for one in others)
        bound = [value for one in others for value in one.values]
        text = f"SELECT bin{columns} FROM {quoted(rows.relation)} GROUP BY bin"
        for bin, *values in connection.execute(text, bound).fetchall():
            by_bin[bin] |= zip(others, values, strict=True)
    return by_bin


def _aggregates(metric: fql.CustomMetric, found: Mapping[int, Row], bins: int) -> list[list[float | None]]:
    """Return each aggregate of a metric by bin."""
    forms = zip(metric.aggregates(value_column), metric.sums(value_column), metric.of_nothing, strict=True)
    return [
        [_aggregate(found[bin], one, sums) if bin in found else nothing for bin in range(bins)]
        for one, sums, nothing in forms
    ]


def _aggregate(row: Row, one: fql.Sql, sums: Sequence[fql.Sql]) -> float | None:
    if len(sums) < 2:
        return row[sums[0] if sums else one]
    total, count = (row[part] for part in sums)
    return total / count if total is not None and count else None


def _results(
    connection: Connection,
    metric: fql.CustomMetric,
    aggregates: Sequence[Sequence[float | None]],
    builtins: Sequence[Sequence[Figure]],
    bins: int,
) -> list[float | None]:
    names = [quoted(f"a{number}") for number in range(len(aggregates))]
    figures = [quoted(f"b{number}") for number in range(len(builtins))]
    result = metric.result(names, figures)
    columns = ", ".join(["unnest(?::BIGINT[]) AS bin", *(f"unnest(?::DOUBLE[]) AS {name}" for name in names + figures)])
    lists = [list(range(bins)), *map(list, aggregates), *([one.value for one in part] for part in builtins)]
    text = f"SELECT {result.text} FROM (SELECT {columns}) ORDER BY bin"
    return [value for (value,) in connection.execute(text, [*result.values, *lists]).fetchall()]


def _figure(value: float | None, rows: int, parts: Sequence[Figure]) -> Figure:
    if value is not None:
        return Figure(float(value), None, rows, rows)
    known = next((part.reason for part in parts if part.reason is not None), Reason.UNDEFINED)
    return Figure(None, known if rows else Reason.NO_ROWS, rows, rows)
