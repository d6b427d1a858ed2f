"""An overview of a model's columns over some events: violations, range, distinct values, and drift with its trend."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from inference_events.errors import BadRequest
from inference_events.monitoring import metrics
from inference_events.monitoring.engine import Bins, BinsError, BinSize, Computation, RowsConnection, RowSelection
from inference_events.monitoring.metrics import METRICS, BaselineRows, Figure, MetricQuery, Reason
from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.metrics.histograms import Pair
from inference_events.monitoring.metrics.integrity import ANY_KIND, Counts
from inference_events.monitoring.metrics.sql import is_list, is_numeric, number
from inference_events.monitoring.queries.compute import compute_figures, prepare
from inference_events.monitoring.queries.frame import (
    MAX_COLUMNS,
    Frame,
    FrameRequest,
    FrameResult,
    chosen_bins,
    plan_frame,
)
from inference_events.monitoring.queries.histogram import joined
from inference_events.monitoring.queries.violations import KINDS
from inference_events.monitoring.queries.windows import Baseline, Window
from inference_events.monitoring.sql_names import quoted, value_column
from inference_events.monitoring.subject import Kind, Subject

RELATION = "column_rows"
MAX_SORTED_BY_DRIFT = 100
MAX_TREND = 30
MAX_SMALL_BINS = 24


@dataclass(frozen=True)
class ColumnsRequest:
    """A page of the columns whose name has `search` in it, in any case. `sort` is by name, violations or drift.

    `baseline_id` None means the default, if the model has one. `metric` is the drift, `jsd` or `psi`.
    """

    frame: FrameRequest
    baseline_id: str | None = None
    search: str = ""
    sort: str = "schema"
    limit: int = MAX_COLUMNS
    offset: int = 0
    metric: str = "jsd"
    with_histograms: bool = False


@dataclass(frozen=True)
class ColumnStatistics:
    """What the values of a column are: their number, how many different ones there are about, and their range.

    Numbers have a range. Vectors and the lists of ranking events have a number of cells only.
    """

    values: int
    distinct: int | None = None
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class SmallHistograms:
    """The values of the events and of the baseline over the same bins, and how many rows have none."""

    labels: Sequence[str]
    before: Sequence[float]
    now: Sequence[float]
    nulls_before: int
    nulls_now: int


@dataclass(frozen=True)
class ColumnOverview:
    """A column. `drift`, its `trend` by bin and its `histograms` are None if it has no drift."""

    name: str
    data_type: str
    role: str | None
    violations: Mapping[str, int]
    statistics: ColumnStatistics
    drift: Figure | None
    trend: Sequence[Figure] | None
    histograms: SmallHistograms | None


@dataclass(frozen=True)
class Overview:
    """A page of columns. `bins` are those of the trend, if there is one. `total` counts the columns of all pages."""

    rows: int
    total: int
    baseline: Baseline | None
    bins: tuple[BinSize, Bins] | None
    columns: Sequence[ColumnOverview]


@dataclass(frozen=True)
class ColumnsPlan:
    """A checked request. `names` are the columns of all pages in the order of the schema."""

    frame: Frame
    request: ColumnsRequest
    names: Sequence[str]
    baseline: Baseline | None
    bins: tuple[BinSize, Bins] | None

    @property
    def subject(self) -> Subject:
        return self.frame.known.subject

    def compute(self, computation: Computation) -> FrameResult[Overview]:
        """Return the overview, unless it is unchanged. Raises BadRequest for a rolling baseline without a range."""
        baselines = [] if self.baseline is None else [self.baseline]
        try:
            return self.frame.result(computation, (), lambda: self._overview(computation), baselines)
        except BinsError as error:
            raise BadRequest.at("/time_range", f"the rolling baseline: {error}") from None

    def _overview(self, computation: Computation) -> Overview:
        counts, rows = self._violations(computation)
        by_drift = self._drifts(computation, self.frame.whole, self.names) if self.request.sort == "drift" else {}
        shown = self._page(counts, by_drift)
        drifts = by_drift or self._drifts(computation, self.frame.whole, shown)
        trends = {} if self.bins is None else self._drifts(computation, self.frame.window(self.bins[1]), shown)
        histograms = self._histograms(computation, shown) if self.request.with_histograms else {}
        statistics = self._statistics(computation, shown)
        columns = [
            ColumnOverview(
                name,
                self.subject.data_types[name],
                next((role for role, names in self.subject.roles.items() if name in names), None),
                {kind: counts[0, name, kind] for kind in KINDS},
                statistics[name],
                drifts[name][0] if name in drifts else None,
                trends.get(name),
                histograms.get(name),
            )
            for name in shown
        ]
        return Overview(rows, len(self.names), self.baseline, self.bins, columns)

    def _violations(self, computation: Computation) -> tuple[Counts, int]:
        window = self.frame.whole
        selection = RowSelection(window.environment_id, window.bins, (), with_violations=True, segment=window.segment)
        rows = computation.rows(selection, RELATION)
        rows.keep()
        connection = RowsConnection(computation, {RELATION: rows})
        counts = metrics.count_violations(connection, metrics.Rows(RELATION))
        ((count,),) = connection.execute(f"SELECT count(*) FROM {quoted(RELATION)}").fetchall()
        return counts, count

    def _drifts(self, computation: Computation, window: Window, names: Iterable[str]) -> dict[str, list[Figure]]:
        queries, known = self._queries(names), self.frame.known.baselines_by_name
        if not queries:
            return {}
        figures = compute_figures(computation, window, list(queries.values()), self.subject, known)
        return dict(zip(queries, figures, strict=True))

    def _queries(self, names: Iterable[str]) -> dict[str, MetricQuery]:
        """Return the drifts of the columns that have one."""
        if self.baseline is None:
            return {}
        metric, baseline = self.request.metric, self.baseline.name
        possible = set(metrics.columns_of(METRICS[metric], self.subject))
        return {name: MetricQuery(metric, name, baseline=baseline) for name in names if name in possible}

    def _histograms(self, computation: Computation, names: Sequence[str]) -> dict[str, SmallHistograms]:
        queries, known = self._queries(names), self.frame.known.baselines_by_name
        if not queries:
            return {}
        prepared = prepare(computation, self.frame.whole, list(queries.values()), [], self.subject, known)
        pairs = prepared.run(partial(self._pairs, queries, prepared.baselines))
        return {name: _small(pair[0]) for name, pair in pairs.items() if not isinstance(pair, Reason)}

    def _pairs(
        self,
        queries: Mapping[str, MetricQuery],
        baselines: Mapping[str, BaselineRows],
        connection: Connection,
        rows: metrics.Rows,
    ) -> dict[str, list[Pair] | Reason]:
        return {
            name: metrics.drift_pairs(connection, rows, query, self.subject, baselines[query.baseline or ""])
            for name, query in queries.items()
        }

    def _page(self, counts: Counts, drifts: Mapping[str, Sequence[Figure]]) -> list[str]:
        """Return the columns of the page, those with most first unless they are sorted by name."""
        order = {
            "schema": lambda name: 0,
            "name": lambda name: name,
            "violations": lambda name: -counts[0, name, ANY_KIND],
            "missing": lambda name: -counts[0, name, "missing"],
            "drift": lambda name: _descending(drifts.get(name)),
        }[self.request.sort]
        ordered = sorted(self.names, key=order)
        return ordered[self.request.offset : self.request.offset + self.request.limit]

    def _statistics(self, computation: Computation, names: Sequence[str]) -> dict[str, ColumnStatistics]:
        """Return the statistics of columns with one pass over their values."""
        window = self.frame.whole
        selection = RowSelection(window.environment_id, window.bins, tuple(names), segment=window.segment)
        connection = RowsConnection(computation, {RELATION: computation.rows(selection, RELATION)})
        terms = [term for name in names for term in _terms(self.subject, name)]
        if not terms:
            return {}
        (found,) = connection.execute(f"SELECT {', '.join(terms)} FROM {quoted(RELATION)}").fetchall()
        return {name: ColumnStatistics(*found[4 * place : 4 * place + 4]) for place, name in enumerate(names)}


def plan_columns(session: Session, request: ColumnsRequest) -> ColumnsPlan:
    """Check a request against the model. Raises BadRequest and ObjectNotFound."""
    frame = plan_frame(session, request.frame)
    known, range = frame.known, request.frame.range
    baseline = known.default_baseline
    if request.baseline_id is not None:
        baseline = known.baseline(request.baseline_id, "/baseline_id")
    names = [name for name in known.subject.columns if request.search.lower() in name.lower()]
    if request.sort == "drift" and len(names) > MAX_SORTED_BY_DRIFT:
        fault = f"at most {MAX_SORTED_BY_DRIFT} columns are sorted by drift, and these are {len(names):,}; use search"
        raise BadRequest.at("/sort", fault)
    bins = None
    if range is not None and baseline is not None:
        # A range that is too long for a trend has all other figures.
        with suppress(BadRequest):
            bins = chosen_bins(range, None, MAX_TREND, request.frame.time_zone)
    return ColumnsPlan(frame, request, names, baseline, bins)


def _descending(drifts: Sequence[Figure] | None) -> Any:
    """Return a key that sorts the greatest drift first, and undefined ones last."""
    value = None if drifts is None else drifts[0].value
    return (1, 0.0) if value is None else (0, -value)


def _small(pair: Pair) -> SmallHistograms:
    labels, (before, now) = joined(pair, MAX_SMALL_BINS)
    return SmallHistograms(labels, before, now, pair.baseline.nulls, pair.window.nulls)


def _terms(subject: Subject, name: str) -> list[str]:
    """Return SQL for the fields of ColumnStatistics."""
    cell = value_column(name)
    counted = [f"count({cell})"]
    if is_list(subject, name) or subject.kind(name) is Kind.VECTOR:
        return [*counted, "NULL", "NULL", "NULL"]
    counted.append(f"approx_count_distinct({cell})")
    if not is_numeric(subject, name):
        return [*counted, "NULL", "NULL"]
    finite = f"FILTER (WHERE isfinite({number(name)}))"
    return [*counted, f"min({number(name)}) {finite}", f"max({number(name)}) {finite}"]
