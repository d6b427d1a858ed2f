"""Promises of the model factory: a schema that the file's own rows fit, from a bounded sample."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference_events.events.ingest.files import read_chunks
from inference_events.events.ingest.rows import TableRows
from inference_events.events.ingest.unreadable import Unreadable
from inference_events.models.factory import columns, proposal, propose_columns
from inference_events.models.factory.columns import equal_bins
from inference_events.models.factory.sampling import sample
from tests.unit.ingested import published, schema, violations
from tests.uploads import source_of

MANY = 1_000_000
A_DAY = datetime(2025, 1, 1, 2, 3, 4)


def proposed(path: Path, *, sample_size: int = 10_000, max_cardinality: int = 1000) -> dict[str, Any]:
    """Return the proposed columns by name."""
    type = "CSV" if path.suffix == ".csv" else "PARQUET"
    found = propose_columns(source_of(path), type, sample_size=sample_size, max_cardinality=max_cardinality)
    assert [column["id"] for column in found] == [column["name"].lower() for column in found]
    return {column["name"]: column for column in found}


def csv_file(directory: Path, cells: Mapping[str, Sequence[Any]]) -> Path:
    """Write cells as they are."""
    text = io.StringIO()
    csv.writer(text).writerows([list(cells), *zip(*cells.values(), strict=True)])
    path = directory / "file.csv"
    path.write_text(text.getvalue())
    return path


def parquet_file(directory: Path, table: dict[str, Any]) -> Path:
    path = directory / "file.parquet"
    pq.write_table(pa.table(table), path)
    return path


def dataframe_file(directory: Path, texts: Mapping[str, Sequence[str | None]]) -> Path:
    """Write a DataFrame as the vendor's client does: as text only."""
    return parquet_file(directory, {name: pa.array(column, pa.large_string()) for name, column in texts.items()})


def found(column: dict[str, Any]) -> dict[str, Any]:
    """Return a proposed column without its names and bins."""
    return {key: value for key, value in column.items() if key not in ("id", "name", "bins")}


def kind(data_type: str, **more: Any) -> dict[str, Any]:
    return {"data_type": data_type, **more}


BOOL = kind("bool", categories=[False, True])
TEXTS: list[tuple[list[str], dict[str, Any]]] = [
    (["1", "-20", "0"], kind("int", min=-20, max=1)),
    (["1", "nan", "<NA>", "None", ""], kind("int", min=1, max=1)),
    (["9223372036854775807", "-9223372036854775808"], kind("int", min=-(2**63), max=2**63 - 1)),
    (["9223372036854775808", "1"], kind("str")),
    (["9" * 5000, "1"], kind("str")),
    (["007", "008"], kind("str")),
    (["007", "007"], kind("category", categories=["007"])),
    (["1.0", "2.0"], kind("float", min=1.0, max=2.0)),
    (["1", "2.5", "nan"], kind("float", min=1.0, max=2.5)),
    (["1e-05", "-1E+3", ".5", "2."], kind("float", min=-1000.0, max=2.0)),
    (["-0.0", "0.0"], kind("float", min=-0.0, max=0.0)),
    (["inf", "1.5", "NaN"], kind("float", min=1.5)),
    (["-inf", "1.5"], kind("float", max=1.5)),
    (["-inf", "inf"], kind("float")),
    (["1_000", "2"], kind("str")),
    (["True", "False", "None"], BOOL),
    (["true", "TRUE"], BOOL),
    (["0", "1"], kind("int", min=0, max=1)),
    (["2025-01-01 00:00:00.000", "NaT"], kind("timestamp")),
    (["2024-01-01 00:00:00+00:00", "2024-01-01T00:00:00Z"], kind("timestamp")),
    (["2024-01-01 00:00:00.123456789", "2024-01-01"], kind("timestamp")),
    (["2024-13-01", "2024-01-01"], kind("str")),
    (["20240101", "20240102"], kind("int", min=20240101, max=20240102)),
    (["1 days 00:00:00", "2 days 00:00:00"], kind("str")),
    (["[0.1, 0.2]", "[1, nan]"], kind("vector", n_dimensions=2)),
    (["[0.1 0.2]", "[1. 2.]"], kind("vector", n_dimensions=2)),
    (["[0.1\n 0.2]", "(1, 2)"], kind("vector", n_dimensions=2)),
    (["[1]", "[1, 2]"], kind("vector")),
    (["[]", "[]"], kind("vector")),
    (["['a', None]", "['a', None]"], kind("str")),
    (["[1, 'a']", "[1]"], kind("str")),
    (["[[1, 2]]", "[[1, 2]]"], kind("str")),
    (["[True]", "[True]"], kind("str")),
    (["[1267650600228229401496703205377]", "[1]"], kind("str")),
    (["[unknown]", "[unknown]"], kind("category", categories=["[unknown]"])),
    (["(0, 1]", "(1, 2]"], kind("str")),
    (["{'a': 1}", "{'a': 2}"], kind("str")),
    (["b", "a", "b"], kind("category", categories=["a", "b"])),
    (["a", "b", "c"], kind("str")),
    (["x" * 257, "x" * 257], kind("str")),
    (["None", "nan", "<NA>", "NaT"], kind("str")),
]


