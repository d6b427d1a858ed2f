"""Columns of any type of Arrow: no value ends a job, and values that JSON lacks are text as pandas writes them."""

import json
import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inference_events import exact_json
from inference_events.events.ingest.batch import Ingested
from inference_events.events.ingest.files import read_chunks
from inference_events.events.ingest.normalize import as_list, normalize
from inference_events.events.ingest.not_text import NotText
from inference_events.events.ingest.plain_values import plain_values
from inference_events.events.ingest.rows import TableRows
from inference_events.events.ingest.unreadable import Unreadable
from inference_events.models.factory import propose_columns
from inference_events.models.schema import ModelSchema
from tests.unit.arrow_types import CANNOT_BE_MADE, LEAVES, NESTED, array_of, types
from tests.unit.ingested import column, parquet_rows, published, schema, undeclared, updated, values, violations
from tests.uploads import source_of

TEXT = schema(column("str"), id_column=None)
DATA_TYPES = ["float", "int", "bool", "str", "category", "timestamp", "vector"]
ROWS = 4


def test_every_type_of_pyarrow_is_tried() -> None:
    """A type that a later pyarrow adds is missing in the tests below until it is added there."""
    known = {name for name in dir(pa.lib) if name.startswith("Type_")} - {"Type_EXTENSION"}
    assert known == LEAVES.keys() | NESTED.keys() | CANNOT_BE_MADE


def models() -> list[ModelSchema]:
    """Return models that have the column `c` in each role and type, and one without it."""
    declared = [
        schema(column(data_type, categories=["a", "7"]) if data_type == "category" else column(data_type))
        for data_type in DATA_TYPES
    ]
    as_id = [schema(column(data_type), id_column="c") for data_type in ("str", "int", "float")]
    return [
        *declared,
        *as_id,
        schema(column("float", "other")),
        schema(column("float", "other"), timestamp_column="c"),
        schema(column("str", "id"), column("timestamp"), timestamp_column="c", timestamp_format="%Y"),
        schema(column("float"), column("str", "id"), task="ranking", task_params={"group_by": "id"}),
    ]


@settings(max_examples=80)
@given(types(3), st.integers(0, 2**32))
def test_no_value_of_any_type_ends_a_job(kind: pa.DataType, seed: int) -> None:
    """Each row becomes an event or a fault, for publish and update, and for any role of the column."""
    array = array_of(kind, ROWS + 2, Random(seed))[1 : ROWS + 1]
    table = pa.table({"id": [f"id{row}" for row in range(ROWS)], "c": array})
    for model in models():
        for ingested in (
            published(TableRows(table, is_csv=False), model),
            updated(TableRows(table, is_csv=False), model),
        ):
            check(ingested)


def check(ingested: Ingested) -> None:
    """Check that no row is lost, and that raw and undeclared values are JSON."""
    assert len(ingested.batch) + len({fault.row for fault in ingested.faults}) == ROWS
    for name in ("undeclared", "event_id"):
        ingested.batch.system[name].combine_chunks().validate(full=True)
    for text in ingested.batch.system["undeclared"].to_pylist():
        assert text is None or isinstance(exact_json.loads(text), dict)
    for row in ingested.batch.system["violations"].to_pylist():
        assert all(one["value"] is None or exact_json.loads(one["value"]) is not ... for one in row)
    for array in ingested.batch.values.columns:
        array.combine_chunks().validate(full=True)


@settings(max_examples=40)
@example(pa.dictionary(pa.int8(), pa.string()), 3)
@given(types(2), st.integers(0, 2**32))
def test_no_parquet_file_ends_a_job_or_the_model_factory(
    tmp_path_factory: pytest.TempPathFactory, kind: pa.DataType, seed: int
) -> None:
    """Types that Parquet can hold are read back from a file, and a schema is proposed for it."""
    path: Path = tmp_path_factory.mktemp("types") / "events.parquet"
    table = pa.table({"id": [f"id{row}" for row in range(ROWS)], "c": array_of(kind, ROWS, Random(seed))})
    try:
        pa.parquet.write_table(table, path)
    except (pa.ArrowException, NotImplementedError, OSError):
        return  # Parquet has no such type.
    try:
        chunks = list(read_chunks(source_of(path), "PARQUET", start=0, size=1000))
    except Unreadable as unreadable:
        # pyarrow reads no dictionary with such texts, so the job can name no rows.
        if "dictionary" in str(kind) and "not UTF-8 text" in str(unreadable):
            return
        raise
    for chunk in chunks:
        for model in models():
            check(published(TableRows(chunk.table, is_csv=False), model))
    proposed = propose_columns(source_of(path), "PARQUET", sample_size=10, max_cardinality=10)
    assert [one["name"] for one in proposed] == ["id", "c"]


