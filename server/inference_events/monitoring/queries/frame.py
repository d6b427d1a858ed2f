"""What the calls under /v3/monitoring share: which events they are about, and whether these have changed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

from inference_events.errors import BadRequest
from inference_events.monitoring import fql
from inference_events.monitoring.engine import Bins, BinsError, BinSize, Computation, encode_revision, make_bins
from inference_events.monitoring.queries.compute import Query, builtin_queries, revision
from inference_events.monitoring.queries.known import KnownModel, known_model, known_segment
from inference_events.monitoring.queries.windows import Baseline, Window

T = TypeVar("T")

MAX_COLUMNS = 20
MAX_VALUES = 50_000
SEGMENT_PLACES = ("/segment/id", "/segment/definition")


@dataclass(frozen=True)
class FrameRequest:
    """Events of a model. `environment_id` None means production, `range` None all times, in UTC microseconds.

    At most one of `segment_id` and `segment_definition` is given. `known_revision` is what an earlier response had.
    """

    model_id: str
    environment_id: str | None = None
    range: tuple[int, int] | None = None
    time_zone: str = "UTC"
    segment_id: str | None = None
    segment_definition: str | None = None
    known_revision: str | None = None


@dataclass(frozen=True)
class FrameResult(Generic[T]):
    """What was computed, and the revision of all that it is made of. `content` is None if the client has this one."""

    data_revision: str
    content: T | None


@dataclass(frozen=True)
class Frame:
    """A checked request. `range`, `time_zone` and `known_revision` are as in FrameRequest."""

    known: KnownModel
    environment_id: str
    range: tuple[int, int] | None = None
    segment: fql.Segment | None = None
    time_zone: str = "UTC"
    known_revision: str | None = None

    def window(self, bins: Bins | None) -> Window:
        """Return the events in bins, or without bins all of them."""
        return Window(self.environment_id, bins, self.segment, self.time_zone)

    @property
    def whole(self) -> Window:
        """Return the events as one bin."""
        return self.window(None if self.range is None else Bins(self.range))

    def result(
        self,
        computation: Computation,
        queries: Sequence[Query],
        make: Callable[[], T],
        baselines: Sequence[Baseline] = (),
    ) -> FrameResult[T]:
        """Compute unless the client has the present state. `baselines` are those besides the ones of the queries."""
        current = self._revision(computation, queries, baselines)
        return FrameResult(current, None if current == self.known_revision else make())

    def _revision(self, computation: Computation, queries: Sequence[Query], baselines: Sequence[Baseline]) -> str:
        """Return the data revision, and a digest of the model, whose changes give other figures of the same events."""
        by_name = self.known.baselines_by_name
        names = [one.baseline for one in builtin_queries(queries) if one.baseline is not None]
        used = [*(by_name[name] for name in names), *baselines]
        more = dict.fromkeys(one.environment_id for one in baselines)
        revisions = [
            revision(computation, self.window(None), queries, by_name),
            *(encode_revision(computation.data_revision(environment_id)) for environment_id in more),
        ]
        model = f"{self.known.model.updated_at.isoformat()} {[one.id for one in used]}"
        return f"{'-'.join(revisions)}-{sha256(model.encode()).hexdigest()[:8]}"


def plan_frame(session: Session, request: FrameRequest) -> Frame:
    """Check a request against the model. Raises BadRequest and ObjectNotFound."""
    known = known_model(session, request.model_id)
    return Frame(
        known,
        environment_id(session, known, request.environment_id),
        request.range,
        known_segment(session, known, request.segment_id, request.segment_definition, SEGMENT_PLACES),
        request.time_zone,
        request.known_revision,
    )


def environment_id(session: Session, known: KnownModel, id: str | None) -> str:
    """Return the id of any environment of a model, of production without one. Raises ObjectNotFound."""
    return known.environment_id(session, None if id == known.production_id else id)


def chosen_bins(range: tuple[int, int], size: BinSize | None, most: int, time_zone: str) -> tuple[BinSize, Bins]:
    """Return the bins of a size, or without one the smallest bins of which the range has at most `most`.

    Raises BadRequest.
    """
    try:
        if size is not None:
            return size, make_bins(size, *range, time_zone)
        return _smallest(range, most, time_zone)
    except BinsError as error:
        raise BadRequest.at("/time_range", str(error)) from None


def _smallest(range: tuple[int, int], most: int, time_zone: str) -> tuple[BinSize, Bins]:
    *sizes, last = BinSize
    for size in sizes:
        try:
            return size, make_bins(size, *range, time_zone, most)
        except BinsError:
            continue
    return last, make_bins(last, *range, time_zone, most)


def check_values(bins: int, series: int, place: str) -> None:
    """Refuse more values than a response may have. Raises BadRequest."""
    if bins * series > MAX_VALUES:
        what_to_do = "shorten the range, or take larger bins or fewer series"
        fault = f"{bins * series:,} values are more than {MAX_VALUES:,}; {what_to_do}"
        raise BadRequest.at(place, fault)
