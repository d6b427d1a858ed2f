"""The character U+0000, which PostgreSQL keeps in no text. It is refused wherever the catalog would get it.

In JSON it is always escaped, so a search of the text shows whether the value must be checked.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from inference_events.errors import ErrorDetail
from inference_events.messages import pointer

NULL = "\x00"
ESCAPED = "\\u0000"
# How the contract says it, where it says so field by field.
WITHOUT_NULL = r"^[^\x00]*$"
IN_VALUE = "must not have the character U+0000"
_IN_NAME = "must not have a field with the character U+0000 in its name"


def null_faults(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[ErrorDetail]:
    """Yield a fault for each text of a JSON value that has the character, and for each object with such a name."""
    if isinstance(value, str):
        if NULL in value:
            yield ErrorDetail(IN_VALUE, pointer(path))
    elif isinstance(value, list):
        yield from _inner(enumerate(value), path)
    elif isinstance(value, dict):
        if any(NULL in name for name in value):
            yield ErrorDetail(_IN_NAME, pointer(path))
        yield from _inner(((name, inner) for name, inner in value.items() if NULL not in name), path)


def _inner(items: Iterable[tuple[str | int, Any]], path: tuple[str | int, ...]) -> Iterator[ErrorDetail]:
    for step, inner in items:
        yield from null_faults(inner, (*path, step))