@pytest.mark.parametrize("is_csv", [True, False])
@pytest.mark.parametrize(("texts", "expected"), TEXTS)
def test_text_is_read_by_its_meaning(tmp_path: Path, texts: list[str], expected: dict[str, Any], is_csv: bool) -> None:
    """The texts of a CSV file and of a DataFrame that was made text have the types of their values."""
    if not is_csv and "" in texts:
        texts = [text for text in texts if text]
    cells = {"Column": texts, "other": ["é"] * len(texts)}
    path = csv_file(tmp_path, cells) if is_csv else dataframe_file(tmp_path, cells)
    assert found(proposed(path)["Column"]) == expected


def test_spaces_around_a_value_do_not_matter(tmp_path: Path) -> None:
    """A CSV file with a space after its commas has the types of one without."""
    path = tmp_path / "file.csv"
    path.write_text("a,b,c\n1, 2.5, True\n3, -1, False \n")
    assert [column["data_type"] for column in proposed(path).values()] == ["int", "float", "bool"]


def test_texts_of_a_dataframe_that_differ_from_csv(tmp_path: Path) -> None:
    """Real nulls are nulls; an empty text is a category; an array that NumPy has shortened is a vector."""
    path = dataframe_file(
        tmp_path,
        {
            "int": ["1", None, "2"],
            "empty": ["", "a", "a"],
            "long": ["[0.0 1.0 2.0 ... 7.0 8.0 9.0]"] * 3,
            "nothing": [None, None, None],
        },
    )
    assert [found(column) for column in proposed(path).values()] == [
        kind("int", min=1, max=2),
        kind("category", categories=["", "a"]),
        kind("vector"),
        kind("str"),
    ]


VALUES: list[tuple[pa.Array, dict[str, Any]]] = [
    (pa.array([1, None, 3], pa.int8()), kind("int", min=1, max=3)),
    (pa.array([2**63 - 1], pa.uint64()), kind("int", min=2**63 - 1, max=2**63 - 1)),
    (pa.array([2**63], pa.uint64()), kind("str")),
    (pa.array([None, None], pa.int64()), kind("int")),
    (pa.array([1.5, math.nan], pa.float32()), kind("float", min=1.5, max=1.5)),
    (pa.array([1.5], pa.float16()), kind("float", min=1.5, max=1.5)),
    (pa.array([Decimal("1.50"), Decimal("2")], pa.decimal128(10, 2)), kind("float", min=1.5, max=2.0)),
    (pa.array([Decimal(7)], pa.decimal256(40, 0)), kind("int", min=7, max=7)),
    (pa.array([True, None]), BOOL),
    (pa.array([A_DAY], pa.timestamp("ns", "Europe/Berlin")), kind("timestamp")),
    (pa.array([A_DAY], pa.timestamp("s")), kind("timestamp")),
    (pa.array([date(2025, 1, 1)], pa.date32()), kind("timestamp")),
    (pa.array([date(2025, 1, 1)], pa.date64()), kind("timestamp")),
    (pa.array([2**31 - 1], pa.date32()), kind("str")),
    (pa.array([time(1, 2)]), kind("str")),
    (pa.array([timedelta(1)]), kind("str")),
    (pa.array([[1, 2], None, [3, 4]]), kind("vector", n_dimensions=2)),
    (pa.array([[1, 2]], pa.list_(pa.float32(), 2)), kind("vector", n_dimensions=2)),
    (pa.array([[1.5], []], pa.large_list(pa.float64())), kind("vector")),
    (pa.array([[]], pa.list_(pa.null())), kind("vector")),
    (pa.array([["a"]]), kind("str")),
    (pa.array([[A_DAY]]), kind("str")),
    (pa.array([{"a": 1}]), kind("str")),
    (pa.array([b"a"]), kind("str")),
    (pa.nulls(2), kind("str")),
    (pa.array(["1", "1"]), kind("category", categories=["1"])),
    (pa.array(["b", "a", "b"]).dictionary_encode(), kind("category", categories=["a", "b"])),
    (pa.array([3, 4, 3]).dictionary_encode(), kind("int", min=3, max=4)),
    (pa.array(["True", "False"]), kind("str")),
    (pa.array(["2025-01-01", "2025-01-02"]), kind("timestamp")),
    (pa.array(["[1]", "[2]"]), kind("str")),
    (pa.array(["", "nan", ""]), kind("category", categories=["", "nan"])),
]


