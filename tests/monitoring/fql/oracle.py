"""FQL row by row in Python: what a definition means, without SQL, types or the server's parser.

It reads the trees of `grammar`, and knows binary classifications with the target `churn` (0 or 1) and the output `p`.
"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy
import re2
from lark import Token, Tree

from tests.monitoring.fql.grammar import PARSER

Row = Mapping[str, Any]
Value = float | bool | str | None
THRESHOLD = 0.5
MAX_CHARACTERS = 10**9

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": math.fmod,
    "^": math.pow,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "exp": math.exp,
    "log": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "sqrt": math.sqrt,
    "length": lambda text: float(len(text)),
    "startswith": str.startswith,
    "match": lambda text, pattern: re2.search(pattern, text) is not None,
    "substring": lambda text, start, length: _substring(text, start, length),
    "to_string": lambda value: _text(value),
}


def segment(text: str, rows: Sequence[Row]) -> set[int]:
    """Return the numbers of the rows for which a condition is true, from 1."""
    tree = PARSER.parse(text)
    return {number for number, row in enumerate(rows, start=1) if row_value(tree, row) is True}


def metric(text: str, rows: Sequence[Row]) -> Value:
    """Return the value of a custom metric over rows."""
    return _walk(PARSER.parse(text), lambda call: _aggregate(call, rows))


def row_value(tree: Any, row: Row) -> Value:
    """Return the value of an expression about one row."""
    return _walk(tree, lambda leaf: _leaf(leaf, row))


def _leaf(tree: Any, row: Row) -> Value:
    if tree.data == "column":
        name = str(tree.children[0])
        value: Value = row[name[1:-1].replace('""', '"') if name.startswith('"') else name]
        return _number(float(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value
    return _flag(str(tree.children[0]), row)


def _flag(name: str, row: Row) -> bool | None:
    if row["churn"] is None or row["p"] is None:
        return None
    positive, predicted = row["churn"] == 1, row["p"] >= THRESHOLD
    return {"tp": (True, True), "fp": (False, True), "fn": (True, False), "tn": (False, False)}[name] == (
        positive,
        predicted,
    )


def _walk(tree: Any, leaf: Callable[[Any], Value]) -> Value:
    """Evaluate a tree. `leaf` evaluates columns and the calls that are no row functions."""
    children = tree.children
    match tree.data:
        case "number":
            return float(children[0])
        case "text":
            return str(children[0])[1:-1].replace("''", "'")
        case "true" | "false" | "null":
            return {"true": True, "false": False, "null": None}[tree.data]
        case "negate":
            value = _walk(children[1], leaf)
            return _applied(operator.neg, value)
        case "not_":
            value = _walk(children[1], leaf)
            return None if value is None else not value
        case "disjunction" | "conjunction":
            return _junction(tree.data == "disjunction", [_walk(one, leaf) for one in children[::2]])
        case "call":
            return _call(tree, leaf)
        case "column":
            return leaf(tree)
    return _chain(children, leaf)


def _junction(decisive: bool, values: list[Value]) -> bool | None:
    if decisive in values:
        return decisive
    return None if None in values else not decisive


def _chain(children: Sequence[Any], leaf: Callable[[Any], Value]) -> Value:
    value = _walk(children[0], leaf)
    for sign, operand in zip(children[1::2], children[2::2], strict=True):
        value = _applied(_BINARY[str(sign)], value, _walk(operand, leaf))
    return value


def _call(tree: Any, leaf: Callable[[Any], Value]) -> Value:
    name = str(tree.children[0]).lower()
    arguments = [argument.children[-1] for argument in tree.children[1:]]
    if name in ("e", "pi"):
        return {"e": math.e, "pi": math.pi}[name]
    if name == "if":
        return _walk(arguments[1 if _walk(arguments[0], leaf) is True else 2], leaf)
    if name in ("is_null", "is_not_null"):
        return (_walk(arguments[0], leaf) in (None, "")) is (name == "is_null")
    if name in _FUNCTIONS:
        return _applied(_FUNCTIONS[name], *(_walk(argument, leaf) for argument in arguments))
    return leaf(tree)


def _applied(function: Callable[..., Any], *values: Value) -> Value:
    """Apply a function to values: null to any null, and for what has no finite number."""
    if None in values:
        return None
    try:
        return _number(function(*values))
    except (ArithmeticError, ValueError):
        return None


def _number(value: Value) -> Value:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _substring(text: str, start: float, length: float) -> str | None:
    if start < 1 or length < 0:
        return None
    first = math.trunc(start) - 1
    return text[first : first + min(math.trunc(length), MAX_CHARACTERS)]


def _text(value: bool | float | str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else str(value + 0.0).removesuffix(".0")


def _aggregate(tree: Tree[Token], rows: Sequence[Row]) -> Value:
    name = str(tree.children[0]).lower()
    if name == "traffic":
        return float(len(rows))
    if name in ("tp", "fp", "tn", "fn"):
        return float(sum(_flag(name, row) is True for row in rows))
    arguments: list[Any] = tree.children[1:]
    values: list[Any] = [row_value(arguments[0].children[-1], row) for row in rows]
    known = [value for value in values if value not in (None, "")]
    if name == "count":
        return float(len(known))
    numbers = [float(value) for value in known]
    if not numbers:
        return None
    if name == "quantile":
        level: Any = row_value(arguments[1].children[-1], {})
        return float(numpy.quantile(numpy.array(numbers), level))
    total = math.fsum(numbers)
    return total if name == "sum" else total / len(numbers)
