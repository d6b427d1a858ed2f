"""Convert one column of incoming values to its declared type and find its violations.

An array is converted at once if every value fits. If one does not, each value is converted alone.
"""

import math
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inference_events import exact_json
from inference_events.events.ingest.ids import event_id
from inference_events.events.ingest.list_text import TypeMismatch, is_list_text, text_list
from inference_events.events.ingest.normalize import ExactTime, PlainValues, Values, as_list, with_items
from inference_events.events.ingest.not_text import NotText
from inference_events.events.ingest.number_text import MAX_NUMBER_CHARACTERS, integral_digits, keeps_digits
from inference_events.events.ingest.timestamps import parse_timestamp
from inference_events.events.types import TIMESTAMP, Mask
from inference_events.models.schema import Column, category_form

NULL_TEXTS = frozenset(["", "nan", "None", "NaT", "<NA>"])
MAX_DEPTH = 100
TOO_DEEP = ""
TOO_NESTED = f"is nested more than {MAX_DEPTH} levels deep"
LOWEST = -(2.0**63)
ZERO_AND_ONE = pa.array([0.0, 1.0])
TRUE_TEXTS = frozenset(["true", "1", "1.0"])
FALSE_TEXTS = frozenset(["false", "0", "0.0"])
# A text of at most this length has no more digits than every 64-bit float keeps.
SHORT_NUMBER = 15
# Smaller floats keep fewer digits, down to none.
SMALLEST = sys.float_info.min


@dataclass(frozen=True)
class Converted:
    """A column's typed values with their violations.

    `mistyped` maps a row whose value was of another type to its raw JSON text; such a row is null in `array` if the
    value could not be converted without loss. `out_of_range` is None if the column has no range.
    """

    array: pa.Array
    mistyped: dict[int, str]
    out_of_range: Mask | None


def convert(column: Column, values: Values, *, text: bool = False) -> Converted:
    """Convert `values` to `column.type`. With `text` they are CSV cells, which have no type but the schema's."""
    array = _convert_whole(column, values, text)
    mistyped: dict[int, str] = {}
    if array is None:
        array, mistyped = _convert_each(column, values, text)
    categories = None if column.categories is None else typed_values(column, column.categories)
    # The value of an id column is the id.
    if categories is not None and pa.types.is_string(categories.type) and not column.is_id:
        array = _with_categories(array, categories)
    array = _without_null_stand_ins(column, array, mistyped)
    return Converted(array, mistyped, _out_of_range(column, array, categories))


def raw_json(value: Any) -> str:
    """Return a value that was sent as JSON text, or TOO_DEEP. JSON has no infinity: it is written as a word."""
    if is_too_deep(value):
        return TOO_DEEP
    return exact_json.dumps(exact_json.with_words(value), default=str).decode()


def is_too_deep(value: Any) -> bool:
    """Return whether a value is nested too deeply for JSON writers."""
    level = [value]
    for _ in range(MAX_DEPTH):
        lists = (each for each in level if isinstance(each, list))
        objects = (each.values() for each in level if isinstance(each, dict))
        level = [*chain.from_iterable(lists), *chain.from_iterable(objects)]
        if not level:
            return False
    return True


def is_null(value: Any, *, text: bool = False) -> bool:
    """Return whether `value` stands for nothing: None, NaN and, in CSV cells, the texts that stand for them."""
    return value is None or value != value or (text and isinstance(value, str) and value in NULL_TEXTS)


def text_to_null(cells: pa.Array) -> pa.Array:
    """Turn CSV cells that stand for nothing into nulls."""
    return pc.if_else(pc.is_in(cells, pa.array(sorted(NULL_TEXTS))), None, cells)


def _convert_whole(column: Column, values: Values, text: bool) -> pa.Array | None:
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
    is_long = pc.greater(pc.binary_length(texts), SHORT_NUMBER)
    is_tiny = pc.and_(pc.less(pc.abs(numbers), SMALLEST), pc.match_substring_regex(texts, "^[^eE]*[1-9]"))
    is_unsure = pc.or_(is_long, pc.or_(is_tiny, pc.is_inf(numbers)))
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