@pytest.mark.parametrize(("values", "expected"), VALUES, ids=[str(array.type) for array, _ in VALUES])
def test_parquet_columns_have_their_types(tmp_path: Path, values: pa.Array, expected: dict[str, Any]) -> None:
    """If one column is not text, columns of Parquet have their stored types; text stays text."""
    path = parquet_file(tmp_path, {"c": values, "number": pa.array(range(len(values)))})
    assert found(proposed(path)["c"]) == expected


@pytest.mark.parametrize(
    ("low", "high", "edges"),
    [
        (100, 1100, list(range(100, 1101, 100))),
        (7, 7, [6.5, 6.6, 6.7, 6.8, 6.9, 7.0, 7.1, 7.2, 7.3, 7.4, 7.5]),
    ],
)
def test_bins(low: float, high: float, edges: list[float]) -> None:
    """Ten bins of equal width reach from the smallest to the largest value, or around a single one."""
    assert equal_bins(low, high) == pytest.approx(edges)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_bins_are_edges(one: float, other: float) -> None:
    """For any numbers there are 11 finite edges that rise, the ends included."""
    low, high = sorted([one, other])
    edges = equal_bins(low, high)
    assert len(edges) == 11
    assert all(map(math.isfinite, edges))
    assert edges == sorted(edges)
    assert edges[0] <= low <= high <= edges[-1]


def test_cardinality_is_limited(tmp_path: Path) -> None:
    """Text is a category up to the limit and text beyond it; so are the columns that would make the schema too long."""
    path = csv_file(tmp_path, {"c": ["a", "b", "c"] * 2, "d": ["e"] * 6})
    assert proposed(path, max_cardinality=3)["c"]["categories"] == ["a", "b", "c"]
    assert found(proposed(path, max_cardinality=2)["c"]) == kind("str")


def test_categories_fit_into_a_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns whose categories would make the schema too long to be sent are text."""
    monkeypatch.setattr(proposal, "CATEGORY_BYTES", 4)
    path = csv_file(tmp_path, {"a": ["xx", "xx"], "b": ["yyy", "yyy"], "c": ["zz", "zz"]})
    assert [column["data_type"] for column in proposed(path).values()] == ["category", "str", "category"]


FAULTS: list[tuple[str, bytes, str]] = [
    ("a.csv", b"", "it is empty"),
    ("a.csv", b"a,b\n", "has no row"),
    ("a.csv", b"a,b", "has no row"),
    ("a.csv", "a,b\n1,2\n".encode("utf-16"), "is UTF-16; save it as UTF-8"),
    ("a.csv", b"a,b\n1\n", "has no row"),
    ("a.csv", b"a,a\n1,2\n", "two columns have the same name"),
    ("a.csv", b"a,\n1,2\n", "has no name"),
    ("a.csv", b"a,b\n1,\xff\n", "not UTF-8"),
    ("a.csv", b"a" * 256 + b",b\n1,2\n", "longer than 255"),
    (
        "a.csv",
        b",".join(b"c%d" % n for n in range(10_001)) + b"\n" + b"1," * 10_000 + b"1\n",
        "more than 10,000 columns",
    ),
    ("a.parquet", b"a,b\n1,2\n", "damaged, cut off, or of another type"),
    ("a.parquet", b"", "it is empty"),
]


@pytest.mark.parametrize(("name", "content", "message"), FAULTS, ids=[fault[2] for fault in FAULTS])
def test_files_without_a_schema(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """A file without rows or usable names, or that cannot be read, is refused with the reason."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=message):
        proposed(path)


