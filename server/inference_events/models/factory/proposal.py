"""Propose the columns of a schema for a file."""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from inference_events.events.ingest.files import Alive, column_names, ignore_progress, rows_to_sample
from inference_events.events.ingest.normalize import normalize
from inference_events.events.ingest.unreadable import Unreadable
from inference_events.files.source import FileSource
from inference_events.models.factory.columns import Cells, describe, is_text_type, undecided
from inference_events.models.factory.sampling import sample
from inference_events_api import types as t

MAX_NAME_LENGTH = 255
MAX_ROWS_READ = 10_000_000
SAMPLE_BYTES = 64 * 1024 * 1024
# The schema must fit into a request to create a model.
CATEGORY_BYTES = 4 * 1024 * 1024


def propose_columns(
    source: FileSource, type: str, *, sample_size: int, max_cardinality: int, alive: Alive = ignore_progress
) -> list[t.Column]:
    """Return the columns of a schema that fits a CSV or PARQUET file. Raises Unreadable if there is none.

    `alive` is called with each batch that was read.
    """
    names = column_names(source, type)
    _check(names)
    rows = sample(rows_to_sample(source, type, MAX_ROWS_READ, alive), sample_size, SAMPLE_BYTES)
    if rows is None or not len(rows):
        raise Unreadable("The file has no row")
    described = (describe(*named, max_cardinality) for named in zip(names, _cells(rows, type), strict=True))
    return list(_within(CATEGORY_BYTES, described))


def _check(names: Sequence[str]) -> None:
    if not names:
        raise Unreadable("The file has no column")
    if not all(names):
        raise Unreadable("A column of the file has no name; give it one")
    if any(len(name) > MAX_NAME_LENGTH for name in names):
        raise Unreadable(f"The name of a column is longer than {MAX_NAME_LENGTH} characters")


def _cells(rows: pa.Table, type: str) -> Iterator[Cells]:
    # The vendor's client converts every column of a DataFrame to text. If only some are text, they were text before.
    is_text = all(is_text_type(column.type) for column in rows.columns)
    columns = (normalize(rows[index], field) for index, field in enumerate(rows.schema))
    return (Cells(values, is_text, is_csv=type == "CSV") for values in columns)


def _within(room: int, columns: Iterator[t.Column]) -> Iterator[t.Column]:
    """Remove the categories of the columns that would exceed the limit in bytes."""
    for column in columns:
        size = sum(len(str(category).encode()) for category in column.get("categories") or ())
        if size > room:
            yield undecided(column["name"])
        else:
            room -= size
            yield column
