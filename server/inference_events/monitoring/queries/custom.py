"""Figures of custom metrics: a definition makes them of aggregates of the rows and of builtin metrics."""

from collections.abc import Mapping, Sequence

from inference_events.monitoring import fql
from inference_events.monitoring.metrics import Figure, Reason, Rows
from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.sql_names import quoted, value_column

Row = Sequence[float | None]


def custom_figures(
    connection: Connection,
    rows: Rows,
    metrics: Sequence[fql.CustomMetric],
    builtins: Mapping[fql.Builtin, Sequence[Figure]],
) -> list[list[Figure]]:
    """Return the figures of each metric by bin, with one pass over the rows for all aggregates."""
    compiled = [metric.aggregates(value_column) for metric in metrics]
    wanted = list(dict.fromkeys(one for aggregates in compiled for one in aggregates))
    counts, totals = _aggregates(connection, rows, wanted)
    results = []
    for metric, aggregates in zip(metrics, compiled, strict=True):
        places = [wanted.index(one) for one in aggregates]
        inputs = [[row[place] for row in totals] for place in places]
        parts = [builtins[one] for one in metric.builtins]
        values = _results(connection, metric, inputs, parts, rows.bins)
        results.append(
            [
                _figure(value, count, [part[bin] for part in parts])
                for bin, (value, count) in enumerate(zip(values, counts, strict=True))
            ]
        )
    return results


def _aggregates(connection: Connection, rows: Rows, wanted: Sequence[fql.Sql]) -> tuple[list[int], list[Row]]:
    """Return the number of rows and the aggregates of each bin. Those of a bin without rows are of no rows."""
    bound = [value for one in wanted for value in one.values]
    columns = "".join(f", {one.text}" for one in wanted)
    relation = quoted(rows.relation)
    found = connection.execute(f"SELECT bin, count(*){columns} FROM {relation} GROUP BY bin", bound).fetchall()
    by_bin = {bin: (count, values) for bin, count, *values in found}
    empty: Row = []
    if len(by_bin) < rows.bins:
        text = f"SELECT count(*){columns} FROM (SELECT * FROM {relation} LIMIT 0)"
        ((_, *empty),) = connection.execute(text, bound).fetchall()
    every = [by_bin.get(bin, (0, empty)) for bin in range(rows.bins)]
    return [count for count, _ in every], [values for _, values in every]


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
