"""What was ingested in the last hour, by minute and model, in the memory of this process.

Requests count when their response ends, events when their commit ends. Memory is bounded: there are at most 60 minutes,
and each counts at most 100 models by themselves. Only the newest minute changes, so a reader locks no other.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from inference_events.events.types import RowStatus

K = TypeVar("K")

MINUTES = 60
MAX_MODELS = 100
# The bounds of latencies grow by this factor, so that the middle between two is right to 5 %.
_STEP = math.log(1.1)
_SHORTEST_SECONDS = 1e-5
QUANTILES = (0.5, 0.9, 0.99)
OTHER = ""


@dataclass(slots=True)
class Counts:
    """Numbers of requests, and of events by RowStatus; rejected rows of files count as conflicts."""

    requests: int = 0
    bytes: int = 0
    events: list[int] = field(default_factory=lambda: [0] * len(RowStatus))
    refused: dict[str, int] = field(default_factory=dict)
    latencies: dict[int, int] = field(default_factory=dict)

    def add(self, other: "Counts") -> None:
        """Add the numbers of another object."""
        self.requests += other.requests
        self.bytes += other.bytes
        self.events = [a + b for a, b in zip(self.events, other.events, strict=True)]
        for reason, number in other.refused.items():
            self.refused[reason] = self.refused.get(reason, 0) + number
        for step, number in other.latencies.items():
            self.latencies[step] = self.latencies.get(step, 0) + number

    def quantiles(self) -> list[float]:
        """Return the latencies at QUANTILES in seconds; none without requests."""
        total, passed, found = sum(self.latencies.values()), 0, list[float]()
        for step in sorted(self.latencies):
            passed += self.latencies[step]
            while len(found) < len(QUANTILES) and passed >= QUANTILES[len(found)] * total:
                found.append(_SHORTEST_SECONDS * math.exp((step + 0.5) * _STEP))
        return found


@dataclass(frozen=True)
class Hour:
    """The counts of the last hour by minute (minutes since 1970) and model; OTHER is no model's id."""

    minutes: Sequence[int]
    cells: Sequence[tuple[int, str, Counts]]

    def model_ids(self) -> set[str]:
        """Return the ids of the models with counts."""
        return {model_id for _, model_id, _ in self.cells} - {OTHER}

    def by_minute(self, is_counted: Callable[[str], bool]) -> Mapping[int, Counts]:
        """Return the sum for each minute of those models that count."""
        return _sums(self.minutes, ((minute, each) for minute, model_id, each in self.cells if is_counted(model_id)))

    def by_model(self) -> Mapping[str, Counts]:
        """Return the sum for each model."""
        return _sums((), ((model_id, each) for _, model_id, each in self.cells))


def _sums(keys: Iterable[K], counted: Iterable[tuple[K, Counts]]) -> dict[K, Counts]:
    sums = {key: Counts() for key in keys}
    for key, counts in counted:
        sums.setdefault(key, Counts()).add(counts)
    return sums


class RecentIngestion:
    """Counts requests and events of the last hour, from any thread."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.started_at = clock()
        self._minutes: deque[tuple[int, dict[str, Counts]]] = deque(maxlen=MINUTES)

    def observe_request(self, model_id: str, reason: str | None, size: int, seconds: float) -> None:
        """Count a request with a body of `size` bytes, and the reason why it was refused."""
        step = int(math.log(max(seconds, _SHORTEST_SECONDS) / _SHORTEST_SECONDS) / _STEP)
        with self._lock:
            counts = self._current(model_id)
            counts.requests += 1
            counts.bytes += size
            counts.latencies[step] = counts.latencies.get(step, 0) + 1
            if reason is not None:
                counts.refused[reason] = counts.refused.get(reason, 0) + 1

    def observe_events(self, model_id: str, numbers: Sequence[int], rejected: int) -> None:
        """Count events by RowStatus, and rejected rows of a file."""
        with self._lock:
            events = self._current(model_id).events
            for status, number in enumerate(numbers):
                events[status] += number
            events[RowStatus.CONFLICT] += rejected

    def now(self) -> float:
        """Return the time in seconds since 1970."""
        return self._clock()

    def read(self, model_id: str | None = None) -> Hour:
        """Return what was counted for one model, or all, since the start, at most in this minute and the 59 before."""
        with self._lock:
            minutes = list(self._minutes)
            if minutes:
                minutes[-1] = minutes[-1][0], {id: total([counts]) for id, counts in minutes[-1][1].items()}
        # A clock that was set back does not hide what was counted.
        now = max([self._minute(), *(minute for minute, _ in minutes[-1:])])
        first = max(now - MINUTES + 1, int(self.started_at // 60))
        recent = [(minute, models) for minute, models in minutes if minute >= first]
        cells = [(minute, id, counts) for minute, models in recent for id, counts in models.items()]
        return Hour(range(first, now + 1), [cell for cell in cells if model_id in (None, cell[1])])

    def _current(self, model_id: str) -> Counts:
        """Return the counts of a model in this minute. Call it with the lock."""
        minute = self._minute()
        if not self._minutes or self._minutes[-1][0] < minute:
            self._minutes.append((minute, {}))
        models = self._minutes[-1][1]
        found = models.get(model_id)
        if found is None:
            id = model_id if len(models) < MAX_MODELS else OTHER
            found = models.setdefault(id, Counts())
        return found

    def _minute(self) -> int:
        return int(self._clock() // 60)


def total(counted: Iterable[Counts]) -> Counts:
    """Return the sum of several counts."""
    summed = Counts()
    for counts in counted:
        summed.add(counts)
    return summed