def test_parquet_that_no_schema_fits(tmp_path: Path) -> None:
    """Parquet without a column or a row is refused."""
    for table, message in (({}, "no column"), ({"a": pa.array([], pa.int64())}, "no row")):
        with pytest.raises(Unreadable, match=message):
            proposed(parquet_file(tmp_path, table))


def test_parquet_with_text_that_is_not_utf8(tmp_path: Path) -> None:
    """Such a column is proposed as text, in which a job records a violation for each cell that is not."""
    bad = pa.array([b"\xff", b"a"]).view(pa.string())
    assert [one["data_type"] for one in proposed(parquet_file(tmp_path, {"a": bad})).values()] == ["str"]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_dialect_is_that_of_the_jobs(tmp_path: Path, newline: str) -> None:
    """A byte order mark, any line end, quoted line ends and malformed rows are read as a job reads them."""
    path = tmp_path / "file.csv"
    path.write_bytes(newline.join(["\ufeffa,b", '1,"x\ny"', "malformed", '2,"x\ny"', ""]).encode())
    assert [found(column) for column in proposed(path).values()] == [
        kind("int", min=1, max=2),
        kind("category", categories=["x\ny"]),
    ]


@settings(deadline=None, max_examples=50)
@given(lengths=st.lists(st.integers(0, 40), max_size=12), size=st.integers(1, 50))
def test_a_sample_is_spread_over_all_rows(lengths: list[int], size: int) -> None:
    """A sample has the requested number of rows, each once, in order, and does not depend on how they arrive."""
    rows = pa.table({"n": np.arange(sum(lengths))})
    starts = np.cumsum([0, *lengths])
    arriving = [rows.slice(start, length) for start, length in zip(starts, lengths, strict=False)]
    taken = sample(arriving, size, MANY)
    if not sum(lengths):
        assert taken is None or not len(taken)
        return
    assert taken is not None
    numbers = taken["n"].to_pylist()
    assert len(numbers) == min(size, len(rows))
    assert numbers == sorted(set(numbers))
    assert taken.equals(sample([rows], size, MANY))


def test_a_sample_is_even() -> None:
    """No part of a file is preferred."""
    taken = sample((pa.table({"n": np.arange(start, start + 1000)}) for start in range(0, 100_000, 1000)), 10_000, MANY)
    assert taken is not None
    counts, _ = np.histogram(taken["n"].to_numpy(), bins=10, range=(0, 100_000))
    assert counts.min() > 850


def test_a_sample_is_small_in_memory() -> None:
    """Long rows make a sample of fewer, still spread over all of them."""
    tables = (pa.table({"n": [start], "text": ["x" * 1000]}) for start in range(1000))
    taken = sample(tables, 1000, 50_000)
    assert taken is not None
    assert 10 < len(taken) <= 50
    assert taken.nbytes <= 60_000
    assert max(taken["n"].to_pylist()) > 700


def test_only_some_row_groups_of_a_long_file_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a number of rows only some row groups are read, spread from the first to the last part of the file."""
    monkeypatch.setattr(proposal, "MAX_ROWS_READ", 100)
    path = tmp_path / "file.parquet"
    pq.write_table(pa.table({"n": range(1000)}), path, row_group_size=10)
    column = proposed(path)["n"]
    assert (column["min"], column["max"]) == (0, 909)


def own_violations(path: Path, proposal: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Publish a file's rows against its own proposal and return every violation except missing values."""
    is_csv = path.suffix == ".csv"
    own = schema(*proposal.values(), id_column=None, timestamp_column=None)
    chunks = read_chunks(source_of(path), "CSV" if is_csv else "PARQUET", start=0, size=MANY)
    ingested = [published(TableRows(chunk.table, is_csv=is_csv), own) for chunk in chunks]
    return [
        (name, {kind: value})
        for one in ingested
        for name in proposal
        for row in violations(one, name)
        for kind, value in row.items()
        if kind != "missing"
    ]


