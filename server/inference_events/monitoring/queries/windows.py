"""The events that figures are about: a window, and the baselines that it is compared with."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from inference_events.monitoring import fql
from inference_events.monitoring.engine import Bins, BinsError, BinSize, make_bins
from inference_events.monitoring.engine.bins import LONGEST

MAX_WINDOWS = 20_000
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Window:
    """Events of an environment in bins, or all of them in bin 0, if they are in the segment.

    The segment also holds for the events of a baseline. `time_zone` is that of the bins.
    """

    environment_id: str
    bins: Bins | None = None
    segment: fql.Segment | None = None
    time_zone: str = "UTC"

    @property
    def size(self) -> int:
        return 1 if self.bins is None else len(self.bins)


@dataclass(frozen=True)
class Baseline:
    """Events that a drift compares with. `start` and `end` are UTC microseconds, None for a whole dataset.

    A rolling one has a `window_size`. It is the window that lies `offset` windows before that of a bin's start.
    """

    id: str
    name: str
    environment_id: str
    start: int | None = None
    end: int | None = None
    window_size: BinSize | None = None
    offset: int = 0

    @property
    def is_rolling(self) -> bool:
        return self.window_size is not None


@dataclass(frozen=True)
class Rolling:
    """The windows of a rolling baseline: their bins, and which of these belongs to each bin of the figures."""

    bins: Bins
    numbers: tuple[int, ...]


def static_bins(baseline: Baseline) -> Bins | None:
    """Return the range of a static baseline as one bin; None if it is a whole dataset."""
    if baseline.start is None or baseline.end is None:
        return None
    return Bins((baseline.start, baseline.end))


def rolling_windows(baseline: Baseline, window: Window) -> Rolling:
    """Return the windows of a rolling baseline. Raises BinsError if they are too many, or if there are no bins."""
    size = baseline.window_size
    if size is None or window.bins is None:
        raise BinsError("a rolling baseline needs a range of time")
    starts = window.bins.bounds[:-1]
    earliest = starts[0] - (baseline.offset + 1) * (LONGEST[size] // timedelta(microseconds=1))
    grid = make_bins(size, earliest, starts[-1] + 1, window.time_zone, MAX_WINDOWS)
    numbers = grid.numbers(np.array(starts)) - baseline.offset
    first, last = int(numbers[0]), int(numbers[-1])
    return Rolling(Bins(grid.bounds[first : last + 2]), tuple(int(number) - first for number in numbers))
