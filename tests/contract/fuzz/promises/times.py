"""Times in the spellings that the contract accepts."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

# Hours around a change of day, so that a shift of any zone shows.
MOMENTS = [datetime(2024, 3, 1, tzinfo=UTC) + timedelta(minutes=30 * step) for step in range(6)]
ZONES = [timezone(timedelta(hours=hours, minutes=minutes)) for hours, minutes in ((0, 0), (-8, 0), (5, 45), (12, 0))]


def spellings(moment: datetime) -> st.SearchStrategy[Any]:
    """Return spellings of a moment, of which those without an offset mean UTC."""
    seconds = int(moment.timestamp())
    zoned = [moment.astimezone(zone) for zone in ZONES]
    return st.sampled_from(
        [
            seconds,
            seconds * 1000,
            moment.strftime("%Y-%m-%dT%H:%M:%S"),
            moment.strftime("%Y-%m-%d %H:%M:%S"),
            moment.strftime("%Y-%m-%d %H:%M:%S UTC"),
            *(local.isoformat() for local in zoned),
            *(local.strftime("%Y-%m-%d %H:%M:%S %z") for local in zoned),
        ]
    )


def written(moment: datetime) -> str:
    """Return a moment as responses write it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
