"""Series: measures of events by bin of time, of all events or by the most frequent values of a column.

All measures share the reads of the events, of which there is one for each group.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from inference_events.errors import BadRequest
from inference_events.monitoring.engine import Bins, BinsError, BinSize, Computation
from inference_events.monitoring.metrics import Figure, MetricQuery
from inference_events.monitoring.queries.compute import Query, compute_figures
from inference_events.monitoring.queries.frame import (
    Frame,
    FrameRequest,
    FrameResult,
    check_values,
    chosen_bins,
    plan_frame,
)
from inference_events.monitoring.queries.groups import MAX_GROUPS, Group, check_grouping, groups
from inference_events.monitoring.queries.labels import labels_of
from inference_events.monitoring.queries.measures import LabelCoverage, Measure, coverage, measure_of
from inference_events.monitoring.queries.receipt import ReceiptLag, lags_of
from inference_events.monitoring.subject import Subject

TRAFFIC = MetricQuery("traffic")


@dataclass(frozen=True)
class SeriesRequest:
    """Measures as the request has them. `bin_size` None means the smallest bins, at most `most`."""

    frame: FrameRequest
    range: tuple[int, int]
    measures: Sequence[Mapping[str, Any]]
    bin_size: BinSize | None = None
    most: int = 300
    group_by: str | None = None


@dataclass(frozen=True)
class GroupSeries:
    """The figures of each measure by bin, and the number of events in each bin."""

    group: Group
    rows: Sequence[int]
    figures: Sequence[Sequence[Figure]]


@dataclass(frozen=True)
class BinnedSeries:
    """The series of each group over the same bins."""

    bin_size: BinSize
    bins: Bins
    groups: Sequence[GroupSeries]


@dataclass(frozen=True)
class SeriesPlan:
    """A checked request."""

    frame: Frame
    measures: Sequence[Measure]
    bin_size: BinSize
    bins: Bins
    group_by: str | None = None

    @property
    def subject(self) -> Subject:
        return self.frame.known.subject

    @property
    def queries(self) -> list[Query]:
        """Return the measures that are figures, and the traffic first."""
        figures = [one for one in self.measures if not isinstance(one, LabelCoverage | ReceiptLag)]
        return list(dict.fromkeys([TRAFFIC, *figures]))

    def compute(self, computation: Computation) -> FrameResult[BinnedSeries]:
        """Return the series, unless they are unchanged.

        Raises BadRequest for a rolling baseline that does not fit the bins.
        """
        return self.frame.result(computation, self.queries, lambda: self._series(computation))

    def _series(self, computation: Computation) -> BinnedSeries:
        window = self.frame.window(self.bins)
        found = groups(computation, window, self.subject, self.group_by)
        return BinnedSeries(self.bin_size, self.bins, [self._of_group(computation, one) for one in found])

    def _of_group(self, computation: Computation, group: Group) -> GroupSeries:
        queries, baselines = self.queries, self.frame.known.baselines_by_name
        try:
            figures = compute_figures(computation, group.window, queries, self.subject, baselines)
        except BinsError as error:
            raise BadRequest.at("/measures", f"the rolling baseline: {error}") from None
        by_measure: dict[Measure, list[Figure]] = dict(zip(queries, figures, strict=True))
        for one in self.measures:
            if isinstance(one, LabelCoverage) and one not in by_measure:
                labels = labels_of(computation, group.window, self.subject, one.target)
                by_measure[one] = [coverage(of_bin) for of_bin in labels]
        lags = list(dict.fromkeys(one for one in self.measures if isinstance(one, ReceiptLag)))
        if lags:
            by_measure |= zip(lags, lags_of(computation, group.window, self.bins, lags), strict=True)
        rows = [figure.rows for figure in by_measure[TRAFFIC]]
        return GroupSeries(group, rows, [by_measure[one] for one in self.measures])


def plan_series(session: Session, request: SeriesRequest) -> SeriesPlan:
    """Check a request against the model. Raises BadRequest and ObjectNotFound."""
    frame = plan_frame(session, request.frame)
    size, bins = chosen_bins(request.range, request.bin_size, request.most, request.frame.time_zone)
    if request.group_by is not None:
        check_grouping(frame.known.subject, request.group_by, "/group_by")
    check_values(len(bins), len(request.measures) * (1 if request.group_by is None else MAX_GROUPS + 1), "/measures")
    measures = [measure_of(frame.known, one, f"/measures/{place}") for place, one in enumerate(request.measures)]
    return SeriesPlan(frame, measures, size, bins, request.group_by)
