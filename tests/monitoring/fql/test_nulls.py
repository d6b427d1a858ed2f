"""What has no finite number is null, wherever it stands."""

import pytest

from tests.monitoring.fql.rows import Row, metric, segment

UNDEFINED = (
    "(1 / 0)",
    "(-1 / 0)",
    "(0 / 0)",
    "(5 % 0)",
    "(1e300 * 1e300)",
    "(1e300 * 1e300 - 1e300 * 1e300)",
    "log(0)",
    "log2(-1)",
    "log10(0)",
    "sqrt(-1)",
    "exp(1000)",
    "(0 ^ -1)",
    "((-8) ^ (1 / 3))",
    "if(true, 1 / 0, 1)",
    "null",
)
AROUND = (
    "{}",
    "-{}",
    "abs({})",
    "{} + 1",
    "{} * 0",
    "1 / {}",
    "0 / {}",
    "5 % {}",
    "{} % 5",
    "2 ^ {}",
    "1 ^ {}",
    "{} ^ 0",
    "{} ^ -1",
    "exp(-{})",
    "exp(-abs({}))",
    "sqrt({})",
    "if(true, {}, 1)",
    "if({} > 0, 1, null)",
    "if({} == {}, 1, null)",
    "if({} != 1, 1, null)",
    "length(to_string({}))",
    "length(substring('abc', {}, 1))",
    "length(substring('abc', 1, {}))",
    "{}" + " + 1" * 20,
)


@pytest.mark.parametrize("around", AROUND)
def test_undefined_values(around: str) -> None:
    """An operation on null is null, and so is one on what overflows or has no value."""
    texts = [around.replace("{}", undefined) for undefined in UNDEFINED]
    assert {text for text in texts if segment(f"is_null({text})") != {1, 2, 3, 4, 5}} == set()


@pytest.mark.parametrize("undefined", UNDEFINED)
def test_aggregates_skip(undefined: str) -> None:
    """An aggregate skips what has no value, and is null or 0 of nothing else."""
    assert metric(f"sum(if(flag, {undefined}, 1))") == 3
    assert metric(f"average(if(flag, {undefined}, 4))") == 4
    assert metric(f"quantile(if(flag, {undefined}, 4), level=0)") == 4
    assert metric(f"count(if(flag, {undefined}, 4))") == 3
    assert metric(f"count({undefined})") == 0
    assert metric(f"sum({undefined})") is None
    assert metric(f"average({undefined})") is None
    assert metric(f"if(is_null(sum({undefined})), 1, 0)") == 1


@pytest.mark.parametrize(
    "text", ["sum(0) / 0", "1 / sum(0)", "1 / (1 / sum(0))", "exp(-1 / sum(0))", "2 ^ (-1 / sum(0))"]
)
def test_undefined_metrics(text: str) -> None:
    """A metric without a value is null."""
    assert metric(text) is None


def test_logic() -> None:
    """A condition that is null takes the other branch, and a decisive operand outweighs null."""
    assert segment("flag or true") == {1, 2, 3, 4, 5}
    assert segment("is_null(flag and true)") == {4}
    assert segment("is_null(flag and false)") == set()
    assert segment("is_null(not flag)") == {4}
    assert segment("if(flag, true, null)") == {1, 3}
    assert segment("if(null, false, flag)") == {1, 3}
    assert segment("income == null or null != flag") == set()


def test_empty_texts() -> None:
    """The empty text counts as null."""
    rows: list[Row] = [{"geography": ""}, {"geography": None}, {"geography": " "}]
    assert segment("is_null(geography)", rows=rows) == {1, 2}
    assert segment("is_not_null(geography)", rows=rows) == {3}
    assert metric("count(geography)", rows=rows) == 1
    assert segment("geography == ''", rows=rows) == {1}
    assert segment("length(geography) == 0", rows=rows) == {1}


def test_texts() -> None:
    """Functions of texts count characters, and numbers are written without a needless point."""
    rows: list[Row] = [{"geography": "Éa😀b", "income": 2.0, "flag": True, "age": -7}]
    for text in (
        "length(geography) == 4",
        "substring(geography, 3, 1) == '😀'",
        "substring(geography, 2.9, 100) == 'a😀b'",
        "substring(geography, 9, 1) == ''",
        "substring(geography, 1, 0) == ''",
        "is_null(substring(geography, 0, 1))",
        "is_null(substring(geography, 1, -1))",
        "to_string(income) == '2'",
        "to_string(age) == '-7'",
        "to_string(-0) == '0'",
        "to_string(income / 8) == '0.25'",
        "to_string(1e22) == '1e+22'",
        "to_string(flag) == 'true'",
        "to_string(geography) == geography",
        "startswith(geography, '')",
        "match(geography, '^.a.b$')",
        "'it''s' == 'it''s'",
    ):
        assert segment(text, rows=rows) == {1}, text
