"""Infer a column's type: the first type with which `ingest` reads all of its values without a violation."""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inference_events.events.ingest.columns import convert
from inference_events.events.ingest.list_text import TypeMismatch, text_list
from inference_events.events.ingest.normalize import Values
from inference_events.events.ingest.raw_values import NULL_TEXTS
from inference_events.models.schema import SCALAR_TYPES, Column
from inference_events_api import types as t

MAX_CATEGORY_LENGTH = 256
BINS = 10
MAX_EXACT = 2**53
MAX_VALUE = sys.float_info.max
VECTOR = pa.list_(pa.float64())

# No plus sign and no leading zeros: texts with them are codes, which a number would not preserve.
INTEGER = r"^-?(0|[1-9][0-9]*)$"
FLOAT = r"(?i)^(-?(0|[1-9][0-9]*)(\.[0-9]*)?(e[+-]?[0-9]+)?|-?\.[0-9]+(e[+-]?[0-9]+)?|[+-]?inf(inity)?|nan)$"
BOOLEAN = r"(?i)^(true|false)$"
TIME = r"(?s)^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ].*)?$"
LIST = r"(?s)^[\[(].*[\])]$"


@dataclass(frozen=True)
class Cells:
    """A column of a sample. If `is_text`, its texts may be values of any type; if `is_csv`, it is from a CSV file."""

    values: Values
    is_text: bool
    is_csv: bool


def is_text_type(type: pa.DataType) -> bool:
    """Return whether a column of this type holds texts, or only nulls."""
    return bool(
        pa.types.is_string(type)
        or pa.types.is_large_string(type)
        or pa.types.is_string_view(type)
        or pa.types.is_null(type)
    )


def describe(name: str, cells: Cells, max_cardinality: int) -> t.Column:
    """Return a column for a schema in which `cells` have no `type` or `range` violation, if possible."""
    if not isinstance(cells.values, pa.Array):
        return undecided(name)
    if not pa.types.is_string(cells.values.type):
        return _of_values(name, cells.values)
    return _of_texts(name, cells.values, cells, max_cardinality)


def undecided(name: str) -> t.Column:
    """Return a text column without further detail."""
    return _column(name, "str")


def _column(name: str, data_type: t.DataType) -> t.Column:
    return {"id": name.lower(), "name": name, "data_type": data_type}


def _of_values(name: str, array: pa.Array) -> t.Column:
    data_type = _type_of(array.type)
    values = None if data_type == "str" else _read(data_type, array, False)
    if values is None:
        return undecided(name)
    return _vector(name, pc.list_value_length(values)) if data_type == "vector" else _typed(name, data_type, values)


def _type_of(type: pa.DataType) -> t.DataType:
    if pa.types.is_boolean(type):
        return "bool"
    if pa.types.is_integer(type) or (pa.types.is_decimal(type) and type.scale <= 0):
        return "int"
    if pa.types.is_floating(type) or pa.types.is_decimal(type):
        return "float"
    if pa.types.is_timestamp(type) or pa.types.is_date(type):
        return "timestamp"
    if _is_list(type) and (pa.types.is_null(type.value_type) or _type_of(type.value_type) in ("int", "float")):
        return "vector"
    return "str"


def _is_list(type: pa.DataType) -> bool:
    return bool(pa.types.is_list(type) or pa.types.is_large_list(type) or pa.types.is_fixed_size_list(type))


def _of_texts(name: str, texts: pa.Array, cells: Cells, max_cardinality: int) -> t.Column:
    known = _without(texts, NULL_TEXTS) if cells.is_text else texts.drop_null()
    if not len(known):
        return undecided(name)
    trimmed = pc.ascii_trim_whitespace(known)
    patterns: dict[t.DataType, str] = {"bool": BOOLEAN, "int": INTEGER, "float": FLOAT, "timestamp": TIME}
    for data_type, pattern in patterns.items():
        if (cells.is_text or data_type == "timestamp") and _all_match(trimmed, pattern):
            values = _read(data_type, known, cells.is_text)
            if values is None or not _says(data_type, values):
                break
            return _typed(name, data_type, values)
    if cells.is_text and _all_match(trimmed, LIST):
        lists = _of_lists(name, known, cells.is_csv)
        if lists is not None:
            return lists
    # An empty text was also empty in the DataFrame: nulls become texts such as "nan".
    if cells.is_text and not cells.is_csv:
        known = _without(texts, NULL_TEXTS - {""})
    return _category(name, known, max_cardinality) or undecided(name)


