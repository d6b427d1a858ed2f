"""Groups of events by the values of a column: the most frequent ones, and the rest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from inference_events.errors import BadRequest
from inference_events.messages import quote
from inference_events.monitoring import fql
from inference_events.monitoring.engine import Computation, RowSelection
from inference_events.monitoring.fql.ir import ColumnValue, Literal, Node, Type, boolean
from inference_events.monitoring.metrics.binning import value_text
from inference_events.monitoring.metrics.sql import is_list
from inference_events.monitoring.queries.windows import Window
from inference_events.monitoring.sql_names import value_column
from inference_events.monitoring.subject import Kind, Subject

MAX_GROUPS = 10
GROUPING_TYPES = ("category", "bool", "str", "int")


@dataclass(frozen=True)
class Group:
    """Events with one value of a column. The rest, which has all others, and all events together have no name."""

    window: Window
    name: str | None = None
    is_rest: bool = False


def check_grouping(subject: Subject, column: str, place: str) -> None:
    """Refuse a column that cannot group events. Raises BadRequest."""
    if column not in subject.columns:
        raise BadRequest.at(place, "the model has no such column")
    if (
        subject.data_types[column] not in GROUPING_TYPES
        or is_list(subject, column)
        or subject.kind(column) is Kind.VECTOR
    ):
        wanted = ", ".join(GROUPING_TYPES)
        raise BadRequest.at(place, f"group_by needs a column of the type {wanted}, and {quote(column)} is none")


def groups(computation: Computation, window: Window, subject: Subject, column: str | None) -> list[Group]:
    """Return the events by the 10 most frequent values of a column, and the rest; without a column, all as one group.

    The rest has the events without a value, an empty text among them. It is there if there are more than 10 values, or
    events without a value.
    """
    if column is None:
        return [Group(window)]
    values, has_rest = _frequent(computation, window, subject, column)
    kind = Type(subject.kind(column).value)
    cell = ColumnValue(kind, column, is_integer=subject.kind(column) is Kind.NUMBER)
    equals: list[Node] = [boolean("==", cell, Literal(kind, value)) for value in values]
    found = [
        Group(_narrowed(window, column, one), value_text(value)) for value, one in zip(values, equals, strict=True)
    ]
    if has_rest:
        rest = boolean("or", boolean("is_null", cell), boolean("not", _any(equals))) if equals else None
        found.append(Group(window if rest is None else _narrowed(window, column, rest), is_rest=True))
    return found


def _any(conditions: Sequence[Node]) -> Node:
    return boolean("or", *conditions) if len(conditions) > 1 else conditions[0]


def _narrowed(window: Window, column: str, condition: Node) -> Window:
    """Add a condition to the segment of a window."""
    if window.segment is None:
        return replace(window, segment=fql.Segment((column,), condition))
    columns = tuple(dict.fromkeys((*window.segment.columns, column)))
    return replace(window, segment=fql.Segment(columns, boolean("and", window.segment.condition, condition)))


def _frequent(computation: Computation, window: Window, subject: Subject, column: str) -> tuple[list[Any], bool]:
    """Return the most frequent values of a column, and whether any event has another one or none."""
    rows = computation.rows(RowSelection(window.environment_id, window.bins, (column,), segment=window.segment))
    cell = value_column(column)
    value = f"nullif({cell}, '')" if subject.kind(column) is Kind.STRING else cell
    if subject.kind(column) is Kind.NUMBER:
        value = f"CASE WHEN isfinite({cell}::DOUBLE) THEN {cell}::DOUBLE END"
    found = rows.query(
        fql.Sql(
            f"SELECT value, count(*) AS n FROM (SELECT {value} AS value FROM rows) GROUP BY value "
            f"ORDER BY value IS NULL, n DESC, value LIMIT {MAX_GROUPS + 1}"
        )
    ).to_pylist()
    values = [one["value"] for one in found if one["value"] is not None]
    has_null = len(values) < len(found)
    return values[:MAX_GROUPS], has_null or len(values) > MAX_GROUPS
