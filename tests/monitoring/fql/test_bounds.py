"""No definition exhausts the parser, the database, or the time for a row."""

from collections.abc import Callable

import pytest

from inference_events.monitoring.fql import FqlError, compile_metric, compile_segment
from inference_events.monitoring.fql.parser import MAX_DEPTH, parse
from tests.monitoring.fql.rows import metric, segment, subject

# How deep in the program a definition may be compiled.
FRAMES = 300
# Each repeats around `age`.
NESTED = [
    ("abs(", ")"),
    ("(", ")"),
    ("-", ""),
    ("exp(", ")"),
    ("1 / (", ")"),
    ("2 ^ ", ""),
    ("2 ^ -(", ")"),
    ("(1 + 1) * (", ")"),
    ("length(to_string(", "))"),
    ("if(flag, 1, ", ")"),
    ("if(1 / (", ") > 1, 1, 2)"),
    ("length(substring(geography, ", ", 3))"),
    ("length(if(is_null(", "), geography, 'a'))"),
    ("if(1 == 2 or 1 == 1 and 1 == 1 + 1 * 1 ^ (", "), 1, 2)"),
]


def nested(before: str, after: str, times: int) -> str:
    return f"sum({before * times}age{after * times})"


def deep_in_the_program(frames: int, call: Callable[[], object]) -> object:
    return call() if frames == 0 else deep_in_the_program(frames - 1, call)


def is_taken(text: str) -> bool:
    try:
        compile_metric(text, subject())
    except FqlError as refused:
        if "nested deeper" in refused.message or "10,000" in refused.message:
            return False
        raise
    return True


@pytest.mark.parametrize(("before", "after"), NESTED, ids=[before for before, _ in NESTED])
def test_deepest(before: str, after: str) -> None:
    """The deepest definition that is taken runs in the database, also if it is compiled deep in the program."""
    times = next(times for times in range(MAX_DEPTH, 0, -1) if is_taken(nested(before, after, times)))
    assert times > 10
    assert deep_in_the_program(FRAMES, lambda: is_taken(nested(before, after, times)))
    metric(nested(before, after, times))


@pytest.mark.parametrize(("before", "after"), NESTED, ids=[before for before, _ in NESTED])
@pytest.mark.parametrize("times", [101, 200, 1_000])
def test_too_deep(before: str, after: str, times: int) -> None:
    """A deeper definition is refused, however deep in the program it is compiled."""
    assert not deep_in_the_program(FRAMES, lambda: is_taken(nested(before, after, times)))


def test_brackets() -> None:
    """A hundred pairs of brackets are taken."""
    assert segment("(" * 100 + "flag" + ")" * 100) == {1, 3}
    assert segment("age > 1 + (" * 1 + "1 + (" * 60 + "1" + ")" * 61) == set()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("sum(" + " + ".join(["1"] * 2_000) + ")", 10_000),
        ("sum(1" + " - 1 + 2" * 1_000 + ")", 5_005),
        ("sum(" + " + ".join(["p"] * 17) + ")", 42.5),
        ("sum(" + " + ".join(["p"] * 18) + ")", 45),
        ("sum(if(" + " or ".join(["flag"] * 1_000) + ", 1, 0))", 2),
        ("sum(if(" + " and ".join(["flag"] * 1_000) + ", 1, 0))", 2),
        (" + ".join(["sum(p)"] * 1_000), 2_500),
    ],
    ids=["sum", "difference", "short", "long", "or", "and", "aggregates"],
)
def test_long_chains(text: str, value: float) -> None:
    """Sums and conditions with many operands are taken, and run in the database."""
    assert metric(text) == pytest.approx(value)


def test_long_products() -> None:
    """A product with many factors is as deep as it is long."""
    assert metric("sum(" + " * ".join(["1"] * 90) + ")") == 5
    with pytest.raises(FqlError, match="nested deeper"):
        parse(" * ".join(["1"] * 102))


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(?=a)", "no RE2"),
        (r"(a)\1", "no RE2"),
        ("(a", "no RE2"),
        ("a{1001}", "no RE2"),
        ("((a{100}){100}){100}", "no RE2"),
        (r"(\pL{100}){10}", "no RE2"),
        (r"\pL{60}", "too large"),
        (r"(.{40}){25}(.{40}){25}(.{40}){25}(.{40}){25}", "too large"),
        (r"(.{40}){24}(.{40}){24}x", "too large"),
        (r"\Qabc", "without \\E"),
        ("a" * 1_001, "more than 1,000"),
    ],
)
def test_patterns(pattern: str, reason: str) -> None:
    """A pattern that RE2 refuses, or that makes each row slow, is refused with the place of the pattern."""
    with pytest.raises(FqlError) as refused:
        compile_segment(f"match(geography, '{pattern}')", subject())
    assert reason in refused.value.message
    assert refused.value.position == len("match(geography, ")


@pytest.mark.parametrize(
    "pattern", [r"^\pL+$", "(a+)+$", ".{100}x", r"(?i)[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}", r"\bH\w+", "(?P<name>b)"]
)
def test_usual_patterns(pattern: str) -> None:
    """A usual pattern is taken, also one that explodes elsewhere."""
    rows = [{"geography": "a" * 1_000_000 + "!"}]
    assert segment(f"match(geography, '{pattern}')", rows=rows) == set()


def test_no_text_in_sql() -> None:
    """SQL has the quoted names of columns and no other word of a definition, which are bound."""
    text = 'substring("a ""b"" {}", 12345, 67890) == \'x\'\'; {} ? DROP\''
    sql = compile_segment(text, subject()).sql({'a "b" {}': '"C"'}.__getitem__)
    assert sql.values == (12345, 67890, "x'; {} ? DROP")
    assert sql.text.count("?") == 3
    assert not any(word in sql.text for word in ("12345", "67890", "DROP", "{}"))
    rows = [{'a "b" {}': "x"}, {'a "b" {}': "y"}]
    assert segment('"a ""b"" {}" == \'y\'', rows=rows) == {2}
