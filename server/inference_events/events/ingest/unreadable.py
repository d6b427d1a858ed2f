"""Why a file cannot be read. The messages show nothing of its content."""

from collections.abc import Iterator
from contextlib import contextmanager

from inference_events.files.store import FileStoreUnavailable

# A row of CSV, and a value of Parquet, can have at most so many bytes.
MAX_ROW_BYTES = 8 * 1024 * 1024
TOO_LONG = "a row is longer than {most} bytes"
DAMAGED = "it is damaged, cut off, or of another type"
NOT_READABLE = "The file cannot be read as {type}: {why}"


class Unreadable(Exception):
    """The file is not of the type that its name says. The message gives the reason and shows nothing of its content."""


class TooManyMalformed(Unreadable):
    """Reading stopped, because more rows are malformed than a file may have."""


@contextmanager
def unreadable_as(type: str) -> Iterator[None]:
    """Raise Unreadable for what pyarrow raises while it reads a file of a type."""
    try:
        yield
    except (Unreadable, MemoryError, FileStoreUnavailable):
        raise
    except Exception as error:
        # pyarrow raises exceptions of many kinds, because a damaged file can be wrong in any place.
        raise Unreadable(NOT_READABLE.format(type=type, why=_cause(error))) from error


def _cause(error: Exception) -> str:
    text = str(error)
    if "UTF8" in text or "UTF-8" in text or isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text; save it as UTF-8"
    if "Empty CSV" in text or "size is 0" in text or "file is empty" in text.lower():
        return "it is empty"
    if "ncrypt" in text or "decrypt" in text:
        return "it is encrypted; write it without encryption"
    if "straddling" in text:
        return TOO_LONG.format(most=MAX_ROW_BYTES)
    return DAMAGED
