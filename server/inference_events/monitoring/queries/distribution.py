"""The distribution of a column over some events, beside those over other events: histograms with the same bins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from inference_events.errors import BadRequest
from inference_events.monitoring import metrics
from inference_events.monitoring.engine import BinsError, Computation
from inference_events.monitoring.metrics import BaselineRows, Figure, MetricError, MetricQuery, Reason, binning
from inference_events.monitoring.metrics.binning import ABOVE, BELOW, Bins
from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.metrics.histograms import EVERY, Side, find_bins, histogram
from inference_events.monitoring.metrics.sources import Source, source_of
from inference_events.monitoring.metrics.sql import is_numeric
from inference_events.monitoring.metrics.summaries import Summary, summary
from inference_events.monitoring.queries.compute import WINDOW, prepare
from inference_events.monitoring.queries.frame import Frame, FrameRequest, FrameResult, environment_id, plan_frame
from inference_events.monitoring.queries.windows import Baseline
from inference_events.monitoring.subject import Kind, Subject

DRIFTS = ("jsd", "psi")


@dataclass(frozen=True)
class AskedSide:
    """Events to compare with: a baseline's, or those of an environment in a range of time."""

    baseline_id: str | None = None
    environment_id: str | None = None
    range: tuple[int, int] | None = None


@dataclass(frozen=True)
class DistributionRequest:
    """A column's distribution. Numbers have `edges`, `count` equal bins, or those of a drift; categories the `top`."""

    frame: FrameRequest
    column: str
    component: int | None = None
    compare: Sequence[AskedSide] = ()
    edges: Sequence[float] | None = None
    count: int | None = None
    top: int = 50


@dataclass(frozen=True)
class SideDistribution:
    """The values of some events: how many are in each bin, and in none. `drifts` are distances to the compared side.

    `baseline` is None for events that are no baseline's. The first side has no drifts.
    """

    baseline: Baseline | None
    counts: Sequence[float]
    outside: Mapping[str, float]
    size: int
    nulls: int
    summary: Summary | None
    drifts: Mapping[str, Figure]


@dataclass(frozen=True)
class Distribution:
    """Histograms over the same bins. `edges` are those between which bins of numbers lie, if they lie between edges.

    Without values on the side that gives the bins there are none, but a reason.
    """

    column: str
    labels: Sequence[str]
    edges: Sequence[float] | None
    sides: Sequence[SideDistribution]
    reason: Reason | None


@dataclass(frozen=True)
class DistributionPlan:
    """A checked request. `chosen` are the events to compare with, `sides` the same by the names of the queries.

    Without any, the events themselves are the side that gives the bins.
    """

    frame: Frame
    request: DistributionRequest
    sides: Mapping[str, Baseline]
    chosen: Sequence[Baseline]

    @property
    def subject(self) -> Subject:
        return self.frame.known.subject

    @property
    def queries(self) -> list[MetricQuery]:
        """Return the drifts of each side, one side after the other."""
        return [self._query(metric, name) for name in self.sides for metric in DRIFTS]

    def compute(self, computation: Computation) -> FrameResult[Distribution]:
        """Return the distribution, unless it is unchanged. Raises BadRequest for a rolling baseline without a range."""
        try:
            return self.frame.result(
                computation, (), lambda: self._distribution(computation), list(self.sides.values())
            )
        except BinsError as error:
            raise BadRequest.at("/time_range", str(error)) from None

    def _query(self, metric: str, name: str) -> MetricQuery:
        return MetricQuery(metric, self.request.column, baseline=name, component=self.request.component)

    def _distribution(self, computation: Computation) -> Distribution:
        prepared = prepare(computation, self.frame.whole, self.queries, [], self.subject, self.sides)
        figures = metrics.figures(prepared.connection, prepared.window, self.queries, self.subject, prepared.baselines)
        others = [one.relation for one in prepared.baselines.values()][: len(self.chosen)]
        found = self._bins(prepared.connection, [*others, WINDOW])
        if isinstance(found, Reason):
            return Distribution(self.request.column, (), None, (), found)
        source, bins, reference = found
        relations = [WINDOW, *others]
        histograms = {one: histogram(prepared.connection, self.subject, source, bins, one) for one in relations}
        kept = self._kept(bins, histograms[reference])
        sides = [
            SideDistribution(
                baseline,
                [histograms[relation].counts.get(bin, 0) for bin in kept],
                _outside(histograms[relation], kept),
                histograms[relation].size,
                histograms[relation].nulls,
                summary(prepared.connection, source, relation) if source.is_number else None,
                drifts,
            )
            for relation, baseline, drifts in zip(
                relations, [None, *self.chosen], [{}, *_by_side(figures)], strict=False
            )
        ]
        return Distribution(self.request.column, [bins.labels[bin] for bin in kept], bins.edges or None, sides, None)

    def _bins(self, connection: Connection, relations: Sequence[str]) -> tuple[Source, Bins, str] | Reason:
        """Return how values are read, their bins, and the first of the relations that gives bins."""
        reason = Reason.NO_VALUES
        for relation in relations:
            # With one window, all rows of a rolling baseline are those of this window.
            rows = BaselineRows(relation)
            source = source_of(connection, self.queries[0], self.subject, rows)
            if isinstance(source, Reason):
                reason = reason if source is Reason.NO_BASELINE_VALUES else source
                continue
            bins = self._bins_of(connection, source, rows)
            if bins is not None and bins.labels:
                return source, bins, relation
        return reason

    def _bins_of(self, connection: Connection, source: Source, rows: BaselineRows) -> Bins | None:
        """Return the bins that the request names, else those of the values."""
        if self.request.edges is not None:
            return binning.edge_bins(self.request.edges)
        if self.request.count is None:
            return find_bins(connection, self.subject, source, rows).get(EVERY)
        found = summary(connection, source, rows.relation)
        if found is None:
            return None
        return binning.edge_bins(binning.equal_widths(found.minimum, found.maximum, self.request.count))

    def _kept(self, bins: Bins, side: Side) -> list[int]:
        """Return the bins to show: all of numbers, and the categories that are most frequent on a side."""
        every = range(len(bins.labels))
        if not bins.categories:
            return list(every)
        frequent = sorted(every, key=lambda bin: -side.counts.get(bin, 0))
        return sorted(frequent[: self.request.top])


