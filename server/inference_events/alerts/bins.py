"""The bins of alert rules. They are those of UTC, and weeks begin on Monday."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from inference_events.events.ingest.timestamps import microseconds
from inference_events.monitoring.engine import Bins

LENGTHS = {"Hour": timedelta(hours=1), "Day": timedelta(days=1), "Week": timedelta(weeks=1)}
MONTH = "Month"
SIZES = (*LENGTHS, MONTH)


def start_of(size: str, moment: datetime) -> datetime:
    """Return the start of the bin that holds a time."""
    hour = moment.replace(minute=0, second=0, microsecond=0)
    if size == "Hour":
        return hour
    day = hour.replace(hour=0)
    if size == MONTH:
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if size == "Week" else day


def moved(size: str, start: datetime, count: int) -> datetime:
    """Return the start of the bin that is `count` bins later, or earlier if it is negative."""
    if size != MONTH:
        return start + count * LENGTHS[size]
    year, month = divmod(start.year * 12 + start.month - 1 + count, 12)
    return start.replace(year=year, month=month + 1)


def end_of(size: str, start: datetime) -> datetime:
    """Return the end of a bin."""
    return moved(size, start, 1)


def last_closed(size: str, now: datetime, delay_hours: int = 0) -> datetime:
    """Return the start of the newest bin that ended at least `delay_hours` ago."""
    return moved(size, start_of(size, now - timedelta(hours=delay_hours)), -1)


def next_due(size: str, now: datetime, delay_hours: int) -> datetime:
    """Return when the next bin will have ended `delay_hours` ago."""
    return moved(size, last_closed(size, now, delay_hours), 2) + timedelta(hours=delay_hours)


def starts(size: str, first: datetime, last: datetime) -> Iterator[datetime]:
    """Yield the starts of the bins from the first to the last, newest first."""
    while last >= first:
        yield last
        last = moved(size, last, -1)


def missed(size: str, judged: datetime | None, closed: datetime, after: datetime) -> tuple[list[datetime], int]:
    """Return the bins after one that was judged, up to the newest one that is over, and how many of them are too old.

    Those that ended before `after` are too old, except the newest. Of a new rule it is only the newest.
    """
    if judged is None:
        return [closed], 0
    every = list(starts(size, moved(size, judged, 1), closed))
    kept = [start for start in every if end_of(size, start) >= after] or every[:1]
    return kept, len(every) - len(kept)


def as_bins(size: str, first: datetime, count: int = 1) -> Bins:
    """Return bins from the first on, as figures have them."""
    return Bins(tuple(microseconds(moved(size, first, number)) for number in range(count + 1)))


def span(size: str, start: datetime) -> str:
    """Return a bin as messages show it: "2026-11-25 14:00-15:00 UTC"."""
    end = end_of(size, start)
    if size == "Hour":
        return f"{start:%Y-%m-%d %H:%M}-{end:%H:%M} UTC"
    if size == "Day":
        return f"{start:%Y-%m-%d} UTC"
    if size == MONTH:
        return f"{start:%Y-%m} UTC"
    return f"{start:%Y-%m-%d} to {end - timedelta(days=1):%Y-%m-%d} UTC"
