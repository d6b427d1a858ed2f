"""A model's schema, prepared for reading rows."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pyarrow as pa

from inference_events.events.ingest.number_text import canonical_id
from inference_events.events.ingest.time_formats import TimeFormat, time_format
from inference_events.events.types import TIMESTAMP

SCALAR_TYPES = {
    "float": pa.float64(),
    "int": pa.int64(),
    "bool": pa.bool_(),
    "str": pa.string(),
    "timestamp": TIMESTAMP,
}
FIXED_ROLES = ("inputs", "outputs", "decisions")
# Without leading zeros: a text with them is a code rather than a number.
_WHOLE_NUMBER = re.compile(r"(-?(?:0|[1-9][0-9]*))(?:\.0*)?", re.ASCII)


@dataclass(frozen=True)
class Column:
    """One declared column: its Arrow type and its range. `classes` are those of the target of several classes.

    `element` is the type of a single value; for vectors and in ranking rows `type` is a list of it. `format` is the
    format of the model's timestamps, only in their column. In ranking rows a list of numbers is not a vector: it is as
    long as its group. `is_group` marks the id column of ranking rows: a row is a group, so its id may be a list.
    """

    name: str
    type: pa.DataType
    element: pa.DataType
    updatable: bool
    is_vector: bool = False
    minimum: float | None = None
    maximum: float | None = None
    categories: tuple[Any, ...] | None = None
    classes: tuple[Any, ...] | None = None
    nulls: tuple[Any, ...] = ()
    n_dimensions: int | None = None
    format: TimeFormat | None = None
    is_id: bool = False
    is_group: bool = False

    @property
    def is_list(self) -> bool:
        return bool(pa.types.is_list(self.type))

    @cached_property
    def null_texts(self) -> frozenset[str]:
        return frozenset(str(value) for value in self.nulls)


@dataclass(frozen=True)
class ModelSchema:
    """The parts of a model that `ingest` uses. `revision` changes with any of them."""

    model_id: str
    revision: int
    columns: tuple[Column, ...]
    id_column: str | None
    timestamp_column: str | None
    timestamp_format: TimeFormat | None
    is_ranking: bool
    targets: frozenset[str] = frozenset()

    @cached_property
    def arrow(self) -> pa.Schema:
        return pa.schema([pa.field(column.name, column.type) for column in self.columns])

    @cached_property
    def has_numeric_ids(self) -> bool:
        """Whether the id column is numeric, so that " 7" and "7.0" mean 7."""
        numeric = (pa.int64(), pa.float64())
        return any(column.is_id and column.element in numeric and not column.is_vector for column in self.columns)

    def canonical_ids(self, ids: Iterable[str]) -> list[str]:
        """Return the stored form of ids that a client sent."""
        return [canonical_id(one) for one in ids] if self.has_numeric_ids else list(ids)

    @cached_property
    def unwrapped(self) -> frozenset[str]:
        """Columns in which an update may wrap its value in a list of one."""
        if self.is_ranking:
            return frozenset()
        scalars = (column.name for column in self.columns if not column.is_list)
        return frozenset(scalars) | {self.id_column or ""}

    @cached_property
    def grouped(self) -> frozenset[str]:
        """Columns that hold a list with a value for each item of a ranking row."""
        lists = (column.name for column in self.columns if column.is_list and not column.is_vector)
        return frozenset(lists) if self.is_ranking else frozenset()

    @cached_property
    def names(self) -> frozenset[str]:
        """All known columns: the declared ones, the id and the timestamp."""
        special = {name for name in (self.id_column, self.timestamp_column) if name is not None}
        return frozenset(column.name for column in self.columns) | special


def model_schema(
    *,
    model_id: str,
    revision: int,
    schema: Mapping[str, Any],
    spec: Mapping[str, Any],
    task: str,
    task_params: Mapping[str, Any],
    event_id_col: str | None,
    event_ts_col: str | None,
    event_ts_format: str | None,
) -> ModelSchema:
    """Prepare a model as it is on the wire (`schema`, `spec` and `task_params` of the spec's `Model`)."""
    is_ranking = task == "ranking"
    format = None if event_ts_format is None else time_format(event_ts_format)
    fixed = {name for role in FIXED_ROLES for name in spec.get(role) or ()}
    fixed.discard(event_ts_col)
    target = next(iter(spec.get("targets") or ()), None)
    classes = tuple(task_params.get("target_class_order") or ()) if task == "multiclass_classification" else ()
    return ModelSchema(
        model_id=model_id,
        revision=revision,
        columns=tuple(
            _column(
                column,
                updatable=column["name"] not in fixed and column["name"] != event_id_col,
                grouped=is_ranking and column["name"] != task_params.get("group_by"),
                format=format if column["name"] == event_ts_col else None,
                is_time=column["name"] == event_ts_col,
                is_id=column["name"] == event_id_col,
                is_group=is_ranking and column["name"] == event_id_col,
                classes=classes if column["name"] == target else (),
            )
            for column in schema["columns"]
        ),
        id_column=event_id_col,
        timestamp_column=event_ts_col,
        timestamp_format=format,
        is_ranking=is_ranking,
        targets=frozenset(spec.get("targets") or ()) & {column["name"] for column in schema["columns"]},
    )


def category_form(text: str) -> str | None:
    """Return the common form of all spellings of a whole number or a boolean, such as "1" for "1.0"."""
    if match := _WHOLE_NUMBER.fullmatch(text):
        return "0" if match[1] == "-0" else match[1]
    return text.lower() if text.lower() in ("true", "false") else None


def _column(
    column: Mapping[str, Any],
    *,
    updatable: bool,
    grouped: bool,
    format: TimeFormat | None,
    is_time: bool,
    is_id: bool,
    is_group: bool,
    classes: tuple[Any, ...],
) -> Column:
    is_numbers = column["data_type"] == "vector"
    element = pa.float64() if is_numbers else _element(column)
    categories = column.get("categories") if column["data_type"] == "category" else None
    prepared = Column(
        name=column["name"],
        type=pa.list_(element) if is_numbers or grouped else element,
        element=element,
        updatable=updatable,
        is_vector=is_numbers and not grouped,
        minimum=column.get("min"),
        maximum=column.get("max"),
        categories=tuple(categories) if categories else None,
        classes=classes or None,
        nulls=tuple(column.get("replace_with_nulls") or ()),
        n_dimensions=column.get("n_dimensions"),
        format=format,
        is_id=is_id,
        is_group=is_group,
    )
    return _without_range(prepared) if is_time else prepared


def _without_range(column: Column) -> Column:
    """Drop the range: later times always exceed the bounds of a sample."""
    return replace(column, minimum=None, maximum=None, categories=None, classes=None, n_dimensions=None)


def _element(column: Mapping[str, Any]) -> pa.DataType:
    if column["data_type"] == "category":
        return _category_type(column.get("categories") or ())
    return SCALAR_TYPES[column["data_type"]]


def _category_type(categories: Sequence[Any]) -> pa.DataType:
    kinds = {type(category) for category in categories}
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {int}:
        return pa.int64()
    if kinds and kinds <= {int, float}:
        return pa.float64()
    return pa.string()
