"""Read CSV files in blocks. Cells are texts, unchanged. Malformed rows are numbered and left out."""

import io
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from inference_events.events.ingest.chunks import FileChunk
from inference_events.events.ingest.csv_header import check_encoding, read_header
from inference_events.events.ingest.unreadable import MAX_ROW_BYTES, TooManyMalformed
from inference_events.files.source import FileSource

# Arrow reads up to 32 blocks ahead.
CSV_BLOCK_BYTES = MAX_ROW_BYTES
NO_ROWS = np.zeros(0, np.int64)
TOO_MANY_MALFORMED = "More than {most:,} rows have too few or too many cells"


class _Malformed:
    """The numbers of malformed rows, in order. pyarrow adds to them from a thread of its own, ahead of its batches."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._numbers = array("q")
        self._taken = 0

    @property
    def are_too_many(self) -> bool:
        return len(self._numbers) > self._most

    @property
    def are_left(self) -> bool:
        return self._taken < len(self._numbers)

    def add(self, row: pa.csv.InvalidRow) -> str:
        self._numbers.append(row.number - 2)
        return "error" if self.are_too_many else "skip"

    def take_among(self, start: int, count: int) -> npt.NDArray[np.int64]:
        """Return those before the last of `count` well-formed rows, the first of which is no earlier than `start`."""
        taken, numbers = self._taken, self._numbers

        def well_formed_before(place: int) -> int:
            return numbers[place] - start - (place - taken)

        self._taken += bisect_left(range(taken, len(numbers)), count, key=well_formed_before)
        return np.array(numbers[taken : self._taken], np.int64)

    def take_rest(self) -> npt.NDArray[np.int64]:
        taken, self._taken = self._taken, len(self._numbers)
        return np.array(self._numbers[taken : self._taken], np.int64)


def csv_names(source: FileSource) -> list[str]:
    """Return the names of a CSV file's columns. Raises Unreadable."""
    check_encoding(source)
    with _open_csv(io.BytesIO(read_header(source)), (), _Malformed(0)) as reader:
        return list(reader.schema.names)


def read_csv(source: FileSource, max_malformed: int) -> Iterator[FileChunk]:
    """Yield the rows of each block with their numbers. Raises TooManyMalformed after the preceding rows."""
    malformed = _Malformed(max_malformed)
    done = read = 0
    size = source.size
    for batch, is_last in _with_end(_csv_batches(source, csv_names(source), malformed)):
        set_aside = malformed.take_among(done, batch.num_rows)
        rows, end = _numbers(done, batch.num_rows, set_aside)
        read += batch.nbytes
        if is_last and batch.num_rows and not malformed.are_left and _ends_in_quotes(source, batch):
            set_aside = np.append(set_aside, end - 1)
            batch, rows = batch.slice(0, batch.num_rows - 1), rows[:-1]
        yield FileChunk(pa.Table.from_batches([batch]), rows, set_aside, end, min(read / size, 1.0), done)
        done = end
    late = malformed.take_rest()
    if len(late):
        yield FileChunk(pa.table({}), NO_ROWS, late, int(late[-1]) + 1, 1.0, done)
    if malformed.are_too_many:
        raise TooManyMalformed(TOO_MANY_MALFORMED.format(most=max_malformed))


def _csv_batches(source: FileSource, names: Sequence[str], malformed: _Malformed) -> Iterator[pa.RecordBatch]:
    """Yield batches of a file's rows until it ends, or too many rows are malformed."""
    try:
        with source.open() as content, _open_csv(content, names, malformed) as reader:
            yield from reader
    except pa.ArrowInvalid as error:
        # A file that ends after its header, without a line end, is empty for pyarrow.
        if not malformed.are_too_many and "Empty CSV" not in str(error):
            raise


def _open_csv(content: BinaryIO, names: Sequence[str], malformed: _Malformed) -> pa.csv.CSVStreamingReader:
    return pa.csv.open_csv(
        content,
        read_options=pa.csv.ReadOptions(block_size=CSV_BLOCK_BYTES, use_threads=False),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=malformed.add),
        convert_options=pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
    )


def _numbers(start: int, count: int, malformed: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], int]:
    """Return the numbers of `count` well-formed rows from `start` on, and the next number."""
    if not count:
        return NO_ROWS, start
    end = start + count + len(malformed)
    is_row = np.ones(end - start, bool)
    is_row[malformed - start] = False
    return np.flatnonzero(is_row) + start, end


def _with_end(reader: Iterable[pa.RecordBatch]) -> Iterator[tuple[pa.RecordBatch, bool]]:
    """Yield each batch and whether it is the last."""
    batches = iter(reader)
    batch = next(batches, None)
    while batch is not None:
        following = next(batches, None)
        yield batch, following is None
        batch = following


def _ends_in_quotes(source: FileSource, last: pa.RecordBatch) -> bool:
    """Return whether a CSV file is cut off inside the quotes of its last cell, which the reader takes for their end."""
    last_cell: str = last.column(last.num_columns - 1)[-1].as_py()
    cell = b'"' + last_cell.replace('"', '""').encode()
    with source.open() as file:
        file.seek(max(0, source.size - len(cell) - 1))
        end = file.read()
    if last.num_columns > 1:
        return end == b"," + cell
    # A line that ends in a quote looks like one that begins with it: `"\n"` is a whole cell, or the end of one and
    # the beginning of another.
    return end in (b"\n" + cell, b"\r" + cell) and _count(source, b'"') % 2 == 1


def _count(source: FileSource, byte: bytes) -> int:
    with source.open() as file:
        return sum(block.count(byte) for block in iter(lambda: file.read(CSV_BLOCK_BYTES), b""))
