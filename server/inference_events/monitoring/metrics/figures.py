"""Queries for builtin metrics, and their figures: a number, or the reason why it is null."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

ANY_COLUMN = "__ANY__"


class Reason(StrEnum):
    """Why a figure is null. Clients may compare these texts, so they never change."""

    NO_ROWS = "no_rows"
    NO_LABELS = "no_labels"
    NO_VALID_ROWS = "no_valid_rows"
    NO_VALUES = "no_values"
    ONE_CLASS = "one_class"
    NO_POSITIVES = "no_positives"
    NO_NEGATIVES = "no_negatives"
    NO_PREDICTED_POSITIVES = "no_predicted_positives"
    NO_RELEVANT_ITEMS = "no_relevant_items"
    TOO_FEW_ROWS = "too_few_rows"
    CONSTANT_TARGET = "constant_target"
    ZERO_TARGETS = "zero_targets"
    NO_BASELINE_ROWS = "no_baseline_rows"
    NO_BASELINE_VALUES = "no_baseline_values"
    NO_EMBEDDING = "no_embedding"
    NOT_NUMERIC = "not_numeric"
    NO_IMPACT = "no_impact"
    OVERFLOW = "overflow"
    UNDEFINED = "undefined"


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric of one bin. Either `value` is a finite number, or `reason` says why it is None.

    `rows` counts the events of the bin, `sample_size` what the value is made of: valid rows, values, items, or groups.
    `labelled` counts the events with a label, if the metric needs labels. `baseline_size` is the other side of a drift.
    `trials` is the number that a rate is a share of, None for other metrics.
    """

    value: float | None
    reason: Reason | None
    rows: int
    sample_size: int
    labelled: int | None = None
    baseline_size: int | None = None
    trials: int | None = None


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """A builtin metric and its arguments. None means the model's own target, threshold or top_k.

    `baseline` is a name. `level` is that of a quantile, 0 to 1. `component` numbers the components of a vector from 0.
    """

    metric: str
    column: str | None = None
    category: Any = None
    baseline: str | None = None
    target: str | None = None
    threshold: float | None = None
    top_k: int | None = None
    level: float | None = None
    component: int | None = None


@dataclass(frozen=True, slots=True)
class BaselineRows:
    """The rows of a baseline. The bins of a rolling one are windows: `windows` has that of each bin of the figures.

    The bins of other baselines mean nothing: all rows count.
    """

    relation: str
    windows: tuple[int, ...] | None = None

    @property
    def is_rolling(self) -> bool:
        return self.windows is not None

    @property
    def bin(self) -> str:
        """Return SQL for the window of a row."""
        return "bin" if self.is_rolling else "0"

    def window(self, bin: int) -> int:
        """Return the window that a bin of the figures is compared with."""
        return 0 if self.windows is None else self.windows[bin]


class MetricError(ValueError):
    """A query that the model cannot answer. `place` names the argument, such as "column"."""

    def __init__(self, message: str, place: str) -> None:
        super().__init__(f"{place}: {message}")
        self.message = message
        self.place = place


def figure(
    result: float | Reason, *, rows: int, used: int, labelled: int | None = None, baseline_size: int | None = None
) -> Figure:
    """Return the figure of a result, which may be infinite or not a number: then it overflowed."""
    if isinstance(result, Reason):
        return Figure(None, result, rows, used, labelled, baseline_size)
    if not math.isfinite(result):
        return Figure(None, Reason.OVERFLOW, rows, used, labelled, baseline_size)
    return Figure(float(result), None, rows, used, labelled, baseline_size)


def missing(rows: int, used: int, labelled: int | None, none: Reason) -> Reason | None:
    """Return the reason why rows cannot give a figure: there are none, they lack labels, or `none`."""
    if rows == 0:
        return Reason.NO_ROWS
    if labelled == 0:
        return Reason.NO_LABELS
    return none if used == 0 else None
