"""Convert one column of incoming values to its declared type and find its violations.

Whole arrays are converted at once where every value fits. Only where one does not is each value looked at.
"""

import ast
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inference_events import exact_json
from inference_events.events.store import TIMESTAMP, Mask
from inference_events.ingest.ids import event_id
from inference_events.ingest.normalize import NotText, PlainValues, Values, as_list, with_items
from inference_events.ingest.schema import Column, category_form
from inference_events.ingest.timestamps import parse_timestamp
from inference_events.number_text import MAX_NUMBER_CHARACTERS, integral_digits

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
NUMPY_SCALARS = frozenset(kind.__name__ for kind in np.sctypeDict.values())
TEXT_WRAPPERS = frozenset(["Timestamp", *(f"{np}.{name}" for np in ("np", "numpy") for name in NUMPY_SCALARS)])
TEXT_NAMES = {
    **dict.fromkeys(["nan", "NaN", "NaT", "null"]),
    **dict.fromkeys(["true", "np.True_"], True),
    **dict.fromkeys(["false", "np.False_"], False),
    "inf": math.inf,
}
# A number of a list takes about a kilobyte in Python's parser. 10,000 of NumPy's longest scalars fit in.
MAX_PYTHON_LIST = 512 * 1024
# A text of up to so many characters has no more digits than each 64-bit float keeps.
SHORT_NUMBER = 15


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
    categories = None if column.categories is None else typed_values(column, column.categories)
    if categories is not None and pa.types.is_string(categories.type):
        array = _with_categories(array, categories)
    array = _without_null_stand_ins(column, array, mistyped)
    return Converted(array, mistyped, _out_of_range(column, array, categories))


def raw_json(value: Any) -> str:
    """Write a value that was sent as JSON text, or TOO_DEEP. JSON has no infinity: it is written as a word."""
    if is_too_deep(value):
        return TOO_DEEP
    return exact_json.dumps(exact_json.with_words(value), default=str).decode()


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


def text_to_null(cells: pa.Array) -> pa.Array:
    """Make CSV cells that stand for nothing null."""
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
    """Tell whether Arrow took a boolean among floats for a number."""
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
        return pc.if_else(pc.is_nan(array), None, array).cast(target)
    if pa.types.is_integer(source) and (pa.types.is_floating(target) or pa.types.is_integer(target)):
        return array.cast(target)
    if pa.types.is_boolean(source) and pa.types.is_boolean(target):
        return array
    if pa.types.is_timestamp(target) and (pa.types.is_timestamp(source) or pa.types.is_date(source)):
        return array.cast(target)
    return _cast_text(array, target, text) if pa.types.is_string(source) else None


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
    """Tell whether some text has digits that its 64-bit float lacks."""
    is_long = pc.greater(pc.binary_length(texts), SHORT_NUMBER)
    texts, numbers = texts.filter(is_long), numbers.filter(is_long)
    # Most programs write the shortest text that reads as the same float, as Arrow does.
    differs = pc.not_equal(numbers.cast(pa.string()), texts)
    pairs = zip(texts.filter(differs).to_pylist(), numbers.filter(differs).to_pylist(), strict=True)
    return not all(_keeps_digits(Decimal(text), number) for text, number in pairs)


def _keeps_digits(sent: Decimal, number: float) -> bool:
    """Tell whether a 64-bit float, written briefly or with as many digits as were sent, is what was sent."""
    if not sent.is_finite() or not math.isfinite(number):
        return not sent.is_finite()
    places = max(len(sent.as_tuple().digits) - 1, 0)
    return Decimal(repr(number)) == sent or Decimal(f"{number:.{places}e}") == sent


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
    if column.is_id and column.element == pa.string() and (digits := event_id(value)) is not None:
        return digits, isinstance(value, str)
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
    if isinstance(value, str):
        return _float_of_text(value, text)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise Mistyped
    number = float(value)
    if isinstance(value, Decimal):
        return _finite(number, value), _keeps_digits(value, number)
    if isinstance(value, int) and int(number) != value:
        raise Mistyped
    return number, True


def _float_of_text(value: str, text: bool) -> tuple[float | None, bool]:
    if "_" in value or len(value) > MAX_NUMBER_CHARACTERS:
        raise Mistyped
    number = float(value)
    if math.isnan(number):
        # In a CSV cell it stands for nothing; elsewhere it is of another type.
        if not text:
            raise Mistyped
        return None, True
    sent = Decimal(value.strip())
    return _finite(number, sent), text and _keeps_digits(sent, number)


def _finite(number: float, sent: Decimal) -> float:
    """Return a float, unless it is infinite and what was sent is not. Raises Mistyped."""
    if math.isinf(number) and sent.is_finite():
        raise Mistyped
    return number


def _read_int(value: Any, text: bool) -> tuple[int, bool]:
    if isinstance(value, str):
        digits = integral_digits(value)
        if digits is None:
            raise Mistyped
        return _integral(int(digits)), text
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise Mistyped
    return _integral(value), True


def _integral(number: int | float | Decimal) -> int:
    # A float of that size may stand for any of many integers beyond it.
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
    if isinstance(value, NotText):
        raise Mistyped
    if isinstance(value, str):
        return value, True
    if isinstance(value, float) and math.isinf(value):
        return exact_json.infinity_word(value), False
    if isinstance(value, bool | int | float):
        return raw_json(value), False
    if isinstance(value, datetime | date | Decimal):
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
    if len(text) > MAX_PYTHON_LIST:
        raise Mistyped
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
    if isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node) in TEXT_NAMES:
        return TEXT_NAMES[ast.unparse(node)]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Name):
        return -_literal(node.operand) if node.operand.id == "inf" else _literal(node.operand)
    if isinstance(node, ast.Call) and ast.unparse(node.func) in TEXT_WRAPPERS and node.args:
        return _literal(node.args[0])
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError) as error:
        raise Mistyped from error


def _with_categories(array: pa.Array, categories: pa.Array) -> pa.Array:
    """Replace what is only written in another way than a category, such as 1.0 for "1", by the category."""
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
        known = pc.is_in(items, categories)
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
