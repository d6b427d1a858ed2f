"""Read uploaded files of any size in chunks. Malformed rows are reported, not lost."""

import codecs
import io
import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from inference_events.events.ingest.damage import check_structure
from inference_events.events.ingest.signatures import describe_other_format
from inference_events.events.ingest.sizes import Sizes, value_sizes
from inference_events.files.source import FileSource
from inference_events.files.store import FileStoreUnavailable

# Arrow reads up to 32 blocks ahead.
CSV_BLOCK_BYTES = 8 * 1024 * 1024
# Shared by the pages of all columns.
PARQUET_BUFFER_BYTES = 32 * 1024 * 1024
MIN_BUFFER_BYTES = 4096
BATCH_BYTES = 16 * 1024 * 1024
BATCH_ROWS = 65_536
# The share of the rows to read at once that is tried after memory ran out: 1 in 16.
SMALLER = 16
# The same as a row of CSV can have at most.
MAX_VALUE_BYTES = CSV_BLOCK_BYTES
BATCH_CELLS = 4_000_000
CHUNK_BYTES = 32 * 1024 * 1024
# The unit in which sizes of rows are summed.
SLICE_ROWS = 32_768
MAX_MALFORMED = 1_000_000
MAX_COLUMNS = 10_000
TOO_MANY_COLUMNS = f"The file has more than {MAX_COLUMNS:,} columns"
# Possessive, so that neither tries a text twice.
QUOTED = re.compile(rb'"(?:[^"]|"")*+"')
CELL_END = re.compile(rb"[,\r\n]")
NO_ROWS = np.zeros(0, np.int64)
TOO_MANY_MALFORMED = "More than {most:,} rows have too few or too many cells"
TOO_LONG = "a row is longer than {most} bytes"
DAMAGED = "it is damaged, cut off, or of another type"
NOT_READABLE = "The file cannot be read as {type}: {why}"
REPEATED_NAME = {
    "CSV": "a column name is there twice. Has the file a header line?",
    "PARQUET": "a column name is there twice",
}


Alive: TypeAlias = Callable[[], None]


def ignore_progress() -> None:
    """Ignore that reading continues: no caller asked for signs of life."""


class Unreadable(Exception):
    """The file is not of the type that its name says. The message gives the reason and shows nothing of its content."""


class TooManyMalformed(Unreadable):
    """Reading stopped, because more rows are malformed than a file may have."""


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


def read_chunks(
    source: FileSource,
    type: str,
    *,
    start: int,
    size: int,
    max_malformed: int = MAX_MALFORMED,
    alive: Alive = ignore_progress,
) -> Iterator[FileChunk]:
    """Yield the rows of a CSV or PARQUET file from number `start` on, at most `size` or some 64 MiB at a time.

    CSV cells are strings, unchanged. `alive` is called after each block. Raises Unreadable, and TooManyMalformed after
    the preceding rows.
    """
    read = _read_csv(source, max_malformed) if type == "CSV" else _read_parquet(source, size)
    reader = _telling(read, alive)
    slices = (part for chunk in reader for part in _slices(chunk, start, min(size, SLICE_ROWS)))
    with _unreadable_as(type):
        yield from _gathered(slices, start, size)


def column_names(source: FileSource, type: str) -> list[str]:
    """Return the names of a file's columns. Raises Unreadable, also for a file of another format or a repeated name."""
    with _unreadable_as(type):
        other_format = describe_other_format(source, type)
        if other_format is not None:
            raise Unreadable(NOT_READABLE.format(type=type, why=other_format))
        if type == "CSV":
            names = _csv_names(source)
        else:
            with source.open() as content, pa.parquet.ParquetFile(content) as file:
                names = list(file.schema_arrow.names)
            if len(names) > MAX_COLUMNS:
                raise Unreadable(TOO_MANY_COLUMNS)
        if len(set(names)) < len(names):
            raise Unreadable(NOT_READABLE.format(type=type, why=REPEATED_NAME[type]))
    return names


def _telling(chunks: Iterable[FileChunk], alive: Alive) -> Iterator[FileChunk]:
    for chunk in chunks:
        alive()
        yield chunk


