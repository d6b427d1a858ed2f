"""Labels: how many events have one, and how late they come."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from inference_events.monitoring.metrics import Labels, Reason, Rows, label_figures
from inference_events.monitoring.subject import Subject
from tests.monitoring.metrics.relation import TS, Row, binary, ranking, relations

UNKNOWN = datetime(1970, 1, 1)


def labels(rows: Sequence[Row], *levels: float, subject: Subject | None = None, bins: int = 1) -> list[Labels]:
    known = subject or binary()
    return label_figures(relations(known, rows), Rows("events", bins), known, "y", levels or (0.5, 0.9))


def labelled(seconds: float, **more: Any) -> Row:
    return {"y": 1, "ts": TS, "labelled_at": TS + timedelta(seconds=seconds), **more}


def test_coverage_and_lag() -> None:
    """Coverage counts the events with a label; the lag is the time from the event to its first label."""
    found = labels([labelled(10), labelled(20.5), labelled(31), {"y": None}], 0.5, 1.0)[0]
    assert (found.rows, found.labelled, found.timed, found.coverage) == (4, 3, 3, 0.75)
    assert found.lags == pytest.approx((20.5, 31))
    assert found.reason is None


def test_unknown_times() -> None:
    """Labels of an unknown time count, but not in the lag; nor does the time of a label that was cleared."""
    rows = [labelled(10), {"y": 1, "labelled_at": UNKNOWN}, {"y": 1}, labelled(99, y=None)]
    found = labels(rows)[0]
    assert (found.labelled, found.timed, found.lags) == (3, 1, (10, 10))


def test_label_before_its_event() -> None:
    """The lag is negative if the event's own time is later than the label."""
    assert labels([labelled(-5)])[0].lags == (-5, -5)


@pytest.mark.parametrize(
    ("rows", "coverage", "reason"),
    [
        ([], None, Reason.NO_ROWS),
        ([{"y": None}], 0, Reason.NO_LABELS),
        ([{"y": 1, "labelled_at": UNKNOWN}], 1, Reason.NO_VALUES),
    ],
)
def test_no_lag(rows: list[Row], coverage: float | None, reason: Reason) -> None:
    """Without a label of a known time there is no lag, with the reason."""
    found = labels(rows)[0]
    assert (found.coverage, found.lags, found.reason) == (coverage, (None, None), reason)


def test_bins_and_groups() -> None:
    """Each bin has its labels; a ranking row has one if any of its items has."""
    rows = [{"y": [None, 1.0], "bin": 2}, {"y": [None], "bin": 2}, {"y": [], "bin": 0}]
    found = labels(rows, subject=ranking(), bins=3)
    assert [(one.rows, one.labelled) for one in found] == [(1, 0), (0, 0), (2, 1)]
