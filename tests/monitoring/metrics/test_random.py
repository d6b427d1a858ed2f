"""On random tables, every metric equals its textbook formula, also with nulls, ties, infinities and unknown classes."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from inference_events.monitoring.metrics import Figure, MetricQuery, Reason
from tests.monitoring.metrics import references
from tests.monitoring.metrics.references import Result, is_close, is_number
from tests.monitoring.metrics.relation import Row, binary, compute, model, multiclass, ranking, regression

# Many metrics a table, so few tables: each takes as many statements.
few = settings(max_examples=20)
BINS = 3
INFINITE = [math.inf, -math.inf, math.nan]
# A few values, so that scores tie and lie on the edges of bins; and any values.
SCORES = st.one_of(
    st.sampled_from([0.0, -0.0, 0.1, 0.3, 0.5, 0.7, 1.0]),
    st.floats(0, 1),
    st.sampled_from([None, -0.2, 1.5, *INFINITE]),
)
# Rounded, because the order of a sum shows in its last digits if terms cancel.
NUMBERS = st.one_of(
    st.integers(-5, 5).map(float), st.floats(-1e6, 1e6).map(lambda x: round(x, 3)), st.sampled_from([None, *INFINITE])
)


def table(**columns: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Row]]:
    """Return rows in three bins, of which some may be empty."""
    return st.lists(st.fixed_dictionaries({"bin": st.integers(0, BINS - 1), **columns}), max_size=30)


def assert_figures(found: Sequence[Figure], rows: Sequence[Row], valid: Callable[[Row], bool], expected: Any) -> None:
    """Check the figure of each bin; `expected` is a function of the valid rows, of which there is at least one."""
    for number, figure in enumerate(found):
        inside = [row for row in rows if row["bin"] == number]
        labelled = [row for row in inside if row["y"] is not None]
        used = [row for row in inside if valid(row)]
        assert (figure.rows, figure.labelled, figure.sample_size) == (len(inside), len(labelled), len(used))
        assert_result(figure, expected(used) if used else missing(inside, labelled))


def missing(rows: Sequence[Row], labelled: Sequence[Row]) -> Reason:
    return Reason.NO_VALID_ROWS if labelled else Reason.NO_LABELS if rows else Reason.NO_ROWS


def assert_result(figure: Figure, expected: Result) -> None:
    if isinstance(expected, Reason):
        assert (figure.value, figure.reason) == (None, expected)
    else:
        assert figure.reason is None
        assert figure.value is not None
        assert is_close(figure.value, expected), (figure.value, expected)


RATES = ("accuracy", "precision", "recall", "fpr", "f1_score", "geometric_mean", *references.SCORED)


@few
@given(
    rows=table(y=st.sampled_from([0, 1, 0, 1, None, 7]), s=SCORES),
    threshold=st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.55, 1.0]),
)
def test_binary(rows: list[Row], threshold: float) -> None:
    """A row is valid if its target is one of the two classes and its score finite."""
    queries = [MetricQuery(metric, threshold=threshold) for metric in (*RATES, "data_count")]
    found = compute(binary(), rows, *queries, bins=BINS)
    for metric, figures in zip(RATES, found, strict=False):
        assert_figures(
            figures,
            rows,
            lambda row: row["y"] in (0, 1) and is_number(row["s"]),
            lambda used, metric=metric: references.binary(
                metric, [row["y"] for row in used], [row["s"] for row in used], threshold
            ),
        )
    assert [figure.value for figure in found[-1]] == [figure.sample_size for figure in found[0]]


@few
@given(rows=table(y=st.sampled_from([0, 1, 2, None, 9]), p0=SCORES, p1=SCORES, p2=SCORES))
def test_multiclass(rows: list[Row]) -> None:
    """A row is valid if its target is one of the classes and all outputs are finite."""
    outputs = ("p0", "p1", "p2")
    metrics = ("accuracy", "log_loss")
    found = compute(multiclass(), rows, *(MetricQuery(m) for m in (*metrics, "log_loss_count")), bins=BINS)
    for metric, figures in zip(metrics, found, strict=False):
        assert_figures(
            figures,
            rows,
            lambda row: row["y"] in (0, 1, 2) and all(is_number(row[name]) for name in outputs),
            lambda used, metric=metric: references.multiclass(
                metric, [row["y"] for row in used], [[row[name] for name in outputs] for row in used]
            ),
        )
    assert [figure.value for figure in found[-1]] == [figure.sample_size for figure in found[0]]


@few
@given(rows=table(y=NUMBERS, f=NUMBERS))
def test_regression(rows: list[Row]) -> None:
    """A row is valid if target and output are finite numbers."""
    metrics = ("mse", "rmse", "mae", "mape", "wmape", "r2")
    found = compute(regression(), rows, *(MetricQuery(metric) for metric in metrics), bins=BINS)
    for metric, figures in zip(metrics, found, strict=True):
        assert_figures(
            figures,
            rows,
            lambda row: is_number(row["y"]) and is_number(row["f"]),
            lambda used, metric=metric: references.regression(
                metric, [row["y"] for row in used], [row["f"] for row in used]
            ),
        )


ITEMS = st.lists(
    st.tuples(st.sampled_from([0, 1, 2, 3, -1, None]), st.one_of(st.sampled_from([0.5, 0.2]), SCORES)), max_size=6
)


@few
@given(groups=table(items=ITEMS), top=st.integers(1, 7))
def test_ranking(groups: list[Row], top: int) -> None:
    """A metric of a ranking is the mean over the groups with a relevant item; invalid items are ignored."""
    rows = [{"bin": row["bin"], "y": [y for y, _ in row["items"]], "s": [s for _, s in row["items"]]} for row in groups]
    two = ranking({"data_type": "category", "categories": [0, 1]})
    is_one = [{**row, "y": [y if y is None else int(y > 0) for y in row["y"]]} for row in rows]
    assert_ranking(
        compute(ranking(), rows, MetricQuery("ndcg_mean", top_k=top), bins=BINS)[0], rows, references.ndcg, top
    )
    assert_ranking(
        compute(two, is_one, MetricQuery("map", top_k=top), bins=BINS)[0], is_one, references.average_precision, top
    )
    counts = compute(ranking(), rows, MetricQuery("query_count"), bins=BINS)[0]
    assert [figure.value for figure in counts] == [
        sum(bool(valid_items(row)) for row in rows if row["bin"] == number) for number in range(BINS)
    ]


def valid_items(row: Row) -> list[tuple[float, float]]:
    return [(y, s) for y, s in zip(row["y"], row["s"], strict=True) if is_number(y) and is_number(s)]


def assert_ranking(found: Sequence[Figure], rows: Sequence[Row], reference: Any, top: int) -> None:
    for number, figure in enumerate(found):
        inside = [row for row in rows if row["bin"] == number]
        groups = [items for row in inside if (items := valid_items(row))]
        values = [reference([y for y, _ in items], [s for _, s in items], top) for items in groups]
        defined = [value for value in values if value is not None]
        labelled = [row for row in inside if any(y is not None for y in row["y"])]
        none = Reason.NO_RELEVANT_ITEMS if groups else missing(inside, labelled)
        assert figure.sample_size == len(defined)
        assert_result(figure, math.fsum(defined) / len(defined) if defined else none)


STATISTICS = ("average", "sum", "minimum", "maximum", "quantile")


@few
@given(rows=table(x=NUMBERS), level=st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]))
def test_statistics(rows: list[Row], level: float) -> None:
    """Statistics take the finite numbers."""
    subject = model([{"name": "x", "data_type": "float"}])
    queries = [MetricQuery(m, column="x", level=level if m == "quantile" else None) for m in STATISTICS]
    found = compute(subject, rows, *queries, bins=BINS)
    assert_statistics(found, [(row["bin"], [row["x"]]) for row in rows], level)


@few
@given(rows=table(s=st.one_of(st.none(), st.lists(NUMBERS, max_size=4))))
def test_statistics_of_items(rows: list[Row]) -> None:
    """Statistics of ranking rows take each item."""
    queries = [MetricQuery(metric, column="s") for metric in STATISTICS]
    found = compute(ranking(), rows, *queries, bins=BINS)
    assert_statistics(found, [(row["bin"], row["s"] or []) for row in rows], 0.5)


def assert_statistics(found: Sequence[Sequence[Figure]], cells: Sequence[tuple[int, list[Any]]], level: float) -> None:
    for number in range(BINS):
        inside = [cell for bin, cell in cells if bin == number]
        values = [value for cell in inside for value in cell if is_number(value)]
        none = Reason.NO_VALUES if inside else Reason.NO_ROWS
        expected: list[Result] = [none] * len(STATISTICS)
        if values:
            total = math.fsum(values)
            expected = [total / len(values), total, min(values), max(values), references.quantile(values, level)]
        for figures, result in zip(found, expected, strict=True):
            assert figures[number].sample_size == len(values)
            assert_result(figures[number], result)


CATEGORIES = st.sampled_from(["a", "b", "", "it's", None, "A"])


@few
@given(rows=table(x=CATEGORIES), category=CATEGORIES.filter(lambda value: value is not None))
def test_frequency(rows: list[Row], category: str) -> None:
    """A frequency counts the rows with exactly this category; it is 0 without rows."""
    subject = model([{"name": "x", "data_type": "category", "categories": ["a", "b"]}])
    found = compute(subject, rows, MetricQuery("frequency", column="x", category=category), bins=BINS)[0]
    for number, figure in enumerate(found):
        inside = [row["x"] for row in rows if row["bin"] == number]
        assert figure.value == inside.count(category)
        assert (figure.rows, figure.sample_size) == (len(inside), len(inside) - inside.count(None))


VIOLATION = st.fixed_dictionaries(
    {"column": st.sampled_from(["a", "b", "y", "__ANY__"]), "kind": st.sampled_from(["missing", "range", "type"])}
)
VIOLATIONS = st.lists(VIOLATION, max_size=4, unique_by=lambda v: (v["column"], v["kind"]))
INTEGRITY = {"null": {"missing"}, "range": {"range"}, "type": {"type"}, "any": {"missing", "range", "type"}}


@few
@given(rows=table(violations=VIOLATIONS))
def test_integrity(rows: list[Row]) -> None:
    """Integrity counts rows: those of one column, or those of any column except the targets."""
    subject = model([{"name": name, "data_type": "int"} for name in ("a", "b", "y")], spec={"targets": ["y"]})
    wanted = [(kind, column) for kind in INTEGRITY for column in ("a", "b", "y", None, "__ANY__")]
    counts = [MetricQuery(f"{kind}_violation_count", column=column) for kind, column in wanted]
    shares = [MetricQuery(f"{kind}_violation_percentage", column=column) for kind, column in wanted]
    found = compute(subject, rows, *counts, *shares, bins=BINS)
    for (kind, column), by_count, by_share in zip(wanted, found[: len(wanted)], found[len(wanted) :], strict=True):
        columns = {column} if column in ("a", "b", "y") else {"a", "b"}
        for number in range(BINS):
            inside = [row["violations"] for row in rows if row["bin"] == number]
            count = sum(any(v["column"] in columns and v["kind"] in INTEGRITY[kind] for v in row) for row in inside)
            assert by_count[number].value == count
            assert_result(by_share[number], 100 * count / len(inside) if inside else Reason.NO_ROWS)
