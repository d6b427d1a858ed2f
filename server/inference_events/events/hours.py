"""Hours of UTC, as numbers since 1970: changes of events are noted in them. A range has its first and last hour."""

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa

HourRange = tuple[int, int]

MICROSECONDS = 3_600_000_000
MAX_RANGES = 16


def hour_ranges(times: Iterable[pa.ChunkedArray]) -> list[HourRange]:
    """Return at most MAX_RANGES ranges that hold the hours of all times, with the widest gaps between them."""
    moments = np.concatenate([column.cast(pa.int64()).to_numpy() for column in times])
    if not len(moments):
        return []
    first, last = int(moments.min()) // MICROSECONDS, int(moments.max()) // MICROSECONDS
    if last - first <= 1:
        return [(first, last)]
    hours = np.sort(moments // MICROSECONDS)
    gaps = np.diff(hours)
    breaks = np.flatnonzero(gaps > 1)
    if len(breaks) >= MAX_RANGES:
        breaks = np.sort(breaks[np.argsort(gaps[breaks])[1 - MAX_RANGES :]])
    firsts = hours[np.concatenate([[0], breaks + 1])]
    lasts = hours[np.concatenate([breaks, [len(hours) - 1]])]
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def is_dirty(bounds: tuple[int, int] | None, dirty: Sequence[HourRange]) -> bool:
    """Report whether a range of time, in UTC microseconds, has an hour of these ranges. None is all time."""
    if bounds is None:
        return bool(dirty)
    first, last = bounds[0] // MICROSECONDS, (bounds[1] - 1) // MICROSECONDS
    return any(low <= last and first <= high for low, high in dirty)


def joined(ranges: Iterable[HourRange]) -> list[HourRange]:
    """Return the same hours as few ranges, sorted."""
    result: list[HourRange] = []
    for first, last in sorted(ranges):
        if result and first <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(result[-1][1], last))
        else:
            result.append((first, last))
    return result
