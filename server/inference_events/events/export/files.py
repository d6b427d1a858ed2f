"""Write events into files, part by part."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from inference_events.events.export.columns import ExportColumn, file_rows, file_schema
from inference_events.events.export.texts import cell_schema, csv_cells
from inference_events.events.types import StoredEvents

ROW_GROUP_ROWS = 128 * 1024
# Values take many times their size as text and in the copies made on the way.
SLICE_BYTES = 8 * 1024 * 1024


def write_csv(path: Path, parts: Iterable[StoredEvents], columns: Sequence[ExportColumn]) -> int:
    """Write a CSV file (RFC 4180, UTF-8) with a header and return the number of its rows.

    Texts are quoted and nulls are empty cells, so an empty text and a null differ.
    """
    rows = 0
    with pa.csv.CSVWriter(path, cell_schema(file_schema(columns))) as writer:
        for part in parts:
            for table in _slices(file_rows(part, columns)):
                writer.write_table(csv_cells(table))
                rows += table.num_rows
    return rows


def write_parquet(path: Path, parts: Iterable[StoredEvents], columns: Sequence[ExportColumn]) -> int:
    """Write a Parquet file and return the number of its rows."""
    rows = 0
    with pa.parquet.ParquetWriter(path, file_schema(columns), compression="zstd") as writer:
        for part in parts:
            writer.write_table(file_rows(part, columns), row_group_size=ROW_GROUP_ROWS)
            rows += part.system.num_rows
    return rows


def _slices(table: pa.Table) -> Iterator[pa.Table]:
    size = max(table.num_rows * SLICE_BYTES // max(table.nbytes, 1), 1)
    for start in range(0, table.num_rows, size):
        yield table.slice(start, size)
