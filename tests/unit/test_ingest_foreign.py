"""Columns of types that only Parquet and pandas have: they are what their text would be in CSV."""

import json
from datetime import time, timedelta
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest

from inference_events.ingest.foreign import plain_column
from tests.unit.ingested import column, parquet_rows, published, schema, values, violations

TEXT = schema(column("str"), id_column=None)


def foreign(storage: pa.Array, name: str, **parameters: str) -> pa.Table:
    """Make a table as it comes from a file whose extension type is not known here."""
    metadata = {"ARROW:extension:name": name, "ARROW:extension:metadata": json.dumps(parameters)}
    return pa.Table.from_arrays([storage], schema=pa.schema([pa.field("c", storage.type, metadata=metadata)]))


@pytest.mark.parametrize(
    ("array", "texts"),
    [
        (pa.array([time(1, 2, 3), time(1, 2, 3, 500), None]), ["01:02:03", "01:02:03.000500", None]),
        (pa.array([timedelta(1), timedelta(hours=-1), None]), ["1 days 00:00:00", "-1 days +23:00:00", None]),
        (pa.array([1_500_000_001], pa.duration("ns")), ["0 days 00:00:01.500000"]),
        (pa.array([UUID(int=1).bytes, None], pa.uuid()), [str(UUID(int=1)), None]),
        (pa.array(["ß".encode(), None]), ["ß", None]),
        (pa.array([b"a"], pa.large_binary()), ["a"]),
    ],
)
def test_what_has_no_json_is_text(array: pa.Array, texts: list[str | None]) -> None:
    """Times of day, durations, UUIDs and bytes that are UTF-8 fit a column of text and violate nothing."""
    ingested = published(parquet_rows({"c": array}), TEXT)
    assert values(ingested) == texts
    assert violations(ingested) == [{} if text is not None else {"missing": None} for text in texts]


def test_bytes_that_are_no_text_stay_bytes() -> None:
    """What is not UTF-8 is of another type, and no error."""
    assert [list(found) for found in violations(published(parquet_rows({"c": pa.array([b"\xff"])}), TEXT))] == [
        ["type"]
    ]


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
    """The numbers in which pandas stores periods are what they stand for, not numbers of seconds."""
    table = foreign(pa.array([ordinal, None], pa.int64()), "pandas.period", freq=frequency)
    assert plain_column(table["c"].combine_chunks(), table.schema.field("c")).to_pylist() == [text, None]


@pytest.mark.parametrize(
    ("closed", "text"), [("left", "[0, 1)"), ("right", "(0, 1]"), ("both", "[0, 1]"), ("neither", "(0, 1)")]
)
def test_intervals_are_their_text(closed: str, text: str) -> None:
    """An interval is written with the brackets that say which of its ends belong to it."""
    ends: list[Any] = [{"left": 0, "right": 1}, None]
    table = foreign(pa.array(ends), "pandas.interval", subtype="int64", closed=closed)
    assert plain_column(table["c"].combine_chunks(), table.schema.field("c")).to_pylist() == [text, None]


def test_unknown_extensions_stay_what_they_store() -> None:
    """Other extension types, and periods of a frequency that is not known here, are left alone."""
    for table in (foreign(pa.array([1]), "some.other"), foreign(pa.array([1]), "pandas.period", freq="W-SUN")):
        assert plain_column(table["c"].combine_chunks(), table.schema.field("c")).to_pylist() == [1]
