"""A connection for the metrics: their statements name rows relations, and run within the bounds of a computation."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from inference_events.monitoring.engine.computation import Computation
from inference_events.monitoring.engine.rows import quoted


class Relation(Protocol):
    """Rows that statements read: a query, and the values that are bound to it."""

    def definition(self) -> tuple[str, Sequence[Any]]: ...


class RowsConnection:
    """Executes statements that name some relations by quoted names."""

    def __init__(self, computation: Computation, relations: Mapping[str, Relation]) -> None:
        self._computation = computation
        self._relations = relations

    def execute(self, query: str, parameters: Any = None, /) -> "Found":
        """Return the rows of a statement in the order that it asks for. They are computed when they are fetched."""
        named = [(quoted(name), relation) for name, relation in self._relations.items() if quoted(name) in query]
        defined = [(name, *relation.definition()) for name, relation in named]
        tables = ", ".join(f"{name} AS ({text})" for name, text, _ in defined)
        values = [value for *_, bound in defined for value in bound]
        return Found(self._computation, _with(tables, query), [*values, *(parameters or ())])


class Found:
    """The rows of a statement, to be fetched once."""

    def __init__(self, computation: Computation, text: str, values: Sequence[Any]) -> None:
        self._computation = computation
        self._text = text
        self._values = values

    def fetchall(self) -> list[Any]:
        return self._computation.fetch(self._text, self._values, lambda found: found.fetchall())

    def fetchnumpy(self) -> dict[str, Any]:
        return self._computation.fetch(self._text, self._values, lambda found: dict(found.fetchnumpy()))


def _with(tables: str, query: str) -> str:
    """Add tables to a statement, which may have some already."""
    if not tables:
        return query
    if query.startswith("WITH "):
        return f"WITH {tables}, {query.removeprefix('WITH ')}"
    return f"WITH {tables} {query}"
