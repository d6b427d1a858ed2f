"""Metrics that are made of sums and counts. One pass over the rows serves all of them.

Its aggregates add up, so they are made of parts of a bin (see `parts`).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.metrics.figures import Figure, Reason, figure, missing
from inference_events.monitoring.metrics.parts import Rows, Total, find_totals

# By their SQL; sums of nothing are 0.
Totals = Mapping[str, float]
Value = Callable[[Totals], float | Reason]
ROWS = "count(*)"


@dataclass(frozen=True)
class Plain:
    """A metric of aggregates: their SQL over the rows relation, and the value that they give.

    `used` is the aggregate that counts what the value is made of, and `none` the reason if it is 0. `labelled` counts
    the labels. A count is 0 without rows; everything else is undefined there. A rate has the aggregates `trials`, whose
    sum it is a share of.
    """

    value: Value
    sums: tuple[str, ...] = ()
    used: str = ROWS
    labelled: str | None = None
    is_count: bool = False
    none: Reason = Reason.NO_VALID_ROWS
    trials: tuple[str, ...] = ()

    @property
    def aggregates(self) -> tuple[str, ...]:
        counts = (self.used,) if self.labelled is None else (self.used, self.labelled)
        return (ROWS, *counts, *self.sums)

    def figure(self, totals: Totals) -> Figure:
        """Return the figure of a bin's totals."""
        found = self.figure_of(totals, lambda: self.value(totals))
        return replace(found, trials=int(sum(totals[one] for one in self.trials))) if self.trials else found

    def figure_of(self, totals: Totals, value: Callable[[], float | Reason]) -> Figure:
        """Return the figure of a value that another statement gave; it is not called if rows are missing."""
        rows, used = int(totals[ROWS]), int(totals[self.used])
        labelled = None if self.labelled is None else int(totals[self.labelled])
        reason = None if self.is_count else missing(rows, used, labelled, self.none)
        return figure(value() if reason is None else reason, rows=rows, used=used, labelled=labelled)


def counts(used: str, labelled: str | None = None, none: Reason = Reason.NO_VALID_ROWS) -> Plain:
    """Return the counts behind a metric that has a statement of its own."""
    return Plain(total(used), (), used, labelled, none=none)


def totals_by_bin(connection: Connection, rows: Rows, metrics: Sequence[Plain]) -> list[dict[str, float]]:
    """Return the aggregates of all metrics for each bin, in one pass over the rows."""
    wanted = list(dict.fromkeys(aggregate for metric in metrics for aggregate in metric.aggregates))
    found = find_totals(connection, rows, [Total(aggregate) for aggregate in wanted])
    by_bin = [dict.fromkeys(wanted, 0.0) for _ in range(rows.bins)]
    for bin, *totals in found:
        by_bin[bin] = {name: total or 0 for name, total in zip(wanted, totals, strict=True)}
    return by_bin


def ratio(above: str, below: str, undefined: Reason, scale: float = 1) -> Value:
    """Return the value of a metric that divides two aggregates; `undefined` if the lower one is 0."""

    def value(totals: Totals) -> float | Reason:
        if not totals[below]:
            return undefined
        # A sum that overflowed says nothing: dividing by it would give 0.
        return scale * (totals[above] / totals[below]) if math.isfinite(totals[below]) else math.inf

    return value


def total(name: str) -> Value:
    """Return the value of a metric that is one aggregate."""
    return lambda totals: totals[name]
