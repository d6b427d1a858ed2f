"""Names and types: the tree of a definition becomes nodes of `ir` for one model."""

from functools import reduce

from inference_events.monitoring.fql.calls import bind_call
from inference_events.monitoring.fql.context import Context, Place, describe, refuse_list
from inference_events.monitoring.fql.errors import FqlError, shown
from inference_events.monitoring.fql.ir import Literal, Node, Type, boolean, number
from inference_events.monitoring.fql.names import find_column
from inference_events.monitoring.fql.parser import LONG_SUM
from inference_events.monitoring.fql.syntax import Call, Chain, Constant, Name, Number, Prefix, Text
from inference_events.monitoring.fql.syntax import Node as Tree

_BOOLEAN_OPERATORS = frozenset({"and", "or"})
_ORDER = frozenset({"<", "<=", ">", ">="})


def bind(tree: Tree, context: Context) -> Node:
    """Return the meaning of a tree. Raises FqlError."""
    match tree:
        case Name():
            return _name(tree, context)
        case Prefix():
            return _prefix(tree, context)
        case Chain():
            return _chain(tree, context)
        case Call():
            return bind_call(tree, context)
    return _literal(tree)


def _literal(tree: Number | Text | Constant) -> Literal:
    match tree:
        case Number():
            return Literal(Type.NUMBER, tree.value)
        case Text():
            return Literal(Type.STRING, tree.value)
    return Literal(Type.NULL if tree.value is None else Type.BOOLEAN, tree.value)


def _name(tree: Name, context: Context) -> Node:
    if context.names is not None:
        return context.names[tree.name]
    name = find_column(context.subject, tree)
    if context.place is Place.METRIC:
        message = f"column {shown(name)} is outside an aggregate"
        raise FqlError(message, tree.position, hint="write sum(...) or average(...) around it")
    return context.column(name)


def _prefix(tree: Prefix, context: Context) -> Node:
    if tree.operator == "not":
        return boolean("not", context.operand(tree.operand, Type.BOOLEAN, "not"))
    return number("negate", context.operand(tree.operand, Type.NUMBER, "-"))


def _chain(tree: Chain, context: Context) -> Node:
    first = tree.operators[0]
    if first in ("==", "!="):
        return _equality(tree, context)
    type = Type.BOOLEAN if first in _BOOLEAN_OPERATORS else Type.NUMBER
    takers = (first, *tree.operators)
    operands = [context.operand(operand, type, taker) for operand, taker in zip(tree.operands, takers, strict=True)]
    if first in _BOOLEAN_OPERATORS or first in _ORDER:
        return boolean(first, *operands)
    return _arithmetic(tree.operators, operands)


def _arithmetic(operators: tuple[str, ...], operands: list[Node]) -> Node:
    steps = list(zip(operators, operands[1:], strict=True))
    if operators[0] in ("+", "-") and len(operators) > LONG_SUM:
        signed = [number("negate", operand) if operator == "-" else operand for operator, operand in steps]
        return number("total", operands[0], *signed)
    return reduce(lambda left, step: number(step[0], left, step[1]), steps, operands[0])


def _equality(tree: Chain, context: Context) -> Node:
    bound = [context.bind(operand, context) for operand in tree.operands]
    left, right = _like(bound[0], bound[1]), _like(bound[1], bound[0])
    for operand, node in zip(tree.operands, (left, right), strict=True):
        if node.type in (Type.LIST, Type.VECTOR):
            refuse_list(operand, node.type)
        if node.type is Type.TIMESTAMP:
            raise FqlError(f"{describe(operand)} is a Timestamp, which FQL does not compare", operand.position)
    if left.type is not right.type:
        message = f"{tree.operators[0]} cannot compare a {left.type.value} with a {right.type.value}"
        raise FqlError(message, tree.position, hint=_comparison_hint(tree, left, right))
    return boolean(tree.operators[0], left, right)


def _like(node: Node, other: Node) -> Node:
    """Give a null the type of what it is compared with, and read 0 and 1 beside a Boolean as Booleans."""
    if node.type is Type.NULL:
        return Literal(Type.NUMBER if other.type is Type.NULL else other.type, None)
    if other.type is Type.BOOLEAN and isinstance(node, Literal) and node.type is Type.NUMBER and node.value in (0, 1):
        return Literal(Type.BOOLEAN, node.value == 1)
    return node


def _comparison_hint(tree: Chain, left: Node, right: Node) -> str | None:
    pairs = list(zip(tree.operands, (left, right), strict=True))
    for (one, node), (other, _) in (pairs, pairs[::-1]):
        if node.type is Type.STRING and isinstance(other, Number):
            return f"{describe(one)} is a String; write '{other.value:g}'"
        if node.type is Type.NUMBER and isinstance(other, Text):
            return f"{describe(one)} is a Number; write a number without quotes"
    return None
