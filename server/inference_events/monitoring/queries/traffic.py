"""The traffic of a model: how many production events it has, and when the newest of them happened."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from inference_events.monitoring import fql
from inference_events.monitoring.engine import Bins, Computation, RowSelection, encode_revision
from inference_events.monitoring.queries.known import KnownModel, known_model
from inference_events.monitoring.subject import Subject


@dataclass(frozen=True)
class Traffic:
    """`last` is the time of the newest event in UTC, without a time zone; None without events."""

    known: KnownModel
    events: int
    last: datetime | None
    data_revision: str


@dataclass(frozen=True)
class TrafficPlan:
    """Count the events of a range, in UTC microseconds."""

    known: KnownModel
    range: tuple[int, int]

    @property
    def subject(self) -> Subject:
        return self.known.subject

    def compute(self, computation: Computation) -> Traffic:
        """Return the traffic of the range."""
        environment_id = self.known.production_id
        rows = computation.rows(RowSelection(environment_id, Bins(self.range)))
        found = rows.query(fql.Sql("SELECT count(*) AS events, max(ts) AS last FROM rows")).to_pylist()[0]
        data_revision = encode_revision(computation.data_revision(environment_id))
        return Traffic(self.known, found["events"], found["last"], data_revision)


def plan_traffic(session: Session, model_id: str, range: tuple[int, int]) -> TrafficPlan:
    """Find the model. Raises ObjectNotFound."""
    return TrafficPlan(known_model(session, model_id), range)
