"""The columns of an exported file, and their values."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import pyarrow as pa

from inference_events.errors import BadRequest, ErrorDetail
from inference_events.events.types import TIMESTAMP, StoredEvents
from inference_events.messages import quote
from inference_events.models.schema import ModelSchema

EVENT_ID = "__event_id"
EVENT_TIMESTAMP = "__timestamp"
UTC_TIMESTAMP = pa.timestamp("us", "UTC")


class Source(Enum):
    """Source of a column's values: a column of the schema, or a field that the server keeps for every event."""

    VALUES = "values"
    EVENT_ID = "event_id"
    TIMESTAMP = "timestamp"


@dataclass(frozen=True)
class ExportColumn:
    """A column of a file. Its `type` is the stored type, with UTC as the zone of times."""

    name: str
    source: Source
    type: pa.DataType

    @property
    def is_stored(self) -> bool:
        """Return whether it is a column of the schema."""
        return self.source is Source.VALUES


def choose_columns(schema: ModelSchema, names: Sequence[str] | None, with_vectors: bool) -> list[ExportColumn]:
    """Return the columns called `names`; if it is None, all columns but vectors. Raises BadRequest."""
    known = _known_columns(schema)
    if names is not None:
        _check_names(names, known)
        return [known[name] for name in names]
    left_out = {EVENT_ID, EVENT_TIMESTAMP} - schema.names
    if not with_vectors:
        left_out |= {column.name for column in schema.columns if column.is_vector}
    chosen = [column for column in known.values() if column.name not in left_out]
    if not chosen:
        raise BadRequest.at("/fetch_vectors", "leaves no column to write: all are vectors")
    return chosen


def file_rows(events: StoredEvents, columns: Sequence[ExportColumn]) -> pa.Table:
    """Return events as the rows of a file."""
    return pa.table([_values(events, column) for column in columns], schema=file_schema(columns))


def file_schema(columns: Sequence[ExportColumn]) -> pa.Schema:
    return pa.schema([(column.name, column.type) for column in columns])


def _known_columns(schema: ModelSchema) -> dict[str, ExportColumn]:
    """Return every column that can be written, in the order of a file that has them all."""
    known = {
        column.name: ExportColumn(column.name, Source.VALUES, _with_zone(column.type)) for column in schema.columns
    }
    for name, source, kind in (
        (schema.id_column, Source.EVENT_ID, pa.string()),
        (schema.timestamp_column, Source.TIMESTAMP, UTC_TIMESTAMP),
        (EVENT_ID, Source.EVENT_ID, pa.string()),
        (EVENT_TIMESTAMP, Source.TIMESTAMP, UTC_TIMESTAMP),
    ):
        if name is not None:
            known.setdefault(name, ExportColumn(name, source, kind))
    return known


def _check_names(names: Sequence[str], known: dict[str, ExportColumn]) -> None:
    faults = []
    seen: set[str] = set()
    for place, name in enumerate(names):
        if name not in known:
            faults.append(ErrorDetail(f"{quote(name)} is not a column of the model", f"/column_names/{place}"))
        elif name in seen:
            message = f"{quote(name)} is the name of an earlier column; names must differ"
            faults.append(ErrorDetail(message, f"/column_names/{place}"))
        seen.add(name)
    if faults:
        raise BadRequest.with_details(*faults)


def _with_zone(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_list(kind):
        return pa.list_(_with_zone(kind.value_type))
    return UTC_TIMESTAMP if kind == TIMESTAMP else kind


def _values(events: StoredEvents, column: ExportColumn) -> pa.ChunkedArray:
    if column.is_stored:
        return events.values[column.name].cast(column.type)
    return events.system[column.source.value].cast(column.type)
