"""Read a whole column of times at once if all have one form. `timestamps` defines the forms."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from inference_events.events.ingest.normalize import PlainValues, Values
from inference_events.events.ingest.raw_values import text_to_null
from inference_events.events.ingest.time_formats import TimeFormat
from inference_events.events.ingest.timestamps import EPOCH_UNITS, FIRST, LAST, NOT_A_TIME
from inference_events.events.types import TIMESTAMP

Integers = npt.NDArray[np.int64]

MAX_SECONDS = 9e18
WHOLE = r"^-?[0-9]{1,18}$"
ZONED = pa.timestamp("us", "UTC")


def whole_times(values: Values, format: TimeFormat | None, *, text: bool) -> pa.Array | None:
    """Return the result of `parse_timestamp` for each value, null if it stands for no time.

    `text` is true for CSV cells. None means that each value must be read alone.
    """
    if isinstance(values, PlainValues):
        return None
    try:
        array = values if isinstance(values, pa.Array) else pa.array(values)
        if format is not None and not pa.types.is_temporal(array.type):
            return None
        if not isinstance(values, pa.Array) and pa.types.is_floating(array.type) and bool in set(map(type, values)):
            return None
        times = _times(array, text)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        return None
    return times if times is not None and _in_range(times) else None


def _times(array: pa.Array, text: bool) -> pa.Array | None:
    kind = array.type
    if pa.types.is_null(kind):
        return pa.nulls(len(array), TIMESTAMP)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return array.cast(TIMESTAMP)
    if pa.types.is_integer(kind):
        return _from_integers(array.cast(pa.int64()))
    if pa.types.is_floating(kind):
        return _from_floats(array.cast(pa.float64()))
    if pa.types.is_string(kind):
        return _from_texts(text_to_null(array) if text else _not_a_time_to_null(array))
    return None


def _from_texts(texts: pa.Array) -> pa.Array:
    first = texts.drop_null().slice(0, 1)
    if _are_whole(first) and _are_whole(texts):
        return _from_integers(texts.cast(pa.int64()))
    return texts.cast(ZONED).cast(TIMESTAMP) if _has_zone(first) else texts.cast(TIMESTAMP)


def _are_whole(texts: pa.Array) -> bool:
    return pc.all(pc.match_substring_regex(texts, WHOLE)).as_py() is not False


def _has_zone(first: pa.Array) -> bool:
    # Not tried with a whole column: a failed cast takes 35 times as long as one that succeeds.
    try:
        first.cast(ZONED)
    except pa.ArrowInvalid:
        return False
    return True


def _not_a_time_to_null(texts: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(texts, NOT_A_TIME), None, texts)


def _from_integers(array: pa.Array) -> pa.Array:
    return _masked(_microseconds(_numbers(array)), array)


def _from_floats(array: pa.Array) -> pa.Array:
    array = pc.if_else(pc.is_nan(array), None, array)
    numbers = _numbers(array)
    whole = numbers == np.floor(numbers)
    exact = _microseconds(np.where(whole, numbers, 0).astype(np.int64))
    rounded = np.rint(np.where(whole, 0, numbers) * 1_000_000 / _per_second(numbers)).astype(np.int64)
    return _masked(np.where(whole, exact, rounded), array)


def _numbers(array: pa.Array) -> Any:
    """Return an array's numbers, with zero for null. Raises ValueError if 64 bits are too few to count with them."""
    numbers = pc.fill_null(array, 0).to_numpy(zero_copy_only=False)
    if not ((numbers > -MAX_SECONDS) & (numbers < MAX_SECONDS)).all():
        raise ValueError
    return numbers


def _microseconds(numbers: Integers) -> Integers:
    per_second = _per_second(numbers)
    times: Integers = np.where(
        per_second <= 1_000_000, numbers * (1_000_000 // np.minimum(per_second, 1_000_000)), numbers // 1000
    )
    return times


def _per_second(numbers: npt.NDArray[np.int64] | npt.NDArray[np.float64]) -> Integers:
    """Return the number of units per second for the unit in which each number counts."""
    # In the type of the numbers: as a float, an integer near a limit may cross it.
    limits = np.array([limit for limit, _ in EPOCH_UNITS[:-1]], numbers.dtype)
    units = np.array([unit for _, unit in EPOCH_UNITS])
    chosen: Integers = units[np.searchsorted(limits, np.abs(numbers), side="right")]
    return chosen


def _masked(times: Integers, array: pa.Array) -> pa.Array:
    return pa.array(times, TIMESTAMP, mask=array.is_null().to_numpy(zero_copy_only=False))


def _in_range(times: pa.Array) -> bool:
    bounds = pc.min_max(times.cast(pa.int64())).as_py()
    return bounds["min"] is None or FIRST <= bounds["min"] <= bounds["max"] <= LAST
