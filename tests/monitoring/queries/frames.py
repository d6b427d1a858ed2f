"""What the tests of the calls under /v3/monitoring/ share: a model, and events that are kept in Python as well."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from inference_events.catalog.tables import Model
from inference_events.monitoring.engine import FigureEngine
from inference_events.monitoring.queries import Baseline, KnownModel
from inference_events.monitoring.queries.frame import Frame, FrameResult
from inference_events.monitoring.queries.service import Plan
from inference_events.monitoring.subject import ROLES, Subject
from tests.monitoring.engine.statements import schema_of
from tests.stores.opened import NOW, SECOND, Opened

T = TypeVar("T")
Event = dict[str, Any]

HOUR = 3600 * SECOND
DAY = 24 * HOUR
START = NOW // DAY * DAY
DAYS = 3
RANGE = (START, START + DAYS * DAY)
TRAINING = Baseline("1", "training", "dataset")
FIRST = [
    {"id": "a", "at": START, "x": 0.9, "n": 1, "label": True, "name": "A"},
    {"id": "b", "at": START + 1, "x": 0.6, "n": 2, "label": False, "name": "B", "violations": {"name": "range"}},
    {"id": "c", "at": START + DAY, "x": 0.2, "label": True, "name": "A", "violations": {"n": "missing"}},
    {"id": "d", "at": START + DAY + HOUR, "x": 0.1, "n": 7, "label": False, "raw": "5"},
    {"id": "e", "at": START + 2 * DAY, "x": 0.7, "n": -4, "name": "B", "violations": {"label": "missing"}},
    {"id": "f", "at": START + 2 * DAY + HOUR, "x": 0.4, "n": 2, "label": True, "name": "C"},
]
TRAINED = [
    {"id": "1", "at": 0, "x": 0.3, "n": 1, "label": True, "name": "A"},
    {"id": "2", "at": DAY, "x": 0.8, "n": 5, "label": False, "name": "B"},
    {"id": "3", "at": DAY, "x": 0.5, "name": "B"},
]


class Kept:
    """Events in a store and the same ones in Python. `labelled` and `received` have when label and event arrived."""

    def __init__(self, opened: Opened) -> None:
        self.opened = opened
        self._events: dict[str, Event] = {}
        self.labelled: dict[str, int] = {}
        self.received: dict[str, int] = {}

    def publish(self, *events: Event, received_at: int = NOW) -> None:
        self.opened.publish(*({**event, "received_at": received_at} for event in events), received_at=received_at)
        for event in events:
            self._events[event["id"]] = dict(event)
            self.received.setdefault(event["id"], received_at)
            self._note(event, received_at)

    def update(self, *events: Event, received_at: int = NOW) -> None:
        self.opened.update(*({**event, "received_at": received_at} for event in events), received_at=received_at)
        for event in events:
            before = self._events[event["id"]]
            violations = {name: kind for name, kind in before.get("violations", {}).items() if name not in event}
            self._events[event["id"]] = before | event | {"violations": violations}
            self._note(event, received_at)

    def delete(self, *ids: str) -> None:
        epoch = self.opened.accept_job()
        self.opened.delete(epoch, event_ids=ids)
        self.opened.end_job(epoch)
        for id in ids:
            del self._events[id]

    def by_day(self, **wanted: Any) -> list[list[Event]]:
        """Return the events of each day that have these values."""
        return [[one for one in self.all(**wanted) if (one["at"] - START) // DAY == day] for day in range(DAYS)]

    def all(self, **wanted: Any) -> list[Event]:
        """Return the events that have these values."""
        every = self._events.values()
        return [one for one in every if all(one.get(name) == value for name, value in wanted.items())]

    def _note(self, event: Event, received_at: int) -> None:
        if event.get("label") is not None:
            self.labelled.setdefault(event["id"], received_at)


def first_events(opened: Opened) -> Kept:
    """Publish the events of production and of the dataset."""
    opened.append(*TRAINED)
    kept = Kept(opened)
    kept.publish(*FIRST)
    return kept


def change(kept: Kept) -> None:
    """Correct, label, move and delete events."""
    kept.update({"id": "e", "label": True}, {"id": "b", "label": True}, received_at=NOW + DAY)
    moved = {"id": "c", "at": START + 2 * DAY, "x": 0.3, "n": 9, "label": False, "name": "C"}
    kept.publish(moved, {"id": "g", "at": START + 2 * DAY, "x": 0.8}, received_at=NOW + HOUR)
    kept.delete("a")


def subject_of(opened: Opened, **fields: Any) -> Subject:
    """Return a binary model; `fields` are those of another one."""
    roles: Mapping[str, tuple[str, ...]] = dict.fromkeys(ROLES, ()) | {
        "inputs": ("name", "n"),
        "outputs": ("x",),
        "targets": ("label",),
    }
    defaults: dict[str, Any] = {
        "task": "binary_classification",
        "roles": roles,
        "bins": {},
        "data_types": {"x": "float", "n": "int", "label": "bool", "name": "category"},
        "class_order": (False, True),
        "baselines": frozenset({TRAINING.name}),
    }
    return Subject(schema=schema_of(opened), **(defaults | fields))


def frame_of(opened: Opened, subject: Subject | None = None, **fields: Any) -> Frame:
    """Return a frame over the production events of the range."""
    model = Model(id=opened.schema.names[0], updated_at=datetime.fromtimestamp(0, UTC))
    chosen = subject or subject_of(opened)
    known = KnownModel(model, chosen, "production", {TRAINING.id: TRAINING}, {}, TRAINING)
    defaults: dict[str, Any] = {"environment_id": "production", "range": RANGE}
    return Frame(known, **(defaults | fields))


def computed(engine: FigureEngine, plan: Plan[FrameResult[T]]) -> FrameResult[T]:
    """Return what a plan computes."""
    with engine.compute(plan.subject.schema) as computation:
        return plan.compute(computation)


def content(engine: FigureEngine, plan: Plan[FrameResult[T]]) -> T:
    """Return what a plan computes if the client knows nothing yet."""
    found = computed(engine, plan).content
    assert found is not None
    return found
