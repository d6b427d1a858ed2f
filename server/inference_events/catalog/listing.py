"""Pages of rows for list operations: limit, offset, ordering, search and filter."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Integer, Select, String, and_, func, not_, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from inference_events.catalog.tables import Id, UtcDateTime, fold
from inference_events.errors import BadRequest
from inference_events.events.ingest.timestamps import moment_of, parse_timestamp

RowT = TypeVar("RowT")
Column = InstrumentedAttribute[Any]
Condition = ColumnElement[bool]
# Selects the rows that have any of some texts among the values of a field.
Elements = Callable[[Sequence[str]], Condition]
MAX_RULES = 100
# SQLAlchemy and SQLite process nested conditions by recursion.
MAX_DEPTH = 20
MAX_INTEGER = 2**63 - 1
_JOINS = {"AND": and_, "OR": or_}


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows that a caller wants: `ordering` is a comma-separated list of columns, `filter` a tree of rules.

    The filter is valid for the contract's schema `Filter`, or None for all rows.
    """

    limit: int = 50
    offset: int = 0
    ordering: str | None = None
    search: str | None = None
    filter: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[RowT]):
    """The rows of a page and the number of rows on all pages."""

    items: Sequence[RowT]
    total: int


def page(
    session: Session,
    rows: Select[RowT],
    listing: Listing,
    columns: Mapping[str, Column],
    ordering: str,
    searched: Column,
    lists: Mapping[str, Elements] | None = None,
) -> Page[RowT]:
    """Return one page of `rows`, in the given ordering unless the listing has one.

    `columns` can be used in filters and orderings, and `lists`, which have several values a row, in rules with the
    operators `any`, `in` and `not_in`. `search` looks into the case-folded text `searched`, and `id` breaks ties.
    Raises BadRequest for an unknown column, operator or value.
    """
    key = columns["id"]
    matching = rows.where(_search(listing.search, searched), _condition(listing.filter, columns, lists or {}))
    total = session.scalar(select(func.count()).select_from(matching.with_only_columns(key).subquery()))
    ordered = matching.order_by(*_ordering(listing.ordering or ordering, columns), key)
    items = session.scalars(ordered.limit(listing.limit).offset(listing.offset)).unique().all()
    return Page(items, total or 0)


def _search(text: str | None, column: Column) -> Condition:
    return _contains(column.expression, fold(text)) if text else true()


def _ordering(ordering: str, columns: Mapping[str, Column]) -> list[ColumnElement[Any]]:
    names = [name.strip() for name in ordering.split(",")]
    return [
        _column(columns, name[1:], "ordering").desc()
        if name.startswith("-")
        else _column(columns, name, "ordering").asc()
        for name in names
    ]


def _column(columns: Mapping[str, Column], name: str, parameter: str) -> Column:
    if name not in columns:
        raise _refusal(parameter, f"unknown field; known fields: {', '.join(columns)}")
    return columns[name]


def _refusal(parameter: str, why: str) -> BadRequest:
    return BadRequest.at(f"/query/{parameter}", why)


def _condition(
    filter: Mapping[str, Any] | None, columns: Mapping[str, Column], lists: Mapping[str, Elements]
) -> Condition:
    return true() if filter is None else _tree(filter, columns, lists, [MAX_RULES], 1)


def _tree(
    node: Mapping[str, Any],
    columns: Mapping[str, Column],
    lists: Mapping[str, Elements],
    left: list[int],
    depth: int,
) -> Condition:
    left[0] -= 1
    if left[0] < 0:
        raise _refusal("filter", f"has more than {MAX_RULES} rules and conditions")
    if depth > MAX_DEPTH:
        raise _refusal("filter", f"nests more than {MAX_DEPTH} deep")
    if "rules" not in node:
        return _membership(node, lists) if node["field"] in lists else _rule(node, columns)
    parts = [_tree(rule, columns, lists, left, depth + 1) for rule in node["rules"]]
    return _JOINS[node.get("condition", "AND")](*parts) if parts else true()