def plan_distribution(session: Session, request: DistributionRequest) -> DistributionPlan:
    """Check a request against the model. Raises BadRequest and ObjectNotFound."""
    frame = plan_frame(session, request.frame)
    chosen = [_side(session, frame, one, f"/compare/{place}") for place, one in enumerate(request.compare)]
    plan = make_plan(frame, request, chosen)
    _check(plan)
    return plan


def make_plan(frame: Frame, request: DistributionRequest, chosen: Sequence[Baseline]) -> DistributionPlan:
    """Return the plan that compares with these events. Without any, bins are those of the events themselves."""
    itself = Baseline("", "", frame.environment_id, *(frame.range or ()))
    sides = {str(number): replace(one, name=str(number)) for number, one in enumerate(chosen or [itself])}
    known = replace(frame.known, subject=replace(frame.known.subject, baselines=frozenset(sides)))
    return DistributionPlan(replace(frame, known=known), request, sides, chosen)


def _side(session: Session, frame: Frame, asked: AskedSide, place: str) -> Baseline:
    if asked.baseline_id is not None:
        if asked.environment_id is not None or asked.range is not None:
            raise BadRequest.at(place, "a baseline has its own events; remove environment_id and time_range")
        return frame.known.baseline(asked.baseline_id, f"{place}/baseline_id")
    id = environment_id(session, frame.known, asked.environment_id)
    return Baseline("", "", id, *(asked.range or ()))


def _check(plan: DistributionPlan) -> None:
    """Refuse a column without a distribution, and bins that it cannot have. Raises BadRequest."""
    query, request = plan.queries[0], plan.request
    try:
        metrics.check(query, plan.subject)
    except MetricError as error:
        raise BadRequest.at(f"/{error.place}", error.message) from None
    if request.edges is not None and request.count is not None:
        raise BadRequest.at("/bins", "only one of edges and bins can be given")
    if request.edges is not None and list(request.edges) != sorted(set(request.edges)):
        raise BadRequest.at("/edges", "must increase from each edge to the next one")
    name = "edges" if request.edges is not None else "bins" if request.count is not None else None
    if name is not None and _is_category(plan.subject, request.column):
        raise BadRequest.at(f"/{name}", "is for numbers, and the column has categories; remove it")


def _is_category(subject: Subject, column: str) -> bool:
    if column not in subject.columns or subject.kind(column) is Kind.VECTOR:
        return False
    return not is_numeric(subject, column)


def _outside(side: Side, kept: Sequence[int]) -> dict[str, float]:
    """Return how many values are in no bin that is shown: below or above the edges, or other values."""
    other = sum(count for bin, count in side.counts.items() if bin not in {*kept, BELOW, ABOVE})
    return {"below": side.counts.get(BELOW, 0), "above": side.counts.get(ABOVE, 0), "other": other}


def _by_side(drifts: Sequence[Sequence[Figure]]) -> list[dict[str, Figure]]:
    """Return the distances to each compared side by metric."""
    figures = [figure for (figure,) in drifts]
    starts = range(0, len(figures), len(DRIFTS))
    return [dict(zip(DRIFTS, figures[start : start + len(DRIFTS)], strict=True)) for start in starts]
