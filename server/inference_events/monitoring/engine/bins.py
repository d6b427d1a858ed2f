"""Bins of time: seconds, minutes, hours, days, weeks, months and quarters of a time zone, as bounds in UTC.

The clock on the wall decides. Where it moves, a day has 23 or 25 hours; the hour that is repeated is two bins, as it is
two hours. Clocks that move by half an hour make one bin of 90 minutes, or one of 30. Bins of several hours begin on the
same hours each day, and are longer or shorter on such a day. Bins of minutes and seconds divide those of hours.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import Enum
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from inference_events.events.ingest.timestamps import microseconds, moment_of

MAX_BINS = 2000
SECOND = 1_000_000
# Room for bins before and after, and for the offsets of all zones.
FIRST_YEAR, LAST_YEAR = 2, 9998
# Longer than any move of a clock, the skipped days of the Pacific included.
LONGEST_MOVE = timedelta(days=2)


class BinSize(Enum):
    """The length of a bin on the clock and the calendar, from the shortest. Weeks begin on Monday."""

    SECOND = "1s"
    SECONDS_5 = "5s"
    SECONDS_15 = "15s"
    SECONDS_30 = "30s"
    MINUTE = "1min"
    MINUTES_5 = "5min"
    MINUTES_15 = "15min"
    MINUTES_30 = "30min"
    HOUR = "Hour"
    HOURS_3 = "3h"
    HOURS_6 = "6h"
    HOURS_12 = "12h"
    DAY = "Day"
    WEEK = "Week"
    MONTH = "Month"
    QUARTER = "Quarter"


class BinsError(ValueError):
    """There are no such bins. The message says what to change, and shows no value."""


@dataclass(frozen=True)
class Bins:
    """Bins without gaps. Bin number i begins at `bounds[i]` and ends before `bounds[i + 1]`, in UTC microseconds."""

    bounds: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def numbers(self, times: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the numbers of the bins of times, which lie in one of them."""
        return np.searchsorted(np.array(self.bounds[:-1]), times, side="right") - 1


def make_bins(size: BinSize, start: int, end: int, time_zone: str = "UTC", most: int = MAX_BINS) -> Bins:
    """Return the whole bins that hold a range of time, from the start up to, but without, the end.

    Start and end are UTC microseconds. Raises BinsError for an empty range, for more than `most` bins, and for an
    unknown time zone.
    """
    zone = time_zone_of(time_zone)
    if start >= end:
        raise BinsError("the start must be before the end")
    if (end - start) / SECOND > LONGEST[size].total_seconds() * most:
        raise _too_many(most)
    first, last = _moment(start), _moment(end)
    whole = BinSize.HOUR if size in STEPS else size
    floor = _FLOORS[whole]((first.astimezone(zone) - LONGEST_MOVE).replace(tzinfo=None, fold=0))
    bounds = sorted(set(_bounds(whole, floor, zone, last)))
    kept = _within(pairwise(bounds), start, end)
    if size in STEPS:
        kept = _within(_divided(kept, STEPS[size]), start, end)
    if len(kept) > most:
        raise _too_many(most)
    return Bins((kept[0][0], *(high for _, high in kept)))


