"""Read uploaded files in chunks, whatever their size. What cannot be a row is set aside, not lost."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

CSV_BLOCK_BYTES = 32 * 1024 * 1024
NOT_READABLE = "The file cannot be read as {type}: {why}"


class Unreadable(Exception):
    """The file is not what its name says. The message tells why and shows nothing of its content."""


@dataclass(frozen=True)
class FileChunk:
    """Rows of a file with their numbers, counted from 0 without a header.

    `malformed` are the numbers of rows that have too few or too many cells; `end` is the number after the last
    row that was looked at, `fraction` how much of the file that is.
    """

    table: pa.Table
    rows: npt.NDArray[np.int64]
    malformed: Sequence[int]
    end: int
    fraction: float


def read_chunks(path: Path, type: str, *, start: int, size: int) -> Iterator[FileChunk]:
    """Yield the rows of a CSV or PARQUET file from number `start` on, at most `size` at a time.

    CSV cells are strings, as they stand in the file. Raises Unreadable.
    """
    reader = _read_csv(path) if type == "CSV" else _read_parquet(path, size)
    with _unreadable_as(type):
        for chunk in reader:
            yield from _slices(chunk, start, size)


def column_names(path: Path, type: str) -> list[str]:
    """Return the names of a file's columns. Raises Unreadable, also where a name is there twice."""
    with _unreadable_as(type):
        if type == "CSV":
            with _open_csv(path, []) as reader:
                names = list(reader.schema.names)
        else:
            with pa.parquet.ParquetFile(path) as file:
                names = list(file.schema_arrow.names)
        if len(set(names)) < len(names):
            raise Unreadable(NOT_READABLE.format(type=type, why="a column name is there twice"))
    return names


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


def _read_parquet(path: Path, size: int) -> Iterator[FileChunk]:
    with pa.parquet.ParquetFile(path) as file:
        total, done = file.metadata.num_rows, 0
        for batch in file.iter_batches(batch_size=size):
            rows = np.arange(done, done + batch.num_rows)
            done += batch.num_rows
            yield FileChunk(pa.Table.from_batches([batch]), rows, (), done, done / total)


def _read_csv(path: Path) -> Iterator[FileChunk]:
    """Number the rows of each block, leaving out those that the reader has set aside."""
    bad: list[int] = []
    done = 0
    size = path.stat().st_size
    with _open_csv(path, bad) as reader:
        read = 0
        for batch in reader:
            rows, end = _numbers(done, batch.num_rows, bad)
            malformed = [row for row in bad if done <= row < end]
            read += batch.nbytes
            yield FileChunk(pa.Table.from_batches([batch]), rows, malformed, end, min(read / size, 1.0))
            done = end
    late = [row for row in bad if row >= done]
    if late:
        empty = pa.table({})
        yield FileChunk(empty, np.zeros(0, np.int64), late, max(late) + 1, 1.0)


def _numbers(start: int, count: int, bad: Sequence[int]) -> tuple[npt.NDArray[np.int64], int]:
    numbers = np.setdiff1d(np.arange(start, start + count + len(bad)), bad)[:count]
    return numbers, int(numbers[-1]) + 1 if count else start


@contextmanager
def _open_csv(path: Path, bad: list[int]) -> Iterator[pa.csv.CSVStreamingReader]:
    def set_aside(row: pa.csv.InvalidRow) -> str:
        bad.append(row.number - 2)
        return "skip"

    def opened(names: Sequence[str]) -> pa.csv.CSVStreamingReader:
        return pa.csv.open_csv(
            path,
            read_options=pa.csv.ReadOptions(block_size=CSV_BLOCK_BYTES, use_threads=False),
            parse_options=pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=set_aside),
            convert_options=pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )

    with opened(()) as probe:
        names = probe.schema.names
    bad.clear()
    with opened(names) as reader:
        yield reader
