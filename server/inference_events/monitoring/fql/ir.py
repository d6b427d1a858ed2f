"""The meaning of a definition: a small closed set of typed nodes, with every name resolved.

A null literal has the type of its place. The arguments of an `Aggregate` are about one row; an `Apply` is about one row
inside an aggregate and in segments, and about aggregates elsewhere.
"""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Type(Enum):
    """The type of a value. The last four have no literals, and few functions take them."""

    NUMBER = "Number"
    BOOLEAN = "Boolean"
    STRING = "String"
    TIMESTAMP = "Timestamp"
    VECTOR = "Vector"
    LIST = "List"
    NULL = "null"


class Builtin(NamedTuple):
    """A metric that is no plain aggregate, with its arguments. `column` may be a custom feature."""

    metric: str
    column: str | None = None
    baseline: str | None = None
    target: str | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Literal:
    type: Type
    value: float | bool | str | None


@dataclass(frozen=True, slots=True)
class ColumnValue:
    type: Type
    name: str
    is_integer: bool = False


@dataclass(frozen=True, slots=True)
class Apply:
    """An operator or row function of `forms.TEMPLATES`."""

    operation: str
    type: Type
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An aggregate of `forms.AGGREGATES` over rows. `values` are parameters such as the level of a quantile."""

    function: str
    arguments: tuple["Node", ...] = ()
    values: tuple[float | str, ...] = ()
    type: Type = Type.NUMBER


@dataclass(frozen=True, slots=True)
class Figure:
    """The value of a metric that is computed elsewhere."""

    builtin: Builtin
    type: Type = Type.NUMBER


Node = Literal | ColumnValue | Apply | Aggregate | Figure


def number(operation: str, *arguments: Node) -> Apply:
    return Apply(operation, Type.NUMBER, arguments)


def boolean(operation: str, *arguments: Node) -> Apply:
    return Apply(operation, Type.BOOLEAN, arguments)
