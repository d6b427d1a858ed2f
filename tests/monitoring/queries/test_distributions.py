"""Distributions, columns and performance are exact on both engines, after corrections, moves and deletions."""

import math
from bisect import bisect_right
from collections import Counter
from dataclasses import replace
from statistics import mean, pstdev

import pytest

from inference_events.monitoring.engine import BinSize, FigureEngine, make_bins
from inference_events.monitoring.queries.columns import ColumnsPlan, ColumnsRequest
from inference_events.monitoring.queries.distribution import DistributionRequest, make_plan
from inference_events.monitoring.queries.frame import FrameRequest
from inference_events.monitoring.queries.performance import PerformancePlan, possible_queries
from tests.contract.figures import distance
from tests.monitoring.queries.frames import (
    DAY,
    RANGE,
    START,
    TRAINING,
    Kept,
    change,
    content,
    first_events,
    frame_of,
    subject_of,
)
from tests.stores.opened import MODEL, Opened

ASKED = FrameRequest(MODEL)
EDGES = [-1.0, 2.0, 5.0]


def test_distribution_of_categories(engine: FigureEngine, opened: Opened) -> None:
    """Events and a baseline have counts over the same categories, and the drift of the two."""
    kept = first_events(opened)
    _assert_categories(engine, kept)
    change(kept)
    _assert_categories(engine, kept)


def _assert_categories(engine: FigureEngine, kept: Kept) -> None:
    plan = make_plan(frame_of(kept.opened), DistributionRequest(ASKED, "name"), [TRAINING])
    found = content(engine, plan)
    events, baseline = found.sides
    names = Counter(one.get("name") for one in kept.all())
    assert (found.labels, found.edges, found.reason) == (["A", "B"], None, None)
    assert events.counts == [names["A"], names["B"]]
    assert (events.outside["other"], events.nulls) == (names["C"], names[None])
    assert (baseline.counts, baseline.outside["other"]) == ([1, 2], 0)
    shares = [names[name] / events.size for name in "ABC"]
    drift = [1 / 3, 2 / 3, 0]
    assert baseline.drifts["jsd"].value == pytest.approx(distance(drift, shares))
    assert (events.drifts, events.summary) == ({}, None)


def test_distribution_of_numbers(engine: FigureEngine, opened: Opened) -> None:
    """Numbers are counted between edges, outside of them, and summed up; so are those of another range of time."""
    kept = first_events(opened)
    _assert_numbers(engine, kept)
    change(kept)
    _assert_numbers(engine, kept)


def _assert_numbers(engine: FigureEngine, kept: Kept) -> None:
    last_day = replace(TRAINING, id="", environment_id="production", start=START + 2 * DAY, end=RANGE[1])
    request = DistributionRequest(ASKED, "n", edges=EDGES)
    found = content(engine, make_plan(frame_of(kept.opened), request, [last_day]))
    for side, events in zip(found.sides, (kept.all(), kept.by_day()[2]), strict=True):
        numbers = [one["n"] for one in events if one.get("n") is not None]
        inside = [number for number in numbers if EDGES[0] <= number <= EDGES[-1]]
        places = Counter(min(bisect_right(EDGES, number), len(EDGES) - 1) - 1 for number in inside)
        assert side.counts == [places[0], places[1]]
        assert side.outside["below"] == sum(number < EDGES[0] for number in numbers)
        assert side.outside["above"] == sum(number > EDGES[-1] for number in numbers)
        assert side.nulls == len(events) - len(numbers)
        assert side.summary is not None
        assert (side.summary.minimum, side.summary.maximum) == (min(numbers), max(numbers))
        assert side.summary.mean == pytest.approx(mean(numbers))
        assert side.summary.deviation == pytest.approx(pstdev(numbers))


def test_bins_come_from_the_side_that_has_values(engine: FigureEngine, opened: Opened) -> None:
    """Without another side, or if it has no values, the events give the bins; without any values there are none."""
    kept = first_events(opened)
    nothing = replace(TRAINING, id="", environment_id="production", start=START - DAY, end=START)
    for chosen in ([], [nothing]):
        found = content(engine, make_plan(frame_of(kept.opened), DistributionRequest(ASKED, "x", count=4), chosen))
        edges = found.edges or ()
        assert edges == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9])
        places = Counter(min(bisect_right(edges, one["x"]), len(edges) - 1) - 1 for one in kept.all())
        assert found.sides[0].counts == [places[number] for number in range(4)]
        assert [side.size for side in found.sides] == [6, 0][: len(found.sides)]
    empty = content(engine, make_plan(frame_of(opened, range=(0, 1)), DistributionRequest(ASKED, "x"), []))
    assert (empty.sides, empty.reason) == ((), "no_values")


def test_columns(engine: FigureEngine, opened: Opened) -> None:
    """Columns have their violations, values, range, drift and its trend, and the order that was asked for."""
    kept = first_events(opened)
    _assert_columns(engine, kept)
    change(kept)
    _assert_columns(engine, kept)


