"""Summaries of the values of a column: their range, mean, deviation and quantiles."""

import math
from dataclasses import dataclass

from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.metrics.figures import BaselineRows
from inference_events.monitoring.metrics.sources import Source

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True)
class Summary:
    """Numbers that sum up at least one value. Each is None if it is too large for a number.

    `deviation` is that of a population. `quantiles` are of LEVELS, each between two values in proportion to its rank.
    """

    count: int
    minimum: float
    maximum: float
    mean: float | None
    deviation: float | None
    quantiles: tuple[float, ...]


def summary(connection: Connection, source: Source, relation: str) -> Summary | None:
    """Return the summary of all numbers of a relation, None without any."""
    query, bound = source.of_baseline(BaselineRows(relation))
    levels = f"[{', '.join(map(repr, LEVELS))}]"
    ((count, *found, mean, deviation),) = connection.execute(
        f"WITH numbers AS (SELECT x FROM ({query}) WHERE x IS NOT NULL), "
        "means AS (SELECT fsum(x) / count(*) AS mean FROM numbers) "
        f"SELECT count(*), min(x), max(x), quantile_cont(x, {levels}), any_value(mean), "
        "sqrt(fsum((x - mean) * (x - mean)) / count(*)) FROM numbers, means",
        bound,
    ).fetchall()
    if not count:
        return None
    minimum, maximum, quantiles = found
    return Summary(count, minimum, maximum, _finite(mean), _finite(deviation), tuple(quantiles))


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None
