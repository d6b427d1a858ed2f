"""Windows of rolling baselines: which one belongs to each bin."""

from datetime import UTC, datetime, timedelta

import pytest

from inference_events.events.ingest.timestamps import microseconds
from inference_events.monitoring.engine import Bins, BinsError, BinSize, make_bins
from inference_events.monitoring.queries.windows import Baseline, Window, rolling_windows

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def windows(size: BinSize, offset: int, bins: Bins, time_zone: str = "UTC") -> list[tuple[str, str]]:
    """Return the window of each bin, as texts."""
    baseline = Baseline("id", "rolling", "production", window_size=size, offset=offset)
    found = rolling_windows(baseline, Window("production", bins, time_zone=time_zone))
    return [(_text(found.bins.bounds[number]), _text(found.bins.bounds[number + 1])) for number in found.numbers]


def _text(bound: int) -> str:
    return (EPOCH + timedelta(microseconds=bound)).strftime("%Y-%m-%dT%H:%M")


def bins(size: BinSize, start: str, end: str, time_zone: str = "UTC") -> Bins:
    first, last = (microseconds(datetime.fromisoformat(one).replace(tzinfo=UTC)) for one in (start, end))
    return make_bins(size, first, last, time_zone)


def test_hours_against_days() -> None:
    """Each hour has the window of its day."""
    found = windows(BinSize.DAY, 7, bins(BinSize.HOUR, "2024-03-07T23:00", "2024-03-08T01:00"))
    assert found == [("2024-02-29T00:00", "2024-03-01T00:00"), ("2024-03-01T00:00", "2024-03-02T00:00")]


def test_months_against_hours() -> None:
    """A window may be shorter than the bin: it belongs to the start of the bin."""
    found = windows(BinSize.HOUR, 24, bins(BinSize.MONTH, "2023-12-01", "2024-02-01"))
    assert found == [("2023-11-30T00:00", "2023-11-30T01:00"), ("2023-12-31T00:00", "2023-12-31T01:00")]


def test_days_over_a_change_of_the_clock() -> None:
    """A day is a day of the time zone, of 23 hours if the clock is put forward."""
    days = bins(BinSize.DAY, "2024-03-31T22:00", "2024-04-01T22:00", "Europe/Berlin")
    found = windows(BinSize.DAY, 1, days, "Europe/Berlin")
    assert found == [("2024-03-30T23:00", "2024-03-31T22:00")]


def test_refusals() -> None:
    """Windows need a range of time, and are bounded in number and time."""
    with pytest.raises(BinsError, match="needs a range of time"):
        rolling_windows(
            Baseline("id", "rolling", "production", window_size=BinSize.DAY, offset=1), Window("production")
        )
    with pytest.raises(BinsError, match="more than 20,000 bins"):
        windows(BinSize.HOUR, 1, bins(BinSize.MONTH, "2000-01-01", "2024-01-01"))
    with pytest.raises(BinsError, match="must lie in the years"):
        windows(BinSize.WEEK, 200, bins(BinSize.DAY, "0003-01-01", "0003-01-02"))
