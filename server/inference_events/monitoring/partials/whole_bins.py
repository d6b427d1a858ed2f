"""Figures that do not merge, such as AUC and quantiles. Those of whole bins are kept, and computed when missing.

A figure is kept under its query and all statements that it is made of. It is valid until an hour of its bin changes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from inference_events.events.hours import HourRange, is_dirty
from inference_events.events.types import DataRevision
from inference_events.monitoring.engine import (
    Bins,
    Computation,
    FiguresUnfinished,
    QueryTimeout,
    QueryTooLarge,
    RowSelection,
)
from inference_events.monitoring.metrics import Figure
from inference_events.monitoring.partials import ranges
from inference_events.monitoring.partials.filling import portions
from inference_events.monitoring.partials.kept import ENTRY_BYTES
from inference_events.monitoring.partials.ranges import Range

FIGURE_BYTES = 250
# How many bins are read first.
FAST_BINS, SLOW_BINS = 400, 1


@dataclass(frozen=True)
class BinFigures:
    """Figures of one query by the start and the end of their bins."""

    revision: DataRevision
    figures: Mapping[tuple[int, int], Figure]

    @property
    def nbytes(self) -> int:
        return ENTRY_BYTES + FIGURE_BYTES * len(self.figures)

    def without(self, dirty: Sequence[HourRange]) -> dict[tuple[int, int], Figure]:
        """Return the figures of bins that lie in no dirty hour."""
        return {bounds: figure for bounds, figure in self.figures.items() if not is_dirty(bounds, dirty)}


def figures_of_bins(
    computation: Computation,
    selection: RowSelection,
    bins: Bins,
    keys: Sequence[bytes],
    compute: Callable[[Bins], list[list[Figure]]],
) -> list[list[Figure]]:
    """Return the figures of each key by bin. `compute` returns those of some bins. Raises FiguresUnfinished."""
    kept = [_valid(computation, selection.environment_id, key) for key in keys]
    bounds = list(zip(bins.bounds[:-1], bins.bounds[1:], strict=True))
    missing = ranges.joined(
        (number, number + 1) for number, one in enumerate(bounds) if any(one not in figures for figures in kept)
    )
    whole = left = ranges.size(missing)
    revision = computation.data_revision(selection.environment_id)
    try:
        for portion in portions(missing, SLOW_BINS if computation.snapshot.is_slow else FAST_BINS):
            for (first, end), found in _computed(bins, portion, compute):
                for key, figures, new in zip(keys, kept, found, strict=True):
                    figures |= zip(bounds[first:end], new, strict=True)
                    computation.cache.keep(key, BinFigures(revision, dict(figures)))
                left -= end - first
    except QueryTimeout as timeout:
        if left == whole:
            raise
        raise FiguresUnfinished(timeout.seconds, 1 - left / len(bounds)) from None
    return [[figures[one] for one in bounds] for figures in kept]


def _computed(
    bins: Bins, portion: Range, compute: Callable[[Bins], list[list[Figure]]]
) -> Iterator[tuple[Range, list[list[Figure]]]]:
    """Yield the figures of a portion of the bins, part by part if their rows are too many for the memory."""
    first, end = portion
    try:
        found = compute(Bins(bins.bounds[first : end + 1]))
    except QueryTooLarge:
        if end - first == 1:
            raise
        middle = (first + end) // 2
        yield from _computed(bins, (middle, end), compute)
        yield from _computed(bins, (first, middle), compute)
    else:
        yield portion, found


def _valid(computation: Computation, environment_id: str, key: bytes) -> dict[tuple[int, int], Figure]:
    kept: BinFigures | None = computation.cache.get(key)
    return {} if kept is None else kept.without(computation.dirty_hours(environment_id, kept.revision))
