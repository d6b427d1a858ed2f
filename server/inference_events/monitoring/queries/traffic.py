"""The traffic of a model: how many production events it has, and when the newest of them happened."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from inference_events.monitoring import metrics
from inference_events.monitoring.engine import Bins, Computation, encode_revision
from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.metrics.parts import Groups, Merge, find_groups
from inference_events.monitoring.queries.compute import prepare
from inference_events.monitoring.queries.known import KnownModel, known_model
from inference_events.monitoring.queries.windows import Window
from inference_events.monitoring.sql_names import quoted
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
        window = Window(environment_id, Bins(self.range))
        found = prepare(computation, window, [], [], self.subject, {}).run(_traffic)
        data_revision = encode_revision(computation.data_revision(environment_id))
        return Traffic(self.known, *found, data_revision)


def _traffic(connection: Connection, rows: metrics.Rows) -> tuple[int, datetime | None]:
    """Return the number of events and the time of the newest one."""
    text = f"SELECT bin, count(*), max(ts) FROM {quoted(rows.relation)} GROUP BY bin"
    found = find_groups(connection, rows, Groups(text, (), 0, (Merge.SUM, Merge.GREATEST)))
    return (int(found[0][1]), found[0][2]) if found else (0, None)


def plan_traffic(session: Session, model_id: str, range: tuple[int, int]) -> TrafficPlan:
    """Find the model. Raises ObjectNotFound."""
    return TrafficPlan(known_model(session, model_id), range)
