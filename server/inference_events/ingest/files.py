"""Read uploaded files in chunks, whatever their size. What cannot be a row is set aside, not lost."""

import codecs
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from inference_events.ingest.signatures import describe_other_format

# Arrow reads up to 32 blocks ahead.
CSV_BLOCK_BYTES = 8 * 1024 * 1024
# For the pages of all columns together.
PARQUET_BUFFER_BYTES = 32 * 1024 * 1024
LEAST_BUFFER_BYTES = 4096
BATCH_BYTES = 32 * 1024 * 1024
BATCH_ROWS = 65_536
BATCH_CELLS = 4_000_000
CHUNK_BYTES = 64 * 1024 * 1024
# What the sums of a chunk's size are taken over.
SLICE_ROWS = 32_768
NOT_READABLE = "The file cannot be read as {type}: {why}"
REPEATED_NAME = {
    "CSV": "a column name is there twice. Has the file a header line?",
    "PARQUET": "a column name is there twice",
}


class Unreadable(Exception):
    """The file is not what its name says. The message tells why and shows nothing of its content."""


@dataclass(frozen=True)
class FileChunk:
    """Rows of a file with their numbers, counted from 0 without a header.

    `malformed` are the numbers of rows that have too few or too many cells; `start` is the number of the first row
    that was looked at, `end` the number after the last, `fraction` how much of the file that is.
    """

    table: pa.Table
    rows: npt.NDArray[np.int64]
    malformed: Sequence[int]
    end: int
    fraction: float
    start: int = 0


def read_chunks(path: Path, type: str, *, start: int, size: int) -> Iterator[FileChunk]:
    """Yield the rows of a CSV or PARQUET file from number `start` on, at most `size` or some 64 MiB at a time.

    CSV cells are strings, as they stand in the file. Raises Unreadable.
    """
    reader = _read_csv(path) if type == "CSV" else _read_parquet(path, size)
    slices = (part for chunk in reader for part in _slices(chunk, start, min(size, SLICE_ROWS)))
    with _unreadable_as(type):
        yield from _gathered(slices, start, size)


def column_names(path: Path, type: str) -> list[str]:
    """Return the names of a file's columns. Raises Unreadable, also for a file of another format or a repeated name."""
    with _unreadable_as(type):
        other_format = describe_other_format(path, type)
        if other_format is not None:
            raise Unreadable(NOT_READABLE.format(type=type, why=other_format))
        if type == "CSV":
            with _open_csv(path, []) as reader:
                names = list(reader.schema.names)
        else:
            with pa.parquet.ParquetFile(path) as file:
                names = list(file.schema_arrow.names)
        if len(set(names)) < len(names):
            raise Unreadable(NOT_READABLE.format(type=type, why=REPEATED_NAME[type]))
    return names


