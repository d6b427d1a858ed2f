"""Drift compares a window with a baseline over bins that the schema or the baseline gives."""

import math
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from inference_events.monitoring.metrics import Figure, MetricQuery, Reason, prediction_drift_impact
from inference_events.monitoring.subject import Subject
from tests.monitoring.metrics import references
from tests.monitoring.metrics.references import is_close, is_number
from tests.monitoring.metrics.relation import BASELINE, Row, compute, drift, model, pair, ranking, shown

few = settings(max_examples=20)
INFINITE = [math.inf, -math.inf, math.nan]
NUMBERS = st.one_of(
    st.integers(-6, 6).map(float),
    st.floats(-1e3, 1e3),
    st.sampled_from([None, *INFINITE, 1.7e308, -1.7e308, sys.float_info.max]),
)
EDGES = (0.0, 1.0, 2.5, 5.0)


def column(data_type: str = "float", **more: Any) -> Subject:
    return model([{"name": "x", "data_type": data_type, **more}])


def xs(*values: Any) -> list[Row]:
    return [{"x": value} for value in values]


def assert_distances(figures: Sequence[Figure], before: Sequence[float], now: Sequence[float]) -> None:
    jsd, psi = figures
    if not sum(before) or not sum(now):
        assert jsd.value is psi.value is None
        return
    assert jsd.value is not None
    assert psi.value is not None
    # The square root doubles the digits that are lost near 0.
    assert is_close(jsd.value, references.jensen_shannon(before, now)) or jsd.value < 1e-7
    assert is_close(psi.value, references.stability_index(before, now))
    assert (jsd.baseline_size, jsd.sample_size) == (sum(before), sum(now))


def both(subject: Subject, before: Sequence[Row], now: Sequence[Row], name: str = "x") -> list[Figure]:
    queries = [MetricQuery(metric, column=name, baseline=BASELINE) for metric in ("jsd", "psi")]
    return [figures[0] for figures in compute(subject, now, *queries, baseline=before)]


@few
@given(before=st.lists(NUMBERS, max_size=30), now=st.lists(NUMBERS, max_size=30), has_bins=st.booleans())
def test_numbers(before: list[float | None], now: list[float | None], has_bins: bool) -> None:
    """Bins are those of the schema, else ten of equal width; a value lies in its bin as numpy places it."""
    old, new = ([value for value in side if value is not None and is_number(value)] for side in (before, now))
    edges = list(EDGES) if has_bins else widths(old)
    found = both(column(bins=list(EDGES)) if has_bins else column(), xs(*before), xs(*now))
    if not edges:
        assert [figure.value for figure in found] == [None, None]
        return
    counts = [Counter(references.numpy_bin(edges, value) for value in side) for side in (old, new)]
    labels: list[str | int] = [
        *range(len(edges) - 1),
        *(one for one in ("below", "above") if any(c[one] for c in counts)),
    ]
    assert_distances(found, *([count[label] for label in labels] for count in counts))


def widths(values: Sequence[Any]) -> list[float]:
    """Return the edges of ten bins of equal width; one value is a bin of its own."""
    if not values:
        return []
    least, greatest = min(values), max(values)
    if greatest - least < math.inf:
        edges = sorted({*(least + (greatest - least) * (number / 10) for number in range(10)), greatest})
    else:
        edges = sorted({*(least * (1 - number / 10) + greatest * (number / 10) for number in range(10)), greatest})
    return edges if len(edges) > 1 else [least, least]


@few
@given(
    before=st.lists(st.one_of(st.none(), st.integers(-4, 4), st.integers(0, 40)), max_size=30),
    now=st.lists(st.one_of(st.none(), st.integers(-6, 6), st.integers(0, 60)), max_size=30),
)
def test_integers(before: list[int | None], now: list[int | None]) -> None:
    """Up to 20 different integers have a bin each; those between that the baseline lacks share one."""
    old, new = ([value for value in side if value is not None] for side in (before, now))
    known = sorted(set(old))
    if not known or len(known) > 20:
        return

    def place(value: int) -> str | int:
        if value in known:
            return value
        return "below" if value < known[0] else "above" if value > known[-1] else "other"

    counts = [Counter(map(place, side)) for side in (old, new)]
    labels = [*known, *(one for one in ("below", "above", "other") if counts[1][one])]
    assert_distances(
        both(column("int"), xs(*before), xs(*now)), *([count[label] for label in labels] for count in counts)
    )


CATEGORIES = st.lists(st.sampled_from(["a", "b", "c", "it's", "", None]), max_size=20)


