"""Pages of rows as list operations ask for them: limit, offset, ordering, search and filter."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from inference_events.errors import BadRequest, Fault

RowT = TypeVar("RowT")
Column = InstrumentedAttribute[Any]
_MOST_RULES = 100


@dataclass(frozen=True, slots=True)
class Listing:
    """Say which rows a caller wants: `ordering` by a comma list of columns, `filter` by a tree of rules."""

    limit: int = 50
    offset: int = 0
    ordering: str | None = None
    search: str | None = None
    filter: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page(Generic[RowT]):
    """Hold the rows of a page and the number of rows on all pages."""

    items: Sequence[RowT]
    total: int


def page(
    session: Session,
    rows: Select[RowT],
    listing: Listing,
    columns: Mapping[str, Column],
    ordering: str,
) -> Page[RowT]:
    """Return one page of `rows`, in the given ordering unless the listing has one.

    `columns` are what may be filtered and ordered by; `search` looks into `name`, and `id` breaks ties.
    Raises BadRequest for an unknown column, operator or value.
    """
    key = columns["id"]
    matching = rows.where(_search(listing.search, columns), _condition(listing.filter, columns))
    total = session.scalar(select(func.count()).select_from(matching.with_only_columns(key).subquery()))
    ordered = matching.order_by(*_ordering(listing.ordering or ordering, columns), key)
    items = session.scalars(ordered.limit(listing.limit).offset(listing.offset)).unique().all()
    return Page(items, total or 0)


def _search(text: str | None, columns: Mapping[str, Column]) -> ColumnElement[bool]:
    return columns["name"].icontains(text, autoescape=True) if text else true()


def _ordering(ordering: str, columns: Mapping[str, Column]) -> list[ColumnElement[Any]]:
    names = [name.strip() for name in ordering.split(",")]
    return [
        _column(columns, name[1:], "ordering").desc()
        if name.startswith("-")
        else _column(columns, name, "ordering").asc()
        for name in names
    ]


def _column(columns: Mapping[str, Column], name: object, parameter: str) -> Column:
    if not isinstance(name, str) or name not in columns:
        raise _refusal(parameter, f"a field is not one of {', '.join(columns)}")
    return columns[name]


def _refusal(parameter: str, why: str) -> BadRequest:
    message = f"The query parameter {parameter} cannot be used: {why}"
    return BadRequest(message, [Fault(message, f"/query/{parameter}")])


def _condition(node: Mapping[str, Any], columns: Mapping[str, Column]) -> ColumnElement[bool]:
    return _tree(node, columns, [_MOST_RULES]) if node else true()


def _tree(node: object, columns: Mapping[str, Column], left: list[int]) -> ColumnElement[bool]:
    left[0] -= 1
    if left[0] < 0:
        raise _refusal("filter", f"it has more than {_MOST_RULES} rules and conditions")
    if not isinstance(node, Mapping):
        raise _refusal("filter", "a rule or condition is not an object")
    if "rules" not in node:
        return _rule(node, columns)
    rules, join = node["rules"], {"AND": and_, "OR": or_}.get(str(node.get("condition", "AND")))
    if not isinstance(rules, list) or join is None:
        raise _refusal("filter", "a condition needs AND or OR and a list of rules")
    parts = [_tree(rule, columns, left) for rule in rules]
    return join(*parts) if parts else true()


def _rule(rule: Mapping[str, Any], columns: Mapping[str, Column]) -> ColumnElement[bool]:
    column = _column(columns, rule.get("field"), "filter")
    operator, value = rule.get("operator"), rule.get("value")
    if operator in _WITHOUT_VALUE:
        return _WITHOUT_VALUE[operator](column)
    if operator in _ON_ONE and isinstance(value, str | int | float):
        return _ON_ONE[operator](column, value)
    if operator in _ON_MANY and isinstance(value, list) and all(isinstance(v, str | int | float) for v in value):
        return _ON_MANY[operator](column, value)
    raise _refusal("filter", "a rule has an unknown operator, or a value that its operator cannot take")


def _between(column: Column, bounds: list[Any]) -> ColumnElement[bool]:
    if len(bounds) != 2:
        raise _refusal("filter", "between needs two values")
    return column.between(*bounds)


_WITHOUT_VALUE: dict[object, Callable[[Column], ColumnElement[bool]]] = {
    "is_null": lambda column: column.is_(None),
    "is_not_null": lambda column: column.is_not(None),
    "is_empty": lambda column: or_(column.is_(None), column == ""),
    "is_not_empty": lambda column: and_(column.is_not(None), column != ""),
}
_ON_ONE: dict[object, Callable[[Column, Any], ColumnElement[bool]]] = {
    "equal": lambda column, value: column == value,
    "not_equal": lambda column, value: column != value,
    "less": lambda column, value: column < value,
    "less_or_equal": lambda column, value: column <= value,
    "greater": lambda column, value: column > value,
    "greater_or_equal": lambda column, value: column >= value,
    "begins_with": lambda column, value: column.startswith(str(value), autoescape=True),
    "not_begins_with": lambda column, value: not_(column.startswith(str(value), autoescape=True)),
    "ends_with": lambda column, value: column.endswith(str(value), autoescape=True),
    "not_ends_with": lambda column, value: not_(column.endswith(str(value), autoescape=True)),
    "contains": lambda column, value: column.contains(str(value), autoescape=True),
    "not_contains": lambda column, value: not_(column.contains(str(value), autoescape=True)),
}
_ON_MANY: dict[object, Callable[[Column, list[Any]], ColumnElement[bool]]] = {
    "in": lambda column, values: column.in_(values),
    "any": lambda column, values: column.in_(values),
    "not_in": lambda column, values: column.not_in(values),
    "between": _between,
    "not_between": lambda column, values: not_(_between(column, values)),
}
