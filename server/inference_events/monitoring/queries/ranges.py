"""Ranges of time as charts name them: "30d", "ytd", "Previous Month". The clock of a time zone counts."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta, tzinfo

from inference_events.errors import BadRequest
from inference_events.events.ingest.timestamps import microseconds, moment_of
from inference_events.monitoring.engine.bins import BinsError, time_zone_of

# The vendor's default.
TIME_ZONE = "Etc/GMT"
DAYS = {"7d": 7, "30d": 30, "90d": 90}
MONTHS = {"6m": 6, "12m": 12}
# Months and days that a comparison goes back.
PREVIOUS = {
    "Previous Day": (0, 1),
    "Previous Week": (0, 7),
    "Previous Month": (1, 0),
    "Previous Quarter": (3, 0),
    "Previous Year": (12, 0),
}


def zone_of(name: str, place: str) -> tzinfo:
    """Return a time zone by its name. Raises BadRequest."""
    try:
        return time_zone_of(name)
    except BinsError as error:
        raise BadRequest.at(place, str(error)) from None


def labelled_range(label: str, now: datetime, zone: tzinfo) -> tuple[int, int]:
    """Return the range that a label means at a moment, in UTC microseconds."""
    local = now.astimezone(zone)
    today = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    end = now
    if label == "yesterday":
        start, end = _earlier(today, 0, 1), today
    elif label == "ytd":
        start = today.replace(month=1, day=1)
    else:
        start = today if label == "today" else _earlier(local, MONTHS.get(label, 0), DAYS.get(label, 0))
    return _moment(start), max(_moment(end), _moment(start) + 1)


def previous_range(range: tuple[int, int], comparison: str, zone: tzinfo) -> tuple[int, int]:
    """Return the range that a comparison means. Raises OverflowError and ValueError for one before the year 1."""
    months, days = PREVIOUS[comparison]
    local = [moment_of(one).astimezone(zone) for one in range]
    start, end = (_moment(_earlier(one, months, days)) for one in local)
    return start, max(end, start + 1)


def _earlier(local: datetime, months: int, days: int) -> datetime:
    """Go back on the calendar. The last day of a month stands for days that the month lacks."""
    year, month = divmod(local.year * 12 + local.month - 1 - months, 12)
    day = min(local.day, monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day) - timedelta(days=days)


def _moment(local: datetime) -> int:
    return microseconds(local.astimezone(UTC))
