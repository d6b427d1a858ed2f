"""Judging of figures by thresholds, as a pure function, and the bins of alert rules."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inference_events.alerts import bins
from inference_events.alerts.dependence import Dependence, affected
from inference_events.alerts.facts import Earlier, Facts
from inference_events.alerts.judgements import LEARNING, Judgement, Severity, State
from inference_events.alerts.judging import NO_EARLIER_VALUE, automatic_limits, judge
from inference_events.catalog.alert_tables import AlertRule
from inference_events.monitoring.metrics import Figure, Reason

DEFAULT, WARNING, CRITICAL = Severity
BIN = datetime(2026, 11, 25, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOW = BIN + 2 * HOUR
HISTORY = [10, 12, 11, 9, 10, 8]


def rule(condition: str = "greater", critical: float | None = 5, warning: float | None = 2, **fields: Any) -> AlertRule:
    described = {"metric_id": "traffic", "bin_size": "Hour", "compare_to": "raw_value", "threshold_type": "manual"}
    thresholds = {"condition": condition, "critical_threshold": critical, "warning_threshold": warning}
    return AlertRule(revision=3, **(described | thresholds | fields))


def automatic(condition: str = "greater", **fields: Any) -> AlertRule:
    multipliers = {"warning_multiplier": 2, "critical_multiplier": 3}
    fields = {"threshold_type": "standard_deviation_auto_threshold", "auto_threshold_params": multipliers} | fields
    return rule(condition, None, None, **fields)


def figure(value: float | None, reason: Reason | None = None, **fields: Any) -> Figure:
    return Figure(value, reason, 105, 105, **fields)


def facts(value: float | None, *, column: str | None = None, **fields: Any) -> Facts:
    given = figure(value, None if value is not None else Reason.NO_ROWS)
    return Facts("traffic", column, BIN, given, "7.7", **fields)


def history(*values: float) -> list[tuple[datetime, float]]:
    return [(BIN - (len(values) - place) * HOUR, value) for place, value in enumerate(values)]


def severity(judgement: Judgement) -> Severity | None:
    return None if judgement.verdict is None else judgement.verdict.severity


@pytest.mark.parametrize(
    ("condition", "critical", "warning", "value", "expected"),
    [
        ("greater", 5, 2, 5.1, CRITICAL),
        ("greater", 5, 2, 5, WARNING),
        ("greater", 5, 2, 2, DEFAULT),
        ("greater", 5, None, 4, DEFAULT),
        ("lesser", 2, 5, 1.9, CRITICAL),
        ("lesser", 2, 5, 2, WARNING),
        ("lesser", 2, 5, 5, DEFAULT),
        ("lesser", 2, 5, 0, CRITICAL),
    ],
)
def test_values_beyond_a_threshold(
    condition: str, critical: float, warning: float | None, value: float, expected: Severity
) -> None:
    """A value must be beyond a threshold, not at it; critical comes first; without a warning there is none."""
    found = judge(rule(condition, critical, warning), facts(value), NOW)
    assert severity(found) is expected
    assert (found.value, found.revision, found.data_revision, found.judged_at) == (value, 3, "7.7", NOW)


@pytest.mark.parametrize(
    ("condition", "value", "before", "expected"),
    [
        ("greater", 1.11, 1, CRITICAL),
        ("greater", 1.06, 1, WARNING),
        ("greater", 1.04, 1, DEFAULT),
        ("greater", -0.89, -1, CRITICAL),
        ("greater", 1, 0, CRITICAL),
        ("greater", -1, 0, DEFAULT),
        ("greater", 0, 0, DEFAULT),
        ("lesser", 0.89, 1, CRITICAL),
        ("lesser", 0.94, 1, WARNING),
        ("lesser", 1.5, 1, DEFAULT),
        ("lesser", 0, 0, DEFAULT),
        ("lesser", 1, 0, DEFAULT),
        ("lesser", -1, 0, CRITICAL),
    ],
)
def test_changes_since_an_earlier_bin(condition: str, value: float, before: float, expected: Severity) -> None:
    """The change is a share of the size of the earlier value; after 0 every other value is an infinite change."""
    earlier = Earlier(BIN - 24 * HOUR, figure(before))
    for sign in (1, -1) if condition == "lesser" else (1,):
        found = judge(
            rule(condition, 0.1 * sign, 0.05 * sign, compare_to="time_period"), facts(value, earlier=earlier), NOW
        )
        assert severity(found) is expected
        assert (found.baseline_value, found.baseline_bin_start) == (before, BIN - 24 * HOUR)


def test_missing_values_are_no_alert() -> None:
    """Without a value, or without one to compare with, there is a state and a reason but no verdict."""
    nothing = judge(rule(), facts(None), NOW)
    assert (nothing.state, nothing.reason, nothing.verdict) == (State.NO_DATA, "no_rows", None)
    earlier = Earlier(BIN - HOUR, figure(None, Reason.NO_ROWS))
    alone = judge(rule(compare_to="time_period"), facts(9, earlier=earlier), NOW)
    assert (alone.state, alone.reason, alone.value) == (State.NO_DATA, NO_EARLIER_VALUE, 9)
    invalid = judge(rule(), Facts("traffic", "age", BIN, "invalid", ""), NOW)
    assert (invalid.state, invalid.reason, invalid.column) == (State.NO_DATA, "invalid", "age")


def test_automatic_thresholds() -> None:
    """They are the mean and some population standard deviations; counts are not below 0; few bins teach nothing."""
    limits = automatic_limits(automatic(), HISTORY)
    assert limits is not None
    assert [limits.warning, limits.critical] == pytest.approx([12.581989, 13.872983], abs=1e-6)
    below = automatic_limits(automatic("lesser"), HISTORY)
    assert below is not None
    assert [below.warning, below.critical] == pytest.approx([7.418011, 6.127017], abs=1e-6)
    lowest = automatic_limits(automatic("lesser"), [0, 0, 0, 0, 9])
    assert lowest is not None
    assert (lowest.warning, lowest.critical) == (0, 0)
    unbounded = automatic_limits(automatic("lesser", metric_id="average"), [0, 0, 0, 0, 9])
    assert unbounded is not None
    assert unbounded.critical < 0
    assert severity(judge(automatic(), facts(13, history=history(*HISTORY)), NOW)) is WARNING
    learning = judge(automatic(), facts(13, history=history(*HISTORY[:4])), NOW)
    assert (learning.state, learning.reason, learning.value) == (State.LEARNING, LEARNING, 13)
    assert automatic_limits(automatic(), [math.inf, 1e308]) is None


def test_constant_history_and_critical_bins() -> None:
    """Without any deviation, a value must differ from the mean. Bins that were critical teach nothing."""
    constant = history(*[4.0] * 6)
    assert severity(judge(automatic(), facts(4, history=constant), NOW)) is DEFAULT
    assert severity(judge(automatic(), facts(4.1, history=constant), NOW)) is CRITICAL
    outlier = history(4, 4, 4, 4, 4, 900)
    assert severity(judge(automatic(), facts(5, history=outlier), NOW)) is DEFAULT
    assert severity(judge(automatic(), facts(5, history=outlier), NOW, {outlier[-1][0]})) is CRITICAL
    assert judge(automatic(), facts(5, history=outlier[1:]), NOW, {outlier[-1][0]}).reason == LEARNING


def test_only_the_newest_bins_teach() -> None:
    """Of longer histories, the last 30 days count."""
    old = [1e6] * 10 + [10.0] * 30
    assert severity(judge(automatic(bin_size="Day"), facts(11, history=history(*old)), NOW)) is CRITICAL


@pytest.mark.parametrize(
    ("judged", "given", "text"),
    [
        (
            rule("lesser", 0.5, 0.7),
            facts(0.41, column="p"),
            'traffic of "p" was 0.41 in 2026-11-25 14:00-15:00 UTC, below critical 0.5 (105 events)',
        ),
        (
            rule(),
            facts(5390157.81),
            "traffic was 5,390,157.81 in 2026-11-25 14:00-15:00 UTC, above critical 5 (105 events)",
        ),
        (rule(), facts(1), "traffic was 1 in 2026-11-25 14:00-15:00 UTC, within the thresholds (105 events)"),
        (
            rule("lesser", 0.1, None, compare_to="time_period"),
            facts(41, earlier=Earlier(BIN - 24 * HOUR, figure(50))),
            "traffic was 41 in 2026-11-25 14:00-15:00 UTC and 50 in 2026-11-24 14:00-15:00 UTC: a change by -18 %, "
            "below critical -10 % (105 events)",
        ),
        (
            rule("greater", 0.1, None, compare_to="time_period"),
            facts(41, earlier=Earlier(BIN - 24 * HOUR, figure(0))),
            "traffic was 41 in 2026-11-25 14:00-15:00 UTC and 0 in 2026-11-24 14:00-15:00 UTC: a change from zero, "
            "above critical +10 % (105 events)",
        ),
    ],
)
def test_messages_say_what_was_crossed(judged: AlertRule, given: Facts, text: str) -> None:
    """A message names the metric, the column, the value, the bin, the threshold, and how many events there were."""
    verdict = judge(judged, given, NOW).verdict
    assert verdict is not None
    assert verdict.message == text


def test_labels_are_counted_in_messages() -> None:
    """Of a metric that needs labels, the message counts the events with a label."""
    given = Facts("precision", None, BIN, figure(0.4, labelled=12), "7.7")
    verdict = judge(rule("lesser", 0.5, None), given, NOW).verdict
    assert verdict is not None
    assert verdict.message.endswith("below critical 0.5 (12 labelled events)")


@pytest.mark.parametrize(
    ("size", "delay", "start", "end"),
    [
        ("Hour", 0, "2026-11-25T14:00", "2026-11-25T15:00"),
        ("Hour", 1, "2026-11-25T13:00", "2026-11-25T14:00"),
        ("Day", 0, "2026-11-24T00:00", "2026-11-25T00:00"),
        ("Day", 16, "2026-11-23T00:00", "2026-11-24T00:00"),
        ("Week", 0, "2026-11-16T00:00", "2026-11-23T00:00"),
        ("Month", 0, "2026-10-01T00:00", "2026-11-01T00:00"),
    ],
)
def test_the_newest_bin_that_is_over(size: str, delay: int, start: str, end: str) -> None:
    """Bins are those of UTC; weeks begin on Monday, months follow the calendar; the delay comes after the end."""
    found = bins.last_closed(size, datetime(2026, 11, 25, 15, 59, tzinfo=UTC), delay)
    assert found == datetime.fromisoformat(start + "+00:00")
    assert bins.end_of(size, found) == datetime.fromisoformat(end + "+00:00")
    assert bins.start_of(size, bins.end_of(size, found) - timedelta(microseconds=1)) == found


def test_months_have_no_fixed_length() -> None:
    """The month before March begins in February, in leap years and at the turn of a year as well."""
    march = datetime(2028, 3, 1, tzinfo=UTC)
    assert bins.moved("Month", march, -1) == datetime(2028, 2, 1, tzinfo=UTC)
    assert bins.moved("Month", march, -3) == datetime(2027, 12, 1, tzinfo=UTC)
    assert len(bins.as_bins("Month", march, 12)) == 12


@pytest.mark.parametrize(
    ("size", "judged", "kept", "skipped"),
    [
        ("Hour", None, 1, 0),
        ("Hour", BIN - HOUR, 1, 0),
        ("Hour", BIN - 5 * HOUR, 5, 0),
        ("Hour", BIN - 30 * HOUR, 24, 6),
        ("Month", datetime(2026, 7, 1, tzinfo=UTC), 1, 2),
    ],
)
def test_downtime_is_caught_up_within_a_bound(size: str, judged: datetime | None, kept: int, skipped: int) -> None:
    """Of the bins that were missed, the newest ones are judged, at least one, and the others are counted."""
    closed = bins.last_closed(size, BIN + 1.5 * HOUR)
    found, too_old = bins.missed(size, judged, closed, BIN + 1.5 * HOUR - 24 * HOUR)
    assert (len(found), found[0], too_old) == (kept, closed, skipped)


@pytest.mark.parametrize(
    ("depends", "expected"),
    [
        (Dependence("Hour", None, ()), [(0, 1)]),
        (Dependence("Hour", 24, ()), [(0, 1), (24, 25)]),
        (Dependence("Day", None, ()), [(-14, -14)]),
        (Dependence("Hour", None, (("Day", 1),)), [(0, 1), (10, 34)]),
    ],
)
def test_bins_that_depend_on_changed_hours(depends: Dependence, expected: list[tuple[int, int]]) -> None:
    """A changed hour affects its bin, the bins that are compared with it, and those of a rolling baseline's window."""
    first = int(BIN.timestamp()) // 3600
    found = affected(depends, [(first, first + 1)])
    assert [((low - BIN) // HOUR, -((BIN - high) // HOUR)) for low, high in found] == expected
