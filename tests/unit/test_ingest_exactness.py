"""One value has one reading: its id, column and category agree in JSON, CSV and Parquet, and no digit is lost."""

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_events import exact_json
from inference_events.events.ingest.list_text import TypeMismatch, text_list
from inference_events.events.ingest.number_text import canonical_id, integral_digits
from inference_events.models.schema import ModelSchema
from tests.unit.ingested import (
    column,
    csv_rows,
    hashes,
    parquet_rows,
    published,
    schema,
    timestamps,
    undeclared,
    updated,
    values,
    violations,
)

INT_IDS = schema(column("int", "id"), column("float", "x"))
FLOAT_IDS = schema(column("float", "id"), column("float", "x"))
STR_IDS = schema(column("str", "id"), column("float", "x"))
OPEN_IDS = schema(column("float", "x"))
CATEGORIES = schema(column("category", categories=["1", "2", "True", "False", "007"]), id_column=None)


def forms(number: int) -> list[Any]:
    """Return the forms in which programs send a whole number."""
    texts = [str(number), f" {number}", f"{number}.0", f"{number}.", f"{number} "]
    return [number, *texts, *([float(number)] if abs(number) < 2**53 else [])]


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_form_of_a_number_is_one_id(number: int) -> None:
    """In a column of integers, the id and the value of each form are the same number, to publish and to update."""
    for form in forms(number):
        ways: list[Any] = [[{"id": form}], parquet_rows({"id": pa.array([form])}), csv_rows({"id": [str(form)]})]
        for rows in ways[1:] if isinstance(form, float) and abs(form) >= 2**53 else ways:
            for ingested in (published(rows, INT_IDS), updated(rows, INT_IDS)):
                assert ingested.ids == [str(number)]
                assert values(ingested, "id") == [number]


@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_an_id_of_a_column_of_floats(number: int) -> None:
    """In a column of floats, a whole number is its digits as well."""
    for form in forms(number):
        for rows in ([{"id": form}], csv_rows({"id": [str(form)]})):
            ingested = published(rows, FLOAT_IDS)
            assert ingested.ids == [str(number)]
            assert values(ingested, "id") == [float(number)]


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1) | st.sampled_from(["007", "7.0", " 7", "1e3"]))
def test_text_is_exact_in_a_column_of_text(text: str) -> None:
    """The id and the value of a text column, and the id of an undeclared column, equal the sent text."""
    rows = parquet_rows({"id": pa.array([text])})
    assert published([{"id": text}], STR_IDS).ids == published(rows, STR_IDS).ids == [text]
    assert values(published([{"id": text}], STR_IDS), "id") == [text]
    assert published([{"id": text}], OPEN_IDS).ids == [text]


def test_text_that_is_no_number_is_an_id_as_it_is() -> None:
    """A column of numbers keeps such ids; their values are violations."""
    for rows in ([{"id": "a-1"}], csv_rows({"id": ["a-1"]})):
        ingested = published(rows, INT_IDS)
        assert ingested.ids == ["a-1"]
        assert violations(ingested, "id") == [{"type": "a-1"}]


@pytest.mark.parametrize("sent", [7, 7.0])
def test_a_number_in_a_text_id_column_shows_its_digits(sent: Any) -> None:
    """The value of the column is the id, so a repeat has the same content in any form."""
    for rows in ([{"id": sent}], parquet_rows({"id": pa.array([sent])})):
        ingested = published(rows, STR_IDS)
        assert ingested.ids == values(ingested, "id") == ["7"]
        assert hashes(ingested) == hashes(published([{"id": "7"}], STR_IDS))


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("7", "7"), (" 7", "7"), ("7.0", "7"), ("007", "7"), ("-0", "0"), ("+7.", "7"), ("1e3", "1000"),
        ("9007199254740995.0", "9007199254740995"), ("1.5e1", "15"),
        ("1.5", None), ("", None), ("a", None), ("1e999", None), ("\u0667", None), ("1_0", None),
        ("9" * 500, None), ("0x10", None), (" ", None), ("7 7", None),
    ],
)  # fmt: skip
def test_whole_numbers_as_text(text: str, digits: str | None) -> None:
    """A text is a whole number if it says so exactly; any other text is an id as it is."""
    assert integral_digits(text) == digits
    assert canonical_id(text) == (digits or text)


