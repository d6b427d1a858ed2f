"""The conditions of list operations as typed values."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Literal, NotRequired, TypedDict
from uuid import UUID

from ..types import UNSET, Unset

Value = str | float | UUID | date
Operator = Literal[
    "equal",
    "not_equal",
    "less",
    "less_or_equal",
    "greater",
    "greater_or_equal",
    "begins_with",
    "not_begins_with",
    "contains",
    "not_contains",
    "ends_with",
    "not_ends_with",
    "any",
    "in",
    "not_in",
    "between",
    "not_between",
    "is_null",
    "is_not_null",
    "is_empty",
    "is_not_empty",
]


class Rule(TypedDict):
    """Compare a field with a value, with a list for `any`, `in`, `not_in` and the two forms of `between`."""

    field: str
    operator: Operator
    value: NotRequired[Value | Sequence[Value]]


class Condition(TypedDict):
    """Join rules and further conditions."""

    condition: Literal["AND", "OR"]
    rules: "Sequence[Rule | Condition]"


Filter = Rule | Condition


def encode_filter(filter: Filter | None) -> str | Unset:
    """Return a filter as the API takes it: JSON, with times as ISO 8601."""
    if filter is None:
        return UNSET
    return json.dumps(filter, default=_as_text, separators=(",", ":"))


def _as_text(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"a filter cannot have a value of type {type(value).__name__}")