def _rule(rule: Mapping[str, Any], columns: Mapping[str, Column]) -> Condition:
    """Return the condition of a rule. A `not_` operator selects exactly the rows that the plain operator does not."""
    column, operator = _column(columns, rule["field"], "filter"), rule["operator"]
    plain = operator.removeprefix("not_")
    selected = _selected(column, plain, rule.get("value"))
    return selected if plain == operator else or_(column.is_(None), not_(selected))


def _membership(rule: Mapping[str, Any], lists: Mapping[str, Elements]) -> Condition:
    plain = rule["operator"].removeprefix("not_")
    if plain not in _ON_MANY:
        raise _unusable()
    values = _several(rule["value"])
    if not all(isinstance(value, str) for value in values):
        raise _unusable()
    selected = lists[rule["field"]](list(dict.fromkeys(values)))
    return selected if plain == rule["operator"] else not_(selected)


def _several(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _selected(column: Column, operator: str, value: Any) -> Condition:
    if operator in _WITHOUT_VALUE:
        return _WITHOUT_VALUE[operator](column)
    if operator in _ON_TEXT and _is_text(column):
        return _ON_TEXT[operator](column, _comparable(column, value))
    if operator in _ON_ONE:
        return _ON_ONE[operator](column, _comparable(column, value))
    if operator in _ON_MANY:
        return column.in_(list(dict.fromkeys(_comparable(column, item) for item in _several(value))))
    if operator == "between":
        return column.between(*(_comparable(column, item) for item in value))
    raise _unusable()


def _unusable() -> BadRequest:
    return _refusal("filter", "has a rule whose operator cannot take its value or its field")


def _is_text(column: Column) -> bool:
    return isinstance(column.expression.type, String | Id)


def _comparable(column: Column, value: object) -> Any:
    """Return a value in the column's type: text, an integer, or a time in any form that events may have."""
    type = column.expression.type
    if isinstance(type, Id) and isinstance(value, str):
        return value.lower()
    if isinstance(type, String) and isinstance(value, str):
        return value
    if isinstance(type, Integer) and _is_integer(value):
        return value
    if isinstance(type, UtcDateTime) and isinstance(value, str | int | float):
        try:
            time = parse_timestamp(value)
        except (ValueError, OverflowError):
            time = None
        if time is not None:
            return moment_of(time)
    raise _unusable()


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_INTEGER


# Not LIKE: it refuses long patterns and, in SQLite, ignores case.
def _contains(column: ColumnElement[str], value: Any) -> Condition:
    return func.replace(column, value, "") != column


def _begins_with(column: Column, value: str) -> Condition:
    return func.substr(column, 1, len(value)) == value


def _ends_with(column: Column, value: str) -> Condition:
    length = func.length(column)
    return and_(length >= len(value), func.substr(column, length - len(value) + 1) == value)


def _is_empty(column: Column) -> Condition:
    return or_(column.is_(None), column == "") if _is_text(column) else column.is_(None)


_WITHOUT_VALUE: Mapping[str, Callable[[Column], Condition]] = {
    "is_null": lambda column: column.is_(None),
    "is_not_null": lambda column: column.is_not(None),
    "is_empty": _is_empty,
    "is_not_empty": lambda column: not_(_is_empty(column)),
}
_ON_ONE: Mapping[str, Callable[[Column, Any], Condition]] = {
    "equal": lambda column, value: column == value,
    "less": lambda column, value: column < value,
    "less_or_equal": lambda column, value: column <= value,
    "greater": lambda column, value: column > value,
    "greater_or_equal": lambda column, value: column >= value,
}
_ON_TEXT: Mapping[str, Callable[[Column, str], Condition]] = {
    "begins_with": _begins_with,
    "contains": lambda column, value: _contains(column.expression, value) if value else column.is_not(None),
    "ends_with": _ends_with,
}
_ON_MANY = frozenset({"any", "in"})
OPERATORS = frozenset(
    {*_WITHOUT_VALUE, *_ON_ONE, *_ON_TEXT, *_ON_MANY, "between"}
    | {f"not_{name}" for name in ("equal", "in", "between", *_ON_TEXT)}
)
