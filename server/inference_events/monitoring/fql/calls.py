"""Calls: constants, row functions, aggregates and metrics."""

import math
from typing import NoReturn

from inference_events.monitoring.fql.arguments import Arguments
from inference_events.monitoring.fql.builtins import METRIC_NAMES, bind_metric
from inference_events.monitoring.fql.context import Context, describe, refuse_list, typed
from inference_events.monitoring.fql.errors import FqlError, shown
from inference_events.monitoring.fql.ir import Aggregate, Apply, Literal, Node, Type, boolean
from inference_events.monitoring.fql.names import suggestion
from inference_events.monitoring.fql.patterns import pattern_fault
from inference_events.monitoring.fql.syntax import Call
from inference_events.monitoring.fql.syntax import Node as Tree

CONSTANTS = {"e": math.e, "pi": math.pi}
_N, _B, _S = Type.NUMBER, Type.BOOLEAN, Type.STRING
ROW_FUNCTIONS: dict[str, tuple[tuple[Type, ...], Type]] = {
    **dict.fromkeys(("abs", "exp", "log", "log2", "log10", "sqrt"), ((_N,), _N)),
    "length": ((_S,), _N),
    "startswith": ((_S, _S), _B),
    "substring": ((_S, _N, _N), _S),
    "match": ((_S, _S), _B),
}
NULL_TESTS = ("is_null", "is_not_null")
AGGREGATES = ("sum", "average", "count", "quantile")
FUNCTIONS = (*CONSTANTS, *ROW_FUNCTIONS, "if", "to_string", *NULL_TESTS, *AGGREGATES, *METRIC_NAMES)
# What users of other languages, and of the formulas of builtin metrics, may try.
_FOREIGN = {
    **dict.fromkeys(("avg", "mean"), "use average"),
    **dict.fromkeys(("min", "max", "median"), "use quantile(..., level=...)"),
    **dict.fromkeys(("std", "stddev", "variance"), "FQL has sum, average, count and quantile"),
    **dict.fromkeys(("len", "size"), "use length"),
    "case": "use if(condition, value, other value)",
    "coalesce": "use if(is_null(...), ..., ...)",
    "ln": "use log",
    "pow": "use ^",
}


def bind_call(call: Call, context: Context) -> Node:
    """Return the meaning of a call. Raises FqlError."""
    name, arguments = call.function, Arguments(call)
    if name in CONSTANTS:
        arguments.exactly(0)
        return Literal(Type.NUMBER, CONSTANTS[name])
    if name in ROW_FUNCTIONS:
        return _row_function(call, arguments, context)
    if name == "if":
        return _if(arguments.exactly(3), context)
    if name == "to_string":
        return _to_string(arguments.exactly(1)[0], context)
    if name in NULL_TESTS:
        return boolean(name, typed(context.bind(arguments.exactly(1)[0], context), Type.NUMBER))
    if name in AGGREGATES or (name == "variance" and context.names is not None):
        context.refuse_aggregate(call)
        return _aggregate(call, arguments, context.inside)
    if name not in METRIC_NAMES and context.names is None:
        _refuse_unknown(call)
    return bind_metric(call, arguments, context)


def _row_function(call: Call, arguments: Arguments, context: Context) -> Node:
    types, result = ROW_FUNCTIONS[call.function]
    trees = arguments.exactly(len(types))
    if call.function == "match":
        fault = pattern_fault(arguments.text(trees[1], "a pattern"))
        if fault:
            raise FqlError(fault, trees[1].position)
    taker = f"{call.function}()"
    operands = [context.operand(tree, type, taker) for tree, type in zip(trees, types, strict=True)]
    return Apply(call.function, result, tuple(operands))


def _if(trees: list[Tree], context: Context) -> Node:
    condition = context.operand(trees[0], Type.BOOLEAN, "if()")
    branches = [context.bind(tree, context) for tree in trees[1:]]
    known = [branch.type for branch in branches if branch.type is not Type.NULL]
    if not known:
        raise FqlError("both values of if() are null", trees[1].position)
    for tree, branch in zip(trees[1:], branches, strict=True):
        if branch.type in (Type.LIST, Type.VECTOR):
            refuse_list(tree, branch.type)
        if branch.type is not Type.NULL and branch.type is not known[0]:
            raise FqlError(
                f"the values of if() are a {known[0].value} and a {branch.type.value}",
                tree.position,
                hint="both have one type, or one of them is null",
            )
    return Apply("if", known[0], (condition, *(typed(branch, known[0]) for branch in branches)))


def _to_string(tree: Tree, context: Context) -> Node:
    node = typed(context.bind(tree, context), Type.STRING)
    if node.type in (Type.LIST, Type.VECTOR):
        refuse_list(tree, node.type)
    if node.type is Type.TIMESTAMP:
        raise FqlError(f"to_string() does not take a Timestamp, and {describe(tree)} is one", tree.position)
    return Apply("to_string", Type.STRING, (node,))


def _aggregate(call: Call, arguments: Arguments, context: Context) -> Node:
    name, taker = call.function, f"{call.function}()"
    (tree,) = arguments.take(1)
    level = arguments.number("level", highest=1) if name == "quantile" else None
    arguments.end()
    if name == "count":
        node = typed(context.bind(tree, context), Type.NUMBER)
        return Aggregate("count", (boolean("is_not_null", node),))
    if name == "quantile" and level is None:
        raise FqlError("quantile() needs level=", call.position, hint="write quantile(..., level=0.5) for the median")
    if name in ("sum", "average"):
        node = typed(context.bind(tree, context), Type.NUMBER)
        if node.type is Type.BOOLEAN:
            return Aggregate(name, (Apply("as_number", Type.NUMBER, (node,)),))
    node = context.operand(tree, Type.NUMBER, taker)
    return Aggregate(name, (node,), () if level is None else (level,))


def _refuse_unknown(call: Call) -> NoReturn:
    hint = _FOREIGN.get(call.function)
    if hint is None and (near := suggestion(call.function, FUNCTIONS)):
        hint = f"did you mean {near}?"
    raise FqlError(f"unknown function {shown(call.function)}", call.position, hint=hint)
