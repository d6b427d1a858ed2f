"""What a definition would give that is not stored: the events of a segment, or the figure of a custom metric."""

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from inference_events.errors import BadRequest
from inference_events.monitoring import fql, metrics
from inference_events.monitoring.definitions.rules import compiled_metric, compiled_segment
from inference_events.monitoring.engine import BinsError, Computation
from inference_events.monitoring.metrics import Figure, MetricError, MetricQuery
from inference_events.monitoring.queries.compute import Query, as_query, compute_figures
from inference_events.monitoring.queries.frame import Frame, FrameRequest, FrameResult, plan_frame
from inference_events.monitoring.subject import Subject

TRAFFIC = MetricQuery("traffic")
DEFINITION = "/definition"


@dataclass(frozen=True)
class Preview:
    """The number of events, and either how many of them are in the segment, or the figure of the metric."""

    rows: int
    matching: int | None
    figure: Figure | None


@dataclass(frozen=True)
class PreviewPlan:
    """A valid definition, and the events to try it on."""

    frame: Frame
    definition: fql.Segment | fql.CustomMetric

    @property
    def subject(self) -> Subject:
        return self.frame.known.subject

    def compute(self, computation: Computation) -> FrameResult[Preview]:
        """Return the preview. Raises BadRequest for a rolling baseline without a range."""
        queries = [self.definition] if isinstance(self.definition, fql.CustomMetric) else []
        try:
            return self.frame.result(computation, queries, lambda: self._preview(computation))
        except BinsError as error:
            raise BadRequest.at("/preview/time_range", str(error)) from None

    def _preview(self, computation: Computation) -> Preview:
        if isinstance(self.definition, fql.Segment):
            narrow = replace(self.frame, segment=self.definition)
            return Preview(self._figure(computation, self.frame).rows, self._figure(computation, narrow).rows, None)
        figure = self._figure(computation, self.frame, self.definition)
        return Preview(figure.rows, None, figure)

    def _figure(self, computation: Computation, frame: Frame, query: Query = TRAFFIC) -> Figure:
        baselines = frame.known.baselines_by_name
        ((figure,),) = compute_figures(computation, frame.whole, [query], self.subject, baselines)
        return figure


def plan_preview(session: Session, request: FrameRequest, definition: str, *, is_segment: bool) -> PreviewPlan:
    """Compile a definition. Raises BadRequest and ObjectNotFound."""
    frame = plan_frame(session, request)
    subject = frame.known.subject
    if is_segment:
        return PreviewPlan(frame, compiled_segment(definition, subject, DEFINITION))
    metric = compiled_metric(definition, subject, DEFINITION)
    for part in metric.builtins:
        try:
            metrics.check(as_query(part), subject)
        except MetricError as error:
            raise BadRequest.at(DEFINITION, error.message) from None
    return PreviewPlan(frame, metric)
