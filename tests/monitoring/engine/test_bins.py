"""Bins follow the clock on the wall and the calendar of a time zone, and hold each moment once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_events.monitoring.engine import MAX_BINS, BinsError, BinSize, make_bins
from inference_events.monitoring.engine.bins import STEPS

*SHORT, HOUR, HOURS_3, HOURS_6, HOURS_12, DAY, WEEK, MONTH, QUARTER = BinSize
SECOND = 1_000_000
MINUTES = 60 * SECOND
ZONES = [
    "UTC",
    "America/Havana",
    "America/St_Johns",
    "America/Santiago",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Apia",
    "Pacific/Chatham",
]


def moment(text: str) -> int:
    """Return a time in UTC in microseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND


def starts(size: BinSize, start: str, end: str, zone: str = "UTC") -> list[str]:
    """Return the bounds of bins as times on the wall, without the seconds."""
    bounds = make_bins(size, moment(start), moment(end), zone).bounds
    return [datetime.fromtimestamp(bound / SECOND, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M") for bound in bounds]


def minutes(bounds: Sequence[int]) -> list[int]:
    return [(high - low) // MINUTES for low, high in pairwise(bounds)]


def day_minutes(day: str, zone: str) -> tuple[int, list[int]]:
    """Return the length of a day, and of each of its hours."""
    noon = round(datetime.fromisoformat(f"{day} 12:00").replace(tzinfo=ZoneInfo(zone)).timestamp()) * SECOND
    first, last = make_bins(DAY, noon, noon + 1, zone).bounds
    return (last - first) // MINUTES, minutes(make_bins(HOUR, first, last, zone).bounds)


@pytest.mark.parametrize(
    ("size", "start", "end", "bounds"),
    [
        (HOURS_6, "2026-02-03 05:59", "2026-02-03 12:00", ["02-03 00", "02-03 06", "02-03 12"]),
        (HOURS_12, "2026-02-03 23:00", "2026-02-04 00:01", ["02-03 12", "02-04 00", "02-04 12"]),
        (HOUR, "2026-02-03 04:59", "2026-02-03 06:01", ["02-03 04", "02-03 05", "02-03 06", "02-03 07"]),
        (DAY, "2028-02-28 23:00", "2028-03-01 01:00", ["02-28 00", "02-29 00", "03-01 00", "03-02 00"]),
        (WEEK, "2026-12-31 00:00", "2027-01-04 00:00", ["12-28 00", "01-04 00"]),
        (WEEK, "2026-12-27 23:00", "2026-12-28 01:00", ["12-21 00", "12-28 00", "01-04 00"]),
        (MONTH, "2026-11-30 00:00", "2027-01-01 00:01", ["11-01 00", "12-01 00", "01-01 00", "02-01 00"]),
        (QUARTER, "2026-03-31 00:00", "2026-07-01 00:00", ["01-01 00", "04-01 00", "07-01 00"]),
    ],
)
def test_whole_bins_hold_the_range(size: BinSize, start: str, end: str, bounds: list[str]) -> None:
    """The first bin holds the start and the last one ends at or after the end; weeks begin on Monday."""
    assert [text[5:13] for text in starts(size, start, end)] == bounds


def test_a_range_that_ends_at_a_bound_has_no_bin_after_it() -> None:
    """The end does not belong to the range, and the start does."""
    assert len(make_bins(HOUR, moment("2026-01-01 00:00"), moment("2026-01-02 00:00"))) == 24
    assert len(make_bins(HOUR, moment("2026-01-01 00:00") - 1, moment("2026-01-02 00:00") + 1)) == 26
    assert len(make_bins(DAY, moment("2026-01-01 00:00"), moment("2026-01-01 00:00") + 1)) == 1


@pytest.mark.parametrize(
    ("zone", "day", "length", "odd_hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23 * 60, []),
        ("Europe/Berlin", "2026-10-25", 25 * 60, []),
        ("America/Havana", "2026-11-01", 25 * 60, []),
        ("America/Santiago", "2026-09-06", 23 * 60, []),
        ("Australia/Lord_Howe", "2026-04-05", 24 * 60 + 30, [90]),
        ("Australia/Lord_Howe", "2026-10-04", 24 * 60 - 30, [30]),
        ("Asia/Kolkata", "2026-03-29", 24 * 60, []),
        ("Asia/Kathmandu", "2026-03-29", 24 * 60, []),
    ],
)
def test_days_and_hours_when_the_clock_moves(zone: str, day: str, length: int, odd_hours: list[int]) -> None:
    """A day is as long as it was, also if its midnight comes twice or never; a repeated hour is two bins."""
    found, hours = day_minutes(day, zone)
    assert found == length == sum(hours)
    assert [hour for hour in hours if hour != 60] == odd_hours


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", [2, *[3] * 7]),
        ("Europe/Berlin", "2026-10-25", [4, *[3] * 7]),
        ("America/Havana", "2026-11-01", [4, *[3] * 7]),
    ],
)
def test_bins_of_hours_begin_on_the_same_hours_each_day(zone: str, day: str, hours: list[int]) -> None:
    """The bin in which the clock moves is shorter or longer, and all others stay where they are."""
    noon = round(datetime.fromisoformat(f"{day} 12:00").replace(tzinfo=ZoneInfo(zone)).timestamp()) * SECOND
    first, last = make_bins(DAY, noon, noon + 1, zone).bounds
    assert minutes(make_bins(HOURS_3, first, last, zone).bounds) == [60 * length for length in hours]


@pytest.mark.parametrize(("size", "length"), [*zip(SHORT, [1, 5, 15, 30, 60, 300, 900, 1800], strict=True)])
def test_short_bins(size: BinSize, length: int) -> None:
    """Bins of seconds and minutes have their length and hold the range and no more, also at an odd offset."""
    start = moment("2026-01-10 00:00") + 7 * MINUTES
    bounds = make_bins(size, start, start + 100 * length * SECOND, "Asia/Kathmandu").bounds
    assert {high - low for low, high in pairwise(bounds)} == {length * SECOND}
    assert bounds[0] <= start < bounds[1]
    assert bounds[-2] < start + 100 * length * SECOND <= bounds[-1]


@pytest.mark.parametrize(
    ("zone", "first"), [("Asia/Kolkata", "18:30"), ("Asia/Kathmandu", "18:15"), ("Pacific/Chatham", "10:15")]
)
def test_zones_with_odd_offsets(zone: str, first: str) -> None:
    """Days and hours begin on the hour of the zone, which is not that of UTC."""
    start = moment("2026-01-10 00:00")
    bounds = make_bins(DAY, start, start + 1, zone).bounds
    assert datetime.fromtimestamp(bounds[0] / SECOND, UTC).strftime("%H:%M") == first
    hours = make_bins(HOUR, start, start + 1, zone).bounds
    assert {(bound - bounds[0]) % (60 * MINUTES) for bound in hours} == {0}


def test_a_date_that_never_was_has_no_bin() -> None:
    """Samoa went from 29 to 31 December 2011."""
    days = starts(DAY, "2011-12-29 12:00", "2012-01-01 00:00", "Pacific/Apia")
    assert [day[:10] for day in days] == ["2011-12-29", "2011-12-31", "2012-01-01", "2012-01-02"]


@given(
    size=st.sampled_from(BinSize),
    zone=st.sampled_from(ZONES),
    start=st.integers(moment("1971-01-01"), moment("2037-01-01")),
    length=st.integers(1, 40 * 24 * 60 * MINUTES),
)
def test_bounds_are_where_the_clock_shows_them(size: BinSize, zone: str, start: int, length: int) -> None:
    """Bounds grow, hold the range and no more, and each is at a full step of minutes or seconds, at a full hour,
    midnight, Monday or first of a month, unless the clock has just skipped that."""
    step = STEPS.get(size, 60 * MINUTES) // SECOND
    length = min(length, 100 * step * SECOND) if size in STEPS else length
    bounds = make_bins(size, start, start + length, zone).bounds
    assert bounds[0] <= start < bounds[1]
    assert bounds[-2] < start + length <= bounds[-1]
    assert all(low < high for low, high in pairwise(bounds))
    for bound in bounds:
        wall = datetime.fromtimestamp(bound / SECOND, ZoneInfo(zone))
        before = datetime.fromtimestamp(bound / SECOND - 1, ZoneInfo(zone))
        assert _period(size, wall) != _period(size, before) or wall.utcoffset() != before.utcoffset()
        has_skipped = wall.replace(tzinfo=None) - before.replace(tzinfo=None) != timedelta(seconds=1)
        assert has_skipped or (60 * wall.minute + wall.second) % step == 0


def _period(size: BinSize, wall: datetime) -> tuple[object, ...]:
    if size in STEPS:
        return (wall.date(), (3600 * wall.hour + 60 * wall.minute + wall.second) * SECOND // STEPS[size])
    return {
        HOUR: (wall.date(), wall.hour, wall.utcoffset()),
        HOURS_3: (wall.date(), wall.hour // 3),
        HOURS_6: (wall.date(), wall.hour // 6),
        HOURS_12: (wall.date(), wall.hour // 12),
        DAY: (wall.date(),),
        WEEK: wall.isocalendar()[:2],
        MONTH: (wall.year, wall.month),
        QUARTER: (wall.year, (wall.month - 1) // 3),
    }[size]


def test_numbers_of_bins() -> None:
    """A time at a bound belongs to the bin that begins there."""
    bins = make_bins(DAY, moment("2026-01-01"), moment("2026-01-04"))
    first, second, third, end = bins.bounds
    times = np.array([first, second - 1, second, third - 1, third, end - 1])
    assert bins.numbers(times).tolist() == [0, 0, 1, 1, 2, 2]


def test_at_most_2000_bins() -> None:
    """As many bins as allowed can be had, one more cannot, and no range is so long that it takes time to find out."""
    start = moment("2026-01-01")
    assert len(make_bins(HOUR, start, start + MAX_BINS * 60 * MINUTES)) == MAX_BINS
    for end in (start + MAX_BINS * 60 * MINUTES + 1, moment("9000-01-01")):
        with pytest.raises(BinsError, match="more than 2,000 bins"):
            make_bins(HOUR, start, end)


@pytest.mark.parametrize(
    "zone", ["", "Mars/Base", "../etc/passwd", "/etc/localtime", "America", "a\0b", "x" * 5000, "é"]
)
def test_unknown_zones(zone: str) -> None:
    """A name that is no time zone is refused without showing it."""
    with pytest.raises(BinsError, match="the time zone is not known; use a name"):
        make_bins(DAY, 0, 1, zone)


@pytest.mark.parametrize(("start", "end"), [(5, 5), (6, 5), (-(2**62), -(2**62) + 1), (2**62, 2**62 + 1), (0, 10**30)])
def test_impossible_ranges(start: int, end: int) -> None:
    """An empty range, and one outside the calendar, are refused."""
    with pytest.raises(BinsError):
        make_bins(QUARTER, start, end, "Europe/Berlin")
