"""Conversion of values: type, stored value, raw value and violations."""

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.ingested import (
    carried,
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
    violation_counts,
    violations,
)

FLOAT, INT, BOOL, STR, TIME = (column(kind) for kind in ("float", "int", "bool", "str", "timestamp"))
VECTOR = column("vector", n_dimensions=2)
NAMES = column("category", categories=["a", "b", "7"])
NUMBERS = column("category", categories=[1, 2])
HALVES = column("category", categories=[1, 2.5])
FLAGS = column("category", categories=[True])
DEEP: Any = []
for _ in range(900):
    DEEP = [DEEP]

CLEAN: list[tuple[dict[str, Any], Any, Any]] = [
    (FLOAT, 0.5, 0.5),
    (FLOAT, 3, 3.0),
    (FLOAT, 2**60, 2.0**60),
    (FLOAT, 2**63, 2.0**63),
    (FLOAT, -0.0, 0.0),
    (INT, 3, 3),
    (INT, 3.0, 3),
    (INT, 2**63 - 1, 2**63 - 1),
    (INT, -(2**63), -(2**63)),
    (BOOL, True, True),
    (STR, "", ""),
    (STR, "nan", "nan"),
    (STR, "None", "None"),
    (STR, "\x00\U0001f600", "\x00\U0001f600"),
    (TIME, "2024-01-02 03:04:05", datetime(2024, 1, 2, 3, 4, 5)),
    (TIME, 1_704_164_645_000, datetime(2024, 1, 2, 3, 4, 5)),
    (VECTOR, [1, 2.5], [1.0, 2.5]),
    (VECTOR, [1.0, None], [1.0, None]),
    (NAMES, "a", "a"),
    (NUMBERS, 2, 2),
    (NUMBERS, 2.0, 2),
    (HALVES, 1, 1.0),
    (FLAGS, True, True),
]

CONVERTED: list[tuple[dict[str, Any], Any, Any]] = [
    (FLOAT, "3", 3.0),
    (FLOAT, " 1e3 ", 1000.0),
    (FLOAT, "inf", math.inf),
    (INT, "3", 3),
    (INT, "-3.0", -3),
    (INT, "9223372036854775807", 2**63 - 1),
    (BOOL, "true", True),
    (BOOL, "False", False),
    (BOOL, 1, True),
    (BOOL, 0.0, False),
    (STR, 7, "7"),
    (STR, 1.5, "1.5"),
    (STR, True, "true"),
    (NAMES, 7, "7"),
    (NUMBERS, "1", 1),
    (FLAGS, 1, True),
    (VECTOR, "[1, 2]", [1.0, 2.0]),
    (VECTOR, ["1", 2], [1.0, 2.0]),
]

LOST: list[tuple[dict[str, Any], Any]] = [
    (FLOAT, "abc"),
    (FLOAT, ""),
    (FLOAT, "nan"),
    (FLOAT, "NaN"),
    (FLOAT, "1_000"),
    (FLOAT, True),
    (FLOAT, [1.0]),
    (FLOAT, {"a": 1}),
    (FLOAT, 2**53 + 1),
    (INT, 1.5),
    (INT, "3abc"),
    (INT, "1.5"),
    (INT, "1e400"),
    (INT, "1e999999999"),
    (INT, "9" * 5000),
    (INT, 2**63),
    (INT, 1e300),
    (INT, False),
    (INT, "9223372036854775808"),
    (INT, []),
    (BOOL, 2),
    (BOOL, "yes"),
    (STR, ["a"]),
    (STR, {}),
    (TIME, "yesterday"),
    (TIME, ""),
    (TIME, "1" * 400),
    (TIME, 1e300),
    (TIME, True),
    (TIME, {}),
    (VECTOR, 1.0),
    (VECTOR, ["a", 1]),
    (VECTOR, [[1, 2]]),
    (VECTOR, "[1, a]"),
    (VECTOR, "[" * 500),
    (VECTOR, [True, 1.0]),
    (NUMBERS, "one"),
    (NUMBERS, 1.5),
    (FLAGS, "maybe"),
]


