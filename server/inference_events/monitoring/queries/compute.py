"""The one way in which figures are computed: any builtin and custom metrics of a window, by bin.

All metrics share the rows of the window, and those of each baseline. The segment holds for both.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias, TypeVar

from inference_events.monitoring import fql, metrics
from inference_events.monitoring.engine import (
    Bins,
    Computation,
    Relation,
    RowsConnection,
    RowSelection,
    encode_revision,
)
from inference_events.monitoring.metrics import BaselineRows, Figure, MetricQuery
from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.partials import figures_of_bins, with_partials
from inference_events.monitoring.partials.asking import Asking
from inference_events.monitoring.partials.filling import scope_of, statement_key
from inference_events.monitoring.partials.remembering import RememberingConnection
from inference_events.monitoring.queries.custom import custom_figures, reads_quantile
from inference_events.monitoring.queries.windows import Baseline, Window, rolling_windows, static_bins
from inference_events.monitoring.subject import Subject

T = TypeVar("T")
Query: TypeAlias = MetricQuery | fql.CustomMetric
WINDOW = "window_rows"


@dataclass(frozen=True)
class Prepared:
    """Relations that statements may read: WINDOW, and those of baselines by the baseline's name."""

    computation: Computation
    connection: Connection
    selection: RowSelection
    window: metrics.Rows
    baselines: Mapping[str, BaselineRows]

    def run(self, work: Callable[[Connection, metrics.Rows], T]) -> T:
        """Return what metrics make of the window. Aggregates that merge come from partials, kept or computed now.

        `work` is called twice, and first with a window that looks empty.
        """
        return with_partials(self.computation, self.connection, self.selection, self.window, work)

    def key(self, query: Query, subject: Subject) -> bytes:
        """Return a key for the figures of a query without baselines: itself, and all statements that it is made of."""
        asking = Asking(self.connection, self.window.relation)
        _figures(asking, replace(self.window, parts=asking), [query], subject, {}, {})
        return statement_key(scope_of(self.computation, self.selection), (query, asking.asked, asking.statements))


@dataclass
class _Reads:
    """The columns that are read of one side."""

    columns: dict[str, None] = field(default_factory=dict)
    violations: bool = False

    def add(self, query: MetricQuery, subject: Subject) -> None:
        needed = metrics.needs(query, subject)
        self.columns |= dict.fromkeys(needed.columns)
        self.violations |= needed.violations


def builtin_queries(queries: Sequence[Query]) -> list[MetricQuery]:
    """Return the builtin metrics behind queries, each once, those of custom metrics among them."""
    every = [
        one
        for query in queries
        for one in ([query] if isinstance(query, MetricQuery) else [as_query(part) for part in query.builtins])
    ]
    return list(dict.fromkeys(every))


def as_query(builtin: fql.Builtin) -> MetricQuery:
    """Return a builtin metric of a definition as a query."""
    return MetricQuery(
        builtin.metric,
        column=builtin.column,
        baseline=builtin.baseline,
        target=builtin.target,
        threshold=builtin.threshold,
    )


def compute_figures(
    computation: Computation,
    window: Window,
    queries: Sequence[Query],
    subject: Subject,
    baselines: Mapping[str, Baseline],
) -> list[list[Figure]]:
    """Return the figures of each query, one for each bin of the window.

    The builtin queries passed `metrics.check`. `baselines` has the model's baselines by name. Raises BinsError for a
    rolling baseline that does not fit the window.
    """
    of_bins = _read_by_bin(queries) if window.bins is not None else []
    known: dict[Query, list[Figure]] = dict(zip(of_bins, _of_bins(computation, window, of_bins, subject), strict=True))
    others = [query for query in queries if query not in known]
    builtins = [query for query in builtin_queries(others) if query not in known]
    prepared = prepare(computation, window, builtins, _custom(others), subject, baselines)
    found = prepared.run(
        lambda connection, rows: _figures(connection, rows, others, subject, prepared.baselines, known)
    )
    by_query = known | dict(zip(others, found, strict=True))
    return [by_query[query] for query in queries]


def _figures(
    connection: Connection,
    rows: metrics.Rows,
    queries: Sequence[Query],
    subject: Subject,
    baselines: Mapping[str, BaselineRows],
    known: Mapping[Query, list[Figure]],
) -> list[list[Figure]]:
    """Return the figures of each query by bin, of the rows and of what is known."""
    builtins = [query for query in builtin_queries(queries) if query not in known]
    found = metrics.figures(connection, rows, builtins, subject, baselines)
    by_query: dict[Query, list[Figure]] = dict(known) | dict(zip(builtins, found, strict=True))
    if custom := _custom(queries):
        parts = {part: by_query[as_query(part)] for metric in custom for part in metric.builtins}
        by_query |= zip(custom, custom_figures(connection, rows, custom, parts), strict=True)
    return [by_query[query] for query in queries]


