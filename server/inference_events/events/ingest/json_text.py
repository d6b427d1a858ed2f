"""Read events from their JSON text into columns, without a Python object for each value.

This is done only if every event fits the schema without conversion and the result is the same; all other events are
decoded and converted value by value.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from inference_events.events.types import TIMESTAMP
from inference_events.models.schema import ModelSchema

# From here on not every integer is a float.
FIRST_INEXACT = 2.0**53
INFERRED_TYPES = {str: pa.string(), int: pa.int64(), float: pa.float64()}


class JsonReader:
    """Reads arrays of events. The form of untyped columns, such as times, is observed from events."""

    def __init__(self) -> None:
        self._forms: dict[str, tuple[int, dict[str, pa.DataType]]] = {}

    def read(self, texts: Sequence[bytes], schema: ModelSchema) -> tuple[pa.Table, list[int]] | None:
        """Return the events of all arrays as one table, and how many each array has; None if they must be decoded."""
        lines = b"".join(part for text in texts for part in (b'{"events":', text, b"}\n"))
        try:
            events = _parse(lines, self._event_type(schema))
        except (pa.ArrowInvalid, UnicodeDecodeError):
            return None
        rows = events.flatten()
        if len(events) != len(texts) or rows.null_count or not _is_sound(rows):
            return None
        return pa.Table.from_struct_array(rows), pc.list_value_length(events).to_pylist()

    def observe(self, events: Sequence[Mapping[str, Any]], schema: ModelSchema) -> None:
        """Observe the form of untyped columns in events that had to be decoded."""
        forms = {name: INFERRED_TYPES.get(type(events[0].get(name)), pa.string()) for name in _untyped_columns(schema)}
        self._forms[schema.model_id] = schema.revision, forms

    def _event_type(self, schema: ModelSchema) -> pa.StructType:
        revision, forms = self._forms.get(schema.model_id, (schema.revision, {}))
        types = {column.name: column.type for column in schema.columns}
        types |= dict.fromkeys(_untyped_columns(schema), pa.string())
        return pa.struct((types | forms if revision == schema.revision else types).items())


def _untyped_columns(schema: ModelSchema) -> list[str]:
    special = (name for name in (schema.id_column, schema.timestamp_column) if name is not None)
    declared = {column.name for column in schema.columns}
    times = [column.name for column in schema.columns if column.type == TIMESTAMP]
    return [*times, *(name for name in special if name not in declared)]


def _parse(lines: bytes, event: pa.StructType) -> pa.ListArray:
    table = pa.json.read_json(
        pa.py_buffer(lines),
        read_options=pa.json.ReadOptions(use_threads=False, block_size=len(lines) + 1),
        parse_options=pa.json.ParseOptions(
            explicit_schema=pa.schema([("events", pa.list_(event))]),
            newlines_in_values=True,
            unexpected_field_behavior="error",
        ),
    )
    events = table["events"].combine_chunks()
    events.validate(full=True)
    return events


def _is_sound(rows: pa.StructArray) -> bool:
    """Return whether all numbers are valid in JSON and keep their value in 64 bits."""
    for column in rows.flatten():
        items = column.flatten() if pa.types.is_list(column.type) else column
        if pa.types.is_floating(items.type):
            numbers = items.to_numpy(zero_copy_only=False) if items.null_count == 0 else items.drop_null().to_numpy()
            if not (np.abs(numbers) < FIRST_INEXACT).all():
                return False
    return True
