"""Figures are the same on both engines, whether rows are read again or kept in memory."""

from collections.abc import Mapping

import pytest

from inference_events.monitoring import fql, metrics
from inference_events.monitoring.engine import BinSize, FigureEngine, make_bins
from inference_events.monitoring.metrics import Figure, MetricQuery
from inference_events.monitoring.queries import Baseline, Query, Window, compute_figures
from inference_events.monitoring.subject import ROLES, Subject
from tests.monitoring.engine.statements import schema_of
from tests.stores.opened import NOW, SECOND, Opened

DAY = 24 * 3600 * SECOND
START = NOW // DAY * DAY
BASELINES: Mapping[str, Baseline] = {
    "training": Baseline("1", "training", "dataset"),
    "yesterday": Baseline("2", "yesterday", "production", window_size=BinSize.DAY, offset=1),
    "first day": Baseline("3", "first day", "production", START, START + DAY),
}
BUILTINS = [
    MetricQuery("traffic"),
    MetricQuery("accuracy"),
    MetricQuery("auroc"),
    MetricQuery("expected_calibration_error"),
    MetricQuery("any_violation_count", column="name"),
    *(MetricQuery("jsd", column="name", baseline=baseline) for baseline in BASELINES),
]
EVENTS = [
    {"id": "a", "at": START, "x": 0.9, "label": True, "name": "A"},
    {"id": "b", "at": START + 1, "x": 0.6, "label": False, "name": "B"},
    {"id": "c", "at": START + DAY, "x": 0.2, "label": True, "name": "A"},
    {"id": "d", "at": START + DAY + 1, "x": 0.1, "label": False, "name": "A", "violations": {"name": "range"}},
    {"id": "e", "at": START + 2 * DAY, "x": 0.7, "name": "B"},
]


def subject_of(opened: Opened) -> Subject:
    roles = dict.fromkeys(ROLES, ()) | {"inputs": ("name", "n"), "outputs": ("x",), "targets": ("label",)}
    types = {"x": "float", "n": "int", "label": "bool", "name": "category"}
    return Subject(
        schema=schema_of(opened),
        task="binary_classification",
        roles=roles,
        bins={},
        data_types=types,
        class_order=(False, True),
        baselines=frozenset(BASELINES),
    )


def compute(engine: FigureEngine, opened: Opened, segment: str | None = None) -> list[list[Figure]]:
    """Return the figures of the builtin metrics and of a custom one, by day."""
    subject = subject_of(opened)
    custom = fql.compile_metric("sum(x) + auroc() * 0 + any_violation_count(name) + jsd(name, 'training') * 0", subject)
    for query in BUILTINS:
        metrics.check(query, subject)
    chosen = None if segment is None else fql.compile_segment(segment, subject)
    window = Window("production", make_bins(BinSize.DAY, START, START + 3 * DAY), chosen)
    queries: list[Query] = [*BUILTINS, custom]
    with engine.compute(subject.schema) as computation:
        return compute_figures(computation, window, queries, subject, BASELINES)


def values(figures: list[Figure]) -> list[float | None]:
    return [figure.value for figure in figures]


def test_exact_after_changes(engine: FigureEngine, opened: Opened) -> None:
    """One computation gives figures of several baselines and of custom metrics, before and after changes."""
    opened.append({"id": "1", "at": 0, "name": "A"}, {"id": "2", "at": 10 * DAY, "name": "B"})
    opened.publish(*EVENTS)
    traffic, accuracy, auroc, error, violations, training, yesterday, first_day, custom = compute(engine, opened)
    assert values(traffic) == [2, 2, 1]
    assert values(accuracy) == [0.5, 0.5, None]
    assert values(auroc) == [1, 1, None]
    assert values(error) == pytest.approx([0.35, 0.45, None])
    assert values(violations) == [0, 1, 0]
    assert values(training) == pytest.approx([0, training[1].value, training[1].value])
    assert training[1].value == pytest.approx(0.5579, abs=1e-4)
    assert values(yesterday) == pytest.approx([None, training[1].value, 1])
    assert values(first_day) == pytest.approx(values(training))
    assert values(custom) == pytest.approx([1.5, 1.3, None])
    opened.update({"id": "e", "label": True}, {"id": "b", "label": True})
    traffic, accuracy, auroc, *_ = compute(engine, opened)
    assert values(accuracy) == [1, 0.5, 1]
    assert [figure.reason for figure in auroc] == ["one_class", None, "one_class"]


def test_a_segment_holds_for_both_sides(engine: FigureEngine, opened: Opened) -> None:
    """A segment takes the events for which it is true, of the window and of each baseline."""
    opened.append({"id": "1", "at": 0, "name": "A"}, {"id": "2", "at": 10 * DAY, "name": "B"})
    opened.publish(*EVENTS)
    found = compute(engine, opened, "name == 'A'")
    assert values(found[0]) == [1, 2, 0]
    assert values(found[5]) == values(found[7]) == [0, 0, None]
    assert values(found[6]) == [None, 0, None]
    assert [figure.baseline_size for figure in found[5]] == [1, 1, 1]
