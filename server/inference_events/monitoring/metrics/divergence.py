"""Distances of two histograms that have the same bins. Both are finite for every count."""

import math
from collections.abc import Sequence


def jensen_shannon_distance(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the square root of the Jensen-Shannon divergence to base 2, from 0 to 1. Both sums are above 0."""
    total, other = math.fsum(first), math.fsum(second)
    terms = (_divergence(a / total, b / other) for a, b in zip(first, second, strict=True))
    return math.sqrt(min(max(math.fsum(terms) / 2, 0.0), 1.0))


def _divergence(p: float, q: float) -> float:
    middle = (p + q) / 2
    return sum(share * math.log2(share / middle) for share in (p, q) if share and middle)


def population_stability_index(baseline: Sequence[float], window: Sequence[float]) -> float:
    """Return the index of proportions after one row is added to each bin of both sides."""
    bins = len(baseline)
    expected, actual = math.fsum(baseline) + bins, math.fsum(window) + bins
    return math.fsum(
        _stability((before + 1) / expected, (now + 1) / actual) for before, now in zip(baseline, window, strict=True)
    )


def _stability(expected: float, actual: float) -> float:
    return (actual - expected) * math.log(actual / expected)
