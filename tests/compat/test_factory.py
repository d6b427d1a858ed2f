"""Models from data: the proposal fits the data it was made from, so publishing the same data violates nothing."""

import json
from collections.abc import Iterable
from datetime import time
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import fiddler as fdl
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tests.compat.stored import done, stored_events, violations

DAYS = pd.date_range("2024-01-01", periods=4, freq="D")
DATES = [day.date() for day in DAYS]
MIDNIGHTS = [f"2024-01-0{day}T00:00:00.000000Z" for day in (1, 2, 3, 4)]
INDIA = ["2023-12-31T18:30:00.000000Z", *(f"2024-01-0{day}T18:30:00.000000Z" for day in (1, 2, 3))]
DURATIONS = ["1 days 00:00:00", "0 days 00:30:00", "-1 days +23:00:00", "1 days 00:00:00"]
TIMES = [time(1), time(2, 3, 4), time(1), None]
TIME_TEXTS = ["01:00:00", "02:03:04", "01:00:00", None]
DECIMALS = [Decimal("1.10"), Decimal("2.25"), None, Decimal(3)]
UUIDS = [UUID(int=n) for n in (1, 2, 3, 4)]
VECTORS = [[0.5, 1.0], [1.5, -2.0], [0.0, 3.25], [1e-7, 2.0]]
INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
NULLABLE_INTEGERS = ["Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64"]
FLOATS = ["float16", "float32", "float64", "Float32", "Float64"]
HUGE = [2**62, 2**53 + 1, -(2**62), 0]
HALVES = [0.5, -1.25, None, 100.5]
LETTERS = ["a", "b", None, "a"]
FLAGS = [True, None, False, True]
COMPLEX = ["(1+2j)", "0.5j", "(1+2j)", "0j"]
INTERVALS = ["(0, 1]", "(1, 2]", "(2, 3]", "(3, 4]"]
WORDS = {"str", "category"}


def series(values: Iterable[Any], dtype: Any = None) -> pd.Series:
    return pd.Series(list(values), dtype=dtype)


def arrow(values: Iterable[Any], dtype: pa.DataType) -> pd.Series:
    return series(values, pd.ArrowDtype(dtype))


class Case(NamedTuple):
    """A column of four rows, the types that may be proposed for it, and its stored values."""

    name: str
    values: pd.Series
    proposed: set[str]
    stored: list[Any]


