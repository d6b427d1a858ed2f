"""Values as they were sent: whether they stand for nothing, and their JSON text."""

from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from inference_events import exact_json

NULL_TEXTS = frozenset(["", "nan", "None", "NaT", "<NA>"])
NULL_CELLS = pa.array(sorted(NULL_TEXTS))
TRUE_TEXTS = frozenset(["true", "1", "1.0"])
FALSE_TEXTS = frozenset(["false", "0", "0.0"])
MAX_DEPTH = 100
TOO_DEEP = ""
TOO_NESTED = f"is nested more than {MAX_DEPTH} levels deep"


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
    is_null = pc.is_in(cells, NULL_CELLS)
    return pc.if_else(is_null, None, cells) if pc.any(is_null).as_py() else cells
