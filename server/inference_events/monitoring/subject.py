"""The subject of a figure: a model's columns, their roles, and the parameters of its task."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any, TypeAlias

import pyarrow as pa

from inference_events.models.schema import Column, ModelSchema, category_form

DEFAULT_THRESHOLD = 0.5
# The default of the vendor's metric cards.
DEFAULT_TOP_K = 20
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
Class: TypeAlias = bool | float | str
ROLES = ("inputs", "outputs", "targets", "decisions", "metadata")


class Kind(Enum):
    """The kind of a column's values. It differs from the schema's type: categories may be any of the first three."""

    NUMBER = "Number"
    BOOLEAN = "Boolean"
    STRING = "String"
    TIME = "Timestamp"
    VECTOR = "Vector"


@dataclass(frozen=True)
class Subject:
    """A model as figures see it. `columns` has all declared columns by name, `roles` their names by role.

    `bins` are the histogram edges of the columns for which the schema has some. `threshold` is that of a binary
    classification. `class_order` is the target's classes: [negative, positive] for a binary classification, in the
    order of the outputs for one of several classes. `baselines` are the names of the model's baselines. `impacts` are
    the uploaded impacts of columns on the prediction.
    """

    schema: ModelSchema
    task: str
    roles: Mapping[str, tuple[str, ...]]
    bins: Mapping[str, tuple[float, ...]]
    data_types: Mapping[str, str]
    custom_features: tuple[Mapping[str, Any], ...] = ()
    threshold: float = DEFAULT_THRESHOLD
    class_order: tuple[Any, ...] = ()
    group_by: str | None = None
    top_k: int = DEFAULT_TOP_K
    class_weights: tuple[float, ...] = ()
    is_weighted: bool = True
    baselines: frozenset[str] = frozenset()
    impacts: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def columns(self) -> Mapping[str, Column]:
        return {column.name: column for column in self.schema.columns}

    @cached_property
    def target(self) -> str | None:
        """Return the column of the labels that metrics use: the first of the targets."""
        return next(iter(self.roles["targets"]), None)

    def classes(self, target: str) -> list[Class | None]:
        """Return the classes as values of a target, None for one that it cannot have; by default its categories."""
        kind = self.kind(target)
        return [class_value(one, kind) for one in self.class_order or self.columns[target].categories or ()]

    def kind(self, name: str) -> Kind:
        """Return the kind of a column's single values; of ranking rows, those of an item. Raises KeyError."""
        column = self.columns[name]
        if column.is_vector:
            return Kind.VECTOR
        if pa.types.is_boolean(column.element):
            return Kind.BOOLEAN
        if pa.types.is_timestamp(column.element):
            return Kind.TIME
        return Kind.STRING if pa.types.is_string(column.element) else Kind.NUMBER


def make_subject(
    schema: ModelSchema,
    *,
    columns: Mapping[str, Any],
    spec: Mapping[str, Any],
    task: str,
    task_params: Mapping[str, Any],
    baselines: frozenset[str] = frozenset(),
    impacts: Mapping[str, float] | None = None,
) -> Subject:
    """Prepare a model as it is on the wire (`schema` as `columns`, `spec` and `task_params` of the spec's `Model`)."""
    threshold = task_params.get("binary_classification_threshold")
    declared = columns["columns"]
    return Subject(
        schema=schema,
        task=task,
        roles={role: _declared(spec.get(role), schema) for role in ROLES},
        bins={column["name"]: tuple(column["bins"]) for column in declared if column.get("bins")},
        data_types={column["name"]: column["data_type"] for column in declared},
        custom_features=tuple(spec.get("custom_features") or ()),
        threshold=DEFAULT_THRESHOLD if threshold is None else float(threshold),
        class_order=tuple(task_params.get("target_class_order") or ()),
        group_by=task_params.get("group_by"),
        top_k=task_params.get("top_k") or DEFAULT_TOP_K,
        class_weights=tuple(task_params.get("class_weights") or ()),
        is_weighted=task_params.get("weighted_ref_histograms") is not False,
        baselines=baselines,
        impacts=impacts or {},
    )


def _declared(names: Any, schema: ModelSchema) -> tuple[str, ...]:
    known = {column.name for column in schema.columns}
    return tuple(name for name in names or () if name in known)


def class_value(value: Any, kind: Kind) -> Class | None:
    """Return a JSON scalar as a value of a column of this kind, or None if it cannot be one."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if kind is Kind.STRING:
        return category_form(text) or text if isinstance(value, float) else text
    if kind is Kind.BOOLEAN:
        return BOOLEANS.get(category_form(text) or text)
    return _finite(value) if kind is Kind.NUMBER else None


def _finite(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
