"""Lists that were written as text: as JSON, by Python, or by NumPy.

No number loses digits in a float: a number with more digits stays text, which its column then reads.
"""

import ast
import json
import math
import re
from decimal import Decimal
from typing import Any

import numpy as np

from inference_events.events.ingest.not_text import encodable
from inference_events.events.ingest.number_text import MAX_NUMBER_CHARACTERS, NUMBER, keeps_digits

# An item of a list takes about a kilobyte in Python's parser, which holds the interpreter meanwhile.
MAX_PYTHON_LIST = 64 * 1024
MAX_INTEGER_BITS = 1400
NUMPY_SCALARS = frozenset(kind.__name__ for kind in np.sctypeDict.values())
WRAPPERS = frozenset(["Timestamp", *(f"{np}.{name}" for np in ("np", "numpy") for name in NUMPY_SCALARS)])
NAMES = {
    **dict.fromkeys(["nan", "NaN", "NaT", "null", "None"]),
    **dict.fromkeys(["true", "True", "np.True_"], True),
    **dict.fromkeys(["false", "False", "np.False_"], False),
    "inf": math.inf,
    "-inf": -math.inf,
}
# How NumPy writes an array: without commas.
_WORDS = re.compile(r"\[\s*[^\s,'\"\[\]]+(?:\s+[^\s,'\"\[\]]+)+\s*\]")
_STRING = r"(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
_STRINGS = re.compile(rf"\[\s*{_STRING}(?:\s+{_STRING})+\s*\]", re.DOTALL)
_EACH_STRING = re.compile(_STRING, re.DOTALL)
# The differences between JSON and a list of numbers that Python or NumPy wrote.
_WRAPPED = re.compile(rf"\b(?:np|numpy)\.(?:{'|'.join(sorted(NUMPY_SCALARS))})\(([^()\[\]]*)\)")
_NAMED = re.compile(r"\b(?:nan|None|NaT|inf|True|False|np\.True_|np\.False_)\b")
_JSON_NAMES = {"inf": "Infinity", "True": "true", "False": "false", "np.True_": "true", "np.False_": "false"}
# To rewrite a text and to read it takes half a second for 4 MiB.
MAX_REWRITTEN = 2 * 1024 * 1024
# Numbers that may have more digits than a float, or be larger than one.
_MANY_DIGITS = re.compile(r"[0-9.]{17}|[eE]")
# Numbers that Python reads and no column does.
_PYTHON_ONLY = re.compile(r"[0-9]_[0-9]|0[xXoObB]")


class TypeMismatch(ValueError):
    """The value cannot become one of the column's type without loss."""


def is_list_text(value: Any) -> bool:
    """Return whether `value` looks like a list that was written as text."""
    return isinstance(value, str) and value.lstrip().startswith(("[", "("))


def text_list(text: str) -> list[Any]:
    """Return the items of a list that was written as text. Raises TypeMismatch."""
    text = text.strip()
    items = _json_list(text)
    if items is None and len(text) <= MAX_REWRITTEN and "'" not in text and '"' not in text:
        items = _json_list(_as_json(text))
    if items is None:
        items = _numpy_list(text)
    return [_readable(item) for item in (_python_list(text) if items is None else items)]


def _readable(item: Any) -> Any:
    if isinstance(item, list):
        return [_readable(each) for each in item]
    return encodable(item) if isinstance(item, str) else item


def _json_list(text: str) -> list[Any] | None:
    """Read a list that is JSON, which most are, twenty times as fast as Python's parser does."""
    try:
        items = json.loads(text, parse_float=_exact if _MANY_DIGITS.search(text) else None)
    except (ValueError, RecursionError):
        return None
    return items if isinstance(items, list) else None


def _as_json(text: str) -> str:
    """Write a list of numbers that Python or NumPy wrote as JSON does, if it is one."""
    if text.startswith("(") and text.endswith(")"):
        text = f"[{text[1:-1]}]"
    return _NAMED.sub(lambda name: _JSON_NAMES.get(name[0], "null"), _WRAPPED.sub(r"\1", text))


def _exact(number: str) -> float | str:
    """Return a number as a float, or as its text if a float does not hold all of it."""
    found = float(number)
    if repr(found) == number or len(number) > MAX_NUMBER_CHARACTERS:
        return found
    return found if math.isfinite(found) and keeps_digits(Decimal(number), found) else number


def _numpy_list(text: str) -> list[Any] | None:
    if _STRINGS.fullmatch(text):
        return [ast.literal_eval(string) for string in _EACH_STRING.findall(text)]
    return [_word(word) for word in text[1:-1].split()] if _WORDS.fullmatch(text) else None


def _word(word: str) -> Any:
    if word in NAMES:
        return NAMES[word]
    if len(word) > MAX_NUMBER_CHARACTERS or not NUMBER.fullmatch(word):
        raise TypeMismatch
    return int(word) if word.lstrip("+-").isdigit() else _exact(word)


def _python_list(text: str) -> list[Any]:
    if len(text) > MAX_PYTHON_LIST or ("'" not in text and '"' not in text and _PYTHON_ONLY.search(text)):
        raise TypeMismatch
    try:
        node = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise TypeMismatch from error
    if not isinstance(node, ast.List | ast.Tuple):
        raise TypeMismatch
    return [_literal(item, text) for item in node.elts]


def _literal(node: ast.expr, text: str) -> Any:
    if isinstance(node, ast.Name | ast.Attribute | ast.UnaryOp) and ast.unparse(node) in NAMES:
        return NAMES[ast.unparse(node)]
    if isinstance(node, ast.Call) and ast.unparse(node.func) in WRAPPERS and node.args:
        return _literal(node.args[0], text)
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError) as error:
        raise TypeMismatch from error
    if isinstance(value, int) and value.bit_length() > MAX_INTEGER_BITS:
        raise TypeMismatch
    return value
