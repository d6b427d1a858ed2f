"""Ids, times and content hashes of rows."""

import math
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference_events.events.ingest.batch import Defaults, ingest_published
from inference_events.events.ingest.ids import event_id, generate_id
from inference_events.events.ingest.rows import JsonRows
from inference_events.events.ingest.time_formats import DAYS, MONTHS, time_format
from inference_events.events.ingest.timestamps import format_timestamp, parse_timestamp
from tests.unit.ingested import (
    RECEIVED,
    column,
    csv_rows,
    hashes,
    parquet_rows,
    published,
    schema,
    timestamps,
    updated,
    violation_counts,
)

MOMENT = datetime(2024, 3, 14, 14, 57, 11, 855_000, UTC)
MICROS = 1_710_428_231_855_000
SECONDS = 1_710_428_231
MODEL = schema(column("float"))


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("a", "a"),
        (" ", " "),
        ("007", "007"),
        ("nan", "nan"),
        (7, "7"),
        (-7, "-7"),
        (0, "0"),
        (2**64 - 1, "18446744073709551615"),
        (7.0, "7"),
        (2.0**53 - 1, "9007199254740991"),
        ("x" * 65_536, "x" * 65_536),
        (Decimal("7.00"), "7"),
        (Decimal(10**37), "1" + "0" * 37),
        (["a", "a"], "a"),
        ([7], "7"),
        ("", None),
        (None, None),
        (True, None),
        (7.5, None),
        (math.nan, None),
        (math.inf, None),
        (2.0**53, None),
        (2.0**53 + 2, None),
        ("x" * 65_537, None),
        (1.2345678901234568e23, None),
        (Decimal("7.5"), None),
        (Decimal("Infinity"), None),
        ([], None),
        (["a", "b"], None),
        ([None, None], None),
        ({"id": "a"}, None),
    ],
)
def test_what_is_an_id(value: Any, meant: str | None) -> None:
    """Text, integers, integral numbers and lists of one repeated value are ids, exactly; any other value is none."""
    assert event_id(value) == meant


@pytest.mark.parametrize("value", ["", None, True, 7.5, 1.2345678901234568e23, [], ["a", "b"], {}])
def test_an_event_without_an_id_is_a_fault(value: Any) -> None:
    """If the model names an id column, an event without a usable id is a fault with its place."""
    ingested = published([{"id": "a"}, {"id": value}, {}], MODEL)
    assert [(fault.row, fault.column) for fault in ingested.faults] == [(1, "id"), (2, "id")]
    assert ingested.ids == ["a"]
    assert ingested.rows.tolist() == [0]


def test_ids_from_files() -> None:
    """In CSV an id is its text, in Parquet its digits; NaN and the words for nothing are no ids."""
    assert published(csv_rows({"id": ["007", "7.0"]}), MODEL).ids == ["007", "7.0"]
    assert published(parquet_rows({"id": pa.array([7.0, math.nan])}), MODEL).ids == ["7"]
    assert len(published(csv_rows({"id": ["", "nan", "None", "<NA>"]}), MODEL).faults) == 4


def test_the_server_makes_ids_if_there_is_no_column() -> None:
    """A model without an id column gets a UUIDv7 per event, that holds the time of receipt."""
    ids = published([{}, {}], schema(column("float"), id_column=None)).ids
    assert len(set(ids)) == 2
    for defaults in map(uuid.UUID, ids):
        assert (defaults.version, defaults.variant) == (7, uuid.RFC_4122)
        assert defaults.int >> 80 == RECEIVED // 1000


def test_rows_of_datasets_get_ids_only_if_they_have_none() -> None:
    """In a dataset a null id is made; a value that is no id stays a fault."""
    ingested = published([{"id": None}, {"id": "a"}, {"id": 1.5}], MODEL, makes_missing_ids=True)
    assert [fault.row for fault in ingested.faults] == [2]
    assert ingested.ids[1] == "a"
    assert uuid.UUID(ingested.ids[0]).version == 7


@given(seed=st.binary(min_size=1, max_size=64), time=st.integers(0, 2**60), row=st.integers(0, 2**40))
def test_made_ids_are_reproducible(seed: bytes, time: int, row: int) -> None:
    """The same seed, time and row make the same id; another row makes another."""
    assert generate_id(seed, time, row) == generate_id(seed, time, row)
    assert generate_id(seed, time, row) != generate_id(seed, time, row + 1)
    assert uuid.UUID(generate_id(seed, time, row)).version == 7


