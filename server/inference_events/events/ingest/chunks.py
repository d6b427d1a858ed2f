"""Chunks of a file's rows: cut to a size, and joined again up to it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from inference_events.events.ingest.unreadable import TooManyMalformed

CHUNK_BYTES = 32 * 1024 * 1024
# The unit in which sizes of rows are summed.
SLICE_ROWS = 32_768


@dataclass(frozen=True)
class FileChunk:
    """Rows of a file with their numbers, counted from 0 without a header.

    `malformed` are the numbers of malformed rows: in CSV those with too few or too many cells, in Parquet those with a
    value of more than `MAX_VALUE_BYTES`. `start` is the number of the first row that was read, `end` the number after
    the last. `fraction` is the share of the file that has been read.
    """

    table: pa.Table
    rows: npt.NDArray[np.int64]
    malformed: npt.NDArray[np.int64]
    end: int
    fraction: float
    start: int = 0


def cut(chunk: FileChunk, start: int, size: int) -> Iterator[FileChunk]:
    """Cut a chunk into pieces of at most `size` rows, malformed ones among them, from row `start` on."""
    first = int(chunk.malformed[0]) if len(chunk.malformed) else chunk.end
    first = min(first, int(chunk.rows[0])) if len(chunk.rows) else first
    for low in range(max(start, first), chunk.end, size):
        end = min(low + size, chunk.end)
        (row, last_row), (bad, last_bad) = (np.searchsorted(each, (low, end)) for each in (chunk.rows, chunk.malformed))
        table = chunk.table.slice(row, last_row - row)
        yield FileChunk(table, chunk.rows[row:last_row], chunk.malformed[bad:last_bad], end, chunk.fraction, low)


def gather(chunks: Iterable[FileChunk], start: int, size: int) -> Iterator[FileChunk]:
    """Join chunks into larger ones of at most `size` rows."""
    gathered: list[FileChunk] = []
    try:
        for chunk in chunks:
            if gathered and not _has_room(gathered, size - (chunk.end - chunk.start)):
                yield _joined(gathered, start)
                start, gathered = gathered[-1].end, []
            gathered.append(chunk)
    except TooManyMalformed:
        if gathered:
            yield _joined(gathered, start)
        raise
    if gathered:
        yield _joined(gathered, start)


def _has_room(gathered: Sequence[FileChunk], rows: int) -> bool:
    rows_gathered = sum(chunk.end - chunk.start for chunk in gathered)
    return rows_gathered <= rows and sum(chunk.table.nbytes for chunk in gathered) < CHUNK_BYTES


def _joined(chunks: Sequence[FileChunk], start: int) -> FileChunk:
    last = chunks[-1]
    # A chunk of malformed rows only may have no columns.
    tables = [chunk.table for chunk in chunks if chunk.table.num_columns] or [last.table]
    rows = np.concatenate([chunk.rows for chunk in chunks])
    malformed = np.concatenate([chunk.malformed for chunk in chunks])
    return FileChunk(pa.concat_tables(tables), rows, malformed, last.end, last.fraction, start)
