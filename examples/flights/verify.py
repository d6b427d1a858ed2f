"""Read everything back and compare it with the source, value by value."""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias
from uuid import UUID

from examples.flights.flights import DEPARTURE, ID, LABEL, NEW_YORK, PROBABILITY, Flights, Row, rows
from examples.flights.prediction import THRESHOLD
from examples.flights.publish import DATASET, Advance
from inference_events_client import InferenceEvents
from inference_events_client.models import AlertRecord, Column, StoredEvent

_Placed: TypeAlias = tuple[datetime, str, Row | StoredEvent]

_PLACE = itemgetter(0, 1)


@dataclass
class Month:
    """Data read back for one month of New York's calendar.

    `expected` is the source's number of events. `probabilities` and `labels` are those of labelled events, in the same
    order. `violations` counts by column and kind.
    """

    expected: int = 0
    events: int = 0
    labels: list[bool] = field(default_factory=list)
    probabilities: list[float] = field(default_factory=list)
    violations: Counter[tuple[str, str]] = field(default_factory=Counter)

    def count(self, event: StoredEvent) -> None:
        """Add an event that was read."""
        self.events += 1
        self.violations.update((violation.column, str(violation.kind)) for violation in event.violations)
        if (label := event.values[LABEL]) is not None:
            self.labels.append(label)
            self.probabilities.append(event.values[PROBABILITY])

    @property
    def accuracy(self) -> float:
        """Return the share of right predictions. Needs a known label."""
        right = sum((late >= THRESHOLD) == label for late, label in zip(self.probabilities, self.labels, strict=True))
        return right / len(self.labels)

    @property
    def late(self) -> float:
        """Return the share of late flights. Needs a known label."""
        return sum(self.labels) / len(self.labels)


@dataclass(frozen=True)
class MonthFigures:
    """The server's figures of one month of New York's calendar. `drift` is the distance to the dataset by column."""

    events: int
    labelled: int
    accuracy: float | None
    drift: Mapping[str, float] = field(default_factory=dict)

    @property
    def most_drifted(self) -> str:
        """Return the column with the largest drift, or an empty text if none has a drift."""
        return max(self.drift, key=self.drift.__getitem__, default="")


@dataclass(frozen=True)
class Rule:
    """The schema's rule for a column, to find violations without the server."""

    name: str
    minimum: float
    maximum: float
    categories: frozenset[Any] | None

    @classmethod
    def of(cls, column: Column) -> "Rule":
        return cls(
            column.name,
            column.min_ if isinstance(column.min_, float) else float("-inf"),
            column.max_ if isinstance(column.max_, float) else float("inf"),
            frozenset(column.categories) if isinstance(column.categories, list) else None,
        )

    def violation(self, value: Any) -> str | None:
        """Return the kind of violation of a value of the column's type, None if there is none."""
        if value is None:
            return "missing"
        if self.categories is not None:
            return None if value in self.categories else "range"
        if isinstance(value, int | float) and not self.minimum <= value <= self.maximum:
            return "range"
        return None


class Reading:
    """Compare the events of a model's environments with the published ones, and collect the differences.

    `months` and `figures`, which the server computed, are by number. `counts` holds names with the server's and the
    source's count. `alerts` are the records of the demo's alert rule. `differences` has one line each, naming the
    flight and the column.
    """

    def __init__(self, client: InferenceEvents, model_id: UUID, columns: list[Column]) -> None:
        self.months: dict[int, Month] = {}
        self.counts: list[tuple[str, int, int]] = []
        self.figures: dict[int, MonthFigures] = {}
        self.alerts: list[AlertRecord] = []
        self.differences: list[str] = []
        self.model_id = model_id
        self._client = client
        self._rules = [Rule.of(column) for column in columns]

    def compare_dataset(self, source: Flights, advance: Advance) -> None:
        """Compare the training dataset with its flights."""
        self._compare(source, _counted(self._client.events.read(self.model_id, dataset=DATASET), advance))

    def compare_production(self, source: Flights, advance: Advance) -> None:
        """Compare all of PRODUCTION with the flights that should be there."""
        self._compare(source, _counted(self._client.events.read(self.model_id), advance))

    def expect_none_between(self, start: datetime, end: datetime) -> None:
        """Check that a time range of PRODUCTION is empty."""
        self._expect_none(self._client.events.read(self.model_id, between=(start, end)))

    def expect_none_of(self, event_ids: list[str]) -> None:
        """Check that PRODUCTION has none of these ids."""
        self._expect_none(self._client.events.read(self.model_id, event_ids=event_ids))

    def compare_counts(self, received: Counter[str], expected: Counter[str]) -> None:
        """Compare the counts that the server reported while the demo published with the source."""
        self.counts = [(name, received[name], expected[name]) for name in received | expected]
        self.differences += [
            f"{name}: {by_server} events, not {right}" for name, by_server, right in self.counts if by_server != right
        ]

    def _expect_none(self, found: Iterable[StoredEvent]) -> None:
        self.differences += [f"{event.event_id}: deleted, but there" for event in found]

    def _compare(self, source: Flights, stored: Iterable[StoredEvent]) -> None:
        """Walk along both at once: both are in order of timestamp, then id."""
        expected = ((datetime.fromisoformat(row[DEPARTURE]), row[ID], row) for row in rows(source.labelled_events()))
        found = ((event.timestamp, event.event_id, event) for event in stored)
        merged: Iterator[_Placed] = heapq.merge(expected, found, key=_PLACE)
        for (moment, event_id), group in groupby(merged, key=_PLACE):
            month = self.months.setdefault(moment.astimezone(NEW_YORK).month, Month())
            self._compare_one(month, event_id, [member for _, _, member in group])

    def _compare_one(self, month: Month, event_id: str, members: list[Row | StoredEvent]) -> None:
        match members:
            case [dict() as row, StoredEvent() as event]:
                month.expected += 1
                month.count(event)
                self.differences += [f"{event_id}: {fault}" for fault in self._faults(row, event)]
            case [dict()]:
                month.expected += 1
                self.differences.append(f"{event_id}: missing")
            case _:
                self.differences.append(f"{event_id}: not in the source, or present twice")

    def _faults(self, row: Row, event: StoredEvent) -> Iterator[str]:
        values = event.values.additional_properties
        if values != row:
            yield from (
                f"{name} differs from the source"
                for name in row | values
                if values.get(name, ...) != row.get(name, ...)
            )
        if event.undeclared.additional_properties:
            yield "has undeclared columns"
        expected = {(rule.name, kind) for rule in self._rules if (kind := rule.violation(row[rule.name]))}
        for name, kind in expected ^ {(violation.column, str(violation.kind)) for violation in event.violations}:
            yield f"{name}: {kind} is recorded and should not be, or the other way round"


def _counted(events: Iterable[StoredEvent], advance: Advance) -> Iterator[StoredEvent]:
    for event in events:
        yield event
        advance(1)