def test_made_ids_follow_the_rows_of_the_file() -> None:
    """A chunk of a file makes for a row the id that it would get in any other chunk."""
    assert Defaults(b"job", RECEIVED, [5, 6]).id(1) == Defaults(b"job", RECEIVED).id(6)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1_710_428_231_855, MICROS),
        (1_710_428_231_855.0, MICROS),
        (1_710_428_231.855, MICROS),
        (MICROS, MICROS),
        (MICROS * 1000 + 999, MICROS),
        (SECONDS, SECONDS * 1_000_000),
        ("2024-03-14 14:57:11.855", MICROS),
        ("2024-03-14 14:57:11.855000+00:00", MICROS),
        ("2024-03-14T14:57:11.855Z", MICROS),
        ("2024-03-14T14:57:11.855000123Z", MICROS),
        ("2024-03-14T16:57:11.855+02:00", MICROS),
        ("2024-03-14T07:27:11.855-0730", MICROS),
        (" 2024-03-14T14:57:11.855Z ", MICROS),
        ("2024-03-14", 1_710_374_400_000_000),
        ("1710428231855", MICROS),
        ("1710428231855.0", MICROS),
        ("1710428231.855", MICROS),
        ("1.710428231855e+12", MICROS),
        ("1710428231", SECONDS * 1_000_000),
        # Digits that ISO 8601 would read as a minute of the year 1710.
        ("1710123101230", 1_710_123_101_230_000),
        ("17101231", 17_101_231_000_000),
        (Decimal("1710428231.855"), MICROS),
        (MOMENT, MICROS),
        (MOMENT.replace(tzinfo=None), MICROS),
        (MOMENT.date(), 1_710_374_400_000_000),
        ([1_710_428_231_855, 1_710_428_231_856], MICROS),
        ([None, "NaT", "2024-03-14T14:57:11.855Z"], MICROS),
        ([], None),
        ([None], None),
        (None, None),
        ("NaT", None),
        (0, 0),
        (-1, -1_000_000),
        (-1.5, -1_500_000),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
        ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
    ],
)
def test_every_form_of_a_time_is_read(value: Any, expected: int | None) -> None:
    """Numbers by size, ISO 8601, dates, lists by their earliest; no offset means UTC; null and NaT are no time."""
    assert parse_timestamp(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        *("", "now", "2024-13-01", "2024-03-14T25:00:00Z", "nan", "inf", "1" * 400, "1_710_428_231", "0x10", "\u0661"),
        *("0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "10000-01-01"),
        *(True, math.inf, 1e300, 10**400, -(10**20), {}, b"2024", Decimal("1e50"), ["x"], [[1], True]),
    ],
)
def test_values_that_are_no_time(value: Any) -> None:
    """Any other value, and a time outside of the years 1 to 9999, is refused, without another error."""
    with pytest.raises((ValueError, OverflowError)):
        parse_timestamp(value)
    [fault] = published([{"id": "a", "ts": value}], MODEL).faults
    assert (fault.row, fault.column) == (0, "ts")


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("border", "below"), [(10**11, 1_000_000), (10**14, 1_000), (10**17, 1)])
def test_magnitude_gives_the_unit(sign: int, border: int, below: int) -> None:
    """Numbers below a border count in the larger unit, from it on in a thousandth of that."""
    if sign == 1:
        assert parse_timestamp(border - 1) == parse_timestamp(str(border - 1)) == (border - 1) * below
    assert parse_timestamp(sign * border) == sign * border * below // 1000
    assert parse_timestamp(str(sign * border)) == sign * border * below // 1000