def test_asked_ids_are_read_as_published_ones() -> None:
    """Deletions and queries mean the events that were published with the same ids."""
    assert INT_IDS.canonical_ids(["7.0", " 7", "7", "x"]) == ["7", "7", "7", "x"]
    assert STR_IDS.canonical_ids(["7.0"]) == OPEN_IDS.canonical_ids(["7.0"]) == ["7.0"]


@pytest.mark.parametrize(
    ("sent", "category"),
    [
        (1, "1"), (1.0, "1"), ("1.0", "1"), ("1", "1"), (True, "True"), ("true", "True"), ("FALSE", "False"),
        ("1.5", None), ("01", None), (7, None), ("007", "007"), ("yes", None), (" 1", None),
    ],
)  # fmt: skip
def test_a_category_is_meant_by_its_number_or_boolean(sent: Any, category: str | None) -> None:
    """A value that is the same whole number or boolean as one category is that category, in every format."""
    ways: list[Any] = [[{"c": sent}], parquet_rows({"c": pa.array([sent])})]
    for rows in [*ways, csv_rows({"c": [str(sent)]})]:
        ingested = published(rows, CATEGORIES)
        assert (violations(ingested)[0].keys() & {"range"} == set()) == (category is not None)
        if category is not None:
            assert values(ingested) == [category]


def test_two_categories_of_one_number_stay_apart() -> None:
    """A value that could mean two categories means only the one that it equals."""
    model = schema(column("category", categories=["1", "1.0"]), id_column=None)
    assert values(published([{"c": "1"}, {"c": "1.0"}, {"c": "1.00"}], model)) == ["1", "1.0", "1.00"]


@given(st.integers(2**53, 2**200) | st.integers(-(2**200), -(2**53)))
def test_long_integers_keep_their_digits(number: int) -> None:
    """In columns of text, in undeclared ones and as ids: as JSON numbers, and as text in columns of integers."""
    body = exact_json.loads(b'[{"id": %d, "c": %d, "u": [%d]}]' % (number, number, number))
    ingested = published(body, schema(column("str")))
    assert ingested.ids == values(ingested) == [str(number)]
    assert exact_json.loads(ingested.batch.system["undeclared"][0].as_py()) == {"u": [number]}
    assert exact_json.loads(exact_json.dumps(body)) == body
    as_int = published(csv_rows({"id": ["a"], "c": [f" {number}"]}), schema(column("int")))
    assert values(as_int) == [number if -(2**63) <= number < 2**63 else None]


@pytest.mark.parametrize(
    ("text", "is_lost"),
    [
        ("0.1", False),
        ("0.30000000000000004", False),
        ("5.960464477539063e-08", False),
        ("0.1000000000000000055511151231257827", False),
        ("9007199254740992", False),
        ("1e22", False),
        ("-0.0", False),
        ("9007199254740993", True),
        ("0.12345678901234567890", True),
    ],
)
def test_text_that_no_float_represents_counts_as_another_type(text: str, is_lost: bool) -> None:
    """The nearest float is stored, and if a digit is lost, the sent text is kept, too."""
    model = schema(column("float"), id_column=None)
    for rows in (csv_rows({"c": [text, "1.5"]}), parquet_rows({"c": pa.array([Decimal(text), Decimal("1.5")])})):
        ingested = published(rows, model)
        assert values(ingested) == [float(text), 1.5]
        assert [list(found) for found in violations(ingested)] == [["type"] if is_lost else [], []]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_as_programs_write_it_loses_nothing(number: float) -> None:
    """Python, NumPy and Arrow write the shortest digits; a longer exact expansion is no loss either."""
    model = schema(column("float"), id_column=None)
    for text in (repr(number), str(np.float64(number)), f"{number:.17g}", f"{number:.30e}"):
        ingested = published(csv_rows({"c": [text]}), model)
        assert values(ingested) == [number]
        assert violations(ingested) == [{}]


