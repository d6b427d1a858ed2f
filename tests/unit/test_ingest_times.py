"""Times read all at once equal times read one by one."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inference_events.events.ingest.raw_values import is_null
from inference_events.events.ingest.times import whole_times
from inference_events.events.ingest.timestamps import parse_timestamp
from inference_events.events.types import TIMESTAMP

NUMBERS = st.integers(-(10**19), 10**19) | st.integers(0, 9).map(lambda zeros: 1_357_037_400 * 10**zeros)
FLOATS = st.floats() | st.integers(0, 10**18).map(float) | st.integers(0, 10**16).map(lambda n: n / 1000)
DATES = st.datetimes().map(str) | st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat())
ALMOST_DATES = DATES.flatmap(lambda text: st.integers(0, len(text)).map(lambda n: text[:n])) | st.from_regex(
    r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}[ T]?[0-9:]{0,9}(\.[0-9]{0,9})?(Z|[+-][0-9:]{2,5})?\Z"
)
TEXTS = DATES | ALMOST_DATES | NUMBERS.map(str) | FLOATS.map(str) | st.sampled_from(["", "NaT", " 2024-01-01", "nan"])


def one_by_one(values: list[Any], text: bool) -> list[int | None] | None:
    """Return the time of each value read alone, None if one is no time."""
    try:
        return [None if is_null(value, text=text) else parse_timestamp(value) for value in values]
    except (ValueError, ArithmeticError):
        return None


def at_once(values: list[Any] | pa.Array, text: bool = False) -> list[int | None] | None:
    times = whole_times(values, None, text=text)
    if times is None:
        return None
    assert times.type == TIMESTAMP
    listed: list[int | None] = times.cast(pa.int64()).to_pylist()
    return listed


@given(st.lists(TEXTS | st.none(), max_size=3) | st.lists(NUMBERS, max_size=3) | st.lists(FLOATS, max_size=3))
@example(["2024-01-01T10:00:00Z", "2024-01-01 10:00:00+01:00"])
@example(["2024-01-01T24:00:00"])
@example(["0000-01-01"])
@example([1.0, True])
@example([True])
@example([1_357_037_400, 1_357_037_400.5])
@example([-(2**63)])
def test_json_times_at_once_are_those_one_by_one(values: list[Any]) -> None:
    """If a column is read at once, each time equals the time read alone; other values are never read as a time."""
    times = at_once(values)
    assert times is None or times == one_by_one(values, text=False)


@given(st.lists(TEXTS, max_size=3))
def test_csv_times_at_once_are_those_one_by_one(cells: list[str]) -> None:
    """The same of CSV cells, in which some texts stand for nothing."""
    times = at_once(pa.array(cells, pa.string()), text=True)
    assert times is None or times == one_by_one(cells, text=True)


@pytest.mark.parametrize(
    "values",
    [
        ["2013-01-01T10:15:00Z", "2013-01-01T11:15:00+01:00", None],
        ["2013-01-01 10:15:00.123456", "2013-01-01"],
        ["1357035300", "1357035300000"],
        [1357035300, 1357035300000, 1357035300000000, 1357035300000000000, None],
        [1357035300.25, 1357035300.0, 1357035300250.5],
        [None, None],
        ["NaT"],
    ],
)
def test_usual_forms_are_read_at_once(values: list[Any]) -> None:
    """Times of one form are never read one by one."""
    assert at_once(values) == one_by_one(values, text=False)


def test_numbers_of_a_file_are_read_at_once() -> None:
    """Numbers of any width are, and NaN stands for no time."""
    assert at_once(pa.array([1357035300, None], pa.int32())) == [1357035300_000_000, None]
    assert at_once(pa.array(np.array([1357035300.5, np.nan]))) == [1357035300_500_000, None]
