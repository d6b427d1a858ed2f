"""Regression: errors of the first output. A row is valid if target and output are finite numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.metrics.figures import Figure, MetricQuery, Reason
from inference_events.monitoring.metrics.parts import Groups, Merge, Rows, find_groups
from inference_events.monitoring.metrics.plain import Plain, Value, counts, ratio, total, totals_by_bin
from inference_events.monitoring.metrics.sql import count_if, number, sum_if
from inference_events.monitoring.sql_names import quoted, value_column
from inference_events.monitoring.subject import Subject

PERCENT = 100


@dataclass(frozen=True)
class Regression:
    """SQL over one row."""

    name: str
    target: str
    output: str

    @property
    def valid(self) -> str:
        return f"isfinite({self.target}) AND isfinite({self.output})"

    @property
    def error(self) -> str:
        return f"({self.target} - {self.output})"

    @property
    def used(self) -> str:
        return count_if(self.valid)

    @property
    def labelled(self) -> str:
        return count_if(f"{value_column(self.name)} IS NOT NULL")


def regression(query: MetricQuery, subject: Subject) -> Regression:
    """Return the SQL of a regression's rows."""
    target = query.target or subject.target or ""
    return Regression(target, number(target), number(subject.roles["outputs"][0]))


def plain(query: MetricQuery, subject: Subject) -> Plain | None:
    """Return a metric of a regression that is made of sums, or None for another one."""
    sql = regression(query, subject)
    used, labelled = sql.used, sql.labelled
    absolute = sum_if(f"abs{sql.error}", sql.valid)
    squares = sum_if(f"{sql.error} * {sql.error}", sql.valid)
    if query.metric == "data_count":
        return Plain(total(used), (), used, labelled, is_count=True)
    if query.metric == "mae":
        return Plain(ratio(absolute, used, Reason.NO_VALID_ROWS), (absolute,), used, labelled)
    if query.metric == "mse":
        return Plain(ratio(squares, used, Reason.NO_VALID_ROWS), (squares,), used, labelled)
    if query.metric == "rmse":
        return Plain(_root_of_mean(squares, used), (squares,), used, labelled)
    if query.metric == "wmape":
        size = sum_if(f"abs({sql.target})", sql.valid)
        return Plain(ratio(absolute, size, Reason.ZERO_TARGETS, PERCENT), (absolute, size), used, labelled)
    return _mape(sql) if query.metric == "mape" else None


def _root_of_mean(squares: str, used: str) -> Value:
    return lambda totals: math.sqrt(totals[squares] / totals[used])


def _mape(sql: Regression) -> Plain:
    condition = f"{sql.valid} AND {sql.target} != 0"
    shares, nonzero = sum_if(f"abs({sql.error} / {sql.target})", condition), count_if(condition)
    return Plain(
        ratio(shares, nonzero, Reason.ZERO_TARGETS, PERCENT), (shares, nonzero), used=sql.used, labelled=sql.labelled
    )


def r2(connection: Connection, rows: Rows, query: MetricQuery, subject: Subject) -> list[Figure]:
    """Return the coefficient of determination.

    A second pass has the mean at hand: squares around 0 lose the digits of targets that differ little. So each part of
    a bin has the squares around its own mean, and is a group of its own.
    """
    sql = regression(query, subject)
    counted = counts(sql.used, sql.labelled)
    relation = quoted(rows.relation)
    off = f"({sql.target} - mean)"
    text = (
        f"WITH means AS (SELECT bin, fsum({sql.target}) / count(*) AS mean FROM {relation} WHERE {sql.valid} "
        f"GROUP BY bin) SELECT bin, bin AS part, count(*), fsum({sql.error} * {sql.error}), fsum({off} * {off}), "
        f"any_value(mean), min({sql.target}), max({sql.target}) "
        f"FROM {relation} JOIN means USING (bin) WHERE {sql.valid} GROUP BY bin"
    )
    merges = (Merge.SUM, Merge.SUM, Merge.SUM, Merge.SUM, Merge.LEAST, Merge.GREATEST)
    parts: dict[int, list[tuple[float, ...]]] = {}
    for bin, _, *part in find_groups(connection, rows, Groups(text, (), 1, merges)):
        parts.setdefault(bin, []).append(tuple(part))
    return [
        counted.figure_of(n, partial(_determined, parts.get(bin, [])))
        for bin, n in enumerate(totals_by_bin(connection, rows, [counted]))
    ]


def _determined(parts: Sequence[tuple[float, ...]]) -> float | Reason:
    """Return the figure of parts: the rows, squares of errors, spread, mean, least and greatest target of each."""
    used, errors, spreads, means, least, greatest = np.array(parts, np.float64).T
    if used.sum() < 2:
        return Reason.TOO_FEW_ROWS
    if least.min() == greatest.max():
        return Reason.CONSTANT_TARGET
    with np.errstate(over="ignore", invalid="ignore"):
        off = means - (used * means).sum() / used.sum()
        spread = float((spreads + used * off * off).sum())
        error = float(errors.sum())
    if spread == 0:
        return Reason.CONSTANT_TARGET
    # A spread that overflowed says nothing: dividing by it would give 1.
    return 1 - error / spread if math.isfinite(spread) else math.inf
