"""The first line of a CSV file, read before pyarrow reads the file."""

import codecs
import re

from inference_events.events.ingest.unreadable import MAX_ROW_BYTES, NOT_READABLE, TOO_LONG, Unreadable
from inference_events.files.source import FileSource

MAX_COLUMNS = 10_000
TOO_MANY_COLUMNS = f"The file has more than {MAX_COLUMNS:,} columns"
# Possessive, so that neither tries a text twice.
QUOTED = re.compile(rb'"(?:[^"]|"")*+"')
CELL_END = re.compile(rb"[,\r\n]")


def check_encoding(source: FileSource) -> None:
    """Refuse text of 16-bit units, with or without a mark. Raises Unreadable."""
    with source.open() as file:
        start = file.read(64)
    # The mark of UTF-32 begins like that of UTF-16.
    marked = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and start[2:4] != b"\0\0"
    if marked or (len(start) > 2 and not (any(start[::2]) and any(start[1::2]))):
        raise Unreadable(NOT_READABLE.format(type="CSV", why="it is UTF-16; save it as UTF-8"))


def read_header(source: FileSource) -> bytes:
    """Return the first line that is not empty. Raises Unreadable if it has too many columns, or does not end."""
    with source.open() as file:
        block = file.read(MAX_ROW_BYTES).removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n")
    cells, end = _first_line(block, MAX_COLUMNS)
    if cells > MAX_COLUMNS:
        # pyarrow would make an array for each column.
        raise Unreadable(TOO_MANY_COLUMNS)
    if end is None and source.size > MAX_ROW_BYTES:
        raise Unreadable(NOT_READABLE.format(type="CSV", why=TOO_LONG.format(most=MAX_ROW_BYTES)))
    return block if end is None else block[:end] + b"\n"


def _first_line(text: bytes, most: int) -> tuple[int, int | None]:
    """Count the cells of the first line, up to one more than `most`, and return its end: None inside quotes."""
    place = 0
    for count in range(1, most + 1):
        # Quotes count at the start of a cell only.
        if text.startswith(b'"', place):
            quoted = QUOTED.match(text, place)
            if quoted is None:
                return count, None
            place = quoted.end()
        end = CELL_END.search(text, place)
        if end is None:
            return count, len(text)
        if end[0] != b",":
            return count, end.start()
        place = end.end()
    return most + 1, None
