"""Names of columns and JSON fields as responses and messages show them.

A request or a file may hold any names, so they are cut in length and in number. Values and cells are never shown.
"""

from collections.abc import Iterable, Sequence

import orjson

from inference_events.references import escape

MAX_NAME = 100
MAX_LISTED = 20


def truncate(name: str) -> str:
    """Cut a name at `MAX_NAME` characters."""
    return name if len(name) <= MAX_NAME else f"{name[:MAX_NAME]}…"


def quote(name: str) -> str:
    """Quote a name for a message, so that it stands out from the words around it."""
    return orjson.dumps(truncate(name)).decode()


def join_names(names: Sequence[str]) -> str:
    """List the first names for a message, and count the others."""
    if not names:
        return "no column"
    shown = ", ".join(map(quote, names[:MAX_LISTED]))
    more = len(names) - MAX_LISTED
    return f"{shown} and {more} more" if more > 0 else shown


def pointer(path: Iterable[str | int]) -> str:
    """Write a JSON pointer. Each name in it is cut."""
    return "".join(f"/{escape(truncate(str(part)))}" for part in path)