def test_infinity_is_kept_as_a_word() -> None:
    """In undeclared and in nested values, because JSON has no infinity."""
    rows = parquet_rows({"u": pa.array([math.inf]), "v": pa.array([[1.0, -math.inf]])})
    assert undeclared(published(rows, OPEN_IDS, makes_missing_ids=True)) == [{"u": "Infinity", "v": [1.0, "-Infinity"]}]
    raw = published(parquet_rows({"c": pa.array([[math.inf]])}), schema(column("str"), id_column=None))
    assert violations(raw) == [{"type": ["Infinity"]}]


SCALARS = [
    kind for kind in dict.fromkeys(np.sctypeDict.values()) if issubclass(kind, np.number | np.bool_)
    and not issubclass(kind, np.complexfloating | np.timedelta64)
]  # fmt: skip


@pytest.mark.parametrize("kind", SCALARS, ids=lambda kind: kind.__name__)
def test_vector_text_with_numpy_scalars_of_any_type(kind: type[np.generic]) -> None:
    """A list that was written by Python with NumPy's scalars in it is read as its numbers."""
    text = str([kind(1), kind(0)])
    assert [float(item) for item in text_list(text)] == [1.0, 0.0]
    model = schema(column("vector"), id_column=None)
    if kind is not np.bool_:
        assert values(published(csv_rows({"c": [text]}), model)) == [[1.0, 0.0]]


def test_vector_text_with_infinity() -> None:
    """Python writes infinity as `inf`."""
    assert text_list("[1.0, inf, -inf, nan]") == [1.0, math.inf, -math.inf, None]


def ranking(*columns: dict[str, Any]) -> ModelSchema:
    return schema(*columns, task="ranking", task_params={"group_by": "id"})


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("['a' 'b']", ["a", "b"]),
        ("['a'\n 'b c']", ["a", "b c"]),
        ("[\"it's\" 'b']", ["it's", "b"]),
        ("[9007199254740993 1]", [9007199254740993, 1]),
        ("[9007199254740993.0 1.]", ["9007199254740993.0", 1.0]),
        ("[9007199254740993.0, 1]", ["9007199254740993.0", 1]),
        ("[0.12345678901234567890123, 1]", ["0.12345678901234567890123", 1]),
        ("[0.30000000000000004, 1e5]", [0.30000000000000004, 100000.0]),
        ("[1e400, 1]", ["1e400", 1]),
        ("[ True False]", [True, False]),
        ("[nan inf]", [None, math.inf]),
    ],
)
def test_lists_as_text_keep_each_item(text: str, items: list[Any]) -> None:
    """NumPy writes no commas: its strings stay apart, and no number passes through a float that does not hold it."""
    assert text_list(text) == items


@pytest.mark.parametrize("text", ["[1_0, 2]", "[0x10, 2]", "[0x" + "f" * 5000 + "]", "[a b]"])
def test_numbers_of_python_only_are_no_numbers(text: str) -> None:
    """Nor is an integer of thousands of digits, which Python refuses to write."""
    with pytest.raises(TypeMismatch):
        text_list(text)


def test_lists_of_a_ranking_row_keep_their_digits() -> None:
    """Ids, integers, texts and times of a list in NumPy's notation are read exactly."""
    category = column("category", "k", categories=["1", "2"])
    model = ranking(column("int", "id"), column("int"), column("str", "s"), category)
    rows = csv_rows({
        "id": ["[9007199254740993 9007199254740993]"], "c": ["[9007199254740993 1]"], "s": ["[10 20]"],
        "k": ["[1, 2]"], "ts": ["['2024-01-02' '2024-01-01']"],
    })  # fmt: skip
    ingested = published(rows, model)
    assert ingested.ids == ["9007199254740993"]
    assert values(ingested, "id") == [9007199254740993]
    assert values(ingested) == [[9007199254740993, 1]]
    assert values(ingested, "s") == [["10", "20"]]
    assert values(ingested, "k") == [["1", "2"]]
    assert [violations(ingested, name) for name in ("id", "c", "s", "k")] == [[{}]] * 4
    assert timestamps(ingested) == [1_704_067_200_000_000]


