"""Relations that statements read by names: each becomes a common table expression of the statement."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from inference_events.monitoring.sql_names import quoted


class Relation(Protocol):
    """Rows that statements read: a query for what a statement names of them, and the values that are bound to it."""

    def definition(self, statement: str) -> tuple[str, Sequence[Any]]: ...


def with_relations(text: str, values: Sequence[Any], relations: Mapping[str, Relation]) -> tuple[str, Sequence[Any]]:
    """Return a statement that stands alone, made of one that reads relations by their names, and its values."""
    if not relations:
        return text, values
    defined = [(quoted(name), *relation.definition(text)) for name, relation in relations.items()]
    tables = ", ".join(f"{name} AS ({query})" for name, query, _ in defined)
    own = text.lstrip()
    separator = ", " if own.startswith("WITH ") else " "
    bound = [value for *_, given in defined for value in given]
    return f"WITH {tables}{separator}{own.removeprefix('WITH ')}", [*bound, *values]
