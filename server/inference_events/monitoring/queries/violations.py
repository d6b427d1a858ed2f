"""Violations of the schema: how many events have one, by column, kind and bin, and the values behind those of a column.

As in the metrics of data integrity, an event counts once for a column and kind.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from inference_events import exact_json
from inference_events.errors import BadRequest
from inference_events.monitoring import fql, metrics
from inference_events.monitoring.engine import Bins, BinSize, Computation, RowSelection
from inference_events.monitoring.metrics import ANY_COLUMN, MetricQuery
from inference_events.monitoring.metrics.integrity import ANY_KIND, Counts
from inference_events.monitoring.queries.compute import prepare
from inference_events.monitoring.queries.frame import (
    MAX_COLUMNS,
    Frame,
    FrameRequest,
    FrameResult,
    check_values,
    chosen_bins,
    plan_frame,
)
from inference_events.monitoring.sql_names import value_column
from inference_events.monitoring.subject import Subject

KINDS = ("missing", "type", "range", ANY_KIND)
EVENTS = MetricQuery("any_violation_count", column=ANY_COLUMN)
MAX_TEXT = 200


@dataclass(frozen=True)
class ViolationsRequest:
    """Violations of some columns, or without a list, of a page of those that have most.

    `values_of` is a column whose `top` most frequent values are returned, too. `bin_size` None means the smallest bins,
    at most `most`.
    """

    frame: FrameRequest
    range: tuple[int, int]
    columns: Sequence[str] | None = None
    limit: int = MAX_COLUMNS
    offset: int = 0
    values_of: str | None = None
    top: int = 20
    bin_size: BinSize | None = None
    most: int = 60


@dataclass(frozen=True)
class ColumnViolations:
    """The number of events with a violation of a column by kind, of all bins and of each; "any" is one of the kinds."""

    column: str
    totals: Mapping[str, int]
    by_bin: Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class ViolatingValue:
    """A value that broke the schema, as JSON text, in how many events. None if it is missing."""

    kind: str
    text: str | None
    count: int


@dataclass(frozen=True)
class BinnedViolations:
    """Violations by column. `violated` counts the columns that have any.

    `events` counts the events by bin that have any, as `__ANY__` does.
    """

    bin_size: BinSize
    bins: Bins
    rows: Sequence[int]
    events: Sequence[int]
    violated: int
    columns: Sequence[ColumnViolations]
    values: Sequence[ViolatingValue] | None


@dataclass(frozen=True)
class ViolationsPlan:
    """A checked request."""

    frame: Frame
    request: ViolationsRequest
    bin_size: BinSize
    bins: Bins

    @property
    def subject(self) -> Subject:
        return self.frame.known.subject

    def compute(self, computation: Computation) -> FrameResult[BinnedViolations]:
        """Return the violations, unless they are unchanged."""
        return self.frame.result(computation, (), lambda: self._violations(computation))

    def _violations(self, computation: Computation) -> BinnedViolations:
        window = self.frame.window(self.bins)
        prepared = prepare(computation, window, [EVENTS], [], self.subject, {})
        (events,) = metrics.figures(prepared.connection, prepared.window, [EVENTS], self.subject)
        counts = metrics.count_violations(prepared.connection, prepared.window, self.request.columns)
        columns = self._ordered(counts)
        shown = columns if self.request.columns is not None else self._page(columns)
        return BinnedViolations(
            self.bin_size,
            self.bins,
            [figure.rows for figure in events],
            [int(figure.value or 0) for figure in events],
            len(columns),
            [_of_column(counts, name, len(self.bins)) for name in shown],
            self._values(computation),
        )

    def _ordered(self, counts: Counts) -> list[str]:
        """Return the columns of the request, or those with a violation, those with most first."""
        if self.request.columns is not None:
            return list(self.request.columns)
        totals = dict.fromkeys(self.subject.columns, 0)
        for (_, name, kind), count in counts.items():
            if kind == ANY_KIND and name in totals:
                totals[name] += count
        return sorted((name for name, total in totals.items() if total), key=lambda name: -totals[name])

    def _page(self, columns: Sequence[str]) -> Sequence[str]:
        return columns[self.request.offset : self.request.offset + self.request.limit]

    def _values(self, computation: Computation) -> list[ViolatingValue] | None:
        name = self.request.values_of
        if name is None:
            return None
        selection = RowSelection(
            self.frame.environment_id, self.bins, (name,), with_violations=True, segment=self.frame.segment
        )
        found = computation.rows(selection).query(
            fql.Sql(
                "SELECT kind, text, cell, count(*) AS n FROM (SELECT v.kind AS kind, v.value AS text, "
                f"CASE WHEN v.kind = 'range' THEN {value_column(name)} END AS cell FROM (SELECT *, "
                "unnest(list_filter(violations, lambda v: v['column'] = ?)) AS v FROM rows)) GROUP BY ALL "
                f"ORDER BY n DESC, kind, text, cell LIMIT {self.request.top:d}",
                (name,),
            )
        )
        return [_value(**one) for one in found.to_pylist()]


def plan_violations(session: Session, request: ViolationsRequest) -> ViolationsPlan:
    """Check a request against the model. Raises BadRequest and ObjectNotFound."""
    frame = plan_frame(session, request.frame)
    size, bins = chosen_bins(request.range, request.bin_size, request.most, request.frame.time_zone)
    check_columns(frame.known.subject, request.columns or (), "/columns")
    if request.values_of is not None and request.values_of not in frame.known.subject.columns:
        raise BadRequest.at("/values_of", "the model has no such column")
    series = len(request.columns) if request.columns is not None else request.limit
    check_values(len(bins), len(KINDS) * series, "/max_bins")
    return ViolationsPlan(frame, request, size, bins)


def check_columns(subject: Subject, names: Iterable[str], place: str) -> None:
    """Refuse columns that the model lacks. Raises BadRequest."""
    for number, name in enumerate(names):
        if name not in subject.columns:
            raise BadRequest.at(f"{place}/{number}", "the model has no such column")


def _of_column(counts: Counts, name: str, bins: int) -> ColumnViolations:
    by_bin = {kind: [counts[bin, name, kind] for bin in range(bins)] for kind in KINDS}
    return ColumnViolations(name, {kind: sum(of_bins) for kind, of_bins in by_bin.items()}, by_bin)


def _value(kind: str, text: str | None, cell: Any, n: int) -> ViolatingValue:
    if isinstance(cell, float) and math.isinf(cell):
        cell = exact_json.infinity_word(cell)
    shown = json.dumps(cell, ensure_ascii=False, default=str) if text is None and cell is not None else text
    return ViolatingValue(kind, shown if shown is None else shown[:MAX_TEXT], n)
