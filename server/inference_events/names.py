"""Names of columns as answers and messages show them: bounded in length and number, as files may have any."""

from collections.abc import Sequence

import orjson

LONGEST = 255
MOST_LISTED = 20


def shortened(name: str) -> str:
    """Return a name without the end that makes it too long."""
    return name if len(name) <= LONGEST else f"{name[:LONGEST]}…"


def quoted(name: str) -> str:
    """Write a name for a message, so that it is told from the words around it."""
    return orjson.dumps(shortened(name)).decode()


def listed(names: Sequence[str]) -> str:
    """Write the first names for a message, and how many more there are."""
    if not names:
        return "no column"
    shown = ", ".join(map(quoted, names[:MOST_LISTED]))
    more = len(names) - MOST_LISTED
    return f"{shown} and {more} more" if more > 0 else shown
