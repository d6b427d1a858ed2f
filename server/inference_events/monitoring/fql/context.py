"""Where a part of a definition stands, and what that allows.

A segment and the inside of an aggregate are about one row, so they hold columns and no aggregates. The outside of the
aggregates of a custom metric holds no columns. So `tp()` can be a flag in one place and a count in the other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum

import pyarrow as pa

from inference_events.monitoring.fql.errors import FqlError, shown
from inference_events.monitoring.fql.ir import ColumnValue, Literal, Node, Type
from inference_events.monitoring.fql.syntax import Call, Name, Number, Text
from inference_events.monitoring.fql.syntax import Node as Tree
from inference_events.monitoring.subject import Subject


class Place(Enum):
    """Where a node stands."""

    SEGMENT = "segment"
    AGGREGATE = "aggregate"
    METRIC = "metric"


@dataclass(frozen=True)
class Context:
    """`columns` collects the columns that a definition uses, in order.

    `names` are the names of the formula of a builtin metric, which has no columns of its own. `bind` is `binder.bind`.
    """

    subject: Subject
    place: Place
    bind: Callable[[Tree, "Context"], Node]
    columns: dict[str, None]
    names: Mapping[str, Node] | None = None

    @property
    def inside(self) -> "Context":
        """Return the context of the argument of an aggregate."""
        return replace(self, place=Place.AGGREGATE)

    def column(self, name: str) -> ColumnValue:
        """Return a declared column as a value, and note that it is used."""
        self.columns[name] = None
        return column_value(self.subject, name)

    def operand(self, tree: Tree, type: Type, taker: str) -> Node:
        """Bind an operand that must have a type. `taker` names the operator or function that takes it."""
        node = typed(self.bind(tree, self), type)
        if node.type is type:
            return node
        if node.type in (Type.LIST, Type.VECTOR):
            refuse_list(tree, node.type)
        hint = "write if(..., 1, 0)" if (node.type, type) == (Type.BOOLEAN, Type.NUMBER) else None
        message = f"{taker} takes a {type.value}, and {describe(tree)} is a {node.type.value}"
        raise FqlError(message, tree.position, hint=hint)

    def refuse_aggregate(self, call: Call) -> None:
        """Refuse a call about many rows where one row is meant."""
        if self.place is Place.SEGMENT:
            raise FqlError(f"{call.function}() is about many rows, and a segment is about one row", call.position)
        if self.place is Place.AGGREGATE:
            raise FqlError(f"{call.function}() is an aggregate inside an aggregate", call.position)


def column_value(subject: Subject, name: str) -> ColumnValue:
    """Return a declared column as a value of its type."""
    column = subject.columns[name]
    if column.is_list and not column.is_vector:
        return ColumnValue(Type.LIST, name)
    return ColumnValue(Type(subject.kind(name).value), name, is_integer=pa.types.is_integer(column.element))


def typed(node: Node, type: Type) -> Node:
    """Give a null the type of its place."""
    return Literal(type, None) if node.type is Type.NULL else node


def refuse_list(tree: Tree, type: Type) -> None:
    """Refuse a column that holds more than one value in a row."""
    holds = "the values of a group" if type is Type.LIST else "a vector"
    raise FqlError(
        f"{describe(tree)} holds {holds} in each row, so it has no single value",
        tree.position,
        hint="only is_null, is_not_null, count, jsd, psi and the violation counts take it",
    )


def describe(tree: Tree) -> str:
    """Name an operand in a message."""
    match tree:
        case Name():
            return f"column {shown(tree.name)}"
        case Text():
            return "the text"
        case Number():
            return "the number"
        case Call():
            return f"{shown(tree.function)}()"
    return "this"
