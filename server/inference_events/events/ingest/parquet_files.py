"""Read Parquet files in batches that are small in memory once decoded, whatever their values."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from inference_events.events.ingest.chunks import FileChunk
from inference_events.events.ingest.damage import check_structure
from inference_events.events.ingest.sizes import Sizes, value_sizes
from inference_events.events.ingest.unreadable import MAX_ROW_BYTES
from inference_events.files.source import FileSource

# Shared by the pages of all columns.
PARQUET_BUFFER_BYTES = 32 * 1024 * 1024
MIN_BUFFER_BYTES = 4096
BATCH_BYTES = 16 * 1024 * 1024
BATCH_ROWS = 65_536
# The share of the rows to read at once that is tried after memory ran out: 1 in 16.
SMALLER = 16
MAX_VALUE_BYTES = MAX_ROW_BYTES
BATCH_CELLS = 4_000_000


def read_parquet(source: FileSource, size: int) -> Iterator[FileChunk]:
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


def parquet_names(source: FileSource) -> list[str]:
    """Return the names of a Parquet file's columns."""
    with source.open() as content, pa.parquet.ParquetFile(content) as file:
        return list(file.schema_arrow.names)


def sample_parquet(source: FileSource, most_rows: int) -> Iterator[pa.Table]:
    """Yield rows in batches: all of them, or those of some row groups, spread evenly, of more than `most_rows`."""
    with _open_parquet(source) as file:
        metadata = file.metadata
        groups = range(0, metadata.num_row_groups, max(1, metadata.num_rows // most_rows))
        for batch in file.iter_batches(batch_size=_batch_rows(metadata), row_groups=list(groups)):
            table = pa.Table.from_batches([batch])
            _check_structure(table)
            columns = [_takeable(column) for column in table.columns]
            fields = [field.with_type(column.type) for field, column in zip(table.schema, columns, strict=True)]
            yield pa.Table.from_arrays(columns, schema=pa.schema(fields))


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
