"""A connection for the metrics: their statements name rows relations, and run within the bounds of a computation."""

from collections.abc import Mapping, Sequence
from typing import Any

from inference_events.monitoring.engine.computation import Computation
from inference_events.monitoring.engine.relations import Relation, with_relations
from inference_events.monitoring.sql_names import quoted


class RowsConnection:
    """Executes statements that name some relations by quoted names."""

    def __init__(self, computation: Computation, relations: Mapping[str, Relation]) -> None:
        self._computation = computation
        self._relations = relations

    def execute(self, query: str, parameters: Any = None, /) -> "Found":
        """Return the rows of a statement in the order that it asks for. They are computed when they are fetched."""
        named = {name: relation for name, relation in self._relations.items() if quoted(name) in query}
        return Found(self._computation, *with_relations(query, parameters or (), named))


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
