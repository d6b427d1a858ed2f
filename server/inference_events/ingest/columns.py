"""Convert one column of incoming values to its declared type and find its violations.

Whole arrays are converted at once where every value fits. Only where one does not is each value looked at.
"""

import ast
import json
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any, TypeAlias
from uuid import UUID

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from inference_events.events.store import TIMESTAMP, Mask
from inference_events.ingest.schema import Column
from inference_events.ingest.timestamps import FIRST, LAST, parse_timestamp

Values: TypeAlias = Sequence[Any] | pa.Array

NULL_TEXTS = frozenset(["", "nan", "None", "NaT", "<NA>"])
DEEPEST = 100
TOO_DEEP = ""
TOO_NESTED = f"is nested more than {DEEPEST} levels deep"
LOWEST = -(2.0**63)
ZERO_AND_ONE = pa.array([0.0, 1.0])
TRUE_TEXTS = frozenset(["true", "1", "1.0"])
FALSE_TEXTS = frozenset(["false", "0", "0.0"])
# How NumPy writes the numbers of an array, and pandas and NumPy 2 the values of a list.
NUMPY_TEXT = re.compile(r"\[\s*[^\s,'\"\[\]]+(\s+[^\s,'\"\[\]]+)+\s*\]")
TEXT_WRAPPERS = frozenset(["Timestamp", "np.float64", "np.float32", "np.int64", "np.int32", "np.bool_", "np.str_"])
TEXT_NAMES = {"nan": None, "NaN": None, "NaT": None, "null": None, "true": True, "false": False}


class Mistyped(ValueError):
    """The value cannot become one of the column's type without loss."""


@dataclass(frozen=True)
class Converted:
    """A column's typed values with what was found on the way.

    `mistyped` maps a row to its raw JSON text where the value was of another type; such a row is null in `array`
    if the value could not be converted without loss. `out_of_range` is None where no value can be.
    """

    array: pa.Array
    mistyped: dict[int, str]
    out_of_range: Mask | None


def convert(column: Column, values: Values, *, text: bool = False) -> Converted:
    """Convert `values` to `column.type`. With `text` they are CSV cells, whose type is the schema's."""
    array = _convert_whole(column, values, text)
    mistyped: dict[int, str] = {}
    if array is None:
        array, mistyped = _convert_each(column, values, text)
    array = _without_null_stand_ins(column, array, mistyped)
    return Converted(array, mistyped, _out_of_range(column, array))


