"""The categories and the range of a column."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inference_events.events.ingest.normalize import with_items
from inference_events.events.ingest.scalars import read_value
from inference_events.events.types import Mask
from inference_events.models.schema import Column, category_form


def typed_values(column: Column, values: Sequence[Any]) -> pa.Array:
    """Return those of the schema's `values` that have a counterpart in the column's type."""
    scalar = replace(column, type=column.element)
    # A text such as "nan" is a value like any other in a column of strings.
    typed = [read_value(scalar, value, column.element != pa.string())[0] for value in values]
    return pa.array([value for value in typed if value is not None], column.element)


def with_categories(array: pa.Array, categories: pa.Array) -> pa.Array:
    """Replace other spellings of a category, such as 1.0 for "1", by the category."""
    if pa.types.is_list(array.type):
        return with_items(array, with_categories(array.flatten(), categories))
    unknown = array.filter(pc.invert(pc.is_in(array, categories))).drop_null()
    if not len(unknown):
        return array
    by_form = _by_form(categories.to_pylist())
    named = {word: by_form.get(category_form(word)) for word in pc.unique(unknown).to_pylist()}
    meant = {word: category for word, category in named.items() if category is not None}
    places = pc.index_in(array, pa.array(list(meant), pa.string()))
    return pc.coalesce(pa.array(list(meant.values()), pa.string()).take(places), array)


def _by_form(categories: Sequence[str]) -> dict[str | None, str]:
    """Return each category by its form, if no other category has that form."""
    times = Counter(map(category_form, categories))
    forms = ((category_form(category), category) for category in categories)
    return {form: category for form, category in forms if form is not None and times[form] == 1}


def out_of_range(column: Column, array: pa.Array, categories: pa.Array | None) -> Mask | None:
    """Return which rows have a value outside the column's range, None if it has no range."""
    items = array.flatten() if column.is_list else array
    outside = _items_out_of_range(column, items, categories)
    if column.classes is not None:
        unknown = _unknown(items, typed_values(column, column.classes))
        outside = unknown if outside is None else outside | unknown
    if column.is_list and outside is not None:
        found = np.zeros(len(array), bool)
        found[np.asarray(pc.list_parent_indices(array))[outside]] = True
        outside = found
    if column.is_vector and column.n_dimensions is not None:
        wrong_length = _true(pc.not_equal(pc.list_value_length(array), column.n_dimensions))
        outside = wrong_length if outside is None else outside | wrong_length
    return outside


def _items_out_of_range(column: Column, items: pa.Array, categories: pa.Array | None) -> Mask | None:
    if categories is not None:
        return _unknown(items, categories)
    if not (pa.types.is_floating(column.element) or pa.types.is_integer(column.element)):
        return None
    bounds = [
        (compare, bound)
        for compare, bound in ((pc.less, column.minimum), (pc.greater, column.maximum))
        if bound is not None
    ]
    if not bounds:
        return None
    outside: Mask = np.logical_or.reduce([_true(_compared(compare, items, bound)) for compare, bound in bounds])
    return outside


def _compared(compare: Callable[[pa.Array, pa.Scalar], pa.Array], items: pa.Array, bound: float) -> pa.Array:
    """Compare numbers with a bound, as integers if they are: a float does not hold each of them."""
    if pa.types.is_integer(items.type) and float(bound).is_integer() and abs(bound) < 2**63:
        return compare(items, pa.scalar(int(bound), pa.int64()))
    return compare(items.cast(pa.float64(), safe=False), pa.scalar(float(bound)))


def _true(mask: pa.Array) -> Mask:
    flags: Mask = pc.fill_null(mask, False).to_numpy(zero_copy_only=False)
    return flags


def _unknown(items: pa.Array, known: pa.Array) -> Mask:
    return _true(pc.and_(pc.invert(pc.is_in(items, known)), pc.is_valid(items)))