NOT_PARQUET = ["mixed", "complex128", "sparse int", "sparse float"]
COLUMNS: list[tuple[str, Any, set[str], Any]] = [
    *((name, series([1, 2, 3, 100], name), {"int"}, [1, 2, 3, 100]) for name in INTEGERS),
    *((name, series([1, None, 3, 100], name), {"int"}, [1, None, 3, 100]) for name in NULLABLE_INTEGERS),
    *((name, series(HALVES, name), {"float"}, HALVES) for name in FLOATS),
    ("large int64", series(HUGE), {"int"}, HUGE),
    ("integers with nulls as float64", series([1.0, 2.0, None, 4.0]), {"float", "int"}, [1, 2, None, 4]),
    ("bool", series([True, False, True, False]), {"bool"}, [True, False, True, False]),
    ("boolean", series(FLAGS, "boolean"), {"bool"}, FLAGS),
    ("object of bool", series(FLAGS, object), {"bool"}, FLAGS),
    ("object", series(LETTERS, object), {"category"}, LETTERS),
    ("object of int", series([1, 2, None, 3], object), {"int"}, [1, 2, None, 3]),
    ("str", series(LETTERS), {"category"}, LETTERS),
    ("string", series(LETTERS, "string"), {"category"}, LETTERS),
    ("unique str", series(["p", "q", "r", "s"]), {"str"}, ["p", "q", "r", "s"]),
    ("category", series(LETTERS, "category"), {"category"}, LETTERS),
    ("category of int", series([1, 2, 1, 3], "category"), {"int"}, [1, 2, 1, 3]),
    ("category of bool", series([True, False, True, True], "category"), {"bool"}, [True, False, True, True]),
    ("nothing", series([None] * 4, object), {"str"}, [None] * 4),
    ("datetime64[ns]", series(DAYS, "datetime64[ns]"), {"timestamp"}, MIDNIGHTS),
    ("datetime64[us]", series(DAYS, "datetime64[us]"), {"timestamp"}, MIDNIGHTS),
    ("datetime64[s]", series(DAYS, "datetime64[s]"), {"timestamp"}, MIDNIGHTS),
    ("datetime64 with NaT", series([*DAYS[:3], None]), {"timestamp"}, [*MIDNIGHTS[:3], None]),
    ("datetime64 with zone", series(DAYS.tz_localize("Asia/Kolkata")), {"timestamp"}, INDIA),
    ("object of datetime", series(DAYS.to_pydatetime(), object), {"timestamp"}, MIDNIGHTS),
    ("object of date", series(DATES, object), {"timestamp"}, MIDNIGHTS),
    ("object of time", series(TIMES, object), {"category"}, TIME_TEXTS),
    ("object of Decimal", series(DECIMALS, object), {"float"}, [1.1, 2.25, None, 3.0]),
    ("object of UUID", series(UUIDS, object), {"str"}, [str(each) for each in UUIDS]),
    ("object of lists", series(VECTORS, object), {"vector"}, VECTORS),
    ("object of arrays", series([np.array(vector) for vector in VECTORS], object), {"vector"}, VECTORS),
    ("mixed", series([1, "a", 2.5, "a"], object), {"category"}, ["1", "a", "2.5", "a"]),
    ("timedelta64", series(pd.to_timedelta(DURATIONS)), WORDS, DURATIONS),
    ("period of days", series(pd.period_range("2024-01-01", periods=4, freq="D")), {"timestamp"}, MIDNIGHTS),
    (
        "period of months",
        series(pd.PeriodIndex(["2024-01", "2024-02"] * 2, freq="M")),
        WORDS,
        ["2024-01", "2024-02"] * 2,
    ),
    ("interval", series(pd.IntervalIndex.from_breaks(range(5))), WORDS, INTERVALS),
    ("complex128", series([1 + 2j, 0.5j, 1 + 2j, 0j]), WORDS, COMPLEX),
    ("sparse int", series([0, 1, 0, 2], "Sparse[int]"), {"int"}, [0, 1, 0, 2]),
    ("sparse float", series([0.5, None, None, 2.5], "Sparse[float]"), {"float"}, [0.5, None, None, 2.5]),
    ("arrow int32", arrow([1, None, 3, 4], pa.int32()), {"int"}, [1, None, 3, 4]),
    ("arrow double", arrow(HALVES, pa.float64()), {"float"}, HALVES),
    ("arrow bool", arrow(FLAGS, pa.bool_()), {"bool"}, FLAGS),
    ("arrow string", arrow(LETTERS, pa.large_string()), {"category"}, LETTERS),
    ("arrow timestamp", arrow(DAYS, pa.timestamp("ns", "UTC")), {"timestamp"}, MIDNIGHTS),
    ("arrow date", arrow(DATES, pa.date32()), {"timestamp"}, MIDNIGHTS),
    ("arrow time", arrow(TIMES, pa.time64("us")), {"category"}, TIME_TEXTS),
    ("arrow decimal", arrow(DECIMALS, pa.decimal128(9, 2)), {"float"}, [1.1, 2.25, None, 3.0]),
    ("arrow duration", arrow(pd.to_timedelta(DURATIONS), pa.duration("us")), WORDS, DURATIONS),
    ("arrow list", arrow(VECTORS, pa.list_(pa.float64())), {"vector"}, VECTORS),
    ("arrow binary", arrow([b"a", b"b", b"a", b"b"], pa.binary()), {"category"}, ["a", "b", "a", "b"]),
]
NOT_CSV = ["arrow binary"]
CASES = [Case(*each) for each in COLUMNS]


def propose(source: pd.DataFrame | Path | str, project: fdl.Project, **fields: Any) -> fdl.Model:
    return fdl.Model.from_data(source=source, name=f"model_{uuid4().hex[:12]}", project_id=project.id, **fields)


def types(model: fdl.Model) -> dict[str, str]:
    return {column.name: column.data_type.value for column in model.schema.columns}


def dishonest(events: list[dict[str, Any]]) -> list[Any]:
    return [violation for event in events for violation in event["violations"] if violation["kind"] != "missing"]


