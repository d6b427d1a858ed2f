"""Read timestamps in the forms that the API accepts."""

import math
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from inference_events.events.ingest.number_text import NUMBER, integral_digits
from inference_events.events.ingest.time_formats import MAX_CHARACTERS, TimeFormat

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = -62_135_596_800_000_000  # 0001-01-01
LAST = 253_402_300_799_999_999  # 9999-12-31
NOT_A_TIME = "NaT"
ACCEPTED = (
    "seconds, milliseconds, microseconds or nanoseconds since 1970, and ISO 8601 such as 2024-05-01T12:30:00Z, "
    "2024-05-01 12:30:00.250, 2024-05-01 12:30:00 UTC or 2024-05-01 12:30:00 -0800"
)
# A date, perhaps with a clock after `T` or a space, perhaps with an offset. Python takes any character between them.
_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}|[0-9]{4}-?W[0-9]{2}(?:-?[0-9])?)"
    r"(?:[T ]([0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2}(?:[.,][0-9]{1,99})?)?)?))?"
    r"\s*(UTC|GMT|Z|[+-][0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2})?)?)?",
    re.ASCII,
)
# ISO 8601 writes the end of a day as 24:00. Python reads it from 3.13 on.
_END_OF_DAY = re.compile(r"24(?::?00(?::?00(?:[.,]0{1,99})?)?)?", re.ASCII)
_UTC_NAMES = ("UTC", "GMT", "Z")

# Numbers up to the limit count in units of which one second has so many: seconds until the year 5138,
# milliseconds until 5138, and so on. Every present-day timestamp lies far inside its own range.
EPOCH_UNITS: tuple[tuple[float, int], ...] = ((1e11, 1), (1e14, 1_000), (1e17, 1_000_000), (math.inf, 1_000_000_000))


def parse_timestamp(value: Any, format: TimeFormat | None = None) -> int | None:
    """Return `value` as microseconds since 1970 in UTC, or None if it stands for no time.

    Dates and datetimes are taken as they are. If there is a format, text and the decimal digits of numbers must fit it.
    If there is none, numbers (and texts of a number) count seconds to nanoseconds since 1970, distinguished by size;
    other text is ISO 8601, and no offset means UTC. Of a list, the earliest counts. Raises ValueError for anything
    else, and for years outside 1 to 9999.
    """
    if type(value) is int and format is None:
        return _from_number(value)
    if value is None or value == NOT_A_TIME or value != value:
        return None
    if isinstance(value, list | tuple):
        if any(isinstance(item, list | tuple) for item in value):
            raise ValueError("not a time")
        times = [time for item in value if (time := parse_timestamp(item, format)) is not None]
        return min(times) if times else None
    if isinstance(value, str):
        return _from_text(value) if format is None else _from_format(value, format)
    if isinstance(value, datetime):
        return _from_datetime(value)
    if isinstance(value, date):
        return _from_datetime(datetime(value.year, value.month, value.day))
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return _from_number(value) if format is None else _from_format(str(value), format)
    raise ValueError("not a time")


def looks_like_date(value: Any) -> bool:
    """Return whether a number, or its text, is written with eight digits as dates are: 20240501 is a day in 1970.

    Of a list, one item is enough.
    """
    if isinstance(value, list):
        return any(looks_like_date(item) for item in value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    digits = integral_digits(str(value)) or ""
    return len(digits) == 8 and "1900" <= digits[:4] <= "2100" and _is_date(digits)


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


def _is_date(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


def _from_text(text: str) -> int:
    if len(text) > MAX_CHARACTERS:
        raise ValueError("not a time")
    text = text.strip()
    # Digits first: ISO 8601 without punctuation would take many a number of milliseconds for a day in 1710.
    if NUMBER.fullmatch(text):
        digits = integral_digits(text)
        return _from_number(float(text) if digits is None else int(digits))
    return _from_iso(text.upper())


def _from_iso(text: str) -> int:
    match = _ISO.fullmatch(text)
    if match is None:
        raise ValueError("not a time")
    day, clock, offset = match.groups(default="")
    is_end = _END_OF_DAY.fullmatch(clock) is not None
    clock = "00" if is_end or not clock else clock
    zone = "+00:00" if offset in _UTC_NAMES else offset
    moment = datetime.fromisoformat(f"{day}T{clock}{zone}")
    return _from_datetime(moment + timedelta(days=1) if is_end else moment)


def _from_format(text: str, format: TimeFormat) -> int:
    try:
        return _from_datetime(format.parse(text))
    except ValueError:
        digits = integral_digits(text)
        if digits is None or digits == text:
            raise
        return _from_datetime(format.parse(digits))


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
    """Return the number of units per second for the unit in which `number` counts."""
    size = abs(number)
    for limit, per_second in EPOCH_UNITS:
        if size < limit:
            return per_second
    raise ValueError("not a time")


def _in_range(time: int) -> int:
    if not FIRST <= time <= LAST:
        raise ValueError("not a time")
    return time
