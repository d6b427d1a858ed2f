"""Random definitions and rows.

Arithmetic about many rows gets sums of small whole numbers only. The two ways to add up others differ in the last
digits, and a condition or a division by zero can turn that into another value.
"""

from typing import Any

from hypothesis import strategies as st

from tests.monitoring.fql.rows import NAMES

TEXTS = ("", "a", "Hawaii", "hawaii\n", "Texas", "é😀x", "a'b", "10", " ")
PATTERNS = (
    "a",
    "^H",
    "i$",
    ".",
    "a.b",
    "^$",
    "[^a-z]",
    "(?i)HAW",
    r"\\d+",
    "x|T",
    "é.",
    "(a|e)+s?",
    r"\\bx",
    "^.{2,3}$",
    "",
)
LEVELS = ("0", "0.25", "0.5", "1")


def rows() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows with nulls, repeated values, and numbers that are none."""
    whole = st.none() | st.integers(-3, 60)
    values: dict[str, st.SearchStrategy[Any]] = {
        "age": whole,
        "geography": st.none() | st.sampled_from(TEXTS),
        "churn": st.sampled_from((None, 0, 1)),
        "p": st.none() | st.sampled_from((0.0, 0.25, 0.5, 0.75, 1.0)),
        "income": st.none() | st.sampled_from((-2.0, -0.0, 0.5, 3.0, 7.25, 1e300, float("inf"), float("nan"))),
        "flag": st.none() | st.booleans(),
    }
    return st.lists(st.fixed_dictionaries({name: values[name] for name in NAMES}), max_size=8)


def _call(name: str, *arguments: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*arguments).map(lambda given: f"{name}({', '.join(given)})")


def _operation(operators: tuple[str, ...], operand: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Operators between operands, at times without the brackets that would make precedence plain."""
    shapes = ("({} {} {})", "{} {} {}", "{}{}{}")
    parts = st.tuples(st.sampled_from(shapes), operand, st.sampled_from(operators), operand)
    return parts.map(lambda given: given[0].format(given[1], f" {given[2]} ", given[3]))


def _quoted(texts: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.sampled_from(texts).map(lambda text: "'" + text.replace("'", "''") + "'")


def _condition(depth: int) -> st.SearchStrategy[str]:
    plain = st.sampled_from(("flag", "true", "FALSE", "tp()", "fp()", "tn()", "fn()"))
    if depth == 0:
        return plain
    condition, value, text = _condition(depth - 1), number(depth - 1), _text(depth - 1)
    equal = _operation(("==", "!="), text) | _operation(("==", "!="), condition.map("({})".format))
    return st.one_of(
        plain,
        equal,
        _operation(("<", "<=", ">", ">=", "==", "!="), value),
        _operation(("and", "or", "AND"), condition),
        condition.map("not ({})".format),
        _call("if", condition, condition, condition | st.just("null")),
        _call("is_null", value | text | condition),
        _call("is_not_null", value | text | condition),
        _call("startswith", text, text),
        _call("match", text, _quoted(PATTERNS)),
    )


def condition(depth: int = 3) -> st.SearchStrategy[str]:
    """Boolean expressions about one row. All of lower precedence than a comparison have brackets around them."""
    return _condition(depth)


def _text(depth: int) -> st.SearchStrategy[str]:
    plain = st.just("geography") | st.just('"geography"') | _quoted(TEXTS)
    if depth == 0:
        return plain
    return st.one_of(
        plain,
        _call("substring", _text(depth - 1), number(depth - 1), number(depth - 1)),
        _call("to_string", number(depth - 1) | _text(depth - 1) | st.just("flag")),
        _call("if", _condition(depth - 1), _text(depth - 1), _text(depth - 1) | st.just("null")),
    )


def whole(depth: int = 3) -> st.SearchStrategy[str]:
    """Expressions about one row that are small whole numbers."""
    plain = st.sampled_from(("age", "churn", "0", "1", "3", "-2"))
    if depth == 0:
        return plain
    return st.one_of(
        plain,
        _operation(("+", "-", "*"), whole(depth - 1)),
        _call("abs", whole(depth - 1)),
        _call("length", _text(depth - 1)),
        _call("if", _condition(depth - 1), whole(depth - 1), whole(depth - 1) | st.just("null")),
    )


def number(depth: int = 3) -> st.SearchStrategy[str]:
    """Number expressions about one row."""
    plain = st.sampled_from(("age", "income", "p", "0", "1", "2.5", "1e300", "pi()", "E()", "-3"))
    if depth == 0:
        return plain
    inner = number(depth - 1)
    return st.one_of(
        plain,
        _operation(("+", "-", "*", "/", "%", "^"), inner),
        inner.map("-{}".format),
        *(_call(name, inner) for name in ("abs", "exp", "log", "log2", "log10", "sqrt")),
        _call("length", _text(depth - 1)),
        _call("if", _condition(depth - 1), inner, inner | st.just("null")),
    )


def aggregate() -> st.SearchStrategy[str]:
    """Single aggregates of any numbers."""
    level = st.sampled_from(LEVELS).map("level={}".format)
    return st.one_of(
        _call("sum", number() | _condition(2)),
        _call("average", number() | _condition(2)),
        _call("quantile", number(), level),
    )


def metric(depth: int = 3) -> st.SearchStrategy[str]:
    """Arithmetic and conditions about aggregates of whole numbers."""
    plain = st.one_of(
        _call("sum", whole()),
        _call("count", number() | _condition(2) | _text(2)),
        st.sampled_from(("traffic()", "tp()", "fp()", "fn()", "tn()")),
    )
    if depth == 0:
        return plain
    inner = metric(depth - 1)
    comparison = _operation(("<", ">=", "==", "!="), inner)
    return st.one_of(
        plain,
        _operation(("+", "-", "*", "/", "%"), inner),
        inner.map("-{}".format),
        _call("sqrt", inner),
        _call("if", comparison | _call("is_null", inner), inner, inner | st.just("null")),
    )