def _custom(queries: Sequence[Query]) -> list[fql.CustomMetric]:
    return [query for query in queries if not isinstance(query, MetricQuery)]


def _read_by_bin(queries: Sequence[Query]) -> list[Query]:
    """Return the queries, and builtin metrics of others, that take no baseline and read all rows of a bin together."""
    whole = [metric for metric in _custom(queries) if reads_quantile(metric) and not _names_baseline(metric)]
    others = [query for query in queries if query not in whole]
    return [*(query for query in builtin_queries(others) if metrics.reads_rows(query)), *whole]


def _names_baseline(metric: fql.CustomMetric) -> bool:
    return any(part.baseline is not None for part in metric.builtins)


def _of_bins(
    computation: Computation, window: Window, queries: Sequence[Query], subject: Subject
) -> list[list[Figure]]:
    """Return the figures of metrics that do not merge. They take no baseline."""
    if not queries or window.bins is None:
        return []

    def prepared(bins: Bins) -> Prepared:
        builtins, custom = builtin_queries(queries), _custom(queries)
        return prepare(computation, replace(window, bins=bins), builtins, custom, subject, {})

    def compute(bins: Bins) -> list[list[Figure]]:
        return prepared(bins).run(lambda connection, rows: _figures(connection, rows, queries, subject, {}, {}))

    asked = prepared(window.bins)
    keys = [asked.key(query, subject) for query in queries]
    return figures_of_bins(computation, asked.selection, window.bins, keys, compute)


def prepare(
    computation: Computation,
    window: Window,
    builtins: Sequence[MetricQuery],
    custom: Sequence[fql.CustomMetric],
    subject: Subject,
    baselines: Mapping[str, Baseline],
) -> Prepared:
    """Select the rows that the metrics need, of the window and of each baseline."""
    reads, before = _Reads(), dict[str, _Reads]()
    for query in builtins:
        reads.add(query, subject)
        if query.baseline is not None:
            before.setdefault(query.baseline, _Reads()).add(query, subject)
    for metric in custom:
        reads.columns |= dict.fromkeys(metric.columns)
        reads.violations |= metric.reads_violations
    selection = _selection(window, reads)
    rows = computation.rows(selection, WINDOW)
    rows.keep_once_read()
    relations: dict[str, Relation] = {WINDOW: rows}
    known, selections = {}, {}
    for number, (name, read) in enumerate(before.items()):
        relation = f"baseline_{number}"
        before_window, windows = _baseline_window(window, baselines[name])
        selections[relation] = _selection(before_window, read)
        baseline_rows = computation.rows(selections[relation], relation)
        if windows is None:
            baseline_rows.keep_gradually(_rows_key(computation, selections[relation]))
        else:
            baseline_rows.keep_once_read()
        relations[relation] = baseline_rows
        known[name] = BaselineRows(relation, windows)
    connection = RememberingConnection(RowsConnection(computation, relations), computation, selections)
    return Prepared(computation, connection, selection, metrics.Rows(WINDOW, window.size), known)


def revision(computation: Computation, window: Window, queries: Sequence[Query], known: Mapping[str, Baseline]) -> str:
    """Return the data revision of the environments that figures are computed from, as text."""
    names = [one.baseline for one in builtin_queries(queries) if one.baseline is not None]
    environments = dict.fromkeys([window.environment_id, *(known[name].environment_id for name in names)])
    return encode_revision(*map(computation.data_revision, environments))


def _selection(window: Window, reads: _Reads) -> RowSelection:
    return RowSelection(window.environment_id, window.bins, list(reads.columns), (), reads.violations, window.segment)


def _rows_key(computation: Computation, selection: RowSelection) -> bytes:
    """Return a key for rows as the store has them, of all segments."""
    return statement_key(scope_of(computation, replace(selection, segment=None)), selection.stored)


def _baseline_window(window: Window, baseline: Baseline) -> tuple[Window, tuple[int, ...] | None]:
    """Return the events of a baseline, and the number of the bin that each bin of the window is compared with."""
    if not baseline.is_rolling:
        return Window(baseline.environment_id, static_bins(baseline), window.segment), None
    rolling = rolling_windows(baseline, window)
    return Window(baseline.environment_id, rolling.bins, window.segment), rolling.numbers