def check(source: pd.DataFrame | Path, cases: list[Case], project: fdl.Project) -> None:
    """Propose a model for data with a column for each case, create it unchanged, and publish the same data."""
    model = propose(source, project)

    found = types(model)
    assert {case.name: found[case.name] for case in cases if found[case.name] not in case.proposed} == {}

    model.create()
    assert done(model.publish(source))["rejected_rows"] == 0
    events = sorted(stored_events(model), key=lambda event: event["values"]["row"])
    values = {case.name: [event["values"][case.name] for event in events] for case in cases}
    assert values == {case.name: case.stored for case in cases}
    assert dishonest(events) == []


@pytest.mark.parametrize("how", ["frame", "data.parquet", "data.csv"])
def test_a_frame_of_every_dtype(project: fdl.Project, tmp_path: Path, how: str) -> None:
    """The proposal names the type that each column's values have; the same data then violates nothing."""
    left_out = [*NOT_PARQUET, *(NOT_CSV if how == "data.csv" else [])]
    cases = [case for case in CASES if case.name not in left_out]
    frame = pd.DataFrame({"row": range(4), **{case.name: case.values for case in cases}})
    path = tmp_path / how
    if how == "data.parquet":
        frame.to_parquet(path, index=False)
    elif how == "data.csv":
        frame.to_csv(path, index=False)
    check(frame if how == "frame" else path, cases, project)


@pytest.mark.parametrize("name", NOT_PARQUET)
def test_a_frame_that_is_no_parquet(project: fdl.Project, name: str) -> None:
    """A column that Parquet cannot hold makes the client send CSV, with lists and times as text."""
    cases = [case for case in CASES if case.name in {name, "int64", "boolean", "object of arrays", "datetime64[us]"}]
    check(pd.DataFrame({"row": range(4), **{case.name: case.values for case in cases}}), cases, project)


SAMPLE = pd.DataFrame(
    {
        "int": list(range(40)),
        "float": [n / 8 - 1 for n in range(40)],
        "bool": [n % 3 == 0 for n in range(40)],
        "category": ["a", "b", "c", None] * 10,
        "text": [f"sentence number {n}" for n in range(40)],
        "time": pd.date_range("2024-01-01", periods=40, freq="1h"),
        "vector": [[n / 4, 1.0, -1.0] for n in range(40)],
        "holes": [None if n % 4 else n for n in range(40)],
        "nothing": [None] * 40,
    }
).astype({"holes": "Int64"})
PROPOSED = {
    "int": "int",
    "float": "float",
    "bool": "bool",
    "category": "category",
    "text": "str",
    "time": "timestamp",
    "vector": "vector",
    "holes": "int",
    "nothing": "str",
}


@pytest.mark.parametrize("how", ["frame", "sample.csv", "sample.parquet"])
def test_frame_csv_and_parquet_propose_the_same(project: fdl.Project, tmp_path: Path, how: str) -> None:
    """Types, ranges, bins, categories and dimensions are those of the data, however it comes."""
    source: Any = SAMPLE
    if how != "frame":
        source = tmp_path / how
        SAMPLE.to_csv(source, index=False) if how.endswith("csv") else SAMPLE.to_parquet(source, index=False)

    model = propose(source, project)

    assert types(model) == PROPOSED
    columns = {column.name: column for column in model.schema.columns}
    assert (columns["int"].min, columns["int"].max) == (0, 39)
    assert (columns["float"].min, columns["float"].max) == (-1, 3.875)
    assert columns["int"].bins == pytest.approx([n * 3.9 for n in range(11)])
    assert (columns["holes"].min, columns["holes"].max) == (0, 36)
    assert columns["bool"].categories == [False, True]
    assert columns["category"].categories == ["a", "b", "c"]
    assert columns["vector"].n_dimensions == 3
    assert model.spec.inputs == list(PROPOSED)
    model.create()
    done(model.publish(source))
    events = stored_events(model)
    assert len(events) == 40
    assert dishonest(events) == []


