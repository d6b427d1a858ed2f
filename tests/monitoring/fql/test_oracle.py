"""SQL and Python agree about random definitions on random rows."""

from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from tests.monitoring.fql import expressions, oracle, rows

SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# Beyond this, the two ways to add numbers up overflow at different places.
MAX_SUM = 1e300


@SETTINGS
@given(expressions.condition(), expressions.rows())
def test_segments(text: str, given_rows: list[dict[str, Any]]) -> None:
    """A segment has the rows for which Python finds its condition true."""
    assert rows.segment(text, rows=given_rows) == oracle.segment(text, given_rows)


@SETTINGS
@given(expressions.number(), expressions.rows())
def test_values_of_rows(text: str, given_rows: list[dict[str, Any]]) -> None:
    """A number has the same value in a row."""
    _assert_equal(
        rows.metric(f"quantile({text}, level=0)", rows=given_rows[:1]), oracle.metric(f"sum({text})", given_rows[:1])
    )


@SETTINGS
@given(expressions.aggregate(), expressions.rows())
def test_aggregates(text: str, given_rows: list[dict[str, Any]]) -> None:
    """An aggregate of any numbers has the value that Python finds."""
    expected = oracle.metric(text, given_rows)
    assume(expected is None or abs(float(expected)) < MAX_SUM)
    _assert_equal(rows.metric(text, rows=given_rows), expected)


@SETTINGS
@given(expressions.metric(), expressions.rows())
def test_metrics(text: str, given_rows: list[dict[str, Any]]) -> None:
    """A combination of aggregates has the value that Python finds."""
    _assert_equal(rows.metric(text, rows=given_rows), oracle.metric(text, given_rows))


def _assert_equal(value: Any, expected: Any) -> None:
    assert value == (expected if expected is None else pytest.approx(expected, rel=1e-9, abs=1e-12))
