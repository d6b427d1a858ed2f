"""What the record of an alert says, in one sentence."""

import math
from collections.abc import Callable

from inference_events.alerts.bins import span
from inference_events.alerts.facts import Earlier, Facts
from inference_events.alerts.judgements import Severity
from inference_events.alerts.thresholds import GREATER
from inference_events.catalog.alert_tables import AlertRule
from inference_events.messages import quote
from inference_events.monitoring.metrics import Figure


def value_message(rule: AlertRule, facts: Facts, figure: Figure, severity: Severity, threshold: float | None) -> str:
    """Return what the judgement of a value found. `threshold` is the one that it crossed, if any."""
    text = _beginning(rule, facts, figure)
    return f"{text}, {_crossed(rule, severity, threshold, number)} ({_sample(figure)})"


def change_message(
    rule: AlertRule,
    facts: Facts,
    figure: Figure,
    earlier: Earlier,
    change: float,
    crossed: tuple[Severity, float | None],
) -> str:
    """Return what the comparison with an earlier bin found. `change` is a share of the earlier value."""
    text = _beginning(rule, facts, figure)
    before = f"{number(earlier.figure.value or 0.0)} in {span(rule.bin_size, earlier.start)}"
    text = f"{text} and {before}: {_of_change(change)}, {_crossed(rule, *crossed, percentage)}"
    return f"{text} ({_sample(figure)})"


def number(value: float) -> str:
    """Return a number with at most six digits after the first, and with thousands separated."""
    if value == round(value) and abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{value:,.2f}" if 1000 <= abs(value) < 1e15 else f"{value:.6g}"


def percentage(share: float) -> str:
    """Return a share as a percentage with its sign."""
    return f"{share * 100:+.4g} %"


def _beginning(rule: AlertRule, facts: Facts, figure: Figure) -> str:
    subject = facts.metric if facts.column is None else f"{facts.metric} of {quote(facts.column)}"
    return f"{subject} was {number(figure.value or 0.0)} in {span(rule.bin_size, facts.start)}"


def _of_change(change: float) -> str:
    return "a change from zero" if math.isinf(change) else f"a change by {percentage(change)}"


def _crossed(rule: AlertRule, severity: Severity, threshold: float | None, show: Callable[[float], str]) -> str:
    if threshold is None:
        return "within the thresholds"
    return f"{'above' if rule.condition == GREATER else 'below'} {severity.lower()} {show(threshold)}"


def _sample(figure: Figure) -> str:
    if figure.labelled is not None:
        return f"{figure.labelled:,} labelled events"
    return f"{figure.rows:,} event{'s' if figure.rows != 1 else ''}"