def test_the_same_data_as_a_list_violates_nothing(project: fdl.Project) -> None:
    """A proposal from a frame fits its rows when they are sent one by one."""
    model = propose(SAMPLE, project).create()
    rows = json.loads(SAMPLE.drop(columns="nothing").to_json(orient="records", date_format="iso"))
    model.publish(rows)
    events = stored_events(model)
    assert len(events) == 40
    assert dishonest(events) == []


def test_roles_are_those_of_the_spec(project: fdl.Project) -> None:
    """A spec that is sent comes back with its roles, and the model keeps it."""
    spec = fdl.ModelSpec(inputs=["float", "category"], outputs=["int"], targets=["bool"], metadata=["text"])
    model = propose(SAMPLE, project, spec=spec)
    for found in (model, fdl.Model.get(id_=model.create().id)):
        assert (found.spec.inputs, found.spec.outputs) == (["float", "category"], ["int"])
        assert (found.spec.targets, found.spec.metadata) == (["bool"], ["text"])


def test_max_cardinality_separates_categories_from_text(project: fdl.Project) -> None:
    """Up to `max_cardinality` different texts are a category, more are text."""
    frame = pd.DataFrame({"c": [f"value {n % 10}" for n in range(100)]})
    assert types(propose(frame, project, max_cardinality=10)) == {"c": "category"}
    assert types(propose(frame, project, max_cardinality=9)) == {"c": "str"}


def test_rare_values_are_seen(project: fdl.Project) -> None:
    """The sample is spread over the file: a value that only occurs at its end is found."""
    frame = pd.DataFrame({"c": [1] * 9_999 + [7], "mixed": ["1"] * 9_999 + ["x"]})
    model = propose(frame, project, sample_size=10_000)
    columns = {column.name: column for column in model.schema.columns}
    assert (columns["c"].data_type.value, columns["c"].max) == ("int", 7)
    assert columns["mixed"].categories == ["1", "x"]


def test_infinity_leaves_its_end_of_the_range_open(project: fdl.Project) -> None:
    """A column that reaches infinity has no bound there, so that the data it was made from violates nothing."""
    frame = pd.DataFrame({"c": [0.5, float("inf"), 1.0, 1.5]})
    model = propose(frame, project).create()
    assert (model.schema["c"].data_type.value, model.schema["c"].min, model.schema["c"].max) == ("float", 0.5, None)
    done(model.publish(frame))
    assert [violations(event) for event in stored_events(model)] == [[]] * 4


def test_textual_nulls_are_nulls_in_a_proposal(project: fdl.Project) -> None:
    """`nan`, `None`, `NaT`, `<NA>` and nothing, as the client's text has them, do not make a number a text."""
    frame = pd.DataFrame({"c": ["1", "nan", "None", "NaT", "<NA>", "", "3"]})
    model = propose(frame, project)
    assert types(model) == {"c": "int"}
    assert (model.schema["c"].min, model.schema["c"].max) == (1, 3)


def test_a_wide_vector_of_arrays_is_a_vector(project: fdl.Project) -> None:
    """An embedding as an array, of which pandas writes only the ends as text, is proposed as a vector and fits."""
    frame = pd.DataFrame({"embedding": [np.arange(1536) / (n + 1) for n in range(4)]})
    model = propose(frame, project)
    assert types(model) == {"embedding": "vector"}
    model.create()
    done(model.publish(frame))
    events = stored_events(model)
    assert [len(event["values"]["embedding"]) for event in events] == [1536] * 4
    assert all(violations(event) == [] for event in events)


def test_names_of_columns_come_back_as_they_were(project: fdl.Project) -> None:
    """Capitals, spaces, quotes and umlauts in names survive the way to the schema."""
    names = ["Größe (m)", "A", 'quo"te', "with space ", "1"]
    model = propose(pd.DataFrame([[0.5] * 5, [1.5] * 5], columns=names), project)
    assert [column.name for column in model.schema.columns] == names


@pytest.mark.parametrize(
    ("name", "content"), [("empty.csv", b""), ("header.csv", b"a,b\n"), ("broken.parquet", b"PAR1 not really")]
)
def test_a_file_without_rows_is_refused(project: fdl.Project, tmp_path: Path, name: str, content: bytes) -> None:
    """A file that cannot be read or has no row is a 400 that says why."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(fdl.ApiError) as refusal:
        propose(tmp_path / name, project)
    assert refusal.value.code == 400
