"""Conditions on stored events. A list of them is a conjunction.

A null fulfils no condition on values except IS_NULL.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TypeAlias

Value: TypeAlias = bool | int | float | str | datetime


class Operator(Enum):
    """How a column's value is compared. Texts compare by their bytes in UTF-8."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    IN = "in"
    NOT_IN = "not_in"
    IS_NULL = "is_null"
    NOT_NULL = "not_null"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    BETWEEN = "between"


@dataclass(frozen=True)
class ValueFilter:
    """Compare a declared column with values of its type. BETWEEN has two, both inclusive; times are naive, in UTC."""

    column: str
    operator: Operator
    values: Sequence[Value] = ()


@dataclass(frozen=True)
class ViolationFilter:
    """Select events with a violation, or those without one: of any column and kind, or only of these."""

    is_present: bool
    column: str | None = None
    kind: str | None = None


@dataclass(frozen=True)
class UndeclaredFilter:
    """Select events with an undeclared column of this name."""

    column: str


EventFilter: TypeAlias = ValueFilter | ViolationFilter | UndeclaredFilter


def compared_columns(filters: Sequence[EventFilter]) -> list[str]:
    """Return the declared columns whose values filters compare."""
    return list(dict.fromkeys(each.column for each in filters if isinstance(each, ValueFilter)))


def undeclared_columns(filters: Sequence[EventFilter]) -> list[str]:
    """Return the undeclared columns that filters look for."""
    return list(dict.fromkeys(each.column for each in filters if isinstance(each, UndeclaredFilter)))


def system_columns(filters: Sequence[EventFilter]) -> list[str]:
    """Return which of `violations` and `undeclared` filters read."""
    kinds = {"violations": ViolationFilter, "undeclared": UndeclaredFilter}
    return [name for name, kind in kinds.items() if any(isinstance(each, kind) for each in filters)]