def _assert_columns(engine: FigureEngine, kept: Kept) -> None:
    frame = frame_of(kept.opened)
    names = list(frame.known.subject.columns)
    bins = (BinSize.DAY, make_bins(BinSize.DAY, *RANGE))
    by_sort = {
        sort: content(engine, ColumnsPlan(frame, ColumnsRequest(ASKED, sort=sort), names, TRAINING, bins)).columns
        for sort in ("violations", "drift")
    }
    violated = Counter(
        column for one in kept.all() for column in {*one.get("violations", {}), *(["name"] if "raw" in one else [])}
    )
    assert [one.name for one in by_sort["violations"]] == sorted(names, key=lambda name: -violated[name])
    drifts = [one.drift.value for one in by_sort["drift"] if one.drift is not None and one.drift.value is not None]
    assert len(drifts) == len(names)
    assert drifts == sorted(drifts, reverse=True)
    for one in by_sort["violations"]:
        values = [event[one.name] for event in kept.all() if event.get(one.name) is not None]
        assert one.violations["any"] == violated[one.name]
        assert (one.statistics.values, one.statistics.distinct) == (len(values), len(set(values)))
        if one.name in ("x", "n"):
            assert (one.statistics.minimum, one.statistics.maximum) == (min(values), max(values))
        assert one.trend is not None
        assert [figure.rows for figure in one.trend] == [len(events) for events in kept.by_day()]


def test_performance_of_scores(engine: FigureEngine, opened: Opened) -> None:
    """Metrics, their intervals, the confusion matrix and the score histogram count the newest labels and scores."""
    kept = first_events(opened)
    _assert_performance(engine, kept)
    change(kept)
    _assert_performance(engine, kept)


def _assert_performance(engine: FigureEngine, kept: Kept) -> None:
    frame = frame_of(kept.opened)
    found = content(engine, PerformancePlan(frame, possible_queries(frame.known.subject, 0.3)))
    labelled = [one for one in kept.all() if one.get("label") is not None]
    cells = Counter((int(one["label"]), int(one["x"] >= 0.3)) for one in labelled)
    right, all = cells[0, 0] + cells[1, 1], len(labelled)
    assert found.confusion is not None
    assert found.confusion.counts == cells
    assert found.figures["accuracy"].value == pytest.approx(right / all)
    assert found.intervals["accuracy"] == pytest.approx(_wilson(right, all))
    assert found.intervals["precision"] == pytest.approx(_wilson(cells[1, 1], cells[1, 1] + cells[0, 1]))
    assert (found.labels.rows, found.labels.labelled) == (len(kept.all()), all)
    assert found.scores is not None
    edges = found.scores.edges
    for label, counts in (
        (True, found.scores.positives),
        (False, found.scores.negatives),
        (None, found.scores.unlabelled),
    ):
        scores = [one["x"] for one in kept.all() if one.get("label") is label]
        assert Counter(bisect_right(edges, score) for score in scores) == {
            place: count for place, count in enumerate(counts) if count
        }
    assert found.errors is None


def _wilson(successes: int, trials: int) -> tuple[float, float]:
    """Solve the equation whose roots are the ends of the interval: |rate - p| = z * sqrt(p (1 - p) / n)."""
    rate, square = successes / trials, 1.959963984540054**2
    a, b, c = trials + square, -(2 * trials * rate + square), trials * rate * rate
    root = math.sqrt(b * b - 4 * a * c)
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def test_scores_at_the_edges(engine: FigureEngine, opened: Opened) -> None:
    """A score that equals an edge is in the bin that starts there; 1 is in the last bin; others are below or above."""
    scores = [number / 1000 for number in range(1001)] + [-0.5, 1.5, math.nextafter(0.57, 0), math.nextafter(0.29, 1)]
    opened.publish(*({"id": str(n), "at": START, "x": score, "label": True} for n, score in enumerate(scores)))
    frame = frame_of(opened)
    found = content(engine, PerformancePlan(frame, possible_queries(frame.known.subject)))
    assert found.scores is not None
    edges = found.scores.edges
    expected = Counter(len(edges) - 1 if score == 1 else bisect_right(edges, score) for score in scores)
    assert {place: count for place, count in enumerate(found.scores.positives) if count} == expected


def test_performance_of_errors(engine: FigureEngine, opened: Opened) -> None:
    """A regression has a histogram of its errors, and no scores."""
    kept = first_events(opened)
    change(kept)
    roles = dict(subject_of(opened).roles) | {"targets": ("n",), "inputs": ("name", "label")}
    subject = subject_of(opened, task="regression", roles=roles, class_order=())
    found = content(engine, PerformancePlan(frame_of(opened, subject), possible_queries(subject)))
    errors = [one["x"] - one["n"] for one in kept.all() if one.get("n") is not None]
    assert found.errors is not None
    assert (found.errors.edges[0], found.errors.edges[-1]) == pytest.approx((min(errors), max(errors)))
    assert (sum(found.errors.counts), len(found.errors.counts)) == (len(errors), 100)
    assert found.figures["mae"].value == pytest.approx(mean(map(abs, errors)))
    assert (found.scores, found.confusion, found.intervals) == (None, None, {})
