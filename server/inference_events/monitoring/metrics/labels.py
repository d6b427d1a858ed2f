"""Labels: how many events have one, and how long after the event it came."""

from collections.abc import Sequence
from dataclasses import dataclass

from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.metrics.figures import Reason
from inference_events.monitoring.metrics.parts import Rows
from inference_events.monitoring.metrics.sql import is_list
from inference_events.monitoring.sql_names import label_column, quoted, value_column
from inference_events.monitoring.subject import Subject

LEVELS = (0.5, 0.9)
# The time of labels that were written before the server kept their times.
UNKNOWN = "TIMESTAMP '1970-01-01'"


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of one bin. `lags` are quantiles in seconds; None with a reason if no label has a known time.

    A lag is below 0 if the event's own time is later. `timed` counts the labels with a known time.
    """

    rows: int
    labelled: int
    timed: int
    lags: tuple[float | None, ...]
    reason: Reason | None

    @property
    def coverage(self) -> float | None:
        """Return the share of the events with a label, None without events."""
        return self.labelled / self.rows if self.rows else None


def label_figures(
    connection: Connection,
    rows: Rows,
    subject: Subject,
    target: str,
    levels: tuple[float, ...] = LEVELS,
) -> list[Labels]:
    """Return how many events of each bin have a label of a target, and quantiles of the lag."""
    cell, time = value_column(target), label_column(target)
    is_labelled = f"list_count({cell}) > 0" if is_list(subject, target) else f"{cell} IS NOT NULL"
    is_timed = f"({is_labelled}) AND {time} > {UNKNOWN}"
    lag = f"date_diff('microsecond', ts, {time}) / 1e6"
    found = connection.execute(
        f"SELECT bin, count(*), count(*) FILTER (WHERE {is_labelled}), count(*) FILTER (WHERE {is_timed}), "
        f"quantile_cont({lag}, {[float(level) for level in levels]}) FILTER (WHERE {is_timed}) "
        f"FROM {quoted(rows.relation)} GROUP BY bin"
    ).fetchall()
    unknown = (None,) * len(levels)
    by_bin = {bin: _labels(n, labelled, timed, lags or unknown) for bin, n, labelled, timed, lags in found}
    nothing = _labels(0, 0, 0, unknown)
    return [by_bin.get(bin, nothing) for bin in range(rows.bins)]


def _labels(rows: int, labelled: int, timed: int, lags: Sequence[float | None]) -> Labels:
    reason = Reason.NO_VALUES if labelled else Reason.NO_LABELS
    if timed:
        return Labels(rows, labelled, timed, tuple(lags), None)
    return Labels(rows, labelled, timed, tuple(lags), reason if rows else Reason.NO_ROWS)