def _within(bins: Iterable[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    return [(low, high) for low, high in bins if high > start and low < end]


def _divided(hours: Iterable[tuple[int, int]], step: int) -> Iterator[tuple[int, int]]:
    return ((low, min(low + step, high)) for first, high in hours for low in range(first, high, step))


def _bounds(size: BinSize, wall: datetime, zone: tzinfo, last: datetime) -> Iterator[int]:
    """Yield the moments at which bins begin, up to the first one that is later than all of the range."""
    limit = last + LONGEST_MOVE
    while True:
        moment = wall.replace(tzinfo=zone).astimezone(UTC)
        yield microseconds(moment)
        # Only hours are repeated: a day begins once, even if its midnight comes twice.
        if size is BinSize.HOUR:
            again = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
            if again > moment:
                yield microseconds(again)
        if moment > limit:
            return
        wall = _NEXT[size](wall)


def _too_many(most: int) -> BinsError:
    return BinsError(f"the range has more than {most:,} bins; shorten it or take larger bins")


def time_zone_of(name: str) -> tzinfo:
    """Return a time zone by its IANA name. Raises BinsError for an unknown one."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise BinsError("the time zone is not known; use a name such as Europe/Berlin") from None


def _moment(time: int) -> datetime:
    try:
        moment = moment_of(time)
    except OverflowError:
        moment = datetime.max.replace(tzinfo=UTC)
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise BinsError(f"the range must lie in the years {FIRST_YEAR} to {LAST_YEAR}")
    return moment


def _hour(wall: datetime) -> datetime:
    return wall.replace(minute=0, second=0, microsecond=0)


def _day(wall: datetime) -> datetime:
    return _hour(wall).replace(hour=0)


def _week(wall: datetime) -> datetime:
    return _day(wall) - timedelta(days=wall.weekday())


def _month(wall: datetime) -> datetime:
    return _day(wall).replace(day=1)


def _quarter(wall: datetime) -> datetime:
    return _month(wall).replace(month=(wall.month - 1) // 3 * 3 + 1)


def _hours(count: int) -> Callable[[datetime], datetime]:
    return lambda wall: _hour(wall).replace(hour=wall.hour // count * count)


def _months(count: int) -> Callable[[datetime], datetime]:
    def later(wall: datetime) -> datetime:
        year, month = divmod(wall.year * 12 + wall.month - 1 + count, 12)
        return wall.replace(year=year, month=month + 1)

    return later


_FLOORS = {
    BinSize.HOUR: _hour,
    BinSize.HOURS_3: _hours(3),
    BinSize.HOURS_6: _hours(6),
    BinSize.HOURS_12: _hours(12),
    BinSize.DAY: _day,
    BinSize.WEEK: _week,
    BinSize.MONTH: _month,
    BinSize.QUARTER: _quarter,
}
_NEXT: dict[BinSize, Callable[[datetime], datetime]] = {
    BinSize.HOUR: lambda wall: wall + timedelta(hours=1),
    BinSize.HOURS_3: lambda wall: wall + timedelta(hours=3),
    BinSize.HOURS_6: lambda wall: wall + timedelta(hours=6),
    BinSize.HOURS_12: lambda wall: wall + timedelta(hours=12),
    BinSize.DAY: lambda wall: wall + timedelta(days=1),
    BinSize.WEEK: lambda wall: wall + timedelta(days=7),
    BinSize.MONTH: _months(1),
    BinSize.QUARTER: _months(3),
}
# The sizes that divide an hour, in microseconds.
STEPS = {
    BinSize.SECOND: SECOND,
    BinSize.SECONDS_5: 5 * SECOND,
    BinSize.SECONDS_15: 15 * SECOND,
    BinSize.SECONDS_30: 30 * SECOND,
    BinSize.MINUTE: 60 * SECOND,
    BinSize.MINUTES_5: 300 * SECOND,
    BinSize.MINUTES_15: 900 * SECOND,
    BinSize.MINUTES_30: 1800 * SECOND,
}
# No bin is longer, except those of a skipped date.
LONGEST = {
    **{size: timedelta(microseconds=step) for size, step in STEPS.items()},
    BinSize.HOUR: timedelta(hours=1.5),
    BinSize.HOURS_3: timedelta(hours=4),
    BinSize.HOURS_6: timedelta(hours=7),
    BinSize.HOURS_12: timedelta(hours=13),
    BinSize.DAY: timedelta(hours=26),
    BinSize.WEEK: timedelta(days=8),
    BinSize.MONTH: timedelta(days=32),
    BinSize.QUARTER: timedelta(days=93),
}
