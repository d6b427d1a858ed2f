"""The parser takes exactly the texts that the grammar takes."""

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from lark.exceptions import LarkError

from inference_events.monitoring.fql.errors import FqlError
from inference_events.monitoring.fql.parser import parse
from tests.monitoring.fql import expressions
from tests.monitoring.fql.grammar import PARSER

LIMITS = ("nested deeper", "more than 10,000", "too large")
PIECES = (
    *"()+-*/%^<>=,!;.&[ \n\t",
    *("==", "!=", "<=", ">=", "and", "or", "not", "NOT ", " And ", "true", "null", "False", "''", '""', "''''"),
    *("1", "2.5", "1e5", "3E-2", ".5", "5.", "1e", "'x'", '"a b"', "'it''s'", '"a""b"', "'", '"', "age", "or.x"),
    *("notable", "e", "e1", "_a.b", "été", "sum(", "if(", "tp()", "target=", "level = 0.5", "a=", "class ='x'"),
)


def is_parsed(text: str) -> bool:
    try:
        parse(text)
    except FqlError as error:
        assume(not any(limit in error.message for limit in LIMITS))
        return False
    return True


def is_in_grammar(text: str) -> bool:
    try:
        PARSER.parse(text)
    except LarkError:
        return False
    return True


@settings(max_examples=100, deadline=None)
@given(st.one_of(expressions.condition(), expressions.aggregate(), expressions.metric()))
def test_well_formed(text: str) -> None:
    """Both take what the documentation calls an expression."""
    assert is_parsed(text)
    assert is_in_grammar(text)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@example("not 1 == 2")
@example("1 == not 2")
@example("- not 1")
@example("2 ^ -3 ^ - -1")
@example("f(not a, b == c)")
@example("f(a == b = c)")
@example("f(true = 1)")
@example("f(a = b = c)")
@example("(a = b)")
@example("a\u00a0+ b")
def test_pieces(text: str) -> None:
    """Both take or refuse any row of tokens."""
    assert is_parsed(text) == is_in_grammar(text)


@settings(max_examples=150, deadline=None)
@given(st.one_of(expressions.condition(2), expressions.metric(2)), st.data())
def test_one_change(text: str, data: st.DataObject) -> None:
    """Both take or refuse an expression in which a few characters are gone, or something was put in."""
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(start + 3, len(text))))
    changed = text[:start] + data.draw(st.sampled_from(("", *PIECES))) + text[end:]
    assert is_parsed(changed) == is_in_grammar(changed)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=20))
def test_any_text(text: str) -> None:
    """Both refuse or take any text."""
    assert is_parsed(text) == is_in_grammar(text)


@pytest.mark.parametrize("text", ["a.b", "_x", "é1", "NOTE", "e", "true_", "nullable"])
def test_names(text: str) -> None:
    """A word that only begins like a keyword is a name."""
    assert is_parsed(f"{text} + 1")
    assert is_in_grammar(f"{text} + 1")