def _convert_each(column: Column, values: Values, text: bool) -> tuple[pa.Array, dict[int, str]]:
    typed: list[Any] = []
    mistyped: dict[int, str] = {}
    for row, value in enumerate(as_list(values)):
        kept, exact = _read(column, value, text)
        if not exact and (isinstance(value, list | dict) or str(value) not in column.null_texts):
            mistyped[row] = raw_json(value)
        typed.append(kept)
    return pa.array(typed, column.type), mistyped


def _read(column: Column, value: Any, text: bool) -> tuple[Any, bool]:
    """Return the typed value, None if there is none, and whether it had the column's type."""
    if is_null(value, text=text):
        return None, True
    try:
        if column.is_list:
            return _read_list(column, value, text)
        return _read_scalar(column, _group_id(column, value, text) if column.is_id else value, text)
    except (ValueError, ArithmeticError):
        return None, False


def _group_id(column: Column, value: Any, text: bool) -> Any:
    """Return the item of a list that repeats one id, as a row of a group has it; any other value as it is."""
    items = text_list(value) if text and column.is_group and is_list_text(value) else value
    return items[0] if isinstance(items, list) and event_id(items) is not None else value


def _read_scalar(column: Column, value: Any, text: bool) -> tuple[Any, bool]:
    if column.element == TIMESTAMP:
        return parse_timestamp(value, column.format), True
    if column.is_id and column.element == pa.string() and (digits := event_id(value)) is not None:
        return digits, isinstance(value, str)
    return _READERS[column.element](value, text)


def _read_list(column: Column, value: Any, text: bool) -> tuple[list[Any], bool]:
    exact = True
    if (text or column.is_vector) and is_list_text(value):
        value, exact = text_list(value), text
    if not isinstance(value, list):
        if column.is_vector:
            raise TypeMismatch
        value = [value]
    read = [(None, True) if is_null(item) else _read_scalar(column, item, text) for item in value]
    return [item for item, _ in read], exact and all(item_exact for _, item_exact in read)


def _read_float(value: Any, text: bool) -> tuple[float | None, bool]:
    if isinstance(value, str):
        return _float_of_text(value, text)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise TypeMismatch
    number = float(value)
    if isinstance(value, Decimal):
        return _finite(number, value), keeps_digits(value, number)
    if isinstance(value, int) and int(number) != value:
        raise TypeMismatch
    return number, True


def _float_of_text(value: str, text: bool) -> tuple[float | None, bool]:
    if "_" in value or len(value) > MAX_NUMBER_CHARACTERS or not value.isascii():
        raise TypeMismatch
    number = float(value)
    if math.isnan(number):
        # In a CSV cell it stands for nothing; elsewhere it is of another type.
        if not text:
            raise TypeMismatch
        return None, True
    sent = Decimal(value.strip())
    return _finite(number, sent), text and keeps_digits(sent, number)


def _finite(number: float, sent: Decimal) -> float:
    """Return a float, unless it is infinite and the sent value is not. Raises TypeMismatch."""
    if math.isinf(number) and sent.is_finite():
        raise TypeMismatch
    return number


def _read_int(value: Any, text: bool) -> tuple[int, bool]:
    if isinstance(value, str):
        digits = integral_digits(value)
        if digits is None:
            raise TypeMismatch
        return _integral(int(digits)), text
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise TypeMismatch
    return _integral(value), True


def _integral(number: int | float | Decimal) -> int:
    # A float of that size may stand for any of many integers beyond it.
    is_lowest_float = isinstance(number, float) and number == LOWEST
    if not -(2**63) <= number < 2**63 or int(number) != number or is_lowest_float:
        raise TypeMismatch
    return int(number)


def _read_bool(value: Any, text: bool) -> tuple[bool, bool]:
    if isinstance(value, bool):
        return value, True
    if isinstance(value, str | int | float):
        word = str(value).strip().lower()
        if word in TRUE_TEXTS or word in FALSE_TEXTS:
            return word in TRUE_TEXTS, text
    raise TypeMismatch


