"""JSON that keeps every number that a user sent: integers of any size, and infinity as a word.

`orjson` does the work. It reads integers beyond 64 bits as floats and refuses to write them, so the few documents that
have any go through the standard library as well.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

# The shortest integer beyond 64 bits has 19 digits. Searching for them with a pattern takes longer than decoding.
_DIGITS = bytes(ord("0") if chr(byte).isascii() and chr(byte).isdigit() else ord(" ") for byte in range(256))
_MANY_DIGITS = b"0" * 19
# Digits in a string match only if commas or spaces enclose them.
_LONG_INTEGER = re.compile(rb"(?:\A|[\[:,\s])-?[0-9]{19,}(?:\Z|[\s,\]}])")


def loads(raw: bytes | bytearray | str) -> Any:
    """Return the value of `raw`. Raises orjson.JSONDecodeError, also for integers that no float can hold."""
    value = orjson.loads(raw)
    data = raw.encode() if isinstance(raw, str) else raw
    return json.loads(data.decode()) if _has_long_integer(data) else value


def _has_long_integer(data: bytes | bytearray) -> bool:
    return _MANY_DIGITS in data.translate(_DIGITS) and _LONG_INTEGER.search(data) is not None


def dumps(value: Any, *, default: Callable[[Any], Any] | None = None, option: int | None = None) -> bytes:
    """Return `value` as JSON without spaces. NaN and infinity are written as null; see `with_words`.

    Raises TypeError if `default` does not make a value writable.
    """
    try:
        return orjson.dumps(value, default=default, option=option)
    except TypeError:
        return _dumps_long(value, default)


def with_words(value: Any) -> Any:
    """Return `value` with a word for each infinity in it, which JSON cannot write."""
    if isinstance(value, float):
        return infinity_word(value) if math.isinf(value) else value
    if isinstance(value, list | tuple):
        return [with_words(item) for item in value]
    if isinstance(value, Mapping):
        return {name: with_words(item) for name, item in value.items()}
    return value


def infinity_word(value: float) -> str:
    """Return the word for an infinite number."""
    return "Infinity" if value > 0 else "-Infinity"


def _dumps_long(value: Any, default: Callable[[Any], Any] | None) -> bytes:
    text = json.dumps(_without_nan(value), default=default, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode()


def _without_nan(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _without_nan(item) for name, item in value.items()}
    return value
