"""Read a point in time from the forms that the API's users send."""

import math
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = -62_135_596_800_000_000  # 0001-01-01
LAST = 253_402_300_799_999_999  # 9999-12-31
NOT_A_TIME = "NaT"
INTEGER = re.compile(r"[+-]?[0-9]{1,30}")
DECIMAL = re.compile(r"[+-]?[0-9]+\.?[0-9]*([eE][+-]?[0-9]+)?")

# Numbers up to the limit count in units of which one second has so many: seconds until the year 5138,
# milliseconds until 5138, and so on. Every present-day timestamp lies far inside its own range.
EPOCH_UNITS: tuple[tuple[float, int], ...] = ((1e11, 1), (1e14, 1_000), (1e17, 1_000_000), (math.inf, 1_000_000_000))


def parse_timestamp(value: Any, format: str | None = None) -> int | None:
    """Return `value` as microseconds since 1970 in UTC, or None where it stands for no time.

    Accepts what fits `format`, seconds to nanoseconds since 1970 told apart by size (a text of digits too), ISO
    8601 (no offset means UTC), date and datetime objects, and a list of these, of which the earliest counts.
    Raises ValueError for anything else, and for years outside 1 to 9999.
    """
    if type(value) is int and format is None:
        return _from_number(value)
    if value is None or value == NOT_A_TIME:
        return None
    if isinstance(value, list | tuple):
        if any(isinstance(item, list | tuple) for item in value):
            raise ValueError("not a time")
        times = [time for item in value if (time := parse_timestamp(item, format)) is not None]
        return min(times) if times else None
    if isinstance(value, str):
        return _from_text(value, format)
    if isinstance(value, datetime):
        return _from_datetime(value)
    if isinstance(value, date):
        return _from_datetime(datetime(value.year, value.month, value.day))
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        formatted = None if format is None or not isinstance(value, int) else _from_format(str(value), format)
        return _from_number(value) if formatted is None else formatted
    raise ValueError("not a time")


def format_timestamp(microseconds: int) -> str:
    """Write microseconds since 1970 as RFC 3339 in UTC, always with six digits of fraction."""
    moment = moment_of(microseconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if moment.year >= 1000 else _pad_year(moment)


def microseconds(moment: datetime) -> int:
    """Return an aware datetime as microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment_of(microseconds: int) -> datetime:
    """Return microseconds since 1970 as an aware datetime in UTC."""
    return EPOCH + timedelta(microseconds=microseconds)


def _pad_year(moment: datetime) -> str:
    return f"{moment.year:04d}{moment.strftime('-%m-%dT%H:%M:%S.%fZ')}"


def _from_text(text: str, format: str | None) -> int:
    formatted = None if format is None else _from_format(text, format)
    if formatted is not None:
        return formatted
    text = text.strip()
    # Digits first: ISO 8601 without punctuation would take many a number of milliseconds for a day in 1710.
    if INTEGER.fullmatch(text):
        return _from_number(int(text))
    if DECIMAL.fullmatch(text):
        return _from_number(float(text))
    return _from_datetime(datetime.fromisoformat(text))


def _from_format(text: str, format: str) -> int | None:
    try:
        return _from_datetime(datetime.strptime(text, format))
    except (ValueError, re.error):
        return None


def _from_datetime(moment: datetime) -> int:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return _in_range(microseconds(moment))


def _from_number(number: int | float | Decimal) -> int:
    if not isinstance(number, int) and number == int(number):
        number = int(number)
    if isinstance(number, int):
        return _in_range(number * 1_000_000 // _per_second(number))
    return _in_range(round(float(number) * 1_000_000 / _per_second(float(number))))


def _per_second(number: int | float) -> int:
    """Return how many of the unit in which `number` counts make a second."""
    size = abs(number)
    for limit, per_second in EPOCH_UNITS:
        if size < limit:
            return per_second
    raise ValueError("not a time")


def _in_range(time: int) -> int:
    if not FIRST <= time <= LAST:
        raise ValueError("not a time")
    return time
