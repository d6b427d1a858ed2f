"""The two histograms behind a drift: of a baseline, and of the production events of one bin."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from inference_events.catalog import baselines
from inference_events.errors import BadRequest
from inference_events.monitoring import metrics
from inference_events.monitoring.engine import Bins, BinsError, BinSize, Computation, make_bins
from inference_events.monitoring.metrics import MetricQuery, Reason
from inference_events.monitoring.metrics.histograms import Pair, Side
from inference_events.monitoring.queries.compute import prepare, revision
from inference_events.monitoring.queries.known import KnownModel, known_model, known_segment
from inference_events.monitoring.queries.names import NamedMetric, named_query
from inference_events.monitoring.queries.windows import Baseline, Window
from inference_events.monitoring.subject import Subject

REST = "rest"
PLACES = {"id": "", "column": "/column_id", "category": "", "baseline_id": "/baseline_id"}


@dataclass(frozen=True)
class HistogramRequest:
    """Histograms of a column in the bin that holds `start`, in UTC microseconds. `most` is None for all bins."""

    baseline_id: str
    start: int
    bin_size: BinSize
    column: str
    segment_id: str | None = None
    time_zone: str = "UTC"
    most: int | None = None


@dataclass(frozen=True)
class Histograms:
    """Two histograms over the same bins of values, of which there are `actual_bins` before the rarest were joined.

    Without values, there are no bins, but a reason.
    """

    known: KnownModel
    baseline: Baseline
    window: Bins
    labels: Sequence[str]
    before: Sequence[float]
    now: Sequence[float]
    actual_bins: int
    sizes: tuple[int, int]
    nulls: tuple[int, int]
    reason: Reason | None
    data_revision: str


@dataclass(frozen=True)
class HistogramPlan:
    """A checked request."""

    known: KnownModel
    window: Window
    bins: Bins
    query: MetricQuery
    most: int | None

    @property
    def subject(self) -> Subject:
        return self.known.subject

    def compute(self, computation: Computation) -> Histograms:
        """Return the histograms. Raises BadRequest for a rolling baseline whose window lies too early."""
        by_name = self.known.baselines_by_name
        baseline = by_name[self.query.baseline or ""]
        try:
            prepared = prepare(computation, self.window, [self.query], [], self.subject, by_name)
        except BinsError as error:
            raise BadRequest.at("/start_time", str(error)) from None
        rows = prepared.baselines[baseline.name]
        pairs = prepared.run(
            lambda connection, window: metrics.drift_pairs(connection, window, self.query, self.subject, rows)
        )
        pair, reason = (None, pairs) if isinstance(pairs, Reason) else (pairs[0], _reason(pairs[0].baseline))
        before, now = (Side(), Side()) if pair is None else (pair.baseline, pair.window)
        labels, counts = ([], ([], [])) if pair is None or reason else joined(pair, self.most)
        return Histograms(
            known=self.known,
            baseline=baseline,
            window=self.bins,
            labels=labels,
            before=counts[0],
            now=counts[1],
            actual_bins=0 if pair is None or reason else len(pair.labels),
            sizes=(before.size, now.size),
            nulls=(before.nulls, now.nulls),
            reason=reason,
            data_revision=revision(computation, self.window, [self.query], by_name),
        )


def plan_histograms(session: Session, request: HistogramRequest) -> HistogramPlan:
    """Check a request against the model of the baseline. Raises BadRequest and ObjectNotFound."""
    known = known_model(session, baselines.get(session, request.baseline_id).model_id)
    places = ("/segment_id", "/segment_id")
    segment = known_segment(session, known, request.segment_id, None, places)
    try:
        bins = make_bins(request.bin_size, request.start, request.start + 1, request.time_zone)
    except BinsError as error:
        raise BadRequest.at("/start_time", str(error)) from None
    window = Window(known.production_id, bins, segment, request.time_zone)
    query = named_query(known, NamedMetric("jsd", request.column, None, request.baseline_id), PLACES)
    assert isinstance(query, MetricQuery)
    return HistogramPlan(known, window, bins, query, request.most)


def _reason(baseline: Side) -> Reason | None:
    """Return the reason why a baseline gives no bins."""
    if any(baseline.counts.values()):
        return None
    return Reason.NO_BASELINE_VALUES if baseline.nulls else Reason.NO_BASELINE_ROWS


def joined(pair: Pair, most: int | None) -> tuple[list[str], tuple[list[float], list[float]]]:
    """Return labels and both histograms. Of more than `most` bins, the rarest are joined in the last one."""
    labels, before, now = pair.labels, pair.counts(pair.baseline), pair.counts(pair.window)
    if most is None or len(labels) <= most:
        return labels, (before, now)
    by_weight = sorted(range(len(labels)), key=lambda bin: (-_share(before, bin) - _share(now, bin), bin))
    kept, joined = sorted(by_weight[: most - 1]), by_weight[most - 1 :]
    sides = [[*(side[bin] for bin in kept), sum(side[bin] for bin in joined)] for side in (before, now)]
    return [*(labels[bin] for bin in kept), REST], (sides[0], sides[1])


def _share(counts: Sequence[float], bin: int) -> float:
    total = sum(counts)
    return counts[bin] / total if total else 0.0
