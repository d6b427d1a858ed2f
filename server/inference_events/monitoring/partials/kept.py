"""What is kept of a statement: the partials of cells, or what it found in a baseline."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from inference_events.events.types import DataRevision
from inference_events.monitoring.partials import ranges
from inference_events.monitoring.partials.ranges import Range

# More parts are joined, because each costs time in every computation.
MAX_PARTS = 16
# What an entry takes besides its values.
ENTRY_BYTES = 500


@dataclass(frozen=True)
class Part:
    """What a statement found in a range of cells. The first column of the table is sorted: the starts of cells."""

    first: int
    end: int
    table: pa.Table

    def slice(self, cells: Range, size: int) -> "Part":
        """Return the part of fewer cells."""
        starts = self.table.column(0).to_numpy()
        first, end = np.searchsorted(starts, [cells[0] * size, cells[1] * size])
        return Part(*cells, self.table.slice(first, end - first))


@dataclass(frozen=True)
class Series:
    """The partials of one statement, all at one data revision. The parts are sorted and do not overlap."""

    revision: DataRevision
    cell_size: int
    parts: tuple[Part, ...] = ()

    @property
    def cells(self) -> list[Range]:
        """The cells for which there are partials, also those without events."""
        return ranges.joined((part.first, part.end) for part in self.parts)

    @property
    def nbytes(self) -> int:
        return ENTRY_BYTES + sum(ENTRY_BYTES + int(part.table.nbytes) for part in self.parts)

    def without(self, cells: list[Range]) -> tuple[Part, ...]:
        """Return the parts of all other cells."""
        return tuple(
            part if left == (part.first, part.end) else part.slice(left, self.cell_size)
            for part in self.parts
            for left in ranges.without([(part.first, part.end)], cells)
        )

    def within(self, cells: list[Range]) -> list[Part]:
        """Return the parts of these cells."""
        return [
            part.slice(common, self.cell_size)
            for part in self.parts
            for common in ranges.within([(part.first, part.end)], cells)
        ]

    def with_part(self, part: Part) -> "Series":
        """Return the series with a part for cells, some of which it may have."""
        parts = sorted([*self.without([(part.first, part.end)]), part], key=lambda one: one.first)
        return Series(self.revision, self.cell_size, tuple(parts if len(parts) <= MAX_PARTS else _joined(parts)))


def _joined(parts: list[Part]) -> list[Part]:
    """Join the parts that have no gap between them."""
    runs: list[list[Part]] = []
    for part in parts:
        if runs and runs[-1][-1].end == part.first:
            runs[-1].append(part)
        else:
            runs.append([part])
    return [
        run[0] if len(run) == 1 else Part(run[0].first, run[-1].end, one_chunk([part.table for part in run]))
        for run in runs
    ]


def one_chunk(tables: list[pa.Table]) -> pa.Table:
    """Concatenate tables."""
    return pa.concat_tables(tables).combine_chunks()


@dataclass(frozen=True)
class Found:
    """The rows of a statement that reads a baseline."""

    revision: DataRevision
    rows: list[Any]

    @property
    def nbytes(self) -> int:
        # About: a text of a value is as long as the value is large.
        return ENTRY_BYTES + 4 * len(repr(self.rows))