def one(kind: Mapping[str, Any], value: Any, *beside: Any) -> tuple[Any, dict[str, Any], bool]:
    """Publish a value, alone or among others; return its stored value, its violations, and whether it is carried."""
    events = [{"id": "a", "c": value}, *({"id": f"b{place}", "c": other} for place, other in enumerate(beside))]
    ingested = published(events, schema(kind))
    assert not ingested.faults
    return values(ingested)[0], violations(ingested)[0], carried(ingested)[0]


@pytest.mark.parametrize(("kind", "value", "stored"), CLEAN)
def test_a_value_of_the_columns_type_is_no_violation(kind: dict[str, Any], value: Any, stored: Any) -> None:
    """An int is a float, an integral float an int, and a category has the type of its categories."""
    assert one(kind, value) == (stored, {}, True)


@pytest.mark.parametrize(("kind", "value", "stored"), CONVERTED)
def test_a_value_that_converts_without_loss_counts_as_type(kind: dict[str, Any], value: Any, stored: Any) -> None:
    """A value of another type that converts without loss is stored converted, together with its raw value."""
    kept, found, is_carried = one(kind, value)
    assert (kept, type(kept), found["type"], is_carried) == (stored, type(stored), value, True)


@pytest.mark.parametrize(("kind", "value"), LOST)
def test_a_value_that_does_not_convert_reads_as_null(kind: dict[str, Any], value: Any) -> None:
    """A value that does not convert reads as null, counts as type only, and its raw value is kept; it is carried."""
    kept, found, is_carried = one(kind, value)
    assert (kept, found, is_carried) == (None, {"type": value}, True)


@pytest.mark.parametrize(("kind", "value"), [(kind, None) for kind in (FLOAT, INT, BOOL, STR, TIME, VECTOR, NAMES)])
def test_a_null_is_missing(kind: dict[str, Any], value: Any) -> None:
    """A null and an absent column count as missing and are not carried."""
    assert one(kind, value) == (None, {"missing": None}, False)
    absent = published([{"id": "a"}], schema(kind))
    assert (values(absent), violations(absent), carried(absent)) == ([None], [{"missing": None}], [False])


@pytest.mark.parametrize(
    ("kind", "value"),
    [(kind, value) for kind, value, _ in [*CLEAN, *CONVERTED]] + [*LOST, *((k, None) for k, _ in LOST)],
)
@pytest.mark.parametrize("beside", ["junk", 1.0, 1, True, None, [1.0, 0.0]])
def test_neighbours_do_not_matter(kind: dict[str, Any], value: Any, beside: Any) -> None:
    """The conversion of a value does not depend on other values of its column."""
    assert one(kind, value, beside) == one(kind, value)
    after = published([{"id": "b", "c": beside}, {"id": "a", "c": value}], schema(kind))
    assert (values(after)[1], violations(after)[1], carried(after)[1]) == one(kind, value)