def rows_to_sample(source: FileSource, type: str, most_rows: int, alive: Alive = ignore_progress) -> Iterator[pa.Table]:
    """Yield the rows of a CSV or PARQUET file to sample from, in batches that are small in memory.

    Of a Parquet file of more than `most_rows` rows only some row groups are read, spread evenly over it. CSV cells are
    strings; malformed rows are skipped. Raises Unreadable.
    """
    if type == "CSV":
        yield from (chunk.table for chunk in read_chunks(source, type, start=0, size=BATCH_ROWS, alive=alive))
        return
    with _unreadable_as(type), _open_parquet(source) as file:
        metadata = file.metadata
        groups = range(0, metadata.num_row_groups, max(1, metadata.num_rows // most_rows))
        for batch in file.iter_batches(batch_size=_batch_rows(metadata), row_groups=list(groups)):
            alive()
            table = pa.Table.from_batches([batch])
            _check_structure(table)
            columns = [_takeable(column) for column in table.columns]
            fields = [field.with_type(column.type) for field, column in zip(table.schema, columns, strict=True)]
            yield pa.Table.from_arrays(columns, schema=pa.schema(fields))


def _takeable(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column from which pyarrow can take rows: views as text or bytes, nulls for types that it cannot take."""
    if pa.types.is_string_view(column.type) or pa.types.is_binary_view(column.type):
        column = column.cast(pa.string() if pa.types.is_string_view(column.type) else pa.binary())
    try:
        column.slice(0, 1).take(pa.array([0] * min(1, len(column)), pa.int64()))
    except pa.ArrowNotImplementedError:
        return pa.chunked_array([pa.nulls(len(column), pa.struct([]))])
    return column


def _batch_rows(metadata: pa.parquet.FileMetaData) -> int:
    size = sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
    by_size: int = BATCH_BYTES * metadata.num_rows // max(1, size)
    by_cells: int = BATCH_CELLS // max(1, metadata.num_columns)
    return max(1, min(BATCH_ROWS, by_size, by_cells))


@contextmanager
def _unreadable_as(type: str) -> Iterator[None]:
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
        return "it is not UTF-8 text"
    if "Empty CSV" in text or "size is 0" in text or "file is empty" in text.lower():
        return "it is empty"
    if "ncrypt" in text or "decrypt" in text:
        return "it is encrypted"
    if "straddling" in text:
        return TOO_LONG.format(most=CSV_BLOCK_BYTES)
    return DAMAGED


def _slices(chunk: FileChunk, start: int, size: int) -> Iterator[FileChunk]:
    """Cut a chunk into pieces of at most `size` rows, malformed ones among them, from row `start` on."""
    first = int(chunk.malformed[0]) if len(chunk.malformed) else chunk.end
    first = min(first, int(chunk.rows[0])) if len(chunk.rows) else first
    for low in range(max(start, first), chunk.end, size):
        end = min(low + size, chunk.end)
        (row, last_row), (bad, last_bad) = (np.searchsorted(each, (low, end)) for each in (chunk.rows, chunk.malformed))
        table = chunk.table.slice(row, last_row - row)
        yield FileChunk(table, chunk.rows[row:last_row], chunk.malformed[bad:last_bad], end, chunk.fraction, low)


def _gathered(chunks: Iterable[FileChunk], start: int, size: int) -> Iterator[FileChunk]:
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


def _read_parquet(source: FileSource, size: int) -> Iterator[FileChunk]:
    """Number the rows, cut them by their decoded size, and report those with a value that is too large."""
    with source.open() as content:
        total, done = pa.parquet.read_metadata(content).num_rows, 0
    for table in _parquet_tables(source, size):
        for piece, sizes in _pieces(table):
            rows = np.arange(done, done + len(piece))
            done += len(piece)
            is_kept = sizes <= MAX_VALUE_BYTES
            kept = piece if is_kept.all() else piece.filter(pa.array(is_kept))
            set_aside = rows[~is_kept]
            yield FileChunk(_decoded(kept), rows[is_kept], set_aside, done, min(done / total, 1.0), done - len(piece))


def _parquet_tables(source: FileSource, size: int) -> Iterator[pa.Table]:
    """Yield the rows of a file, in smaller batches after memory ran out: some rows take far more than most."""
    done, rows_at_once = 0, size
    while True:
        try:
            for table in _parquet_tables_from(source, done, rows_at_once):
                yield table
                done += len(table)
            return
        except MemoryError:
            if rows_at_once == 1:
                raise
            rows_at_once = max(1, min(rows_at_once, BATCH_ROWS) // SMALLER)


def _parquet_tables_from(source: FileSource, start: int, size: int) -> Iterator[pa.Table]:
    with _open_parquet(source) as file:
        metadata = file.metadata
        ends = np.cumsum([metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)], dtype=int)
        first = int(np.searchsorted(ends, start, "right"))
        skipped = start - (int(ends[first - 1]) if first else 0)
        groups = list(range(first, metadata.num_row_groups))
        for batch in file.iter_batches(batch_size=min(size, _batch_rows(metadata)), row_groups=groups):
            table = pa.Table.from_batches([batch.slice(min(skipped, len(batch)))])
            skipped -= len(batch) - len(table)
            _check_structure(table)
            if len(table):
                yield table


def _pieces(table: pa.Table) -> Iterator[tuple[pa.Table, Sizes]]:
    """Cut a table into pieces of `BATCH_BYTES`, decoded. Yield also the size of each row's largest value."""
    sizes = np.zeros(len(table), np.int64)
    largest = np.zeros(len(table), np.int64)
    for column in table.columns:
        for values in [value_sizes(chunk) for chunk in column.chunks]:
            sizes += values
            np.maximum(largest, values, out=largest)
    taken = np.cumsum(np.where(largest > MAX_VALUE_BYTES, 0, sizes))
    low = 0
    while low < len(table):
        before = int(taken[low - 1]) if low else 0
        high = max(low + 1, int(np.searchsorted(taken, before + BATCH_BYTES, "right")))
        yield table.slice(low, high - low), largest[low:high]
        low = high


def _decoded(table: pa.Table) -> pa.Table:
    """Return a table without dictionaries of simple values, which would be sent whole with each piece."""
    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type) and not field.type.value_type.num_fields:
            column = table.column(place).cast(field.type.value_type)
            table = table.set_column(place, field.with_type(field.type.value_type), column)
    return table


def _check_structure(table: pa.Table) -> None:
    table.validate()
    for column in table.columns:
        for chunk in column.chunks:
            check_structure(chunk)


@contextmanager
def _open_parquet(source: FileSource) -> Iterator[pa.parquet.ParquetFile]:
    with source.open() as content:
        metadata = pa.parquet.read_metadata(content)
        buffer = max(MIN_BUFFER_BYTES, PARQUET_BUFFER_BYTES // max(1, metadata.num_columns))
        # Data buffered ahead stays in memory until the file is closed. In nanoseconds, Spark's INT96
        # times wrap around outside 1677 to 2262. Checksums are compared if any are there.
        with pa.parquet.ParquetFile(
            content,
            metadata=metadata,
            buffer_size=buffer,
            pre_buffer=False,
            coerce_int96_timestamp_unit="us",
            page_checksum_verification=True,
        ) as file:
            yield file


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


def _read_csv(source: FileSource, max_malformed: int) -> Iterator[FileChunk]:
    """Number the rows of each block without those that the reader has reported as malformed."""
    malformed = _Malformed(max_malformed)
    done = read = 0
    size = source.size
    for batch, is_last in _with_end(_csv_batches(source, _csv_names(source), malformed)):
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


def _numbers(start: int, count: int, malformed: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], int]:
    """Return the numbers of `count` well-formed rows from `start` on, and the next number."""
    if not count:
        return NO_ROWS, start
    end = start + count + len(malformed)
    is_row = np.ones(end - start, bool)
    is_row[malformed - start] = False
    return np.flatnonzero(is_row) + start, end


def _open_csv(content: BinaryIO, names: Sequence[str], malformed: _Malformed) -> pa.csv.CSVStreamingReader:
    return pa.csv.open_csv(
        content,
        read_options=pa.csv.ReadOptions(block_size=CSV_BLOCK_BYTES, use_threads=False),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=malformed.add),
        convert_options=pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
    )


def _csv_names(source: FileSource) -> list[str]:
    _check_encoding(source)
    with _open_csv(io.BytesIO(_header(source)), (), _Malformed(0)) as reader:
        return list(reader.schema.names)


def _csv_batches(source: FileSource, names: Sequence[str], malformed: _Malformed) -> Iterator[pa.RecordBatch]:
    """Yield batches of a file's rows until it ends, or too many rows are malformed."""
    try:
        with source.open() as content, _open_csv(content, names, malformed) as reader:
            yield from reader
    except pa.ArrowInvalid as error:
        # A file that ends after its header, without a line end, is empty for pyarrow.
        if not malformed.are_too_many and "Empty CSV" not in str(error):
            raise


def _check_encoding(source: FileSource) -> None:
    """Refuse text of 16-bit units, with or without a mark. Raises Unreadable."""
    with source.open() as file:
        start = file.read(64)
    # The mark of UTF-32 begins like that of UTF-16.
    marked = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and start[2:4] != b"\0\0"
    if marked or (len(start) > 2 and not (any(start[::2]) and any(start[1::2]))):
        raise Unreadable(NOT_READABLE.format(type="CSV", why="it is UTF-16 and must be UTF-8"))


def _header(source: FileSource) -> bytes:
    """Return the first line that is not empty. Raises Unreadable if it has too many columns, or does not end."""
    with source.open() as file:
        block = file.read(CSV_BLOCK_BYTES).removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n")
    cells, end = _first_line(block, MAX_COLUMNS)
    if cells > MAX_COLUMNS:
        # pyarrow would make an array for each column.
        raise Unreadable(TOO_MANY_COLUMNS)
    if end is None and source.size > CSV_BLOCK_BYTES:
        raise Unreadable(NOT_READABLE.format(type="CSV", why=TOO_LONG.format(most=CSV_BLOCK_BYTES)))
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
