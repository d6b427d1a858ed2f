"""An error about a definition names a place in it, helps, and quotes little."""

from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inference_events.monitoring.fql import FqlError, compile_metric, compile_segment
from inference_events.monitoring.subject import Subject
from tests.monitoring.fql import expressions
from tests.monitoring.fql.rows import subject
from tests.monitoring.fql.test_grammar import PIECES

MODEL = subject()
RANKING = subject(
    "ranking",
    columns=[{"name": "query", "data_type": "str"}, {"name": "score", "data_type": "float"}],
    outputs=("score",),
    targets=("score",),
    group_by="query",
)
LONG = "".join(chr(0x4E00 + index) for index in range(3_000))
# Text, the place of the error, and its hint.
PLACES = {
    "age = 30": (4, "use == to compare"),
    "age > '30'": (6, None),
    "age in (1, 2)": (4, "FQL has no in; join comparisons with or"),
    "age > 1 & flag": (8, "write and"),
    "age <> 3": (5, "use != for not equal"),
    "age ** 2 > 1": (5, "use ^ for powers"),
    "age > .5": (6, "write a digit before the point, such as 0.5"),
    "age > 1 and": (11, None),
    "flag and (age > 1": (17, None),
    "1 < age < 3": (8, "join two comparisons with and"),
    "count(*) > 1": (6, "count rows with traffic()"),
    "flag == not flag": (8, "write (not ...)"),
    "\u201cage\u201d > 1": (0, 'write columns in "straight" quotes'),
    "geography == \u2018Texas\u2019": (13, "write texts in straight single quotes"),
    "geography == 3": (10, "column geography is a String; write '3'"),
    "'3' == age": (4, "column age is a Number; write a number without quotes"),
    'geography == "Texas"': (13, "write texts in single quotes"),
    "Geography == 'Texas'": (0, "did you mean geography?"),
    "incom > 3": (0, "did you mean income?"),
    "age + flag > 3": (6, "write if(..., 1, 0)"),
    "starts_with(geography, 'T')": (0, "did you mean startswith?"),
    "sum(age) > 3": (0, None),
    "match(geography, '(')": (17, None),
    "match(geography, geography)": (17, None),
    "seen == seen": (0, None),
    "vector == vector": (0, "only is_null, is_not_null, count, jsd, psi and the violation counts take it"),
    "age": (0, "compare it, as in x > 1"),
}


def error(text: str, model: Subject = MODEL) -> FqlError:
    with pytest.raises(FqlError) as refused:
        compile_segment(text, model)
    return refused.value


def refusals(text: str) -> Iterator[FqlError]:
    """Yield the errors of a text as a segment and as a metric."""
    for compile in (compile_segment, compile_metric):
        try:
            compile(text, MODEL)
        except FqlError as refused:
            yield refused


@pytest.mark.parametrize(("text", "place"), PLACES.items(), ids=list(PLACES))
def test_places(text: str, place: tuple[int, str | None]) -> None:
    """An error points at the wrong token, and says what to write if that is known."""
    found = error(text)
    assert (found.position, found.hint) == place


def test_caret() -> None:
    """The text of an error has the line of the definition with a caret below the place."""
    assert str(error("age > 1\nand geography = 3")) == (
        "line 2, character 15: expected an operator or the end, not =; use == to compare\n"
        "and geography = 3\n"
        "              ^"
    )


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.lists(st.sampled_from((*PIECES, "sum", "flag ", "income", "geography")), max_size=12).map("".join),
        expressions.metric(2),
        expressions.condition(2),
        st.text(max_size=200),
    )
)
@example("\ud800")
@example("'\udfff'")
@example("1e999 > 2")
@example("\r\r\n\n")
@example("f(" * 6_000)
@example("(" * 10_001)
@example("not " * 2_500)
@example("-" * 10_000)
@example("2^" * 5_000)
@example("if(true," * 1_250)
def test_position(text: str) -> None:
    """Any text is compiled, or refused with a place inside it and a message that can be sent."""
    for refused in refusals(text):
        assert 0 <= refused.position <= len(text)
        assert str(refused).encode()
        assert str(refused).count("\n") == 2


@pytest.mark.parametrize(
    "text",
    [
        LONG,
        f'"{LONG}"',
        f"'{LONG}",
        f"'{LONG}'",
        f"{LONG}()",
        f"{LONG} {LONG}",
        f"age == '{LONG}'",
        f"sum(age, {LONG}=1)",
        f"jsd(age, '{LONG}')",
        f"match(geography, '{LONG}(')",
        f"count({LONG}=1, {LONG}=1)",
    ],
    ids=lambda text: text[:10],
)
def test_quotes_little(text: str) -> None:
    """An error has at most 100 characters of a definition."""
    found = list(refusals(text))
    assert len(found) == 2
    assert all(sum(character in LONG for character in str(one)) <= 100 for one in found)


def test_quotes_little_of_columns() -> None:
    """An error cuts the names of columns, too, and of those that it suggests."""
    name = LONG[:60]
    model = subject(columns=[{"name": name, "data_type": "str"}], outputs=(), targets=())
    for text in (f"{LONG[1:60]} == 'a'", f"{name} == 3", f"abs({name}) > 1", f"jsd({name}, 'last year') > 1", name):
        assert sum(character in LONG for character in str(error(text, model))) <= 100


def test_lists() -> None:
    """Columns of ranking rows hold a value for each item, so they have no single value to compare."""
    found = error("score > 0.5", RANKING)
    assert "holds the values of a group" in found.message
    assert compile_segment("is_null(score)", RANKING).columns == ("score",)
    assert compile_segment("query == 'a'", RANKING).columns == ("query",)


def test_suggestions_are_quick() -> None:
    """A wrong name in a model with 10,000 long names is refused; a name too long to compare gets no suggestion."""
    names = [f"{'feature_' * 25}{index}" for index in range(10_000)]
    model = subject(columns=[{"name": name, "data_type": "float"} for name in names], outputs=(), targets=())
    assert error("featur > 1", model).hint is None
    assert error(f"{names[7]}x > 1", model).hint is None
