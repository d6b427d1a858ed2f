"""Cells of time. A bound of a bin that lies within a cell cuts it into pieces, which are never kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from inference_events.events import hours
from inference_events.events.hours import HourRange
from inference_events.monitoring.engine import Bins
from inference_events.monitoring.engine.bins import STEPS
from inference_events.monitoring.partials.ranges import Range

QUARTER = hours.MICROSECONDS // 4
# All events of an environment may lie years apart. They have one bin, which days make as well.
DAY = 24 * hours.MICROSECONDS

Times = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Grid:
    """The cells of bins, or without bins those of all times. They are numbered from 1970."""

    bins: Bins | None

    @cached_property
    def size(self) -> int:
        """The length of a cell in microseconds. Bins of less than a quarter of an hour are cells themselves."""
        if self.bins is None:
            return DAY
        bounds = np.array(self.bins.bounds)
        steps = [step for step in STEPS.values() if step < QUARTER and not (bounds % step).any()]
        shortest = int(np.diff(bounds).min())
        return shortest if shortest in steps else QUARTER

    @cached_property
    def cuts(self) -> list[int]:
        """The bounds that lie within cells."""
        return [] if self.bins is None else [bound for bound in self.bins.bounds if bound % self.size]

    @property
    def cut_cells(self) -> list[Range]:
        return [(cell, cell + 1) for cell in dict.fromkeys(cut // self.size for cut in self.cuts)]

    def limits(self, changed: Sequence[Range]) -> list[Range]:
        """Return the range of cells of the bins; without bins, that of the cells that ever changed."""
        if self.bins is None:
            return [(changed[0][0], changed[-1][1])] if changed else []
        return [(self.bins.bounds[0] // self.size, -(-self.bins.bounds[-1] // self.size))]

    def of_hours(self, ranges: Sequence[HourRange]) -> list[Range]:
        """Return the cells that hold hours."""
        first, last = (hours.MICROSECONDS, self.size)
        return [(low * first // last, -(-(high + 1) * first // last)) for low, high in ranges]

    def pieces(self, cells: Range) -> "Pieces":
        """Return the pieces of a range of cells that lie in the bins."""
        start, end = cells[0] * self.size, cells[1] * self.size
        if self.bins is not None:
            start, end = max(start, self.bins.bounds[0]), min(end, self.bins.bounds[-1])
        return Pieces((start, end), self.size, np.array(self.cuts, np.int64))

    def is_whole(self, starts: Times) -> npt.NDArray[np.bool_]:
        """Report of each piece, by its start, whether it is a whole cell."""
        return ~np.isin(starts // self.size, [cut // self.size for cut in self.cuts])

    def bin_numbers(self, starts: Times) -> Times:
        """Return the numbers of the bins of pieces."""
        return starts * 0 if self.bins is None else self.bins.numbers(starts)


@dataclass(frozen=True)
class Pieces:
    """Cells, and pieces of cells that bounds cut. The number of each is its start in UTC microseconds."""

    bounds: tuple[int, int]
    size: int
    cuts: Times

    def numbers(self, times: Times) -> Times:
        """Return the numbers of the pieces that hold times."""
        starts = times // self.size * self.size
        if not len(self.cuts):
            return starts
        places = np.searchsorted(self.cuts, times, side="right")
        return np.where(places > 0, np.maximum(starts, self.cuts[places - 1]), starts)