@few
@given(before=CATEGORIES, now=CATEGORIES)
def test_categories(before: list[str | None], now: list[str | None]) -> None:
    """The schema's and the baseline's categories have a bin each; all others of the window share one."""
    old, new = ([value for value in side if value is not None] for side in (before, now))
    known = sorted({"a", "b", *old})
    counts = [Counter(value if value in known else "OTHER" for value in side) for side in (old, new)]
    labels = [*known, *(["OTHER"] if counts[1]["OTHER"] else [])]
    found = both(column("category", categories=["a", "b"]), xs(*before), xs(*now))
    assert_distances(found, *([count[label] for label in labels] for count in counts))


def test_labels_of_bins() -> None:
    """Histograms name their bins, in order; open bins are there if a side has values in them."""
    assert shown(pair(column(bins=[0, 1, 2]), xs(0, 1, 2), xs(-1, 1.5, 2, 3, None))) == {
        "below": (0, 1),
        "[0, 1)": (1, 0),
        "[1, 2]": (2, 2),
        "above": (0, 1),
    }
    assert shown(pair(column("int"), xs(1, 3), xs(0, 2, 3))) == {
        "below": (0, 1),
        "1": (1, 0),
        "3": (1, 1),
        "other": (0, 1),
    }
    assert shown(pair(column("bool"), xs(True, None), xs(False))) == {"false": (0, 1), "true": (1, 0)}
    assert shown(pair(column("category", categories=[1, 2]), xs(2), xs(2, 9))) == {
        "1": (0, 0),
        "2": (1, 1),
        "other": (0, 1),
    }
    assert shown(pair(column(), xs(3.5, 3.5), xs(3.5, 4))) == {"[3.5, 3.5]": (2, 1), "above": (0, 1)}


def test_nulls() -> None:
    """Nulls are in no histogram; both sides report how many there are."""
    found = pair(column(), xs(1, None, None, math.nan), xs(1, 1, None))
    assert (found.baseline.nulls, found.window.nulls) == (3, 1)
    assert (found.baseline.size, found.window.size) == (1, 2)


def test_many_categories() -> None:
    """Of a baseline with more than 1,000 categories, the rarest count as others."""
    before = xs(*(f"c{number:04d}" for number in range(1001)), *(f"c{number:04d}" for number in range(1000)))
    found = pair(column("category"), before, xs("c1000", "c0999"))
    assert len(found.bins.labels) == 1000
    assert shown(found)["other"] == (1, 1)


def test_rolling_baseline() -> None:
    """Each bin has its own baseline, with its own bins: the same figures as bin by bin."""
    subject = model(
        [{"name": "x", "data_type": "float"}, {"name": "n", "data_type": "int"}, {"name": "c", "data_type": "category"}]
    )
    before = [{"bin": b, "x": i * (b + 1.0), "n": i + b, "c": f"{i % (b + 2)}"} for b in range(3) for i in range(6)]
    now = [{"bin": b, "x": i * 1.5, "n": i, "c": f"{i % 3}"} for b in range(4) for i in range(5)]
    queries = [
        MetricQuery(metric, column=name, baseline=BASELINE) for metric in ("jsd", "psi") for name in ("x", "n", "c")
    ]
    together = compute(subject, now, *queries, bins=4, baseline=before, is_rolling=True)
    for number in range(3):
        old, new = ([{**row, "bin": 0} for row in side if row["bin"] == number] for side in (before, now))
        alone = compute(subject, new, *queries, baseline=old)
        assert [figures[number] for figures in together] == [figures[0] for figures in alone]
    assert {figures[3].reason for figures in together} == {Reason.NO_BASELINE_ROWS}


def test_items_of_ranking_rows() -> None:
    """The items of ranking rows are values of their own."""
    found = pair(ranking(), [{"s": [0.1, 0.9]}], [{"s": [0.1]}, {"s": [0.9, None]}], "s")
    assert (found.baseline.size, found.window.size, found.window.nulls) == (2, 2, 1)
    assert drift(ranking(), [{"s": [0.1, 0.9]}], [{"s": [0.1]}, {"s": [0.9]}], "s").value == 0


def test_prediction_drift_impact() -> None:
    """The impact of a column times its drift; no impact or no drift, no figure."""
    drifted, empty = Figure(0.5, None, 9, 8, None, 7), Figure(None, Reason.NO_ROWS, 0, 0, None, 7)
    assert prediction_drift_impact(0.3, drifted) == Figure(0.15, None, 9, 8, None, 7)
    assert prediction_drift_impact(None, drifted).reason is Reason.NO_IMPACT
    assert prediction_drift_impact(0.3, empty).reason is Reason.NO_ROWS