def _without(array: pa.Array, texts: frozenset[str]) -> pa.Array:
    return array.drop_null().filter(pc.invert(pc.is_in(array.drop_null(), pa.array(sorted(texts)))))


def _all_match(texts: pa.Array, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(texts, pattern)).as_py())


def _says(data_type: t.DataType, values: pa.Array) -> bool:
    """Return whether there are values: a column with only NaN or null is not a float column."""
    return data_type != "float" or values.null_count < len(values)


def _read(data_type: t.DataType, array: pa.Array, text: bool) -> pa.Array | None:
    """Return the values as `ingest` would read them, None if not all of them have the type."""
    element = pa.float64() if data_type == "vector" else SCALAR_TYPES[data_type]
    is_vector = data_type == "vector"
    column = Column("", VECTOR if is_vector else element, element, updatable=False, is_vector=is_vector)
    try:
        converted = convert(column, array, text=text)
    except (pa.ArrowException, ArithmeticError, ValueError):
        return None
    return None if converted.mistyped else converted.array


def _typed(name: str, data_type: t.DataType, values: pa.Array) -> t.Column:
    column = _column(name, data_type)
    if data_type == "bool":
        column["categories"] = [False, True]
    if data_type in ("int", "float"):
        _add_bounds(column, values.drop_null())
    return column


def _add_bounds(column: t.Column, values: pa.Array) -> None:
    finite = values.filter(pc.is_finite(values))
    if not len(finite):
        return
    low, high = (pc.min_max(finite)[end].as_py() for end in ("min", "max"))
    infinite = pc.unique(values.filter(pc.is_inf(values))).to_pylist()
    if float("-inf") not in infinite:
        column["min"] = low
    if float("inf") not in infinite:
        column["max"] = high
    column["bins"] = equal_bins(float(low), float(high))


def equal_bins(low: float, high: float) -> list[float]:
    """Return the 11 edges of 10 equal bins. For a single value, they reach at least 0.5 to either side."""
    if low == high:
        reach = max(0.5, 2 * BINS * math.ulp(low))
        low, high = max(low - reach, -MAX_VALUE), min(high + reach, MAX_VALUE)
    # Halved, because the width of the widest range is not a finite number.
    edges = 2 * np.linspace(low / 2, high / 2, BINS + 1)
    edges[0], edges[-1] = low, high
    return [float(edge) for edge in edges]


def _of_lists(name: str, texts: pa.Array, is_csv: bool) -> t.Column | None:
    """Return the column for lists that were written as text; None if the texts are not lists."""
    lengths: list[int | None] = []
    for text in texts.to_pylist():
        try:
            items = text_list(text)
        except TypeMismatch:
            if not is_shortened(text.strip()):
                return None
            if is_csv:
                return undecided(name)
            lengths.append(None)
        else:
            if not _are_numbers(items):
                return undecided(name)
            lengths.append(len(items))
    return _vector(name, pa.array([0 if length is None else length for length in lengths]))


def is_shortened(text: str) -> bool:
    """Return whether a text is a long array that NumPy has shortened in the middle."""
    inside = text[1:-1]
    return text[:1] == "[" and text[-1:] == "]" and " ... " in inside and not any(one in inside for one in "[],")


def _are_numbers(items: Sequence[Any]) -> bool:
    kinds = set(map(type, items)) - {type(None)}
    return kinds <= {int, float} and not any(type(item) is int and abs(item) > MAX_EXACT for item in items)


def _vector(name: str, lengths: pa.Array) -> t.Column:
    column = _column(name, "vector")
    different = pc.unique(lengths.drop_null()).to_pylist()
    if len(different) == 1 and different[0]:
        column["n_dimensions"] = different[0]
    return column


def _category(name: str, texts: pa.Array, max_cardinality: int) -> t.Column | None:
    different = pc.unique(texts)
    if len(different) > max_cardinality or len(different) == len(texts):
        return None
    if pc.max(pc.utf8_length(different)).as_py() > MAX_CATEGORY_LENGTH:
        return None
    column = _column(name, "category")
    column["categories"] = sorted(different.to_pylist())
    return column