def foreign(storage: pa.Array, name: str, **parameters: str) -> pa.Table:
    """Return a table of a file whose extension type is unknown here."""
    metadata = {"ARROW:extension:name": name, "ARROW:extension:metadata": json.dumps(parameters)}
    return pa.Table.from_arrays([storage], schema=pa.schema([pa.field("c", storage.type, metadata=metadata)]))


def normalized(table: pa.Table) -> list[Any]:
    return list(as_list(normalize(table["c"], table.schema.field("c"))))


@pytest.mark.parametrize(
    ("array", "texts"),
    [
        (pa.array([time(1, 2, 3), time(1, 2, 3, 500), None]), ["01:02:03", "01:02:03.000500", None]),
        (pa.array([86_400, -1], pa.time32("s")), ["24:00:00", "-00:00:01"]),
        (pa.array([3_723_000_000_001], pa.time64("ns")), ["01:02:03.000000001"]),
        (pa.array([timedelta(1), timedelta(hours=-1), None]), ["1 days 00:00:00", "-1 days +23:00:00", None]),
        (pa.array([1_500_000_000, 1], pa.duration("ns")), ["0 days 00:00:01.500000", "0 days 00:00:00.000000001"]),
        (pa.array([UUID(int=1).bytes, None], pa.uuid()), [str(UUID(int=1)), None]),
        (pa.array(["ß".encode(), None]), ["ß", None]),
        (pa.array([b"a"], pa.large_binary()), ["a"]),
        (pa.array(["a", None]).cast(pa.string_view()), ["a", None]),
        (pa.array([pa.MonthDayNano([1, 2, -3])]), ["P1M2DT-0.000000003S"]),
    ],
)
def test_values_without_json_are_text(array: pa.Array, texts: list[str | None]) -> None:
    """Times of day, durations, UUIDs and bytes that are UTF-8 fit a column of text and violate nothing."""
    ingested = published(parquet_rows({"c": array}), TEXT)
    assert values(ingested) == texts
    assert violations(ingested) == [{} if text is not None else {"missing": None} for text in texts]


@pytest.mark.parametrize("kind", [pa.binary(), pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())])
def test_bytes_that_are_not_utf8_are_a_violation_and_no_id(kind: pa.DataType) -> None:
    """Such a cell does not end a job: its raw value has escapes, and its row has no id."""
    raw = pa.array([b"caf\xe9", b"ok"])
    if pa.types.is_dictionary(kind):
        array = pa.DictionaryArray.from_arrays(pa.array([0, 1], pa.int8()), raw.view(pa.string()))
    else:
        array = raw.view(kind) if not pa.types.is_large_string(kind) else raw.cast(pa.large_binary()).view(kind)
    ingested = published(parquet_rows({"c": array}), TEXT)
    assert values(ingested) == [None, "ok"]
    assert violations(ingested) == [{"type": "caf\\xe9"}, {}]
    ids = published(parquet_rows({"id": array, "c": pa.array(["x", "y"])}), schema(column("str")))
    assert ids.ids == ["ok"]
    assert [fault.row for fault in ids.faults] == [0]
    assert undeclared(published(parquet_rows({"u": array}), TEXT))[0] == {"u": "caf\\xe9"}


def test_years_that_python_lacks_are_text() -> None:
    """Dates and times after the year 9999 are kept as text, and are no times of an event."""
    days = pa.array([4_000_000, 19_723], pa.int32()).cast(pa.date32())
    assert plain_values(days) == ["12921-08-18", date(2024, 1, 1)]
    moments = pa.array([400_000_000_000, 0], pa.timestamp("s", "Mars/Phobos"))
    assert plain_values(moments) == ["14645-06-30 15:06:40", datetime(1970, 1, 1)]
    ingested = published(parquet_rows({"id": ["a", "b"], "ts": moments}), schema(column("str")))
    assert [fault.row for fault in ingested.faults] == [0]
    assert undeclared(published(parquet_rows({"u": days}), TEXT))[0] == {"u": "12921-08-18"}