CELLS: list[st.SearchStrategy[str]] = [
    st.integers(-(2**70), 2**70).map(str),
    st.floats().map(repr),
    st.booleans().map(str),
    st.sampled_from(
        ["", "nan", "None", "NaT", "<NA>", "NaN", "-0", "+1", "007", " 1", "1e5", "inf", "-Infinity", "NA"]
    ),
    st.datetimes().map(str),
    st.dates().map(str),
    st.lists(st.floats() | st.integers() | st.none(), max_size=3).map(str),
    st.lists(st.text("ab'", max_size=2), max_size=2).map(str),
    st.text("ab ,[]()\n\"'", max_size=3),
    st.sampled_from(["a", "b"]),
]


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([st.one_of(CELLS), *CELLS]).flatmap(lambda cell: st.lists(cell, min_size=1, max_size=6)),
)
def test_a_csv_file_keeps_to_its_own_schema(tmp_path: Path, cells: list[str]) -> None:
    """The rows of a file have no type and no range violation against its proposal."""
    path = csv_file(tmp_path, {"c": cells, "other": ["x"] * len(cells)})
    assert own_violations(path, proposed(path)) == []


TYPED = st.one_of(
    st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), max_size=5).map(lambda v: pa.array(v, pa.int64())),
    st.lists(st.none() | st.integers(0, 255), max_size=5).map(lambda v: pa.array(v, pa.uint8())),
    st.lists(st.none() | st.floats(), max_size=5).map(lambda v: pa.array(v, pa.float64())),
    st.lists(st.none() | st.floats(width=32), max_size=5).map(lambda v: pa.array(v, pa.float32())),
    st.lists(st.none() | st.booleans(), max_size=5).map(lambda v: pa.array(v, pa.bool_())),
    st.lists(st.none() | st.text(max_size=3) | st.sampled_from(["", "nan", "1", "True", "[1]"]), max_size=5).map(
        lambda v: pa.array(v, pa.string())
    ),
    st.lists(st.none() | st.sampled_from(["a", "1", "None"]), max_size=5).map(
        lambda v: pa.array(v, pa.string()).dictionary_encode()
    ),
    st.lists(st.none() | st.datetimes(), max_size=5).map(lambda v: pa.array(v, pa.timestamp("us", "UTC"))),
    st.lists(st.none() | st.dates(), max_size=5).map(lambda v: pa.array(v, pa.date32())),
    st.lists(st.none() | st.lists(st.none() | st.floats(), max_size=3), max_size=5).map(
        lambda v: pa.array(v, pa.list_(pa.float64()))
    ),
    st.lists(st.decimals(-1000, 1000, places=2), max_size=5).map(lambda v: pa.array(v, pa.decimal128(10, 2))),
)


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TYPED)
def test_a_parquet_file_keeps_to_its_own_schema(tmp_path: Path, values: pa.Array) -> None:
    """The same of Parquet, for every type that has a counterpart in a schema."""
    values = pa.concat_arrays([values, values.take(pa.array([None], pa.int64()))])
    path = parquet_file(tmp_path, {"c": values, "number": pa.array(range(len(values)))})
    assert own_violations(path, proposed(path)) == []


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=5)
    | st.lists(st.floats(), min_size=1, max_size=5)
    | st.lists(st.booleans(), min_size=1, max_size=5)
    | st.lists(st.datetimes(), min_size=1, max_size=5)
    | st.lists(st.sampled_from(["a", "b", "", "007"]), min_size=1, max_size=5)
    | st.lists(st.lists(st.floats(-1e9, 1e9), max_size=3), min_size=1, max_size=5)
)
def test_a_dataframe_keeps_to_the_schema_of_its_texts(tmp_path: Path, values: list[Any]) -> None:
    """The file that the vendor's client sends for a DataFrame gives a schema that the DataFrame fits."""
    proposal = proposed(dataframe_file(tmp_path, {"c": [str(value) for value in values]}))
    itself = parquet_file(tmp_path, {"c": pa.array(values)})
    assert own_violations(itself, proposal) == []


def test_the_longest_category_counts_characters(tmp_path: Path) -> None:
    """The limit of a category is one of characters, not of bytes."""
    path = csv_file(tmp_path, {"c": ["é" * columns.MAX_CATEGORY_LENGTH] * 2, "d": ["1", "2"]})
    assert proposed(path)["c"]["data_type"] == "category"