@pytest.mark.parametrize(
    ("format", "value", "expected"),
    [
        ("%Y-%m-%d %H:%M:%S", "2024-03-14 14:57:11", SECONDS * 1_000_000),
        ("%Y-%m-%dT%H:%M:%SZ", "2024-03-14T14:57:11Z", SECONDS * 1_000_000),
        ("%d/%m/%Y", "03/04/2024", 1_712_102_400_000_000),
        ("%d/%m/%Y %z", "03/04/2024 +0100", 1_712_098_800_000_000),
        ("%Y%m%d", "20240403", 1_712_102_400_000_000),
        ("%Y%m%d", 20240403, 1_712_102_400_000_000),
        ("%Y%m%d", 20240403.0, 1_712_102_400_000_000),
        ("%d %b %Y, %I:%M %p", "03 apr 2024, 12:00 AM", 1_712_102_400_000_000),
        ("%A, %d %B %Y %Z", "Wednesday, 3 April 2024 GMT", 1_712_102_400_000_000),
        ("%Y-%j %z", "2024-094 Z", 1_712_102_400_000_000),
    ],
)
def test_the_models_format_decides(format: str, value: Any, expected: int) -> None:
    """Text, and a number by its decimal digits, is read by `event_ts_format`; so is the column, if declared."""
    model = schema(column("timestamp", "ts"), timestamp_format=format)
    ingested = published([{"id": "a", "ts": value}], model)
    assert timestamps(ingested) == [expected]
    assert ingested.batch.values["ts"].cast(pa.int64()).to_pylist() == [expected]
    assert timestamps(published(csv_rows({"id": ["a"], "ts": [str(value)]}), model)) == [expected]


@pytest.mark.parametrize(
    ("format", "value"),
    [
        ("%d/%m/%Y", "2024-04-03"),
        ("%d/%m/%Y", SECONDS),
        ("%d/%m/%Y", "31/04/2024"),
        ("%Y%m%d", 20240403.5),
        ("%d %b %Y", "03 mai 2024"),
        ("%Y-%m-%d %H:%M %Z", "2024-04-03 00:00 EST"),
        ("%Y-%m-%d", "2024-04-03 " * 20),
    ],
)
def test_a_time_that_does_not_fit_the_format_is_no_event(format: str, value: Any) -> None:
    """No other format is tried: the message shows the format and an example that fits it, never the value."""
    model = schema(timestamp_format=format)
    for rows in ([{"id": "a", "ts": value}], csv_rows({"id": ["a"], "ts": [str(value)]})):
        [fault] = published(rows, model).faults
        assert format in fault.message
        assert str(value) not in fault.message
        example = fault.message.split('example "')[1].rstrip('"')
        assert published([{"id": "a", "ts": example}], model).faults == []


def test_the_format_is_for_text_and_numbers_only() -> None:
    """Typed times are taken unchanged, and null, "NaT" and no column mean the time of receipt."""
    model = schema(timestamp_format="%d/%m/%Y")
    times = pa.array([MICROS, None], pa.timestamp("us"))
    assert timestamps(published(parquet_rows({"id": ["a", "b"], "ts": times}), model)) == [MICROS, None]
    days = pa.array([date(2024, 4, 3)])
    assert timestamps(published(parquet_rows({"id": ["a"], "ts": days}), model)) == [1_712_102_400_000_000]
    lists = pa.array([[MICROS + 5, MICROS]], pa.list_(pa.timestamp("us")))
    assert timestamps(published(parquet_rows({"id": ["a"], "ts": lists}), model)) == [MICROS]
    assert timestamps(published([{"id": "a", "ts": None}, {"id": "b", "ts": "NaT"}], model)) == [None, None]
    assert timestamps(published([{"id": "a"}], model)) == [None]


@pytest.mark.parametrize(
    ("format", "fault"),
    [
        ("%c", "%c is not the same on every machine"),
        ("%d.%m.%Y %X", "%X is not the same on every machine"),
        ("%G-%V", "%G is not the same on every machine"),
        ("%Y-%m-%d %Y", "%Y is there twice"),
        ("%Y-%", "ends in a single %"),
        ("today", "has no directive such as %Y"),
    ],
)
def test_unsafe_formats_are_known(format: str, fault: str) -> None:
    """A directive that reads by the machine's settings, and a format that cannot be used, are named."""
    assert fault in time_format(format).faults


def day_name(moment: datetime) -> str:
    return DAYS[moment.weekday()]


def month_name(moment: datetime) -> str:
    return MONTHS[moment.month - 1]


