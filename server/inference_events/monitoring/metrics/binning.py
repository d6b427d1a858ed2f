"""The bins of a drift: those of the schema, or else those that the baseline gives.

A bin of numbers is an interval [from, to); the last one of a column's edges is closed, as in numpy. Open bins take what
is below or above all edges. Few integers have a bin each, and a bin for the integers between them that the baseline
lacks. Categories have a bin each, and one for all others.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from inference_events.monitoring.metrics.sql import literal

EQUAL_WIDTHS = 10
MAX_INTEGERS = 20
# Of a baseline with more categories, the rarest count as others.
MAX_CATEGORIES = 1000
# Bins that count only if a side has rows there. The others have the numbers from 0.
BELOW, ABOVE, OTHER = -1, -2, -3


@dataclass(frozen=True)
class Bins:
    """The bins of one histogram. `labels` are those of the bins from 0 on.

    Of numbers, `starts` are the lower ends of intervals that cover all numbers from the first one on, and `numbers` the
    bin of each; what is below the first one is in BELOW. `edges` are those between which each bin lies, if bins are
    between edges. Of categories, `categories` are the values in order.
    """

    labels: tuple[str, ...]
    starts: tuple[float, ...] = ()
    numbers: tuple[int, ...] = ()
    categories: tuple[Any, ...] = ()
    edges: tuple[float, ...] = ()


def label(bins: Bins, number: int) -> str:
    """Return the label of a bin."""
    return {BELOW: "below", ABOVE: "above", OTHER: "other"}.get(number) or bins.labels[number]


def place_sql(bins: Bins) -> str:
    """Return SQL for the bin of the number `x`, which is not null."""
    return _search([(-math.inf, BELOW), *zip(bins.starts, bins.numbers, strict=True)])


def _search(intervals: Sequence[tuple[float, int]]) -> str:
    """Search by halves: a schema may have thousands of edges."""
    if len(intervals) == 1:
        return str(intervals[0][1])
    middle = len(intervals) // 2
    below, above = _search(intervals[:middle]), _search(intervals[middle:])
    return f"CASE WHEN x < {literal(intervals[middle][0])} THEN {below} ELSE {above} END"


def edge_bins(edges: Sequence[float]) -> Bins:
    """Return the bins between edges, which are sorted and at least one. One edge is a bin with this value only."""
    if len(edges) == 1:
        edges = [edges[0], edges[0]]
    labels = [f"[{value_text(start)}, {value_text(end)})" for start, end in pairwise(edges[:-1])]
    labels.append(f"[{value_text(edges[-2])}, {value_text(edges[-1])}]")
    above = math.nextafter(edges[-1], math.inf)
    if math.isinf(above):
        return Bins(tuple(labels), tuple(edges[:-1]), tuple(range(len(labels))), edges=tuple(edges))
    return Bins(tuple(labels), (*edges[:-1], above), (*range(len(labels)), ABOVE), edges=tuple(edges))


def schema_edges(bins: Sequence[float]) -> list[float]:
    """Return the usable edges of a schema: sorted, without duplicates; none if there is no bin between them."""
    edges = sorted({float(edge) for edge in bins if math.isfinite(edge)})
    return edges if len(edges) > 1 else []


def equal_widths(least: float, greatest: float, count: int = EQUAL_WIDTHS) -> list[float]:
    """Return the edges of bins of equal width, 10 by default. Fewer if the numbers between are too few."""
    shares = [index / count for index in range(count + 1)]
    if math.isfinite(greatest - least):
        edges = [least + (greatest - least) * share for share in shares[:-1]]
    else:
        edges = [least * (1 - share) + greatest * share for share in shares[:-1]]
    return sorted({*edges, greatest})


def integer_bins(values: Iterable[float]) -> Bins:
    """Return a bin for each integer, and OTHER for the gaps between them."""
    known = sorted(values)
    starts, numbers = [], []
    for number, (value, after) in enumerate(zip(known, [*known[1:], math.inf], strict=True)):
        starts.append(value)
        numbers.append(number)
        end = max(value + 1, math.nextafter(value, math.inf))
        if end < after:
            starts.append(end)
            numbers.append(OTHER if after < math.inf else ABOVE)
    return Bins(tuple(map(value_text, known)), tuple(starts), tuple(numbers))


def category_bins(values: Iterable[Any]) -> Bins:
    """Return a bin for each category."""
    known = tuple(dict.fromkeys(values))
    return Bins(tuple(map(value_text, known)), categories=known)


def value_text(value: Any) -> str:
    """Return a value as a label: numbers with all their digits, so that labels differ if values do."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(float(value)).removesuffix(".0") if isinstance(value, (int, float)) else str(value)
