"""Read uploaded files of any size in chunks. Malformed rows are reported, not lost."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias, TypeVar

import pyarrow as pa

from inference_events.events.ingest.chunks import SLICE_ROWS, FileChunk, cut, gather
from inference_events.events.ingest.csv_files import csv_names, read_csv
from inference_events.events.ingest.csv_header import MAX_COLUMNS, TOO_MANY_COLUMNS
from inference_events.events.ingest.parquet_files import BATCH_ROWS, parquet_names, read_parquet, sample_parquet
from inference_events.events.ingest.signatures import describe_other_format
from inference_events.events.ingest.unreadable import NOT_READABLE, Unreadable, unreadable_as
from inference_events.files.source import FileSource

MAX_MALFORMED = 1_000_000
REPEATED_NAME = {
    "CSV": "two columns have the same name. Does the file have a header line?",
    "PARQUET": "two columns have the same name; rename one",
}
T = TypeVar("T")
Alive: TypeAlias = Callable[[], None]


def ignore_progress() -> None:
    """Ignore that reading continues: no caller asked for signs of life."""


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
    read = read_csv(source, max_malformed) if type == "CSV" else read_parquet(source, size)
    slices = (part for chunk in _reporting(read, alive) for part in cut(chunk, start, min(size, SLICE_ROWS)))
    with unreadable_as(type):
        yield from gather(slices, start, size)


def column_names(source: FileSource, type: str) -> list[str]:
    """Return the names of a file's columns. Raises Unreadable, also for a file of another format or a repeated name."""
    with unreadable_as(type):
        other_format = describe_other_format(source, type)
        if other_format is not None:
            raise Unreadable(NOT_READABLE.format(type=type, why=other_format))
        names = csv_names(source) if type == "CSV" else parquet_names(source)
        if len(names) > MAX_COLUMNS:
            raise Unreadable(TOO_MANY_COLUMNS)
        if len(set(names)) < len(names):
            raise Unreadable(NOT_READABLE.format(type=type, why=REPEATED_NAME[type]))
    return names


def rows_to_sample(source: FileSource, type: str, most_rows: int, alive: Alive = ignore_progress) -> Iterator[pa.Table]:
    """Yield the rows of a CSV or PARQUET file to sample from, in batches that are small in memory.

    Of a Parquet file of more than `most_rows` rows only some row groups are read, spread evenly over it. CSV cells are
    strings; malformed rows are skipped. Raises Unreadable.
    """
    if type == "CSV":
        yield from (chunk.table for chunk in read_chunks(source, type, start=0, size=BATCH_ROWS, alive=alive))
    else:
        with unreadable_as(type):
            yield from _reporting(sample_parquet(source, most_rows), alive)


def _reporting(read: Iterable[T], alive: Alive) -> Iterator[T]:
    for one in read:
        alive()
        yield one
