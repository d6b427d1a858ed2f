"""Judge what is known of a bin by the thresholds of a rule. Nothing here reads or writes."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from inference_events.alerts.facts import Earlier, Facts
from inference_events.alerts.judgements import LEARNING, Judgement, Severity, Verdict
from inference_events.alerts.messages import change_message, value_message
from inference_events.alerts.thresholds import GREATER, MANUAL
from inference_events.catalog.alert_tables import AlertRule
from inference_events.monitoring.metrics import METRICS, Figure, Reason

# How many earlier bins with a value make automatic thresholds, at most and at least.
HISTORY = {"Hour": 168, "Day": 30, "Week": 26, "Month": 12}
MIN_HISTORY = 5
NO_EARLIER_VALUE = "no_earlier_value"


@dataclass(frozen=True)
class Limits:
    """The thresholds of one judgement."""

    critical: float
    warning: float | None

    def of(self, severity: Severity) -> float | None:
        """Return the threshold that a severity crossed."""
        return {Severity.CRITICAL: self.critical, Severity.WARNING: self.warning}.get(severity)


def judge(rule: AlertRule, facts: Facts, judged_at: datetime, left_out: Collection[datetime] = ()) -> Judgement:
    """Return the judgement of a bin. Automatic thresholds do without the bins that are `left_out`."""
    value, found = _judged(rule, facts, left_out)
    return Judgement(
        column=facts.column,
        bin_start=facts.start,
        revision=rule.revision,
        data_revision=facts.data_revision,
        judged_at=judged_at,
        value=value,
        reason=found if isinstance(found, str) else None,
        verdict=None if isinstance(found, str) else found,
        baseline_value=None if facts.earlier is None else facts.earlier.figure.value,
        baseline_bin_start=None if facts.earlier is None else facts.earlier.start,
    )


def change(value: float, earlier: float) -> float:
    """Return the change from an earlier value as a share of it; infinite if only the earlier value is 0."""
    if earlier:
        return (value - earlier) / abs(earlier)
    return math.copysign(math.inf, value) if value else 0.0


def automatic_limits(rule: AlertRule, values: Sequence[float]) -> Limits | None:
    """Return the thresholds that lie some population standard deviations from the mean, None if they overflow."""
    assert rule.auto_threshold_params is not None
    try:
        mean = math.fsum(values) / len(values)
        deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
    except OverflowError:
        return None
    sign = 1 if rule.condition == GREATER else -1
    lowest = 0.0 if rule.metric_id in METRICS and METRICS[rule.metric_id].is_count else -math.inf
    warning, critical = (
        max(mean + sign * rule.auto_threshold_params[name] * deviation, lowest)
        for name in ("warning_multiplier", "critical_multiplier")
    )
    return Limits(critical, warning) if math.isfinite(critical) and math.isfinite(warning) else None


def _judged(rule: AlertRule, facts: Facts, left_out: Collection[datetime]) -> tuple[float | None, Verdict | str]:
    """Return the value of a bin, and the verdict on it or the reason why there is none."""
    figure = facts.figure
    if isinstance(figure, str):
        return None, figure
    if figure.value is None:
        return None, (figure.reason or Reason.UNDEFINED).value
    if facts.earlier is not None:
        return figure.value, _by_change(rule, facts, figure, facts.earlier)
    limits = _limits(rule, facts, left_out)
    if isinstance(limits, str):
        return figure.value, limits
    severity = _severity(rule.condition, figure.value, limits)
    message = value_message(rule, facts, figure, severity, limits.of(severity))
    return figure.value, Verdict(severity, limits.critical, limits.warning, message)


def _by_change(rule: AlertRule, facts: Facts, figure: Figure, earlier: Earlier) -> Verdict | str:
    if figure.value is None or earlier.figure.value is None:
        return NO_EARLIER_VALUE
    limits, share = _fixed(rule), change(figure.value, earlier.figure.value)
    if rule.condition != GREATER:
        # For a fall the sign of a threshold means nothing.
        limits = Limits(-abs(limits.critical), None if limits.warning is None else -abs(limits.warning))
    severity = _severity(rule.condition, share, limits)
    message = change_message(rule, facts, figure, earlier, share, (severity, limits.of(severity)))
    return Verdict(severity, _fixed(rule).critical, rule.warning_threshold, message)


def _limits(rule: AlertRule, facts: Facts, left_out: Collection[datetime]) -> Limits | str:
    """Return the thresholds for a value, or the reason why there are none."""
    if rule.threshold_type == MANUAL:
        return _fixed(rule)
    values = [value for start, value in facts.history if start not in left_out][-HISTORY[rule.bin_size] :]
    if len(values) < MIN_HISTORY:
        return LEARNING
    return automatic_limits(rule, values) or Reason.OVERFLOW.value


def _fixed(rule: AlertRule) -> Limits:
    assert rule.critical_threshold is not None
    return Limits(rule.critical_threshold, rule.warning_threshold)


def _severity(condition: str, value: float, limits: Limits) -> Severity:
    if _is_beyond(condition, value, limits.critical):
        return Severity.CRITICAL
    return Severity.WARNING if _is_beyond(condition, value, limits.warning) else Severity.DEFAULT


def _is_beyond(condition: str, value: float, limit: float | None) -> bool:
    return limit is not None and (value > limit if condition == GREATER else value < limit)
