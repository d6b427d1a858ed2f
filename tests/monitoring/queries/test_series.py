"""Series, violations and labels by bin are exact on both engines, after corrections, moves and deletions."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import quantiles
from typing import Any

import numpy as np
import pytest

from inference_events.monitoring import fql
from inference_events.monitoring.engine import BinSize, FigureEngine, make_bins
from inference_events.monitoring.metrics import Figure
from inference_events.monitoring.queries.frame import FrameRequest
from inference_events.monitoring.queries.labels import LabelsPlan
from inference_events.monitoring.queries.measures import measure_of
from inference_events.monitoring.queries.series import SeriesPlan
from inference_events.monitoring.queries.violations import ViolationsPlan, ViolationsRequest
from tests.monitoring.queries.frames import (
    DAY,
    RANGE,
    START,
    Event,
    Kept,
    change,
    computed,
    content,
    first_events,
    frame_of,
)
from tests.stores.opened import MODEL, NOW, SECOND, Opened

BINS = make_bins(BinSize.DAY, *RANGE)
LEVELS = (0.5, 0.9, 0.99)
MEASURES: list[dict[str, Any]] = [
    {"measure": "count"},
    {"measure": "violations", "column": "name"},
    {"measure": "missing", "column": "n", "share": True},
    {"measure": "labels"},
    {"measure": "statistic", "metric": "average", "column": "n"},
    {"measure": "statistic", "metric": "quantile", "column": "x", "level": 0.25},
    {"measure": "drift", "metric": "psi", "column": "name"},
    {"measure": "performance", "metric": "accuracy", "threshold": 0.3},
    *({"measure": "receipt_lag", "level": level} for level in LEVELS),
]


def series_plan(
    opened: Opened,
    *,
    group_by: str | None = None,
    segment: str | None = None,
    measures: Sequence[dict[str, Any]] = MEASURES,
) -> SeriesPlan:
    frame = frame_of(opened)
    if segment is not None:
        frame = replace(frame, segment=fql.compile_segment(segment, frame.known.subject))
    chosen = [measure_of(frame.known, one, "/measures") for one in measures]
    return SeriesPlan(frame, chosen, BinSize.DAY, BINS, group_by)


def expected(events: list[Event], received: Mapping[str, int]) -> list[float | None]:
    """Compute the measures in Python, all but the drift."""
    labelled = [one for one in events if one.get("label") is not None]
    numbers = [one["n"] for one in events if one.get("n") is not None]
    scores = sorted(one["x"] for one in events)
    named = [one for one in events if one.get("violations", {}).get("name") or "raw" in one]
    unnumbered = [one for one in events if one.get("violations", {}).get("n")]
    right = [one for one in labelled if (one["x"] >= 0.3) == one["label"]]
    return [
        len(events),
        len(named),
        100 * len(unnumbered) / len(events) if events else None,
        len(labelled) / len(events) if events else None,
        sum(numbers) / len(numbers) if numbers else None,
        _quartile(scores),
        len(right) / len(labelled) if labelled else None,
        *_quantiles([(received[one["id"]] - one["at"]) / SECOND for one in events]),
    ]


def _quantiles(lags: list[float]) -> list[float | None]:
    return [float(np.quantile(lags, level)) if lags else None for level in LEVELS]


def _quartile(scores: list[float]) -> float | None:
    if len(scores) > 1:
        return quantiles(scores, n=4, method="inclusive")[0]
    return scores[0] if scores else None


def found(figures: Any) -> list[list[float | None]]:
    """Return the values of the measures by day, all but the drift."""
    by_measure: list[list[Figure]] = [one for number, one in enumerate(figures) if number != 6]
    return [[one[day].value for one in by_measure] for day in range(len(BINS))]


def assert_exact(engine: FigureEngine, kept: Kept) -> None:
    """Compare the series of all events."""
    (everything,) = content(engine, series_plan(kept.opened)).groups
    for day, events in enumerate(kept.by_day()):
        assert found(everything.figures)[day] == pytest.approx(expected(events, kept.received))
        assert everything.rows[day] == len(events)


def assert_exact_parts(engine: FigureEngine, kept: Kept) -> None:
    """Compare the series of groups and of a segment."""
    grouped = content(engine, series_plan(kept.opened, group_by="name")).groups
    counts = Counter(one["name"] for one in kept.all() if one.get("name"))
    ordered = sorted(counts, key=lambda name: (-counts[name], name))
    has_rest = any(one.get("name") is None for one in kept.all())
    assert [(one.group.name, one.group.is_rest) for one in grouped] == [
        *((name, False) for name in ordered),
        *([(None, True)] if has_rest else []),
    ]
    for one in grouped:
        for day, events in enumerate(kept.by_day(name=one.group.name)):
            assert found(one.figures)[day] == pytest.approx(expected(events, kept.received))
    (narrow,) = content(engine, series_plan(kept.opened, segment="x > 0.5")).groups
    for day, events in enumerate(kept.by_day()):
        high = [one for one in events if one["x"] > 0.5]
        assert found(narrow.figures)[day] == pytest.approx(expected(high, kept.received))


def test_series(engine: FigureEngine, opened: Opened) -> None:
    """Series of all events, of groups and of a segment equal a computation in Python, before and after changes."""
    kept = first_events(opened)
    assert_exact(engine, kept)
    change(kept)
    assert_exact(engine, kept)
    assert_exact_parts(engine, kept)


def test_a_known_revision(engine: FigureEngine, opened: Opened) -> None:
    """Nothing is computed for a client that has the present revision; a change of events or model ends that."""
    kept = first_events(opened)
    plan = series_plan(opened, measures=[{"measure": "drift", "column": "name"}])
    first = computed(engine, plan)
    known = replace(plan, frame=replace(plan.frame, known_revision=first.data_revision))
    assert computed(engine, known).content is None
    kept.opened.append({"id": "9", "at": 0, "name": "Z"})
    assert computed(engine, known).content is not None
    change(kept)
    assert computed(engine, known).data_revision != first.data_revision
    again = replace(known.frame, known_revision=computed(engine, known).data_revision)
    again.known.model.updated_at = again.known.model.updated_at.replace(year=2001)
    assert computed(engine, replace(plan, frame=again)).content is not None


def test_violations(engine: FigureEngine, opened: Opened) -> None:
    """Violations by column, kind and day, and the values behind them, equal a count in Python."""
    kept = first_events(opened)
    _assert_violations(engine, kept)
    change(kept)
    _assert_violations(engine, kept)


def _assert_violations(engine: FigureEngine, kept: Kept) -> None:
    frame = frame_of(kept.opened)
    request = ViolationsRequest(FrameRequest(MODEL), RANGE, values_of="name")
    matrix = content(engine, ViolationsPlan(frame, request, BinSize.DAY, BINS))
    totals: Counter[str] = Counter()
    cells: Counter[tuple[str, str, int]] = Counter()
    values: Counter[tuple[str, str | None]] = Counter()
    events = [0] * len(BINS)
    for day, of_day in enumerate(kept.by_day()):
        for one in of_day:
            broken = {*one.get("violations", {}).items(), *([("name", "type")] if "raw" in one else [])}
            for column, kind in broken:
                cells[column, kind, day] += 1
                if column == "name":
                    values[kind, str(one["raw"]) if kind == "type" else f'"{one["name"]}"'] += 1
            for column in {column for column, _ in broken}:
                cells[column, "any", day] += 1
                totals[column] += 1
            events[day] += any(column != "label" for column, _ in broken)
    assert matrix.rows == [len(of_day) for of_day in kept.by_day()]
    assert matrix.events == events
    assert matrix.violated == len(totals)
    assert {one.column: one.totals["any"] for one in matrix.columns} == totals
    for column in matrix.columns:
        for kind, by_bin in column.by_bin.items():
            assert by_bin == [cells[column.column, kind, day] for day in range(len(BINS))]
    assert matrix.values is not None
    assert {(one.kind, one.text): one.count for one in matrix.values} == values


def test_labels(engine: FigureEngine, opened: Opened) -> None:
    """Coverage and lag of labels count each label once, at the time of the write that first gave one."""
    kept = first_events(opened)
    _assert_labels(engine, kept)
    change(kept)
    _assert_labels(engine, kept)


def _assert_labels(engine: FigureEngine, kept: Kept) -> None:
    labels = content(engine, LabelsPlan(frame_of(kept.opened), "label", BinSize.DAY, BINS))
    for one, events in [*zip(labels.by_bin, kept.by_day(), strict=True), (labels.total, kept.all())]:
        labelled = [event for event in events if event.get("label") is not None]
        lags = sorted((kept.labelled[event["id"]] - event["at"]) / SECOND for event in labelled)
        assert (one.rows, one.labelled, one.timed) == (len(events), len(labelled), len(labelled))
        assert one.coverage == (len(labelled) / len(events) if events else None)
        median = quantiles(lags, n=2, method="inclusive")[0] if len(lags) > 1 else (lags or [None])[0]
        assert one.lags[0] == pytest.approx(median)


assert START < NOW < START + DAY
