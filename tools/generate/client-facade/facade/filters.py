"""The filters of list operations as typed values: the contract's schema `Filter`, with times and UUIDs of Python."""

import json
from collections.abc import Sequence
from datetime import date
from typing import NotRequired, TypedDict
from uuid import UUID

from ..models.filter_comparison_operator import FilterComparisonOperator
from ..models.filter_join import FilterJoin
from ..models.filter_membership_operator import FilterMembershipOperator
from ..models.filter_presence_operator import FilterPresenceOperator
from ..models.filter_range_operator import FilterRangeOperator
from ..types import UNSET, Unset

Value = str | float | UUID | date


class Comparison(TypedDict):
    """Compare a field with one value."""

    field: str
    operator: FilterComparisonOperator
    value: Value


class Membership(TypedDict):
    """Select items whose field has one of several values."""

    field: str
    operator: FilterMembershipOperator
    value: Sequence[Value]


class Range(TypedDict):
    """Select items whose field lies between two values, both included."""

    field: str
    operator: FilterRangeOperator
    value: Sequence[Value]


class Presence(TypedDict):
    """Select items whose field has a value, or has none."""

    field: str
    operator: FilterPresenceOperator


Rule = Comparison | Membership | Range | Presence


class Condition(TypedDict):
    """Join rules and further conditions; by AND, unless `condition` is OR."""

    condition: NotRequired[FilterJoin]
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
