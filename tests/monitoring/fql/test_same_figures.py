"""FQL and the builtin metrics give the same figures."""

import math
from collections.abc import Sequence
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference_events.monitoring.metrics import MetricQuery, Rows, figures
from inference_events.monitoring.subject import Subject
from tests.monitoring.fql import rows
from tests.monitoring.fql.test_builtins import CLASSES, REGRESSION

SCORES = st.sampled_from((None, 0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0, 1.5, -0.25, math.inf, math.nan))
# Of the largest and the smallest, an error, its square or its share of the target overflows.
NUMBERS = (
    st.none()
    | st.sampled_from((0.0, -0.0, 1e-9, 1e9, 1e9 + 1, math.nan, 1e-320, 1e200, 1.7e308, -1.7e308))
    | st.floats(-1e6, 1e6).filter(lambda number: abs(number) > 1e-9)
)
VALUES: dict[str, st.SearchStrategy[Any]] = {"churn": st.sampled_from((None, 0, 1, 2)), "p": SCORES}
CASES: list[tuple[Subject, dict[str, st.SearchStrategy[Any]], str]] = [
    (
        rows.subject(),
        {"churn": st.sampled_from((None, 0, 1, 2)), "p": SCORES},
        "accuracy precision recall f1_score fpr geometric_mean log_loss data_count",
    ),
    (
        CLASSES,
        {"y": st.sampled_from((None, "a", "b", "c", "d", "")), "a": SCORES, "b": SCORES, "c": SCORES},
        "accuracy log_loss log_loss_count data_count",
    ),
    (REGRESSION, {"y": NUMBERS, "f": NUMBERS}, "mae mse mape wmape r2 data_count"),
]
# Ingest notes a column and a kind once per event.
VIOLATIONS = st.lists(
    st.tuples(st.sampled_from(("age", "p")), st.sampled_from(("missing", "type", "range"))), unique=True, max_size=3
)


def assert_same(name: str, model: Subject, given_rows: Sequence[rows.Row], column: str | None = None) -> None:
    query = MetricQuery(name, column=column)
    with duckdb.connect() as connection:
        connection.register("events", rows.relation(model, given_rows))
        ((figure,),) = figures(connection, Rows("events"), [query], model)
    value = rows.metric(f"{name}({column or ''})", model, given_rows)
    assert value == (figure.value if figure.value is None else pytest.approx(figure.value, rel=1e-9, abs=1e-12))


@pytest.mark.parametrize(("model", "values", "names"), CASES, ids=[model.task for model, _, _ in CASES])
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_performance(
    model: Subject, values: dict[str, st.SearchStrategy[Any]], names: str, data: st.DataObject
) -> None:
    """A performance metric is the same in a custom metric, on any rows."""
    given_rows = data.draw(st.lists(st.fixed_dictionaries(values), max_size=8))
    for name in names.split():
        assert_same(name, model, given_rows)


@pytest.mark.parametrize(
    ("name", "pairs"),
    [
        ("mape", [(1.0, 2.0), (1e-320, 1e9)]),
        ("mae", [(1.0, 2.0), (1.7e308, -1.7e308)]),
        ("mse", [(1.0, 2.0), (1e200, 1.0)]),
        ("r2", [(1.0, 2.0), (2.0, 1e200)]),
        ("r2", [(1e200, 1e200), (2.0, 1.0)]),
        ("wmape", [(1.0, 2.0), (1.7e308, -1.7e308)]),
        ("wmape", [(1.7e308, 1.7e308), (1.7e308, 1e308)]),
    ],
)
def test_overflow(name: str, pairs: Sequence[tuple[float, float]]) -> None:
    """A figure of which a part is too large for a number is null in both, not a figure of the other rows."""
    given_rows = [{"y": target, "f": output} for target, output in pairs]
    assert_same(name, REGRESSION, given_rows)
    assert rows.metric(f"{name}()", REGRESSION, given_rows) is None


@settings(max_examples=8, deadline=None)
@given(st.lists(st.fixed_dictionaries({"violations": VIOLATIONS}), max_size=5))
def test_integrity(given_rows: list[rows.Row]) -> None:
    """A violation count and the traffic are the same in a custom metric."""
    assert_same("traffic", rows.subject(), given_rows)
    for kind in ("null", "range", "type", "any"):
        assert_same(f"{kind}_violation_count", rows.subject(), given_rows, "age")
