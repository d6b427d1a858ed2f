"""When a failed message is tried again."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

FIRST = timedelta(seconds=10)
LONGEST = timedelta(hours=1)
PERIOD = timedelta(hours=24)


def next_attempt(now: datetime, created_at: datetime, attempts: int, retry_after: str | None) -> datetime | None:
    """Return the time of the next attempt, None if it would be more than 24 hours after the message was made.

    The pauses double from 10 s to 1 h. A receiver's `Retry-After` may make one longer.
    """
    pause = min(FIRST * 2 ** min(attempts - 1, 20), LONGEST)
    due = max(now + pause, wanted(retry_after, now) or now)
    return due if due <= created_at + PERIOD else None


def wanted(retry_after: str | None, now: datetime) -> datetime | None:
    """Return the time that a `Retry-After` asks for, in seconds or as a date; None if there is none."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return now + timedelta(seconds=min(int(text[:9]), 10**8))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