def rows_to_sample(path: Path, type: str, most_rows: int) -> Iterator[pa.Table]:
    """Yield the rows of a CSV or PARQUET file that a sample is taken from, in batches that are small in memory.

    Of a Parquet file of more than `most_rows` rows only some row groups are read, spread evenly over it. CSV cells are
    strings; malformed rows are left out. Raises Unreadable.
    """
    if type == "CSV":
        yield from (chunk.table for chunk in read_chunks(path, type, start=0, size=BATCH_ROWS))
        return
    with _unreadable_as(type), _open_parquet(path) as file:
        metadata = file.metadata
        groups = range(0, metadata.num_row_groups, max(1, metadata.num_rows // most_rows))
        for batch in file.iter_batches(batch_size=_batch_rows(metadata), row_groups=list(groups)):
            table = pa.Table.from_batches([batch])
            _validate(table)
            columns = [_takeable(column) for column in table.columns]
            fields = [field.with_type(column.type) for field, column in zip(table.schema, columns, strict=True)]
            yield pa.Table.from_arrays(columns, schema=pa.schema(fields))


def _takeable(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column of which pyarrow can take rows: a view as text or bytes, and nothing of a type that it cannot."""
    if pa.types.is_string_view(column.type) or pa.types.is_binary_view(column.type):
        column = column.cast(pa.string() if pa.types.is_string_view(column.type) else pa.binary())
    try:
        column.slice(0, 1).take(pa.array([0] * min(1, len(column)), pa.int64()))
    except pa.ArrowNotImplementedError:
        return pa.chunked_array([pa.nulls(len(column), pa.struct([]))])
    return column


def _validate(table: pa.Table) -> None:
    """Raise pa.ArrowInvalid for a table that is damaged. Values may be odd: `normalize` looks at each."""
    table.validate()


def _batch_rows(metadata: pa.parquet.FileMetaData) -> int:
    size = sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
    by_size: int = BATCH_BYTES * metadata.num_rows // max(1, size)
    by_cells: int = BATCH_CELLS // max(1, metadata.num_columns)
    return max(1, min(BATCH_ROWS, by_size, by_cells))


@contextmanager
def _unreadable_as(type: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        raise Unreadable(NOT_READABLE.format(type=type, why=_cause(error))) from error


def _cause(error: Exception) -> str:
    text = str(error)
    if "UTF8" in text or "UTF-8" in text or isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    if "Empty CSV" in text or "size is 0" in text or "file is empty" in text.lower():
        return "it is empty"
    if "straddling" in text:
        return f"a row is longer than {CSV_BLOCK_BYTES} bytes"
    return "it is damaged, cut off, or of another type"


def _slices(chunk: FileChunk, start: int, size: int) -> Iterator[FileChunk]:
    first = int(np.searchsorted(chunk.rows, start))
    bounds = [*range(first, len(chunk.rows), size), len(chunk.rows)]
    done = start
    for low, high in pairwise(bounds):
        end = chunk.end if high == len(chunk.rows) else int(chunk.rows[high])
        malformed = [row for row in chunk.malformed if done <= row < end]
        yield FileChunk(chunk.table.slice(low, high - low), chunk.rows[low:high], malformed, end, chunk.fraction)
        done = end
    if len(bounds) == 1 and chunk.end > start and any(row >= start for row in chunk.malformed):
        malformed = [row for row in chunk.malformed if row >= start]
        yield FileChunk(chunk.table.slice(0, 0), chunk.rows[:0], malformed, chunk.end, chunk.fraction)


def _gathered(chunks: Iterable[FileChunk], start: int, size: int) -> Iterator[FileChunk]:
    """Join chunks, each of `size` rows at most, to larger ones of as many."""
    gathered: list[FileChunk] = []
    for chunk in chunks:
        if gathered and not _has_room(gathered, size - len(chunk.rows)):
            yield _joined(gathered, start)
            start, gathered = gathered[-1].end, []
        gathered.append(chunk)
    if gathered:
        yield _joined(gathered, start)


def _has_room(gathered: Sequence[FileChunk], rows: int) -> bool:
    return sum(len(chunk.rows) for chunk in gathered) <= rows and sum(c.table.nbytes for c in gathered) < CHUNK_BYTES


def _joined(chunks: Sequence[FileChunk], start: int) -> FileChunk:
    last = chunks[-1]
    # A chunk of malformed rows only may have no columns.
    tables = [chunk.table for chunk in chunks if chunk.table.num_columns] or [last.table]
    rows = np.concatenate([chunk.rows for chunk in chunks])
    malformed = [row for chunk in chunks for row in chunk.malformed]
    return FileChunk(pa.concat_tables(tables), rows, malformed, last.end, last.fraction, start)


def _read_parquet(path: Path, size: int) -> Iterator[FileChunk]:
    with _open_parquet(path) as file:
        total, done = file.metadata.num_rows, 0
        for batch in file.iter_batches(batch_size=min(size, _batch_rows(file.metadata))):
            rows = np.arange(done, done + batch.num_rows)
            done += batch.num_rows
            yield FileChunk(pa.Table.from_batches([batch]), rows, (), done, done / total)


def _open_parquet(path: Path) -> pa.parquet.ParquetFile:
    # What is buffered before it is needed stays in memory until the file is closed.
    metadata = pa.parquet.read_metadata(path)
    buffer = max(LEAST_BUFFER_BYTES, PARQUET_BUFFER_BYTES // max(1, metadata.num_columns))
    # In nanoseconds, Spark's INT96 times wrap around outside 1677 to 2262. Checksums are compared if any are there.
    return pa.parquet.ParquetFile(
        path,
        metadata=metadata,
        buffer_size=buffer,
        pre_buffer=False,
        coerce_int96_timestamp_unit="us",
        page_checksum_verification=True,
    )


def _read_csv(path: Path) -> Iterator[FileChunk]:
    """Number the rows of each block, leaving out those that the reader has set aside."""
    bad: list[int] = []
    done = 0
    size = path.stat().st_size
    with _open_csv(path, bad) as reader:
        read = 0
        for batch, is_last in _with_end(reader):
            rows, end = _numbers(done, batch.num_rows, bad)
            read += batch.nbytes
            is_end = is_last and batch.num_rows and max(bad, default=-1) < end
            if is_end and _ends_in_quotes(path, batch):
                bad.append(end - 1)
                batch, rows = batch.slice(0, batch.num_rows - 1), rows[:-1]
            malformed = [row for row in bad if done <= row < end]
            yield FileChunk(pa.Table.from_batches([batch]), rows, malformed, end, min(read / size, 1.0))
            done = end
    late = [row for row in bad if row >= done]
    if late:
        empty = pa.table({})
        yield FileChunk(empty, np.zeros(0, np.int64), late, max(late) + 1, 1.0)


def _with_end(reader: Iterable[pa.RecordBatch]) -> Iterator[tuple[pa.RecordBatch, bool]]:
    """Yield each batch and whether it is the last."""
    batches = iter(reader)
    batch = next(batches, None)
    while batch is not None:
        following = next(batches, None)
        yield batch, following is None
        batch = following


def _ends_in_quotes(path: Path, last: pa.RecordBatch) -> bool:
    """Tell whether a CSV file is cut off inside the quotes of its last cell, which the reader takes for their end."""
    last_cell: str = last.column(last.num_columns - 1)[-1].as_py()
    cell = b'"' + last_cell.replace('"', '""').encode()
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - len(cell) - 1))
        end = file.read()
    if last.num_columns > 1:
        return end == b"," + cell
    # A line that ends in a quote looks like one that begins with it: `"\n"` is a whole cell, or the end of one and
    # the beginning of another.
    return end in (b"\n" + cell, b"\r" + cell) and _count(path, b'"') % 2 == 1


def _count(path: Path, byte: bytes) -> int:
    with path.open("rb") as file:
        return sum(block.count(byte) for block in iter(lambda: file.read(CSV_BLOCK_BYTES), b""))


def _numbers(start: int, count: int, bad: Sequence[int]) -> tuple[npt.NDArray[np.int64], int]:
    numbers = np.setdiff1d(np.arange(start, start + count + len(bad)), bad)[:count]
    return numbers, int(numbers[-1]) + 1 if count else start


@contextmanager
def _open_csv(path: Path, bad: list[int]) -> Iterator[pa.csv.CSVStreamingReader]:
    def set_aside(row: pa.csv.InvalidRow) -> str:
        bad.append(row.number - 2)
        return "skip"

    def opened(source: Path | io.BytesIO, names: Sequence[str]) -> pa.csv.CSVStreamingReader:
        return pa.csv.open_csv(
            source,
            read_options=pa.csv.ReadOptions(block_size=CSV_BLOCK_BYTES, use_threads=False),
            parse_options=pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=set_aside),
            convert_options=pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )

    _check_encoding(path)
    try:
        with opened(path, ()) as probe:
            names = probe.schema.names
    except pa.ArrowInvalid as error:
        header = _unended_header(path, error)
        with opened(io.BytesIO(header), ()) as reader:
            yield reader
        return
    bad.clear()
    with opened(path, names) as reader:
        yield reader


def _check_encoding(path: Path) -> None:
    """Refuse text of 16-bit units, with or without a mark. Raises Unreadable."""
    with path.open("rb") as file:
        start = file.read(64)
    # The mark of UTF-32 begins like that of UTF-16.
    marked = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and start[2:4] != b"\0\0"
    if marked or (len(start) > 2 and not (any(start[::2]) and any(start[1::2]))):
        raise Unreadable(NOT_READABLE.format(type="CSV", why="it is UTF-16 and must be UTF-8"))


def _unended_header(path: Path, error: pa.ArrowInvalid) -> bytes:
    """Return a file that is nothing but a header, with the line end without which the reader takes it for empty."""
    if "Empty CSV" not in str(error) or not 0 < path.stat().st_size < CSV_BLOCK_BYTES:
        raise error
    return path.read_bytes() + b"\n"
