"""Sorted ranges of integers that do not overlap. Each has its first one and the one after its last."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

Range = tuple[int, int]


def joined(ranges: Iterable[Range]) -> list[Range]:
    """Return the union of ranges in any order."""
    result: list[Range] = []
    for first, end in sorted(ranges):
        if result and first <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((first, end))
    return result


def without(ranges: Iterable[Range], removed: Sequence[Range]) -> list[Range]:
    """Return what is left of ranges. `removed` is sorted."""
    result = []
    for first, end in ranges:
        for low, high in removed:
            if high <= first or low >= end:
                continue
            if low > first:
                result.append((first, low))
            first = high
        if first < end:
            result.append((first, end))
    return result


def within(ranges: Iterable[Range], limits: Sequence[Range]) -> list[Range]:
    """Return what ranges have in common with others. Both are sorted."""
    return [
        (max(first, low), min(end, high)) for first, end in ranges for low, high in limits if first < high and low < end
    ]


def hull(ranges: Sequence[Range]) -> list[Range]:
    """Return one range that holds all, or none if there are none."""
    return [(ranges[0][0], ranges[-1][1])] if ranges else []


def few(ranges: Sequence[Range], most: int) -> list[Range]:
    """Return at most so many ranges that hold all, with the widest gaps between them."""
    gaps = sorted(pairwise(ranges), key=lambda pair: pair[0][1] - pair[1][0])[: most - 1]
    kept = {(before[1], after[0]) for before, after in gaps}
    return without(hull(ranges), sorted(kept))


def size(ranges: Iterable[Range]) -> int:
    """Return how many integers ranges have."""
    return sum(end - first for first, end in ranges)
