"""Figures of a model with all kinds of metrics, made of partials or computed from all rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from inference_events.monitoring import fql, metrics
from inference_events.monitoring.engine import Bins, BinSize, FigureEngine
from inference_events.monitoring.metrics import Figure, MetricQuery
from inference_events.monitoring.queries import Baseline, Query, Window, compute_figures
from inference_events.monitoring.queries.compute import as_query, builtin_queries, prepare
from inference_events.monitoring.queries.custom import custom_figures
from inference_events.monitoring.subject import ROLES, Subject
from tests.monitoring.engine.statements import schema_of
from tests.stores.opened import SECOND, Opened

HOUR = 3600 * SECOND
DAY = 24 * HOUR
BASELINES: Mapping[str, Baseline] = {
    "training": Baseline("1", "training", "dataset"),
    "week before": Baseline("2", "week before", "production", window_size=BinSize.WEEK, offset=1),
    "leap day": Baseline("3", "leap day", "production", 1_709_164_800 * SECOND, 1_709_251_200 * SECOND),
}
BUILTINS = [
    *map(MetricQuery, ("traffic", "accuracy", "precision", "fpr", "log_loss", "data_count", "auroc")),
    MetricQuery("expected_calibration_error"),
    MetricQuery("accuracy", threshold=0.2),
    MetricQuery("any_violation_count", column="name"),
    MetricQuery("null_violation_percentage", column="__ANY__"),
    *(MetricQuery(metric, column="x") for metric in ("average", "sum", "minimum", "maximum", "quantile")),
    MetricQuery("frequency", column="name", category="A"),
    *(MetricQuery("jsd", column="x", baseline=baseline) for baseline in BASELINES),
    *(MetricQuery("psi", column="name", baseline=baseline) for baseline in BASELINES),
    MetricQuery("jsd", column="n", baseline="training"),
]
CUSTOM = [
    "average(if(name == 'A', x, null)) + 0 * traffic()",
    "quantile(x, level=0.25) + count(name == 'B') - any_violation_count(name)",
    "sum(n) / count(n) + 0 * auroc()",
]


def subject_of(opened: Opened) -> Subject:
    roles = dict.fromkeys(ROLES, ()) | {"inputs": ("name", "n"), "outputs": ("x",), "targets": ("label",)}
    return Subject(
        schema=schema_of(opened),
        task="binary_classification",
        roles=roles,
        bins={"x": (0.0, 0.25, 0.5, 1.0)},
        data_types={"x": "float", "n": "int", "label": "bool", "name": "category"},
        class_order=(False, True),
        baselines=frozenset(BASELINES),
    )


def windows_of(subject: Subject, bins: Bins | None, time_zone: str, segment: str | None) -> Window:
    return Window("production", bins, None if segment is None else fql.compile_segment(segment, subject), time_zone)


def queries_of(subject: Subject, window: Window) -> list[Query]:
    """Return all queries. A rolling baseline needs bins."""
    custom = [fql.compile_metric(text, subject) for text in CUSTOM]
    builtins = [query for query in BUILTINS if window.bins is not None or query.baseline != "week before"]
    for query in builtins:
        metrics.check(query, subject)
    return [*builtins, *custom]


def merged(engine: FigureEngine, subject: Subject, window: Window, queries: Sequence[Query]) -> list[list[Figure]]:
    """Return figures that are made of partials as far as possible."""
    with engine.compute(subject.schema) as computation:
        return compute_figures(computation, window, queries, subject, BASELINES)


def direct(engine: FigureEngine, subject: Subject, window: Window, queries: Sequence[Query]) -> list[list[Figure]]:
    """Return figures that are computed from all rows."""
    builtins = builtin_queries(queries)
    custom = [query for query in queries if not isinstance(query, MetricQuery)]
    with engine.compute(subject.schema) as computation:
        computation.cache = type(computation.cache)(0)
        prepared = prepare(computation, window, builtins, custom, subject, BASELINES)
        found = metrics.figures(prepared.connection, prepared.window, builtins, subject, prepared.baselines)
        by_query: dict[Query, list[Figure]] = dict(zip(builtins, found, strict=True))
        parts = {part: by_query[as_query(part)] for metric in custom for part in metric.builtins}
        by_query |= zip(custom, custom_figures(prepared.connection, prepared.window, custom, parts), strict=True)
    return [by_query[query] for query in queries]


def assert_same(found: Sequence[Sequence[Figure]], expected: Sequence[Sequence[Figure]]) -> None:
    """Compare counts and reasons exactly, and values as exactly as floats allow."""
    assert [list(map(_counts, series)) for series in found] == [list(map(_counts, series)) for series in expected]
    for series, others in zip(found, expected, strict=True):
        values = [figure.value or 0.0 for figure in others]
        assert [figure.value or 0.0 for figure in series] == pytest.approx(values, rel=1e-9, abs=1e-12)


def _counts(figure: Figure) -> tuple[Any, ...]:
    return (figure.reason, figure.rows, figure.sample_size, figure.labelled, figure.baseline_size)