@pytest.mark.parametrize(
    ("kind", "cell", "stored"),
    [
        (FLOAT, "3", 3.0),
        (FLOAT, " 3", 3.0),
        (FLOAT, "NaN", None),
        (FLOAT, "-inf", -math.inf),
        (INT, "3", 3),
        (INT, "3.0", 3),
        (INT, "+3", 3),
        (INT, "-9223372036854775808", -(2**63)),
        (BOOL, "True", True),
        (BOOL, "0", False),
        (STR, "007", "007"),
        (STR, "NULL", "NULL"),
        (TIME, "2024-01-02T03:04:05Z", datetime(2024, 1, 2, 3, 4, 5)),
        (TIME, "1704164645", datetime(2024, 1, 2, 3, 4, 5)),
        (VECTOR, "[1, nan]", [1.0, None]),
        (VECTOR, "(1.5, -2)", [1.5, -2.0]),
        (VECTOR, "[ 1.5 -2.\n nan]", [1.5, -2.0, None]),
        (VECTOR, "[1 -2]", [1.0, -2.0]),
        (VECTOR, "[np.float64(1.5), np.int64(2)]", [1.5, 2.0]),
        (NAMES, "7", "7"),
        (NUMBERS, "2", 2),
        (HALVES, "1", 1.0),
        (FLAGS, "true", True),
    ],
)
@pytest.mark.parametrize("beside", ["", "junk", "1"])
def test_csv_cells_have_the_type_of_the_schema(kind: dict[str, Any], cell: str, stored: Any, beside: str) -> None:
    """A cell whose text reads as the column's type is of that type, for any other cells of its column."""
    ingested = published(csv_rows({"id": ["a", "b"], "c": [cell, beside]}), schema(kind))
    assert values(ingested)[0] == stored
    assert "type" not in violations(ingested)[0]


@pytest.mark.parametrize("null", ["", "nan", "None", "NaT", "<NA>"])
@pytest.mark.parametrize("kind", [FLOAT, INT, BOOL, STR, TIME, VECTOR, NAMES, NUMBERS])
def test_csv_words_for_nothing_are_nulls(kind: dict[str, Any], null: str) -> None:
    """In CSV `nan`, `None`, `NaT`, `<NA>` and empty cells are nulls, in declared columns and others."""
    ingested = published(csv_rows({"id": ["a"], "c": [null], "other": [null]}), schema(kind))
    assert (values(ingested), violations(ingested), carried(ingested)) == ([None], [{"missing": None}], [False])
    assert undeclared(ingested) == [None]


@pytest.mark.parametrize(
    ("kind", "cell"), [(FLOAT, "x"), (INT, "1.5"), (INT, "1e999999999"), (BOOL, "2"), (TIME, "soon"), (VECTOR, "1")]
)
def test_csv_cells_that_do_not_read_are_type_violations(kind: dict[str, Any], cell: str) -> None:
    """A cell that is not of the column's type reads as null, and its text is kept."""
    ingested = published(csv_rows({"id": ["a"], "c": [cell]}), schema(kind))
    assert (values(ingested), violations(ingested)) == ([None], [{"type": cell}])


NANOS = 1_704_164_645_123_456_789

