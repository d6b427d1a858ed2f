"""The compiler: a definition's nodes become DuckDB SQL.

User text never enters SQL. Columns come as names that the caller quoted, and literals are bound values. Infinity and
NaN mean null, but arithmetic passes them on, so they become null only where an operation would hide them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from inference_events.monitoring.fql import forms
from inference_events.monitoring.fql.ir import Aggregate, Apply, Builtin, ColumnValue, Figure, Literal, Node, Type

_SQL_TYPES = {Type.NUMBER: "DOUBLE", Type.BOOLEAN: "BOOLEAN", Type.STRING: "VARCHAR", Type.TIMESTAMP: "TIMESTAMP"}


@dataclass(frozen=True, slots=True)
class Sql:
    """A part of a statement. `values` are bound to its question marks in order."""

    text: str
    values: tuple[float | str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """`finite` is false if a number may be infinity or NaN. A `short` part may stand twice in the text."""

    sql: Sql
    finite: bool = True
    short: bool = False


def fill(template: str, *parts: Sql) -> Sql:
    """Put parts in the places of `{}`, each once and in order."""
    texts = template.split("{}")
    text = "".join(piece for pair in zip(texts, (part.text for part in parts), strict=False) for piece in pair)
    return Sql(text + texts[-1], tuple(value for part in parts for value in part.values))


@dataclass(frozen=True)
class Compiler:
    """`column` returns the quoted name of a model's column; `names` has those of aggregates and metrics."""

    column: Callable[[str], str]
    names: Mapping[Node, str]

    def scalar(self, node: Node) -> Sql:
        """Return an expression whose value is never infinity or NaN."""
        part = self._part(node)
        return _finite(part) if node.type is Type.NUMBER else part.sql

    def aggregate(self, node: Aggregate) -> Sql:
        return self._filled(forms.AGGREGATES[node.function], node)

    def sums(self, node: Aggregate) -> tuple[Sql, ...]:
        """Return the sums that an aggregate is made of; none if it is not made of sums."""
        return tuple(self._filled(form, node) for form in forms.SUMS.get(node.function, ()))

    def _filled(self, form: str, node: Aggregate) -> Sql:
        filled = fill(form, *(self.scalar(argument) for argument in node.arguments))
        return replace(filled, values=(*filled.values, *node.values))

    def _part(self, node: Node) -> _Part:
        match node:
            case Literal():
                return _Part(_literal(node), short=node.value is None)
            case ColumnValue():
                return self._column(node)
            case Apply():
                return self._apply(node)
        return _Part(Sql(self.names[node]), finite=False, short=True)

    def _column(self, node: ColumnValue) -> _Part:
        name = self.column(node.name)
        if node.is_integer:
            return _Part(Sql(f"CAST({name} AS DOUBLE)"))
        return _Part(Sql(name), finite=node.type is not Type.NUMBER, short=True)

    def _apply(self, node: Apply) -> _Part:
        operation = node.operation
        if operation in ("is_null", "is_not_null"):
            return self._nullness(node)
        parts = [self._part(argument) for argument in node.arguments]
        passed = len(parts) if operation in forms.PASSING else int(operation in forms.PASSING_FIRST)
        operands = [
            part.sql if index < passed or argument.type is not Type.NUMBER else _finite(part)
            for index, (part, argument) in enumerate(zip(parts, node.arguments, strict=True))
        ]
        finite = operation not in forms.UNBOUNDED and all(part.finite for part in parts[:passed])
        return _Part(_form(node, operands), finite=finite)

    def _nullness(self, node: Apply) -> _Part:
        (argument,) = node.arguments
        sql = fill(forms.IS_NULL.get(argument.type, "({} IS NULL)"), self._part(argument).sql)
        return _Part(sql if node.operation == "is_null" else fill("(NOT {})", sql))


def _form(node: Apply, operands: list[Sql]) -> Sql:
    if node.operation in forms.JOINED:
        start, separator, end = forms.JOINED[node.operation]
        return fill(start + separator.join(["{}"] * len(operands)) + end, *operands)
    if node.operation == "to_string":
        return fill(forms.TO_STRING.get(node.arguments[0].type, "CAST({} AS VARCHAR)"), *operands)
    return fill(forms.TEMPLATES[node.operation], *operands)


def _finite(part: _Part) -> Sql:
    if part.finite:
        return part.sql
    if part.short:
        return fill("CASE WHEN isfinite({}) THEN {} END", part.sql, part.sql)
    return fill("list_filter([{}], lambda v: isfinite(v))[1]", part.sql)


def _literal(node: Literal) -> Sql:
    if node.value is None:
        return Sql(f"CAST(NULL AS {_SQL_TYPES[node.type]})")
    if isinstance(node.value, bool):
        return Sql("TRUE" if node.value else "FALSE")
    return Sql(f"CAST(? AS {_SQL_TYPES[node.type]})", (node.value,))


def aggregates_in(node: Node) -> tuple[Aggregate, ...]:
    """Return the different aggregates of a custom metric, in order."""
    return tuple(dict.fromkeys(leaf for leaf in _leaves(node) if isinstance(leaf, Aggregate)))


def builtins_in(node: Node) -> tuple[Builtin, ...]:
    """Return the different metrics of a custom metric that are no aggregates, in order."""
    return tuple(dict.fromkeys(leaf.builtin for leaf in _leaves(node) if isinstance(leaf, Figure)))


def _leaves(node: Node) -> list[Node]:
    if not isinstance(node, Apply):
        return [node]
    return [leaf for argument in node.arguments for leaf in _leaves(argument)]
