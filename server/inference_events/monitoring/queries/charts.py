"""Charts: metrics of production events by bin, a series for each column or category.

The charts of one model that have the same segment share the reads of its rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from inference_events.catalog.tables import Segment
from inference_events.errors import BadRequest
from inference_events.monitoring import fql
from inference_events.monitoring.engine import Bins, BinsError, Computation
from inference_events.monitoring.metrics import METRICS, Figure, MetricQuery, MetricType
from inference_events.monitoring.queries.compute import Query, compute_figures, revision
from inference_events.monitoring.queries.known import KnownModel, known_model, known_segment
from inference_events.monitoring.queries.names import NamedMetric, named_query
from inference_events.monitoring.queries.windows import Baseline, Window
from inference_events.monitoring.subject import Subject

MAX_VALUES = 50_000


@dataclass(frozen=True)
class ChartRequest:
    """One chart. `place` is where the request has it. `baseline_id` None means the default of a drift."""

    place: str
    key: str
    model_id: str
    metric: str
    columns: Sequence[str] = ()
    categories: Sequence[str] = ()
    baseline_id: str | None = None
    segment_id: str | None = None
    segment_definition: str | None = None


@dataclass(frozen=True)
class TimeBins:
    """The bins of all charts of a request, and those that they are compared with, if any."""

    now: Bins
    before: Bins | None = None
    time_zone: str = "UTC"

    @property
    def all(self) -> Sequence[Bins]:
        return (self.now,) if self.before is None else (self.now, self.before)


@dataclass(frozen=True)
class Series:
    """One line of a chart."""

    name: str
    column: str | None
    category: str | None
    query: Query


@dataclass(frozen=True)
class Chart:
    """A checked chart. `segment_name` is None for a segment of the request itself."""

    request: ChartRequest
    metric_name: str
    metric_type: MetricType
    series: Sequence[Series]
    segment: fql.Segment | None
    segment_name: str | None
    segment_definition: str | None
    baseline: Baseline | None


@dataclass(frozen=True)
class ChartFigures:
    """The figures of a chart: by series and bin, and the same of the bins that it is compared with."""

    chart: Chart
    known: KnownModel
    now: Sequence[Sequence[Figure]]
    before: Sequence[Sequence[Figure]] | None
    data_revision: str


@dataclass(frozen=True)
class ChartPlan:
    """The charts of one model."""

    known: KnownModel
    charts: Sequence[Chart]
    bins: TimeBins

    @property
    def subject(self) -> Subject:
        return self.known.subject

    def compute(self, computation: Computation) -> list[ChartFigures]:
        """Return the figures of the charts in their order.

        Raises BadRequest for a rolling baseline that does not fit the bins.
        """
        found: dict[str, ChartFigures] = {}
        for charts in self._by_segment():
            for one in self._compute(computation, charts):
                found[one.chart.request.place] = one
        return [found[chart.request.place] for chart in self.charts]

    def _by_segment(self) -> Iterator[list[Chart]]:
        for segment in dict.fromkeys(chart.segment for chart in self.charts):
            yield [chart for chart in self.charts if chart.segment == segment]

    def _compute(self, computation: Computation, charts: Sequence[Chart]) -> Iterator[ChartFigures]:
        queries = [series.query for chart in charts for series in chart.series]
        windows = [
            Window(self.known.production_id, bins, charts[0].segment, self.bins.time_zone) for bins in self.bins.all
        ]
        baselines = self.known.baselines_by_name
        try:
            found = [compute_figures(computation, one, queries, self.subject, baselines) for one in windows]
        except BinsError as error:
            raise BadRequest.at("/filters", f"the rolling baseline: {error}") from None
        first = 0
        for chart in charts:
            last = first + len(chart.series)
            now, *before = [figures[first:last] for figures in found]
            own = [series.query for series in chart.series]
            data_revision = revision(computation, windows[0], own, baselines)
            yield ChartFigures(chart, self.known, now, before[0] if before else None, data_revision)
            first = last


def plan_charts(session: Session, requests: Sequence[ChartRequest], bins: TimeBins, project_id: str) -> ChartPlan:
    """Check charts of one model. Raises BadRequest and ObjectNotFound."""
    known = known_model(session, requests[0].model_id)
    if known.model.project_id != project_id:
        raise BadRequest.at(f"{requests[0].place}/model_id", "is a model of another project")
    return ChartPlan(known, [_chart(session, known, request) for request in requests], bins)


def check_size(series: int, bins: TimeBins) -> None:
    """Refuse more values than a response may have. Raises BadRequest."""
    values = series * sum(map(len, bins.all))
    if values > MAX_VALUES:
        fault = (
            f"{values:,} values are more than {MAX_VALUES:,}; shorten the range, take larger bins, or fewer columns, "
            "categories or queries"
        )
        raise BadRequest.at("/queries", fault)


def _chart(session: Session, known: KnownModel, request: ChartRequest) -> Chart:
    places = (f"{request.place}/segment/id", f"{request.place}/segment/definition")
    segment = known_segment(session, known, request.segment_id, request.segment_definition, places)
    row = None if request.segment_id is None else session.get(Segment, request.segment_id)
    custom = known.custom_metrics.get(request.metric.lower())
    series = [_series(known, request, named) for named in _named(request)]
    first = series[0].query
    baseline = known.baselines_by_name.get(first.baseline or "") if isinstance(first, MetricQuery) else None
    return Chart(
        request=request,
        metric_name=METRICS[request.metric].display_name if custom is None else custom.name,
        metric_type=METRICS[request.metric].type if custom is None else MetricType.CUSTOM,
        series=series,
        segment=segment,
        segment_name=None if row is None else row.name,
        segment_definition=request.segment_definition if row is None else row.definition,
        baseline=baseline,
    )


def _named(request: ChartRequest) -> list[NamedMetric]:
    """Return the metric of each series: one for each column and each category."""
    return [
        NamedMetric(request.metric, column, category, request.baseline_id)
        for column in request.columns or (None,)
        for category in request.categories or (None,)
    ]


def _series(known: KnownModel, request: ChartRequest, named: NamedMetric) -> Series:
    place = request.place
    position = request.columns.index(named.column) if named.column is not None else None
    places = {
        "id": f"{place}/metric",
        "column": f"{place}/columns" if position is None else f"{place}/columns/{position}",
        "category": f"{place}/categories",
        "baseline_id": f"{place}/baseline_id",
    }
    query = named_query(known, named, places)
    parts = [part for part in (named.column, named.category) if part is not None]
    if len(request.columns) == 1 and named.category is not None:
        parts = [named.category]
    custom = known.custom_metrics.get(named.id.lower())
    name = " ".join(parts) or (named.id if custom is None else custom.name)
    return Series(name, named.column, named.category, query)
