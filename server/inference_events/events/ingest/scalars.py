"""Convert a column value by value, if not all of its values fit."""

import math
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from inference_events import exact_json
from inference_events.events.ingest.ids import event_id
from inference_events.events.ingest.list_text import TypeMismatch, is_list_text, text_list
from inference_events.events.ingest.normalize import Values, as_list
from inference_events.events.ingest.not_text import NotText
from inference_events.events.ingest.number_text import LOWEST, MAX_NUMBER_CHARACTERS, integral_digits, keeps_digits
from inference_events.events.ingest.plain_values import ExactTime
from inference_events.events.ingest.raw_values import FALSE_TEXTS, TRUE_TEXTS, is_null, raw_json
from inference_events.events.ingest.timestamps import parse_timestamp
from inference_events.events.types import TIMESTAMP
from inference_events.models.schema import Column


def convert_each(column: Column, values: Values, text: bool) -> tuple[pa.Array, dict[int, str]]:
    """Return the typed array, and the JSON text of each value of another type by its row."""
    typed: list[Any] = []
    mistyped: dict[int, str] = {}
    for row, value in enumerate(as_list(values)):
        kept, exact = read_value(column, value, text)
        if not exact and (isinstance(value, list | dict) or str(value) not in column.null_texts):
            mistyped[row] = raw_json(value)
        typed.append(kept)
    return pa.array(typed, column.type), mistyped


def read_value(column: Column, value: Any, text: bool) -> tuple[Any, bool]:
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
