"""Labels of events by bin: how many events have one, and how long it took to arrive."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from inference_events.errors import BadRequest
from inference_events.monitoring import metrics
from inference_events.monitoring.engine import Bins, BinSize, Computation, RowsConnection, RowSelection
from inference_events.monitoring.metrics import Labels
from inference_events.monitoring.metrics.labels import LEVELS
from inference_events.monitoring.queries.frame import Frame, FrameRequest, FrameResult, chosen_bins, plan_frame
from inference_events.monitoring.queries.windows import Window
from inference_events.monitoring.subject import Subject

RELATION = "label_rows"


@dataclass(frozen=True)
class LabelsRequest:
    """Labels of a target, None for the first one. `bin_size` None means the smallest bins, at most `most`."""

    frame: FrameRequest
    range: tuple[int, int]
    target: str | None = None
    bin_size: BinSize | None = None
    most: int = 300


@dataclass(frozen=True)
class BinnedLabels:
    """The labels of each bin, and of all together. `levels` are those of the quantiles of the lag."""

    target: str
    bin_size: BinSize
    bins: Bins
    by_bin: list[Labels]
    total: Labels
    levels: tuple[float, ...] = LEVELS


@dataclass(frozen=True)
class LabelsPlan:
    """A checked request."""

    frame: Frame
    target: str
    bin_size: BinSize
    bins: Bins

    @property
    def subject(self) -> Subject:
        return self.frame.known.subject

    def compute(self, computation: Computation) -> FrameResult[BinnedLabels]:
        """Return the labels, unless they are unchanged."""
        return self.frame.result(computation, (), lambda: self._labels(computation))

    def _labels(self, computation: Computation) -> BinnedLabels:
        whole = self.frame.window(Bins((self.bins.bounds[0], self.bins.bounds[-1])))
        by_bin = labels_of(computation, self.frame.window(self.bins), self.subject, self.target)
        (total,) = labels_of(computation, whole, self.subject, self.target)
        return BinnedLabels(self.target, self.bin_size, self.bins, by_bin, total)


def plan_labels(session: Session, request: LabelsRequest) -> LabelsPlan:
    """Check a request against the model. Raises BadRequest and ObjectNotFound."""
    frame = plan_frame(session, request.frame)
    size, bins = chosen_bins(request.range, request.bin_size, request.most, request.frame.time_zone)
    return LabelsPlan(frame, checked_target(frame.known.subject, request.target, "/target"), size, bins)


def checked_target(subject: Subject, name: str | None, place: str) -> str:
    """Return a target of a model, the first one without a name. Raises BadRequest."""
    target = subject.target if name is None else name
    if target is None:
        raise BadRequest.at(place, "the model has no target; declare one in spec.targets")
    if target not in subject.roles["targets"]:
        raise BadRequest.at(place, "is no target of the model")
    return target


def labels_of(computation: Computation, window: Window, subject: Subject, target: str) -> list[Labels]:
    """Return the labels of a target by bin."""
    selection = RowSelection(window.environment_id, window.bins, (target,), (target,), segment=window.segment)
    rows = computation.rows(selection, RELATION)
    connection = RowsConnection(computation, {RELATION: rows})
    return metrics.label_figures(connection, metrics.Rows(RELATION, window.size), subject, target)