# Not by `strftime`, which writes the names of the machine's language.
WRITTEN: dict[str, Callable[[datetime], str]] = {
    "%Y-%m-%d %H:%M:%S.%f": lambda moment: moment.isoformat(" ", "microseconds"),
    "%A, %d %B %Y": lambda moment: (
        f"{DAYS[moment.weekday()]}, {moment.day:02} {MONTHS[moment.month - 1]} {moment.year}"
    ),
    "%a %b %d %Y": lambda moment: (
        f"{DAYS[moment.weekday()][:3]} {MONTHS[moment.month - 1][:3]} {moment.day} {moment.year}"
    ),
    "%d/%m/%y %I:%M:%S %p": lambda moment: (
        f"{moment.day}/{moment.month}/{moment.year % 100:02} {(moment.hour - 1) % 12 + 1}:{moment.minute:02}:"
        f"{moment.second:02} {'PM' if moment.hour >= 12 else 'AM'}"
    ),
    "%j/%Y": lambda moment: f"{moment.timetuple().tm_yday:03}/{moment.year}",
}


@given(st.datetimes(datetime(1970, 1, 1), datetime(2068, 12, 31)), st.sampled_from(list(WRITTEN)))
def test_safe_formats_read_what_was_written_with_them(moment: datetime, format: str) -> None:
    """Every safe directive is read, with English names in every locale."""
    known = time_format(format)
    assert known.faults == ()
    if "%H" not in format and "%I" not in format:
        moment = moment.replace(hour=0, minute=0, second=0)
    if "%f" not in format:
        moment = moment.replace(microsecond=0)
    assert known.parse(WRITTEN[format](moment)) == moment


def test_forms_of_other_systems_are_read() -> None:
    """The exports of BigQuery and Snowflake, lower-case letters, and the end of a day by its hour 24."""
    noon = 1_714_564_800_000_000
    for text in (
        "2024-05-01 12:00:00 UTC",
        "2024-05-01 12:00:00.000000 UTC",
        "2024-05-01 04:00:00.000 -0800",
        "2024-05-01 04:00:00 -08:00",
        "2024-05-01t12:00:00z",
        "2024-05-01 12:00:00 gmt",
    ):
        assert timestamps(published([{"id": "a", "ts": text}], MODEL)) == [noon]
        assert timestamps(published(csv_rows({"id": ["a"], "ts": [text]}), MODEL)) == [noon]
    midnight = timestamps(published([{"id": "a", "ts": "2024-05-02T00:00:00Z"}], MODEL))
    assert timestamps(published([{"id": "a", "ts": "2024-05-01T24:00:00Z"}], MODEL)) == midnight
    assert timestamps(published([{"id": "a", "ts": "2024-05-01 24:00"}], MODEL)) == midnight


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-05-01+02:00", "2024-04-30T22:00:00.000000Z"),
        ("2024-05-01 -0800", "2024-05-01T08:00:00.000000Z"),
        ("2024-05-01Z", "2024-05-01T00:00:00.000000Z"),
        ("20240501T083000-0800", "2024-05-01T16:30:00.000000Z"),
        ("2024-W18-3", "2024-05-01T00:00:00.000000Z"),
        ("2024-05-01x08:30", None),
        ("2024-05-01_08:30", None),
        ("2024-05-01  08:30", None),
        ("2024-05-01T", None),
        ("+02:00", None),
    ],
)
def test_only_iso_8601_is_read_as_iso_8601(text: str, moment: str | None) -> None:
    """An offset after a date is one, and no time of day; no other character parts the two than `T` and a space."""
    for rows in ([{"id": "a", "ts": text}], csv_rows({"id": ["a"], "ts": [text]})):
        ingested = published(rows, MODEL)
        assert timestamps(ingested) == ([] if moment is None else [parse_timestamp(moment)])


def test_nan_in_a_list_of_times_is_no_time() -> None:
    """It is the same as NaN alone."""
    assert timestamps(published(parquet_rows({"id": ["a"], "ts": pa.array([[1.7e9, math.nan]])}), MODEL)) == [
        1_700_000_000_000_000
    ]


def test_a_number_near_a_border_of_units_reads_the_same_alone_and_in_a_column() -> None:
    """A float does not hold it."""
    number = 99_999_999_999_999_999
    alone = published([{"id": "a", "ts": number}], MODEL)
    beside = published([{"id": "a", "ts": number}, {"id": "b", "ts": "2024-05-01 00:00:00 UTC"}], MODEL)
    assert timestamps(alone)[0] == timestamps(beside)[0] == number


def test_an_unreadable_time_lists_the_accepted_forms() -> None:
    """The fault lists the forms, and not the value."""
    [fault] = published([{"id": "a", "ts": "yesterday"}], MODEL).faults
    assert "ISO 8601" in fault.message
    assert "2024-05-01 12:30:00 UTC" in fault.message
    assert "yesterday" not in fault.message