PARQUET: list[tuple[dict[str, Any], pa.Array, list[Any]]] = [
    (FLOAT, pa.array([1.5, math.nan, None], pa.float32()), [1.5, None, None]),
    (FLOAT, pa.array([1, 2**63], pa.uint64()), [1.0, 2.0**63]),
    (FLOAT, pa.array([Decimal("1.50")]), [1.5]),
    (INT, pa.array([1.0, math.nan], pa.float64()), [1, None]),
    (INT, pa.array([1, None], pa.int8()), [1, None]),
    (INT, pa.array([Decimal("12345678901234567")]), [12345678901234567]),
    (BOOL, pa.array([True, None]), [True, None]),
    (STR, pa.array(["a", None, "nan"], pa.large_string()), ["a", None, "nan"]),
    (STR, pa.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
    (NUMBERS, pa.array([1, 2]).dictionary_encode(), [1, 2]),
    (TIME, pa.array([NANOS], pa.timestamp("ns")), [datetime(2024, 1, 2, 3, 4, 5, 123456)]),
    (TIME, pa.array([NANOS], pa.timestamp("ns", "Europe/Berlin")), [datetime(2024, 1, 2, 3, 4, 5, 123456)]),
    (TIME, pa.array([-1], pa.timestamp("ns")), [datetime(1969, 12, 31, 23, 59, 59, 999999)]),
    (TIME, pa.array([1_704_164_645], pa.timestamp("s")), [datetime(2024, 1, 2, 3, 4, 5)]),
    (TIME, pa.array([date(2024, 1, 2)]), [datetime(2024, 1, 2)]),
    (VECTOR, pa.array([[1.0, 2.0], None, [math.nan, 1.0]], pa.list_(pa.float32())), [[1.0, 2.0], None, [None, 1.0]]),
    (VECTOR, pa.array([[1.0, 2.0], None], pa.list_(pa.float64(), 2)), [[1.0, 2.0], None]),
    (VECTOR, pa.array([[1, 2]], pa.large_list(pa.int64())), [[1.0, 2.0]]),
]


@pytest.mark.parametrize(("kind", "array", "stored"), PARQUET)
def test_parquet_values_are_taken_as_they_are(kind: dict[str, Any], array: pa.Array, stored: list[Any]) -> None:
    """Parquet values of a matching type are no violation, for any width; only nulls and NaN are null."""
    ingested = published(parquet_rows({"id": [str(i) for i in range(len(array))], "c": array}), schema(kind))
    assert values(ingested) == stored
    assert not any("type" in found for found in violations(ingested))


def test_parquet_values_of_another_type_are_violations() -> None:
    """A Parquet value that does not fit is a type violation with its raw value, an infinity as a word."""
    array = pa.array([1.5, math.inf, -math.inf])
    ingested = published(parquet_rows({"id": ["a", "b", "c"], "c": array}), schema(INT))
    assert violations(ingested) == [{"type": 1.5}, {"type": "Infinity"}, {"type": "-Infinity"}]


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
def test_parquet_times_beyond_the_years_do_not_break_the_file(unit: str) -> None:
    """A time outside of the years 1 to 9999 is a violation in a column, kept if undeclared, and ends no job."""
    times = pa.array([2**62 if unit == "s" else 10**18, 0], pa.timestamp(unit))
    ingested = published(parquet_rows({"id": ["a", "b"], "c": times, "other": times}), schema(TIME))
    assert values(ingested) == [None, datetime(1970, 1, 1)]
    assert list(violations(ingested)[0]) == ["type"]
    assert undeclared(ingested)[0]["other"]
    ingested = published(parquet_rows({"id": ["a", "b"], "ts": times}), schema(FLOAT))
    assert ([fault.row for fault in ingested.faults], ingested.ids) == ([0], ["b"])


def test_undeclared_parquet_times_of_nanoseconds_are_kept() -> None:
    """Timestamps of nanoseconds are readable if no column is declared for them, alone and in lists."""
    alone = pa.array([NANOS], pa.timestamp("ns"))
    lists = pa.ListArray.from_arrays([0, 1], alone)
    ingested = published(parquet_rows({"id": ["a"], "t": alone, "l": lists}), schema(FLOAT))
    assert undeclared(ingested) == [{"t": "2024-01-02T03:04:05.123456789", "l": ["2024-01-02T03:04:05.123456789"]}]


@pytest.mark.parametrize(
    ("kind", "value", "is_outside"),
    [
        (column("float", min=0, max=1), 0, False),
        (column("float", min=0, max=1), 1.0, False),
        (column("float", min=0, max=1), 1.0000001, True),
        (column("float", min=0), -0.1, True),
        (column("float", max=1), float("inf"), True),
        (column("int", min=0.5, max=2.5), 0, True),
        (column("int", min=0.5, max=2.5), 1, False),
        (column("int", min=0), 2**62, False),
        (column("int", max=0), 2**62, True),
        (column("float", min=0), "-1", True),
        (column("float", min=0), None, False),
        (column("str", min=0, max=1), "z", False),
        (NAMES, "a", False),
        (NAMES, "A", True),
        (NAMES, 7, False),
        (NUMBERS, 3, True),
        (FLAGS, False, True),
        (column("category"), "anything", False),
        (column("category", categories=[]), "anything", False),
        (VECTOR, [1, 2], False),
        (VECTOR, [1], True),
        (VECTOR, [], True),
        (VECTOR, [1, 2, 3], True),
        (column("vector"), [1], False),
        (column("vector", min=0), [1, -1], True),
    ],
)
def test_values_out_of_range(kind: dict[str, Any], value: Any, is_outside: bool) -> None:
    """A number beyond min or max, an unknown category, a vector of another length: stored, and counted as range."""
    kept, found, _ = one(kind, value)
    assert ("range" in found) == is_outside
    assert (kept is None) == (value is None)


@pytest.mark.parametrize(
    ("kind", "order", "outside"),
    [
        (column("category", categories=["a", "b", "c"]), ["a", "b"], ["c", "d"]),
        (column("str"), ["a", 1], ["b", "2"]),
        (column("int", max=5), [1, 2, 9], [3, 9]),
        (column("str"), [], []),
    ],
)
def test_a_target_has_one_of_the_classes(kind: dict[str, Any], order: list[Any], outside: list[Any]) -> None:
    """A target of several classes that is not in the order is out of range, as by categories and bounds."""
    values = [*outside, *({*order} - {*outside}), None]
    rows = [{"id": str(number), "c": value} for number, value in enumerate(values)]
    for task, names in (("multiclass_classification", ["c"]), ("multiclass_classification", []), ("regression", ["c"])):
        model = schema(kind, task=task, task_params={"target_class_order": order}, spec={"targets": names})
        found = [value for value, one in zip(values, violations(published(rows, model)), strict=True) if "range" in one]
        bound = schema(kind)
        usual = [value for value, one in zip(values, violations(published(rows, bound)), strict=True) if "range" in one]
        assert found == (outside if names and task != "regression" else usual)


TIME_COLUMNS: list[tuple[dict[str, Any], Any]] = [
    (column("int", "ts", min=1_600_000_000, max=1_600_000_001), 1_700_000_000),
    (column("float", "ts", min=1.6e9, max=1.6e9), 1.7e9),
    (column("category", "ts", categories=[1_600_000_000]), 1_700_000_000),
    (column("category", "ts", categories=["2024-01-01"]), "2024-01-02"),
]


@pytest.mark.parametrize(("time", "value"), TIME_COLUMNS)
@pytest.mark.parametrize("task", ["regression", "ranking"])
def test_a_time_is_never_out_of_range(time: dict[str, Any], value: Any, task: str) -> None:
    """Bounds and categories of the timestamp's column bind no event: they are those of an older sample."""
    model = schema(time, column("int", max=1), task=task, task_params={"group_by": "id"})
    rows = [{"id": "a", "ts": value, "c": 2}]
    for ingested in (published(rows, model), updated(rows, model)):
        assert violations(ingested, "ts") == [{}]
        assert violations(ingested) == [{"range": None}]
    assert values(published(rows, model), "ts") == [[value] if task == "ranking" else value]
    assert violations(published(rows, schema(time, timestamp_column="other")), "ts") == [{"range": None}]


@pytest.mark.parametrize(
    ("kind", "nulls", "value", "is_null"),
    [
        ("float", ["-1.0", "-999"], -999, True),
        ("float", ["-1.0", "-999"], -1, True),
        ("float", ["-1.0"], "-1", True),
        ("float", ["-1.0"], -1.5, False),
        ("int", ["-999.0"], -999, True),
        ("int", [-999], "-999", True),
        ("str", [-999], "-999", True),
        ("str", ["N/A"], "N/A", True),
        ("str", ["N/A"], "n/a", False),
        ("float", ["N/A"], "N/A", True),
        ("bool", [False], False, True),
        ("bool", [False], True, False),
        ("float", [0], False, False),
    ],
)
def test_stand_ins_for_null_are_compared_by_typed_value(
    kind: str, nulls: Sequence[Any], value: Any, is_null: bool
) -> None:
    """A value equal to one of `replace_with_nulls` after conversion is a null: missing, not carried, of no type."""
    kept, found, is_carried = one(column(kind, replace_with_nulls=nulls), value)
    assert (found == {"missing": None}) == is_null
    assert is_carried == (not is_null)
    assert kept is None or not is_null


@pytest.mark.parametrize("cell", ["-999", "-999.0", "-9.99e2"])
def test_stand_ins_for_null_in_csv(cell: str) -> None:
    """A cell that reads as a stand-in is a null; other cells are not."""
    kind = column("float", replace_with_nulls=["-999"])
    ingested = published(csv_rows({"id": ["a", "b"], "c": [cell, "1"]}), schema(kind))
    assert values(ingested) == [None, 1.0]


def test_ranking_rows_keep_lists() -> None:
    """In a ranking model every column but the group holds a list per row, whose items are checked one by one."""
    ranking = schema(
        column("str", "group"),
        column("float", max=1, replace_with_nulls=[-1]),
        task="ranking",
        task_params={"group_by": "group"},
        id_column="group",
    )
    lists: list[Any] = [[0.5, None], [0.5, 2], [-1, 1], 0.25, ["x"], None, ["0.5"]]
    ingested = published([{"group": str(place), "c": value} for place, value in enumerate(lists)], ranking)
    assert values(ingested) == [[0.5, None], [0.5, 2.0], [None, 1.0], [0.25], None, None, [0.5]]
    assert violations(ingested) == [{}, {"range": None}, {}, {}, {"type": ["x"]}, {"missing": None}, {"type": ["0.5"]}]
    assert ingested.ids == [str(place) for place in range(len(lists))]


def test_a_vector_of_a_ranking_row_is_as_long_as_its_group() -> None:
    """Its numbers are those of the items: `n_dimensions` does not bind, and a single one is a list of one."""
    ranking = schema(column("vector", n_dimensions=2), task="ranking", task_params={"group_by": "group"})
    ingested = published(
        [{"id": str(n), "c": value} for n, value in enumerate([[1, 2], [1, 2, 3], 0.5, ["x"]])], ranking
    )
    assert values(ingested) == [[1, 2], [1, 2, 3], [0.5], None]
    assert violations(ingested) == [{}, {}, {}, {"type": ["x"]}]


def test_ranking_rows_in_csv_hold_lists_as_text() -> None:
    """Lists as Python writes them are lists in every column, those of the id and the timestamp too."""
    ranking = schema(column("timestamp"), task="ranking", task_params={"group_by": "group"})
    times = "[Timestamp('2024-01-02 03:04:05'), NaT, Timestamp('2024-01-02 03:04:04+0000', tz='UTC')]"
    cells = {"id": ["['a', 'a']", "[b"], "ts": ["[1704164645000.0, nan, 1704164644000.0]", times], "c": [times, ""]}
    ingested = published(csv_rows(cells), ranking)
    assert ingested.ids == ["a", "[b"]
    assert timestamps(ingested) == [1_704_164_644_000_000] * 2
    assert values(ingested)[0] == [datetime(2024, 1, 2, 3, 4, 5), None, datetime(2024, 1, 2, 3, 4, 4)]


def test_unknown_columns_are_kept() -> None:
    """Columns that the schema does not know are kept unchanged, without nulls."""
    event = {"id": "a", "ts": 1_700_000_000, "other": {"b": [1, None]}, "text": "None", "null": None}
    assert undeclared(published([event, {"id": "b"}], schema(FLOAT))) == [
        {"other": {"b": [1, None]}, "text": "None"},
        None,
    ]


def test_values_that_are_too_deep_are_faults() -> None:
    """A value nested too deep to be written as JSON again is a fault; other rows are unaffected."""
    ingested = published([{"id": "a", "c": DEEP, "other": DEEP}, {"id": "b", "more": 1}], schema(FLOAT))
    assert [(fault.row, fault.column) for fault in ingested.faults] == [(0, "c"), (0, "other")]
    assert ingested.ids == ["b"]
    assert undeclared(ingested) == [{"more": 1}]


def test_updates_carry_what_they_contain() -> None:
    """An update carries the columns that it contains, nulls too, except those whose role forbids it."""
    model = schema(column("float"), column("int", "input"), column("bool", "label"), spec={"inputs": ["input"]})
    ingested = updated([{"id": "a", "c": None, "input": 1}, {"id": "b", "label": True}], model)
    assert carried(ingested, "c") == [True, False]
    assert carried(ingested, "input") == [False, False]
    assert carried(ingested, "label") == [False, True]
    assert ingested.ignored_columns == ["input"]
    assert violations(ingested, "c") == [{"missing": None}, {}]
    assert violations(ingested, "input") == [{}, {}]


def test_updates_unwrap_lists_of_one() -> None:
    """In an update a list of one element counts as that element in scalar columns, the id and the timestamp."""
    event = {"id": ["a"], "ts": [1_700_000_000], "c": [1.5], "v": [2.0]}
    ingested = updated([event], schema(FLOAT, column("vector", "v")))
    assert ingested.ids == ["a"]
    assert (values(ingested), values(ingested, "v")) == ([1.5], [[2.0]])
    assert violations(ingested) == [{}]
    assert ingested.batch.system["timestamp"].null_count == 0


def test_updates_of_ranking_models_keep_lists() -> None:
    """In a ranking model a list of one element stays a list."""
    ranking = schema(FLOAT, column("str", "id"), task="ranking", task_params={"group_by": "id"})
    assert values(updated([{"id": "a", "c": [1.5]}], ranking)) == [[1.5]]


def test_updates_keep_nulls_of_unknown_columns() -> None:
    """A null for an unknown column clears it, as it does for a declared one."""
    assert undeclared(updated([{"id": "a", "other": None}], schema(FLOAT))) == [{"other": None}]


def test_an_update_from_a_file_contains_every_column_of_it() -> None:
    """In an update from a file each row contains every column of the file, an empty cell as null."""
    ingested = updated(csv_rows({"id": ["a", "b"], "c": ["1", ""]}), schema(FLOAT, column("int", "n")))
    assert carried(ingested, "c") == [True, True]
    assert carried(ingested, "n") == [False, False]
    assert values(ingested) == [1.0, None]


@given(
    events=st.lists(
        st.dictionaries(
            st.sampled_from(["c", "n", "s", "v", "other"]),
            st.recursive(
                st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(),
                lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=2),
                max_leaves=5,
            ),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_any_value_is_ingested(events: list[dict[str, Any]]) -> None:
    """For any JSON in a column the event is stored, and each value is clean, missing, converted or kept raw."""
    model = schema(
        column("float"), column("int", "n"), column("str", "s"), column("vector", "v", n_dimensions=2), id_column=None
    )
    ingested = published(events, model)
    assert not ingested.faults
    assert len(ingested.ids) == len(hashes(ingested)) == len(events)
    for name in ("c", "n", "s", "v"):
        for event, kept, found in zip(events, values(ingested, name), violations(ingested, name), strict=True):
            assert ("missing" in found) == (event.get(name) is None)
            assert kept is not None or found


@pytest.mark.parametrize("others", [[], [1.0], ["x"]])
def test_an_integer_beyond_64_bits_is_no_other_integer(others: list[Any]) -> None:
    """The decoder makes one float of all integers just below 64 bits: none of them is stored as another."""
    numbers = [*orjson.loads("[-9223372036854775809, -9223372036854776000]"), *others]
    ingested = published([{"id": str(n), "c": number} for n, number in enumerate(numbers)], schema(column("int")))
    assert values(ingested)[:2] == [None, None]
    assert ("c", "type", 2 + others.count("x")) in violation_counts(ingested)
