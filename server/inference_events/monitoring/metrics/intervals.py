"""Confidence intervals of rates."""

import math

from inference_events.monitoring.metrics.figures import Figure

# The quantile of the standard normal distribution that leaves 2.5 % above.
Z = 1.959963984540054


def wilson(successes: float, trials: float) -> tuple[float, float] | None:
    """Return the 95 % Wilson score interval of a rate, None without trials."""
    if not trials:
        return None
    rate, square = successes / trials, Z * Z
    middle = (rate + square / (2 * trials)) / (1 + square / trials)
    half = Z * math.sqrt(rate * (1 - rate) / trials + square / (4 * trials * trials)) / (1 + square / trials)
    return max(0.0, middle - half), min(1.0, middle + half)


def interval(rate: Figure) -> tuple[float, float] | None:
    """Return the 95 % Wilson score interval of a figure, None if it has no value or is no rate."""
    if rate.value is None or rate.trials is None:
        return None
    return wilson(round(rate.value * rate.trials), rate.trials)