@pytest.mark.parametrize("value", [20240501, 20240501.0, "20240501", " 20240501"])
def test_eight_digits_that_look_like_a_date_are_marked(value: Any) -> None:
    """They are seconds since 1970, as all numbers of that size, but few mean that."""
    for rows in ([{"id": "a", "ts": value}, {"id": "b", "ts": 20249901}], csv_rows({"id": ["a"], "ts": [str(value)]})):
        ingested = published(rows, MODEL)
        assert timestamps(ingested)[0] == 20_240_501_000_000
        assert ingested.date_like is not None
        assert ingested.date_like.tolist() == [True, False][: len(ingested.batch)]
    assert published([{"id": "a", "ts": "1970-08-23T06:21:41Z"}, {"id": "b", "ts": MICROS}], MODEL).date_like is None


def test_parquet_times_of_every_unit() -> None:
    """Timestamps of Parquet are read in every unit and zone, nulls too; nanoseconds are cut down."""
    for array in (
        pa.array([MICROS * 1000 + 999, None], pa.timestamp("ns")),
        pa.array([MICROS, None], pa.timestamp("us", "America/New_York")),
        pa.array([MICROS // 1000, None], pa.timestamp("ms")),
        pa.array([MICROS // 1000, None], pa.int64()),
        pa.array([[MICROS + 5, MICROS], None], pa.list_(pa.timestamp("us"))),
        pa.array([[MICROS * 1000 + 5, None], [None]], pa.list_(pa.timestamp("ns"))),
    ):
        assert timestamps(published(parquet_rows({"id": ["a", "b"], "ts": array}), MODEL)) == [MICROS, None]


def test_an_update_ignores_a_null_time() -> None:
    """In an update a null timestamp is ignored, even if its column is declared."""
    model = schema(column("timestamp", "ts"))
    ingested = updated([{"id": "a", "ts": None}, {"id": "b", "ts": MICROS}], model)
    assert timestamps(ingested) == [None, MICROS]
    assert ingested.batch.carried["ts"].tolist() == [False, True]
    assert violation_counts(ingested) == []


@given(st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999))
def test_a_time_is_written_so_that_it_reads_the_same(time: int) -> None:
    """Times are written as RFC 3339 in UTC with six digits, and read back unchanged."""
    text = format_timestamp(time)
    assert len(text) == 27
    assert text.endswith("Z")
    assert parse_timestamp(text) == time


KINDS: dict[str, tuple[dict[str, Any], st.SearchStrategy[Any], pa.DataType]] = {
    "float": ({}, st.floats(allow_nan=False) | st.integers(-(2**40), 2**40), pa.float64()),
    "int": ({}, st.integers(-(2**63), 2**63 - 1), pa.int64()),
    "bool": ({}, st.booleans(), pa.bool_()),
    "str": ({}, st.text(st.characters(exclude_categories=["Cs"]), min_size=1), pa.string()),
    "category": ({"categories": [1, 2]}, st.integers(0, 3), pa.int64()),
    "vector": ({}, st.lists(st.floats(-1e6, 1e6) | st.none(), max_size=3), pa.list_(pa.float64())),
    "timestamp": ({}, st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)), pa.timestamp("us")),
}
WORDS = {"nan", "None", "NaT", "<NA>"}


@st.composite
def contents(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Give the columns of a schema, and events as typed values."""
    kinds = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=4))
    columns = [column(kind, f"c{place}", **KINDS[kind][0]) for place, kind in enumerate(kinds)]
    value = {f"c{place}": st.none() | KINDS[kind][1] for place, kind in enumerate(kinds)}
    time = {"ts": st.none() | st.integers(10**15, 2 * 10**15)}
    events = draw(st.lists(st.fixed_dictionaries(value | time), min_size=1, max_size=4))
    return columns, events


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "[" + ", ".join("nan" if item is None else repr(item) for item in value) + "]"
    return str(value)


def _readable(value: Any) -> Any:
    """Drop texts that mean null in a CSV file."""
    return None if isinstance(value, str) and value in WORDS else value


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(contents())
def test_json_csv_and_parquet_hash_alike(content: tuple[list[dict[str, Any]], list[dict[str, Any]]]) -> None:
    """One event has one hash, whether it comes as JSON, CSV or Parquet, with its columns in any order."""
    columns, events = content
    events = [
        {name: _readable(value) if isinstance(value, str) else value for name, value in e.items()} for e in events
    ]
    model = schema(*columns)
    names, ids = [*events[0]], [str(place) for place in range(len(events))]
    types = {each["name"]: KINDS[each["data_type"]][2] for each in columns} | {"ts": pa.int64()}
    json_events = [{"id": i, **{n: _json(v) for n, v in e.items()}} for i, e in zip(ids, events, strict=True)]
    from_json = hashes(published(json_events, model))
    cells = {name: [_cell(event[name]) for event in events] for name in names}
    arrays = {name: pa.array([event[name] for event in events], types[name]) for name in names}
    assert hashes(published(csv_rows({"id": ids, **cells}), model)) == from_json
    assert hashes(published(parquet_rows({"id": pa.array(ids), **arrays}), model)) == from_json
    backwards = [dict(reversed(event.items())) for event in json_events]
    without_nulls = [{n: v for n, v in event.items() if v is not None} for event in json_events]
    assert hashes(published(backwards, model)) == hashes(published(without_nulls, model)) == from_json
    for place, event in enumerate(json_events):
        assert hashes(published([event], schema(*reversed(columns)))) == [from_json[place]]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(contents(), st.data())
def test_a_slice_of_a_file_hashes_like_the_whole(
    content: tuple[list[dict[str, Any]], list[dict[str, Any]]], data: st.DataObject
) -> None:
    """Rows read from the middle of a chunk have the values and hashes that they have in the whole."""
    columns, events = content
    types = {each["name"]: KINDS[each["data_type"]][2] for each in columns} | {"ts": pa.int64()}
    arrays = {name: pa.array([event[name] for event in events], types[name]) for name in events[0]}
    table = pa.table({"id": pa.array([str(place) for place in range(len(events))]), **arrays})
    start = data.draw(st.integers(0, len(events) - 1))
    model = schema(*columns)
    part = published(parquet_rows({name: table.slice(start)[name] for name in table.column_names}), model)
    whole = published(parquet_rows({name: table[name] for name in table.column_names}), model)
    assert hashes(part) == hashes(whole)[start:]
    assert part.batch.values.to_pylist() == whole.batch.values.to_pylist()[start:]


BASE: dict[str, Any] = {"id": "a", "c": 1.0, "s": "x", "v": [1.0, 2.0], "other": {"k": 1}, "ts": SECONDS}
WIDE = schema(column("float"), column("str", "s"), column("vector", "v"))


@pytest.mark.parametrize(
    "change",
    [
        *({"c": 2.0}, {"c": None}, {"c": "x"}, {"s": "y"}, {"s": ""}, {"v": [2.0, 1.0]}, {"v": []}),
        *(
            {"v": [1.0, 2.0, None]},
            {"other": {"k": 2}},
            {"other": None},
            {"more": 1},
            {"ts": SECONDS + 1},
            {"ts": None},
        ),
    ],
)
def test_other_content_has_another_hash(change: Mapping[str, Any]) -> None:
    """Every value counts: typed, untyped, undeclared, the order in a vector, and the timestamp."""
    assert hashes(published([{**BASE, **change}], WIDE)) != hashes(published([BASE], WIDE))


@pytest.mark.parametrize(
    "change",
    [{"id": "b"}, {"c": 1}, {"c": "1"}, {"ts": float(SECONDS)}, {"ts": SECONDS * 1000}, {"null": None}, {"v": [1, 2]}],
)
def test_the_same_content_has_the_same_hash(change: Mapping[str, Any]) -> None:
    """Only typed values count; ids and nulls are not content."""
    assert hashes(published([{**BASE, **change}], WIDE)) == hashes(published([BASE], WIDE))


def test_values_made_by_the_server_are_not_content() -> None:
    """An event without a time has the same hash whenever it is received."""
    received = [Defaults(b"s", RECEIVED), Defaults(b"t", RECEIVED + int(timedelta(days=1).total_seconds()))]
    model = schema(column("float"), id_column=None)
    found = {
        ingest_published(JsonRows([{"c": 1.0}]), model, defaults, makes_missing_ids=False).batch.system["content_hash"][
            0
        ]
        for defaults in received
    }
    assert len(found) == 1


def test_hashes_are_the_same_in_every_version() -> None:
    """Hashes are stored, so the hash of an event must never change."""
    assert hashes(published([BASE], WIDE)) == [3361731248454466046]