def raw_json(value: Any) -> str:
    """Write a value that was sent as JSON text, or TOO_DEEP. JSON has no infinity: it is written as a word."""
    if isinstance(value, float) and math.isinf(value):
        value = "Infinity" if value > 0 else "-Infinity"
    if is_too_deep(value):
        return TOO_DEEP
    return orjson.dumps(value, default=str, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def is_too_deep(value: Any) -> bool:
    """Tell whether a value is nested so deeply that JSON writers give up on it."""
    level = [value]
    for _ in range(DEEPEST):
        level = [item for each in level if isinstance(each, list | dict) for item in _items(each)]
        if not level:
            return False
    return True


def _items(value: list[Any] | dict[str, Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def is_null(value: Any, *, text: bool = False) -> bool:
    """Tell whether `value` stands for nothing: None, NaN and, in CSV cells, the texts that stand for them."""
    return value is None or value != value or (text and isinstance(value, str) and value in NULL_TEXTS)


def plain_times(array: pa.Array) -> pa.Array:
    """Return timestamps, also those in lists, as UTC microseconds; as text if Python has no such year."""
    if pa.types.is_list(array.type) and pa.types.is_timestamp(array.type.value_type):
        return with_items(array, plain_times(array.flatten()))
    if not pa.types.is_timestamp(array.type):
        return array
    times = array.cast(pa.timestamp(array.type.unit))
    if times.type.unit == "ns":
        times = pc.floor_temporal(times, unit="microsecond")
    try:
        micros = times.cast(TIMESTAMP)
    except pa.ArrowInvalid:
        return times.cast(pa.string())
    bounds = pc.min_max(micros.cast(pa.int64())).as_py()
    has_years = bounds["min"] is None or FIRST <= bounds["min"] <= bounds["max"] <= LAST
    return micros if has_years else times.cast(pa.string())


def text_to_null(cells: pa.Array) -> pa.Array:
    """Make CSV cells that stand for nothing null."""
    return pc.if_else(pc.is_in(cells, pa.array(sorted(NULL_TEXTS))), None, cells)


def _convert_whole(column: Column, values: Values, text: bool) -> pa.Array | None:
    """Return the typed array if each value has the column's type, else None."""
    try:
        if isinstance(values, pa.Array):
            return _cast(values, column.type, text)
        array = pa.array(values)
        return None if _hides_booleans(array, values) else _cast(array, column.type, text)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        return None


def _hides_booleans(array: pa.Array, values: Sequence[Any]) -> bool:
    """Tell whether Arrow took a boolean among floats for a number."""
    items = array.flatten() if pa.types.is_list(array.type) else array
    if not pa.types.is_floating(items.type) or not pc.any(pc.is_in(items, ZERO_AND_ONE)).as_py():
        return False
    if items is not array:
        values = list(chain.from_iterable(value for value in values if value is not None))
    return bool in set(map(type, values))


def _cast(array: pa.Array, target: pa.DataType, text: bool) -> pa.Array | None:
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    source = array.type
    if pa.types.is_null(source):
        return pa.nulls(len(array), target)
    if pa.types.is_list(target):
        return _cast_list(array, target)
    if pa.types.is_floating(source) and (pa.types.is_floating(target) or pa.types.is_integer(target)):
        if pa.types.is_integer(target) and pc.any(pc.equal(array, LOWEST)).as_py():
            return None
        return pc.if_else(pc.is_nan(array), None, array).cast(target)
    if pa.types.is_integer(source) and (pa.types.is_floating(target) or pa.types.is_integer(target)):
        return array.cast(target)
    if pa.types.is_boolean(source) and pa.types.is_boolean(target):
        return array
    if pa.types.is_timestamp(source) and pa.types.is_timestamp(target):
        return array if array.type == target else None
    if pa.types.is_string(source) or pa.types.is_large_string(source):
        return _cast_text(array.cast(pa.string()), target, text)
    return None


def _cast_text(array: pa.Array, target: pa.DataType, text: bool) -> pa.Array | None:
    if text:
        array = text_to_null(array)
    if pa.types.is_string(target):
        return array
    if text and pa.types.is_floating(target):
        return _cast(array.cast(target), target, text)
    if text and pa.types.is_integer(target) and _all_match(array, r"^-?[0-9]+$"):
        return array.cast(target)
    if text and pa.types.is_boolean(target):
        return _booleans(pc.ascii_lower(array))
    return None


def _booleans(words: pa.Array) -> pa.Array | None:
    is_true, is_false = (pc.is_in(words, pa.array(sorted(texts))) for texts in (TRUE_TEXTS, FALSE_TEXTS))
    if not pc.all(pc.or_(is_true, pc.or_(is_false, words.is_null()))).as_py():
        return None
    return pc.if_else(words.is_null(), None, is_true)


def _all_match(array: pa.Array, pattern: str) -> bool:
    return pc.all(pc.match_substring_regex(array, pattern)).as_py() is not False


def _cast_list(array: pa.Array, target: pa.ListType) -> pa.Array | None:
    if pa.types.is_fixed_size_list(array.type) or pa.types.is_large_list(array.type):
        array = array.cast(pa.list_(array.type.value_type))
    if not pa.types.is_list(array.type):
        return None
    items = _cast(array.flatten(), target.value_type, False)
    return None if items is None else with_items(array, items)


def with_items(lists: pa.ListArray, items: pa.Array) -> pa.ListArray:
    """Return `lists` with other items in the same places."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), items, mask=lists.is_null())


def _convert_each(column: Column, values: Values, text: bool) -> tuple[pa.Array, dict[int, str]]:
    typed: list[Any] = []
    mistyped: dict[int, str] = {}
    for row, value in enumerate(values.to_pylist() if isinstance(values, pa.Array) else values):
        kept, exact = _read(column, value, text)
        if not exact and (isinstance(value, list | dict) or str(value) not in column.null_texts):
            mistyped[row] = raw_json(value)
        typed.append(kept)
    return pa.array(typed, column.type), mistyped


def _read(column: Column, value: Any, text: bool) -> tuple[Any, bool]:
    """Return the typed value, None where there is none, and whether it had the column's type."""
    if is_null(value, text=text):
        return None, True
    try:
        if column.is_list:
            return _read_list(column, value, text)
        return _read_scalar(column, value, text)
    except (ValueError, ArithmeticError):
        return None, False


def _read_scalar(column: Column, value: Any, text: bool) -> tuple[Any, bool]:
    if column.element == TIMESTAMP:
        return parse_timestamp(value, column.format), True
    return _READERS[column.element](value, text)


def _read_list(column: Column, value: Any, text: bool) -> tuple[list[Any], bool]:
    exact = True
    if (text or column.is_vector) and is_list_text(value):
        value, exact = text_list(value), text
    if not isinstance(value, list):
        if column.is_vector:
            raise Mistyped
        value = [value]
    read = [(None, True) if is_null(item) else _read_scalar(column, item, text) for item in value]
    return [item for item, _ in read], exact and all(item_exact for _, item_exact in read)


def _read_float(value: Any, text: bool) -> tuple[float | None, bool]:
    if isinstance(value, str) and "_" not in value:
        return _number_or_none(float(value), text), text
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise Mistyped
    number = float(value)
    if isinstance(value, int) and int(number) != value:
        raise Mistyped
    return number, True


def _number_or_none(number: float, text: bool) -> float | None:
    """Return None for the text NaN of a CSV cell; elsewhere it is of another type."""
    if not math.isnan(number):
        return number
    if not text:
        raise Mistyped
    return None


def _read_int(value: Any, text: bool) -> tuple[int, bool]:
    if isinstance(value, str) and "_" not in value:
        return _integral(Decimal(value) if value.lstrip("+-")[:1].isdecimal() else float(value)), text
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise Mistyped
    return _integral(value), True


def _integral(number: int | float | Decimal) -> int:
    # The float of that size is what the JSON decoder makes of integers just beyond it, too.
    is_lowest_float = isinstance(number, float) and number == LOWEST
    if not -(2**63) <= number < 2**63 or int(number) != number or is_lowest_float:
        raise Mistyped
    return int(number)


def _read_bool(value: Any, text: bool) -> tuple[bool, bool]:
    if isinstance(value, bool):
        return value, True
    if isinstance(value, str | int | float):
        word = str(value).strip().lower()
        if word in TRUE_TEXTS or word in FALSE_TEXTS:
            return word in TRUE_TEXTS, text
    raise Mistyped


def _read_str(value: Any, text: bool) -> tuple[str, bool]:
    if isinstance(value, str):
        return value, True
    if isinstance(value, bool | int | float):
        return raw_json(value), False
    if isinstance(value, datetime | date | Decimal | UUID):
        return str(value), False
    raise Mistyped


_READERS: dict[pa.DataType, Callable[[Any, bool], tuple[Any, bool]]] = {
    pa.float64(): _read_float,
    pa.int64(): _read_int,
    pa.bool_(): _read_bool,
    pa.string(): _read_str,
}


def is_list_text(value: Any) -> bool:
    """Tell whether `value` looks like a list that was written as text."""
    return isinstance(value, str) and value.lstrip().startswith(("[", "("))


def text_list(text: str) -> list[Any]:
    """Read a list that was written as JSON, by Python, such as `[1.0, nan]`, or by NumPy. Raises Mistyped."""
    if NUMPY_TEXT.fullmatch(text.strip()):
        return _numpy_numbers(text)
    items = _json_list(text)
    if items is not None:
        return items
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Mistyped from error
    if not isinstance(node, ast.List | ast.Tuple):
        raise Mistyped
    return [_literal(item) for item in node.elts]


def _json_list(text: str) -> list[Any] | None:
    """Read a list that is JSON, which most are, twenty times as fast as Python's parser does."""
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return items if isinstance(items, list) else None


def _numpy_numbers(text: str) -> list[Any]:
    try:
        return [float(number) for number in text.strip().strip("[]").split()]
    except ValueError as error:
        raise Mistyped from error


def _literal(node: ast.expr) -> Any:
    if isinstance(node, ast.Name) and node.id in TEXT_NAMES:
        return TEXT_NAMES[node.id]
    if isinstance(node, ast.Call) and ast.unparse(node.func) in TEXT_WRAPPERS and node.args:
        return _literal(node.args[0])
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError) as error:
        raise Mistyped from error


def _without_null_stand_ins(column: Column, array: pa.Array, mistyped: dict[int, str]) -> pa.Array:
    if not column.nulls:
        return array
    items = array.flatten() if column.is_list else array
    stand_ins = pc.is_in(items, typed_values(column, column.nulls))
    items = pc.if_else(stand_ins, None, items)
    if column.is_list:
        return with_items(array, items)
    for row in np.flatnonzero(stand_ins.to_numpy(zero_copy_only=False)):
        mistyped.pop(int(row), None)
    return items


def typed_values(column: Column, values: Sequence[Any]) -> pa.Array:
    """Return those of the schema's `values` that have a counterpart in the column's type."""
    scalar = replace(column, type=column.element)
    # A text such as "nan" is a value like any other in a column of strings.
    typed = [_read(scalar, value, column.element != pa.string())[0] for value in values]
    return pa.array([value for value in typed if value is not None], column.element)


def _out_of_range(column: Column, array: pa.Array) -> Mask | None:
    items = array.flatten() if column.is_list else array
    outside = _items_out_of_range(column, items)
    if column.is_list and outside is not None:
        found = np.zeros(len(array), bool)
        found[np.asarray(pc.list_parent_indices(array))[outside]] = True
        outside = found
    if column.is_vector and column.n_dimensions is not None:
        wrong_length = _true(pc.not_equal(pc.list_value_length(array), column.n_dimensions))
        outside = wrong_length if outside is None else outside | wrong_length
    return outside


def _items_out_of_range(column: Column, items: pa.Array) -> Mask | None:
    if column.categories is not None:
        known = pc.is_in(items, typed_values(column, column.categories))
        return _true(pc.and_(pc.invert(known), pc.is_valid(items)))
    if not (pa.types.is_floating(column.element) or pa.types.is_integer(column.element)):
        return None
    bounds = [
        (compare, bound)
        for compare, bound in ((pc.less, column.minimum), (pc.greater, column.maximum))
        if bound is not None
    ]
    if not bounds:
        return None
    numbers = items.cast(pa.float64(), safe=False)
    outside: Mask = np.logical_or.reduce(
        [_true(compare(numbers, pa.scalar(float(bound)))) for compare, bound in bounds]
    )
    return outside


def _true(mask: pa.Array) -> Mask:
    flags: Mask = pc.fill_null(mask, False).to_numpy(zero_copy_only=False)
    return flags