def _read_str(value: Any, text: bool) -> tuple[str, bool]:
    if isinstance(value, NotText):
        raise TypeMismatch
    if isinstance(value, ExactTime):
        return value.replace("T", " "), False
    if isinstance(value, str):
        return value, True
    if isinstance(value, float) and math.isinf(value):
        return exact_json.infinity_word(value), False
    if isinstance(value, bool | int | float):
        # In CSV it is an item of a list, and that is text.
        return raw_json(value), text
    if isinstance(value, datetime | date | Decimal):
        return str(value), False
    raise TypeMismatch


_READERS: dict[pa.DataType, Callable[[Any, bool], tuple[Any, bool]]] = {
    pa.float64(): _read_float,
    pa.int64(): _read_int,
    pa.bool_(): _read_bool,
    pa.string(): _read_str,
}


def _with_categories(array: pa.Array, categories: pa.Array) -> pa.Array:
    """Replace other spellings of a category, such as 1.0 for "1", by the category."""
    if pa.types.is_list(array.type):
        return with_items(array, _with_categories(array.flatten(), categories))
    unknown = array.filter(pc.invert(pc.is_in(array, categories))).drop_null()
    if not len(unknown):
        return array
    by_form = _by_form(categories.to_pylist())
    named = {word: by_form.get(category_form(word)) for word in pc.unique(unknown).to_pylist()}
    meant = {word: category for word, category in named.items() if category is not None}
    places = pc.index_in(array, pa.array(list(meant), pa.string()))
    return pc.coalesce(pa.array(list(meant.values()), pa.string()).take(places), array)


def _by_form(categories: Sequence[str]) -> dict[str | None, str]:
    """Return each category by its form, if no other category has that form."""
    times = Counter(map(category_form, categories))
    forms = ((category_form(category), category) for category in categories)
    return {form: category for form, category in forms if form is not None and times[form] == 1}


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


def _out_of_range(column: Column, array: pa.Array, categories: pa.Array | None) -> Mask | None:
    items = array.flatten() if column.is_list else array
    outside = _items_out_of_range(column, items, categories)
    if column.classes is not None:
        unknown = _unknown(items, typed_values(column, column.classes))
        outside = unknown if outside is None else outside | unknown
    if column.is_list and outside is not None:
        found = np.zeros(len(array), bool)
        found[np.asarray(pc.list_parent_indices(array))[outside]] = True
        outside = found
    if column.is_vector and column.n_dimensions is not None:
        wrong_length = _true(pc.not_equal(pc.list_value_length(array), column.n_dimensions))
        outside = wrong_length if outside is None else outside | wrong_length
    return outside


def _items_out_of_range(column: Column, items: pa.Array, categories: pa.Array | None) -> Mask | None:
    if categories is not None:
        return _unknown(items, categories)
    if not (pa.types.is_floating(column.element) or pa.types.is_integer(column.element)):
        return None
    bounds = [
        (compare, bound)
        for compare, bound in ((pc.less, column.minimum), (pc.greater, column.maximum))
        if bound is not None
    ]
    if not bounds:
        return None
    outside: Mask = np.logical_or.reduce([_true(_compared(compare, items, bound)) for compare, bound in bounds])
    return outside


def _compared(compare: Callable[[pa.Array, pa.Scalar], pa.Array], items: pa.Array, bound: float) -> pa.Array:
    """Compare numbers with a bound, as integers if they are: a float does not hold each of them."""
    if pa.types.is_integer(items.type) and float(bound).is_integer() and abs(bound) < 2**63:
        return compare(items, pa.scalar(int(bound), pa.int64()))
    return compare(items.cast(pa.float64(), safe=False), pa.scalar(float(bound)))


def _true(mask: pa.Array) -> Mask:
    flags: Mask = pc.fill_null(mask, False).to_numpy(zero_copy_only=False)
    return flags


def _unknown(items: pa.Array, known: pa.Array) -> Mask:
    return _true(pc.and_(pc.invert(pc.is_in(items, known)), pc.is_valid(items)))
