"""Filters as conditions in DuckDB SQL with bound values. Both engines evaluate them so, and find the same events."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import duckdb
import pyarrow as pa

from inference_events.events.filters import EventFilter, Operator, UndeclaredFilter, ValueFilter, ViolationFilter

# A condition with a `?` for each of the values.
Condition: TypeAlias = tuple[str, list[Any]]
# The names of columns in SQL by their own names.
Names: TypeAlias = Mapping[str, str]

MEMORY_BYTES = 256 * 1024 * 1024
TEMPLATES = {
    Operator.EQ: "{} = ?",
    Operator.NE: "{} <> ?",
    Operator.LT: "{} < ?",
    Operator.LE: "{} <= ?",
    Operator.GT: "{} > ?",
    Operator.GE: "{} >= ?",
    Operator.IS_NULL: "{} IS NULL",
    Operator.NOT_NULL: "{} IS NOT NULL",
    Operator.CONTAINS: "contains({}, ?)",
    Operator.STARTS_WITH: "starts_with({}, ?)",
    Operator.BETWEEN: "{} BETWEEN ? AND ?",
}


def conjunction(filters: Iterable[EventFilter], declared: Names, dropped: Names) -> Condition:
    """Return the condition of events that fulfil all filters.

    The relation has the declared columns that are compared, and the dropped ones that are looked for, under these SQL
    names. It has `violations` and `undeclared` if a filter is about them.
    """
    conditions = [_condition(each, declared, dropped) for each in filters]
    text = " AND ".join(f"({text})" for text, _ in conditions) or "true"
    return text, [value for _, values in conditions for value in values]


def _condition(filter: EventFilter, declared: Names, dropped: Names) -> Condition:
    match filter:
        case ValueFilter():
            return _comparison(filter, declared[filter.column])
        case ViolationFilter():
            return _violation(filter)
        case UndeclaredFilter(name):
            exists = "coalesce(list_contains(json_keys(undeclared), ?), false)"
            return f"{exists} OR {dropped[name]} IS NOT NULL" if name in dropped else exists, [name]


def _comparison(filter: ValueFilter, name: str) -> Condition:
    if filter.operator in (Operator.IN, Operator.NOT_IN):
        negation = "NOT " if filter.operator is Operator.NOT_IN else ""
        return f"{name} {negation}IN ({', '.join('?' * len(filter.values))})", list(filter.values)
    return TEMPLATES[filter.operator].format(name), list(filter.values)


def _violation(filter: ViolationFilter) -> Condition:
    wanted = [('v."column" = ?', filter.column), ("v.kind = ?", filter.kind)]
    tests = [(text, value) for text, value in wanted if value is not None]
    found = "violations"
    if tests:
        found = f"list_filter(violations, lambda v: {' AND '.join(text for text, _ in tests)})"
    comparison = ">" if filter.is_present else "="
    return f"coalesce(len({found}), 0) {comparison} 0", [value for _, value in tests]


class TableFilter:
    """Evaluates filters on Arrow tables, in a database of its own, in memory. `close` it."""

    def __init__(self, filters: Sequence[EventFilter], declared: Sequence[str], dropped: Sequence[str]) -> None:
        config: dict[str, Any] = {"threads": 1, "memory_limit": f"{MEMORY_BYTES}B", "temp_directory": ""}
        self._db = duckdb.connect(":memory:", config=config)
        # By place, because DuckDB takes names that differ only in case for one.
        names = {name: f"c{place}" for place, name in enumerate(declared)}
        text, self._values = conjunction(filters, names, {name: f"d{place}" for place, name in enumerate(dropped)})
        self._sql = f"SELECT coalesce({text}, false) AS is_selected FROM part"

    def select(
        self, declared: Sequence[pa.Array], dropped: Sequence[pa.Array], system: Mapping[str, pa.Array]
    ) -> list[bool]:
        """Return for each row whether it fulfils the filters.

        The columns come in the order of their names. `system` has `violations` and `undeclared`, if needed.
        """
        columns = {f"c{place}": column for place, column in enumerate(declared)}
        columns |= {f"d{place}": column for place, column in enumerate(dropped)}
        self._db.register("part", pa.table(columns | dict(system)))
        rows: list[tuple[bool]] = self._db.execute(self._sql, self._values).fetchall()
        return [is_selected for (is_selected,) in rows]

    def close(self) -> None:
        """Close the database."""
        self._db.close()