def test_nested_values_keep_their_precision() -> None:
    """Nanoseconds, infinity and bytes inside of lists, structs and maps are plain values, at any depth."""
    kind = pa.struct([("t", pa.list_(pa.timestamp("ns"))), ("m", pa.map_(pa.string(), pa.float64()))])
    array = pa.array([{"t": [1_714_521_600_000_000_001], "m": [("a", math.inf), ("a", 1.5)]}, None], kind)
    ingested = published(parquet_rows({"u": array}), TEXT)
    assert undeclared(ingested)[0] == {
        "u": {"t": ["2024-05-01T00:00:00.000000001"], "m": [["a", "Infinity"], ["a", 1.5]]}
    }


def test_a_text_that_is_not_utf8_says_so() -> None:
    """`NotText` shows undecodable bytes as escapes."""
    [value] = plain_values(pa.array([b"\xffx"]))
    assert isinstance(value, NotText)
    assert value == "\\xffx"


def test_decimals_keep_their_digits() -> None:
    """A Decimal of a column of text or without a declaration is its digits."""
    digits = pa.array([Decimal("0.12345678901234567890")], pa.decimal128(38, 20))
    assert values(published(parquet_rows({"c": digits}), TEXT)) == ["0.12345678901234567890"]
    assert undeclared(published(parquet_rows({"u": digits}), TEXT)) == [{"u": "0.12345678901234567890"}]


@pytest.mark.parametrize(
    ("frequency", "ordinal", "text"),
    [
        ("Y-DEC", 54, "2024"),
        ("M", 648, "2024-01"),
        ("D", 19723, "2024-01-01"),
        ("D", -1, "1969-12-31"),
        ("h", 19723 * 24 + 5, "2024-01-01 05:00"),
        ("min", 61, "1970-01-01 01:01"),
        ("s", 61, "1970-01-01 00:01:01"),
    ],
)
def test_periods_are_their_text(frequency: str, ordinal: int, text: str) -> None:
    """The numbers in which pandas stores periods count periods, not seconds."""
    table = foreign(pa.array([ordinal, None], pa.int64()), "pandas.period", freq=frequency)
    assert normalized(table) == [text, None]


@pytest.mark.parametrize(
    ("closed", "text"), [("left", "[0, 1)"), ("right", "(0, 1]"), ("both", "[0, 1]"), ("neither", "(0, 1)")]
)
def test_intervals_are_their_text(closed: str, text: str) -> None:
    """An interval is written with the brackets that say which of its ends belong to it."""
    ends: list[Any] = [{"left": 0, "right": 1}, None]
    assert normalized(foreign(pa.array(ends), "pandas.interval", subtype="int64", closed=closed)) == [text, None]


@pytest.mark.parametrize("name", ["pandas.period", "pandas.interval"])
@pytest.mark.parametrize("metadata", [b"not json", b"{}", b"[]", b"", b'{"closed": "x", "freq": "zz"}', b"\xff"])
def test_odd_metadata_ends_no_job(name: str, metadata: bytes) -> None:
    """A file may have any metadata: invalid metadata is ignored."""
    for storage in (pa.array([1]), pa.array(["a"]), pa.array([{"left": 0}])):
        field = pa.field(
            "c", storage.type, metadata={b"ARROW:extension:name": name, b"ARROW:extension:metadata": metadata}
        )
        assert normalized(pa.Table.from_arrays([storage], schema=pa.schema([field]))) == storage.to_pylist()
    odd = pa.field("c", pa.int64(), metadata={b"ARROW:extension:name": b"\xff\xfe"})
    assert normalized(pa.Table.from_arrays([pa.array([1])], schema=pa.schema([odd]))) == [1]


def test_unknown_extensions_stay_what_they_store() -> None:
    """Other extension types, and periods of a frequency that is not known here, are left alone."""
    for table in (foreign(pa.array([1]), "some.other"), foreign(pa.array([1]), "pandas.period", freq="W-SUN")):
        assert normalized(table) == [1]
