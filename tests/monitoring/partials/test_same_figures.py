"""Figures made of kept partials are those of all rows, whatever changed since the partials were computed."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from inference_events.events.ingest.timestamps import microseconds
from inference_events.events.types import DataRevision
from inference_events.monitoring.engine import Bins, BinSize, Computation, FigureEngine, make_bins
from inference_events.monitoring.metrics import MetricQuery
from inference_events.monitoring.queries import Query, Window
from inference_events.monitoring.subject import Subject
from tests.monitoring.partials.figures import (
    DAY,
    HOUR,
    assert_same,
    direct,
    merged,
    queries_of,
    subject_of,
    windows_of,
)
from tests.stores.opened import SECOND, Opened

SEGMENT = "n > 2 or name == 'A'"


def moment(text: str) -> int:
    return microseconds(datetime.fromisoformat(text).replace(tzinfo=UTC))


# The clock changes, the leap day and the end of the year: around these moments, all events lie.
LORD_HOWE_BACK, LORD_HOWE_FORTH = moment("2024-04-06T15:00"), moment("2024-10-05T15:30")
BERLIN_FORTH, BERLIN_BACK = moment("2024-03-31T01:00"), moment("2024-10-27T01:00")
LEAP_DAY, NEW_YEAR = moment("2024-02-29T12:00"), moment("2025-01-01T00:00")
CENTRES = [LORD_HOWE_BACK, LORD_HOWE_FORTH, BERLIN_FORTH, BERLIN_BACK, LEAP_DAY, NEW_YEAR]


def bins(size: BinSize, centre: int, around: int, time_zone: str) -> tuple[Bins, str]:
    return make_bins(size, centre - around, centre + around, time_zone), time_zone


WINDOWS: list[tuple[Bins | None, str]] = [
    bins(BinSize.HOUR, LORD_HOWE_BACK, 6 * HOUR, "Australia/Lord_Howe"),
    bins(BinSize.DAY, LORD_HOWE_FORTH, 2 * DAY, "Australia/Lord_Howe"),
    bins(BinSize.HOUR, BERLIN_BACK, 5 * HOUR, "Europe/Berlin"),
    bins(BinSize.DAY, BERLIN_FORTH, 2 * DAY, "Europe/Berlin"),
    bins(BinSize.HOUR, LEAP_DAY, 8 * HOUR, "Asia/Kathmandu"),
    bins(BinSize.DAY, LEAP_DAY, 2 * DAY, "Asia/Kolkata"),
    bins(BinSize.MINUTES_15, LORD_HOWE_FORTH, 3 * HOUR, "Australia/Lord_Howe"),
    bins(BinSize.MINUTES_5, BERLIN_BACK, 2 * HOUR, "Europe/Berlin"),
    bins(BinSize.WEEK, NEW_YEAR, 8 * DAY, "Asia/Kathmandu"),
    bins(BinSize.MONTH, LEAP_DAY, 300 * DAY, "Asia/Kolkata"),
    bins(BinSize.QUARTER, NEW_YEAR, 300 * DAY, "UTC"),
    (None, "UTC"),
    # Bounds anywhere in a cell, two of them in the same one.
    (
        Bins((LEAP_DAY - 7 * HOUR + 1, LEAP_DAY + 60 * SECOND, LEAP_DAY + 61 * SECOND, LEAP_DAY + 7 * HOUR + 12345)),
        "UTC",
    ),
    (Bins((NEW_YEAR - DAY + 777, NEW_YEAR + DAY - 777)), "UTC"),
]


class World:
    """Events that change at random."""

    def __init__(self, opened: Opened, source: random.Random) -> None:
        self._opened = opened
        self._random = source
        self._ids: list[str] = []

    def change(self) -> None:
        """Publish, update, move or delete some events."""
        changes: list[Callable[[], object]] = [self.publish, self.label, self.move, self.delete_some, self.delete_time]
        self._random.choice(changes)()

    def publish(self, count: int = 40) -> None:
        first = len(self._ids)
        self._ids += [f"e{first + number}" for number in range(count)]
        self._opened.publish(*({"id": id, **self._values()} for id in self._ids[first:]))

    def append(self) -> None:
        number = self._random.randrange(10**9)
        rows = [{"id": f"{number} {place}", **self._values()} for place in range(20)]
        self._opened.append(*rows)

    def label(self) -> None:
        self._opened.update(*({"id": id, "label": self._random.random() < 0.5} for id in self._some()))

    def move(self) -> None:
        self._opened.update(*({"id": id, "at": self._time()} for id in self._some()))

    def delete_some(self) -> None:
        self._delete(event_ids=self._some())

    def delete_time(self) -> None:
        start = self._time()
        self._delete(start=start, end=start + HOUR)

    def _delete(self, **selected: Any) -> None:
        epoch = self._opened.accept_job()
        self._opened.delete(epoch, **selected)
        self._opened.end_job(epoch)

    def _some(self) -> list[str]:
        return self._random.sample(self._ids, min(4, len(self._ids)))

    def _time(self) -> int:
        # Some near the centre, because some bounds within cells are there.
        around = self._random.choice([9 * HOUR, 9 * HOUR, 120 * SECOND])
        return self._random.choice(CENTRES) + self._random.randrange(-around, around)

    def _values(self) -> dict[str, Any]:
        chosen = self._random
        values: dict[str, Any] = {"at": self._time(), "x": chosen.choice([None, chosen.random(), 1.5])}
        values |= {"n": chosen.randrange(5), "name": chosen.choice("ABC"), "label": chosen.choice([True, False, None])}
        if chosen.random() < 0.3:
            values["violations"] = {"name": chosen.choice(["range", "missing"])}
        return {name: value for name, value in values.items() if value is not None}


def compare(engine: FigureEngine, subject: Subject, window: Window, queries: Sequence[Query]) -> None:
    found = merged(engine, subject, window, queries)
    assert_same(found, direct(engine, subject, window, queries))


# The campaign takes each window with each engine.
@pytest.mark.parametrize(
    ("store_engine", "chosen_windows", "seed", "rounds", "queries"),
    [
        ("duckdb", WINDOWS[::2], 15, 2, 1),
        ("postgres", WINDOWS[1::2], 15, 2, 1),
        *(
            pytest.param(name, WINDOWS, seed, 12, 3, marks=pytest.mark.faults)
            for name in ("duckdb", "postgres")
            for seed in range(4)
        ),
    ],
    indirect=["store_engine"],
    ids=lambda value: "" if isinstance(value, list) else str(value),
)
def test_figures_of_partials(
    engine: FigureEngine,
    opened: Opened,
    chosen_windows: Sequence[tuple[Bins | None, str]],
    seed: int,
    rounds: int,
    queries: int,
) -> None:
    """Whatever changes, in every zone and over every change of clocks, partials give the figures of all rows."""
    source = random.Random(seed)
    world, subject = World(opened, source), subject_of(opened)
    world.publish(150)
    world.append()
    windows = [windows_of(subject, *window, source.choice([None, SEGMENT])) for window in chosen_windows]
    chosen = [(window, source.sample(queries_of(subject, window), queries)) for window in windows]
    for _ in range(rounds):
        for window, asked in chosen:
            compare(engine, subject, window, asked)
            world.change()
        world.append()


def test_every_metric(engine: FigureEngine, opened: Opened) -> None:
    """Partials give the figures of every metric: those that were computed before a change, and those after it."""
    world, subject = World(opened, random.Random(3)), subject_of(opened)
    world.publish(150)
    world.append()
    window = windows_of(subject, *WINDOWS[5], None)
    queries = queries_of(subject, window)
    merged(engine, subject, window, queries)
    world.label()
    compare(engine, subject, window, queries)


def test_what_is_dirty_is_computed_again(engine: FigureEngine, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison finds the defect that it is for: an hour that changed, and whose partials are used again."""
    world, subject = World(opened, random.Random(1)), subject_of(opened)
    world.publish(150)
    window = windows_of(subject, *WINDOWS[4], None)
    queries = [MetricQuery("traffic"), MetricQuery("accuracy")]
    compare(engine, subject, window, queries)
    dirty = Computation.dirty_hours

    def forgetful(computation: Computation, environment_id: str, since: DataRevision) -> list[tuple[int, int]]:
        return dirty(computation, environment_id, since)[1:]

    monkeypatch.setattr(Computation, "dirty_hours", forgetful)
    opened.publish({"id": "late", "at": LEAP_DAY, "x": 0.7, "label": True})
    with pytest.raises(AssertionError):
        compare(engine, subject, window, queries)
