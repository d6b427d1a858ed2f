"""Convert one column of incoming values to its declared type and find its violations.

An array is converted at once if every value fits. If one does not, each value is converted alone.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inference_events.events.ingest.casts import convert_whole
from inference_events.events.ingest.normalize import Values, with_items
from inference_events.events.ingest.ranges import out_of_range, typed_values, with_categories
from inference_events.events.ingest.scalars import convert_each
from inference_events.events.types import Mask
from inference_events.models.schema import Column


@dataclass(frozen=True)
class Converted:
    """A column's typed values with their violations.

    `mistyped` maps a row whose value was of another type to its raw JSON text; such a row is null in `array` if the
    value could not be converted without loss. `out_of_range` is None if the column has no range.
    """

    array: pa.Array
    mistyped: dict[int, str]
    out_of_range: Mask | None


def convert(column: Column, values: Values, *, text: bool = False) -> Converted:
    """Convert `values` to `column.type`. With `text` they are CSV cells, which have no type but the schema's."""
    array = convert_whole(column, values, text)
    mistyped: dict[int, str] = {}
    if array is None:
        array, mistyped = convert_each(column, values, text)
    categories = None if column.categories is None else typed_values(column, column.categories)
    # The value of an id column is the id.
    if categories is not None and pa.types.is_string(categories.type) and not column.is_id:
        array = with_categories(array, categories)
    array = _without_null_stand_ins(column, array, mistyped)
    return Converted(array, mistyped, out_of_range(column, array, categories))


def _without_null_stand_ins(column: Column, array: pa.Array, mistyped: dict[int, str]) -> pa.Array:
    if not column.nulls:
        return array
    items = array.flatten() if column.is_list else array
    stand_ins = pc.is_in(items, typed_values(column, column.nulls))
    items = pc.if_else(stand_ins, None, items)
    if column.is_list:
        return with_items(array, items)
    for row in np.flatnonzero(stand_ins.to_numpy(zero_copy_only=False)):
        mistyped.pop(int(row), None)
    return items
