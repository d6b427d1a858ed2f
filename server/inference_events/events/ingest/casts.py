"""Convert a whole array at once, if each of its values fits the column."""

import sys
from collections.abc import Sequence
from decimal import Decimal
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inference_events.events.ingest.normalize import PlainValues, Values, with_items
from inference_events.events.ingest.number_text import LOWEST, keeps_digits
from inference_events.events.ingest.raw_values import FALSE_TEXTS, TRUE_TEXTS, text_to_null
from inference_events.models.schema import Column

ZERO_AND_ONE = pa.array([0.0, 1.0])
# A text of at most this length has no more digits than every 64-bit float keeps.
SHORT_NUMBER = 15
# Smaller floats keep fewer digits, down to none.
SMALLEST = sys.float_info.min


def convert_whole(column: Column, values: Values, text: bool) -> pa.Array | None:
    """Return the typed array if each value has the column's type, else None."""
    try:
        if isinstance(values, pa.Array):
            return _cast(values, column.type, text)
        if isinstance(values, PlainValues):
            return None
        array = pa.array(values)
        return None if _hides_booleans(array, values) else _cast(array, column.type, text)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        return None


def _hides_booleans(array: pa.Array, values: Sequence[Any]) -> bool:
    """Return whether Arrow read a boolean among floats as a number."""
    items = array.flatten() if pa.types.is_list(array.type) else array
    if not pa.types.is_floating(items.type) or not pc.any(pc.is_in(items, ZERO_AND_ONE)).as_py():
        return False
    if items is not array:
        values = list(chain.from_iterable(value for value in values if value is not None))
    return bool in set(map(type, values))


def _cast(array: pa.Array, target: pa.DataType, text: bool) -> pa.Array | None:
    source = array.type
    if pa.types.is_null(source):
        return pa.nulls(len(array), target)
    if pa.types.is_list(target):
        return _cast_list(array, target)
    if pa.types.is_floating(source) and (pa.types.is_floating(target) or pa.types.is_integer(target)):
        if pa.types.is_integer(target) and pc.any(pc.equal(array, LOWEST)).as_py():
            return None
        # Hardly any column has NaN, and three calls of Arrow cost more than it takes to look at a few rows.
        has_nan = array.null_count or np.isnan(array.to_numpy()).any()
        return _as(pc.if_else(pc.is_nan(array), None, array) if has_nan else array, target)
    if pa.types.is_integer(source) and (pa.types.is_floating(target) or pa.types.is_integer(target)):
        return _as(array, target)
    if pa.types.is_boolean(source) and pa.types.is_boolean(target):
        return array
    if pa.types.is_timestamp(target) and (pa.types.is_timestamp(source) or pa.types.is_date(source)):
        return array.cast(target)
    return _cast_text(array, target, text) if pa.types.is_string(source) else None


def _as(array: pa.Array, target: pa.DataType) -> pa.Array:
    return array if array.type == target else array.cast(target)


def _cast_text(array: pa.Array, target: pa.DataType, text: bool) -> pa.Array | None:
    if text:
        array = text_to_null(array)
    if pa.types.is_string(target):
        return array
    if text and pa.types.is_floating(target):
        numbers = array.cast(target)
        return None if _lose_digits(array, numbers) else _cast(numbers, target, text)
    if text and pa.types.is_integer(target) and _all_match(array, r"^-?[0-9]+$"):
        return array.cast(target)
    if text and pa.types.is_boolean(target):
        return _booleans(pc.ascii_lower(array))
    return None


def _lose_digits(texts: pa.Array, numbers: pa.Array) -> bool:
    """Return whether some text has digits that its 64-bit float lacks."""
    sizes = np.abs(numbers.to_numpy(zero_copy_only=False))
    is_unsure = pc.greater(pc.binary_length(texts), SHORT_NUMBER).fill_null(False).to_numpy(zero_copy_only=False)
    is_unsure |= np.isinf(sizes)
    tiny = np.flatnonzero(sizes < SMALLEST)
    is_unsure[tiny] |= pc.match_substring_regex(texts.take(tiny), "^[^eE]*[1-9]").to_numpy(zero_copy_only=False)
    texts, numbers = texts.filter(is_unsure), numbers.filter(is_unsure)
    # Most programs write the shortest text that reads as the same float, as Arrow does.
    differs = pc.not_equal(numbers.cast(pa.string()), texts)
    pairs = zip(texts.filter(differs).to_pylist(), numbers.filter(differs).to_pylist(), strict=True)
    return not all(keeps_digits(Decimal(text), number) for text, number in pairs)


def _booleans(words: pa.Array) -> pa.Array | None:
    is_true, is_false = (pc.is_in(words, pa.array(sorted(texts))) for texts in (TRUE_TEXTS, FALSE_TEXTS))
    if not pc.all(pc.or_(is_true, pc.or_(is_false, words.is_null()))).as_py():
        return None
    return pc.if_else(words.is_null(), None, is_true)


def _all_match(array: pa.Array, pattern: str) -> bool:
    return pc.all(pc.match_substring_regex(array, pattern)).as_py() is not False


def _cast_list(array: pa.Array, target: pa.ListType) -> pa.Array | None:
    if not pa.types.is_list(array.type):
        return None
    items = _cast(array.flatten(), target.value_type, False)
    return None if items is None else with_items(array, items)