def test_half_of_a_pair_of_surrogates_is_no_text() -> None:
    """JSON and Python can escape it, and UTF-8 cannot hold it: one such item is a violation, as an id it is none."""
    model = ranking(column("str", "id"), column("str"))
    cells = csv_rows({"id": ["a", '["\\ud800"]'], "c": ['["\\ud800"]', "['x', '\\ud800']"]})
    ingested = published(cells, model)
    assert ingested.ids == ["a"]
    assert [list(found) for found in violations(ingested)] == [["type"]]
    assert [fault.row for fault in ingested.faults] == [1]


@pytest.mark.parametrize("text", ["1e400", "-1e400", "1e309", "1e-400", "4e-324", "0.0", "1e5", "inf", "0e5"])
def test_a_number_beyond_all_floats_is_a_violation_in_any_column(text: str) -> None:
    """Overflow reads as null, underflow as the nearest float; both count as type, alone and with other cells."""
    model = schema(column("float"), id_column=None)
    lost = {"1e400": None, "-1e400": None, "1e309": None, "1e-400": 0.0, "4e-324": 5e-324}
    expected = lost[text] if text in lost else float(text)
    for beside in ([], ["junk"]):
        ingested = published(csv_rows({"c": [text, *beside]}), model)
        assert values(ingested)[0] == expected
        assert list(violations(ingested)[0]) == (["type"] if text in lost else [])


def test_minus_zero_is_zero_as_an_id_and_as_a_category() -> None:
    """It is the same whole number, for any other values of the column."""
    for cells in (["-0"], ["-0", "7.0"], ["-0.0"]):
        assert published(csv_rows({"id": cells}), INT_IDS).ids[0] == "0"
    assert published([{"id": "-0"}], INT_IDS).ids == ["0"]
    model = schema(column("category", categories=["0"]), id_column=None)
    assert values(published([{"c": "-0"}, {"c": -0.0}], model)) == ["0", "0"]


@pytest.mark.parametrize(("kind", "value"), [("int", 7), ("float", 7.0), ("str", "7"), ("category", "7")])
def test_a_list_of_one_id_is_that_id_in_its_column_too(kind: str, value: Any) -> None:
    """The id and the value of its column agree, also if the category is written in another way."""
    more = {"categories": ["7"]} if kind == "category" else {}
    model = schema(column(kind, "id", **more))
    for rows in ([{"id": [7, 7]}], parquet_rows({"id": pa.array([[7, 7]])})):
        ingested = published(rows, model)
        assert ingested.ids == ["7"]
        assert values(ingested, "id") == [value]
    as_text = published([{"id": "7.0"}], schema(column("category", "id", categories=["7"])))
    assert as_text.ids == values(as_text, "id") == ["7.0"]


def test_nanoseconds_are_kept_as_text() -> None:
    """They are kept outside of columns of times: in text, in undeclared columns, in lists and structs."""
    times = pa.array([1_700_000_000_123_456_789, 1_700_000_000_000_000_000], pa.timestamp("ns"))
    exact = "2023-11-14T22:13:20.123456789"
    in_text = published(parquet_rows({"c": times}), schema(column("str"), id_column=None))
    assert values(in_text) == [exact.replace("T", " "), "2023-11-14 22:13:20"]
    assert undeclared(published(parquet_rows({"u": times}), schema(id_column=None)))[0] == {"u": exact}
    lists = pa.array([[1_700_000_000_123_456_789]], pa.list_(pa.timestamp("ns")))
    assert undeclared(published(parquet_rows({"u": lists}), schema(id_column=None)))[0] == {"u": [exact]}
    in_time = published(parquet_rows({"c": times}), schema(column("timestamp"), id_column=None))
    assert violations(in_time) == [{}, {}]


def test_bounds_of_integers_are_exact() -> None:
    """Beyond 2**53 an integer is compared as one, not as its nearest float."""
    model = schema(column("int", max=2**53), id_column=None)
    assert [list(found) for found in violations(published([{"c": 2**53}, {"c": 2**53 + 1}], model))] == [[], ["range"]]
