"""Ranges that depend on the present, and earlier ones, on the clock of a time zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from inference_events.errors import BadRequest
from inference_events.events.ingest.timestamps import microseconds
from inference_events.monitoring.queries.ranges import labelled_range, previous_range, zone_of

BERLIN = ZoneInfo("Europe/Berlin")
KATHMANDU = ZoneInfo("Asia/Kathmandu")


def moment(*parts: int, zone: ZoneInfo | None = None) -> int:
    return microseconds(datetime(*parts, tzinfo=zone or UTC).astimezone(UTC))  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("label", "start", "end"),
    [
        ("today", (2024, 3, 31), (2024, 3, 31, 12)),
        ("yesterday", (2024, 3, 30), (2024, 3, 31)),
        ("7d", (2024, 3, 24, 12), (2024, 3, 31, 12)),
        ("30d", (2024, 3, 1, 12), (2024, 3, 31, 12)),
        # September has 30 days.
        ("6m", (2023, 9, 30, 12), (2024, 3, 31, 12)),
        ("12m", (2023, 3, 31, 12), (2024, 3, 31, 12)),
        ("ytd", (2024, 1, 1), (2024, 3, 31, 12)),
    ],
)
def test_labels(label: str, start: tuple[int, ...], end: tuple[int, ...]) -> None:
    """A label means days and months of the calendar, also over a change of the clock."""
    now = datetime(2024, 3, 31, 12, tzinfo=BERLIN)
    assert labelled_range(label, now, BERLIN) == (moment(*start, zone=BERLIN), moment(*end, zone=BERLIN))


def test_a_day_that_has_just_begun() -> None:
    """A range is never empty, even if the day has just begun."""
    midnight = datetime(2024, 3, 31, tzinfo=KATHMANDU)
    start, end = labelled_range("today", midnight, KATHMANDU)
    assert (start, end) == (microseconds(midnight.astimezone(UTC)), start + 1)


@pytest.mark.parametrize(
    ("comparison", "start", "end"),
    [
        ("Previous Day", (2024, 3, 30), (2024, 3, 31)),
        ("Previous Week", (2024, 3, 24), (2024, 3, 25)),
        # February 2024 has 29 days.
        ("Previous Month", (2024, 2, 29), (2024, 3, 1)),
        ("Previous Quarter", (2023, 12, 31), (2024, 1, 1)),
        ("Previous Year", (2023, 3, 31), (2023, 4, 1)),
    ],
)
def test_comparisons(comparison: str, start: tuple[int, ...], end: tuple[int, ...]) -> None:
    """An earlier range has the same times on the clock; the last day of a month stands for days that it lacks."""
    range = (moment(2024, 3, 31, zone=BERLIN), moment(2024, 4, 1, zone=BERLIN))
    assert previous_range(range, comparison, BERLIN) == (moment(*start, zone=BERLIN), moment(*end, zone=BERLIN))


@pytest.mark.parametrize("name", ["Mars/Base", "../etc", "", "Europe/\u00df"])
def test_unknown_zones(name: str) -> None:
    """An unknown time zone is refused with its place."""
    with pytest.raises(BadRequest, match="/filters/time_zone: the time zone is not known"):
        zone_of(name, "/filters/time_zone")
