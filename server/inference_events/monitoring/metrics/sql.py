"""SQL text: literals and terms. No other module of the metrics quotes anything.

Every number is a DOUBLE. An infinite value or one that is not a number counts as missing in every figure.
"""

import math
from collections.abc import Iterable
from typing import Any

from inference_events.monitoring.sql_names import quoted, value_column
from inference_events.monitoring.subject import Kind, Subject


def literal(value: bool | int | float | str) -> str:
    """Write a value as a literal. Raises ValueError for an infinite number."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("a literal is finite")
    return f"'{number!r}'::DOUBLE"


def literals(values: Iterable[Any]) -> str:
    """Write values for IN (…) or […]."""
    return ", ".join(map(literal, values))


def number(name: str) -> str:
    """Return a model's column as DOUBLE."""
    return f"{value_column(name)}::DOUBLE"


def is_list(subject: Subject, name: str) -> bool:
    """Report whether the cells of a column hold a value for each item of a ranking row."""
    declared = subject.columns[name]
    return declared.is_list and not declared.is_vector


def is_numeric(subject: Subject, name: str) -> bool:
    """Report whether a column holds numbers that are no categories."""
    return subject.kind(name) is Kind.NUMBER and subject.data_types[name] != "category"


def item(subject: Subject, name: str) -> str:
    """Return the value of a row's cell, or a row for each item of a ranking row's cell."""
    cell = value_column(name)
    return f"unnest({cell})" if is_list(subject, name) else cell


def values(subject: Subject, name: str, relation: str, more: str = "") -> str:
    """Return a query for `bin` and `x`, the values of a column: one per row, or one per item of ranking rows.

    `more` are further columns, each after a comma.
    """
    return f"SELECT bin, {item(subject, name)} AS x{more} FROM {quoted(relation)}"


def count_if(condition: str) -> str:
    return f"count(*) FILTER (WHERE {condition})"


def sum_if(term: str, condition: str) -> str:
    """Sum with compensation, so that the order of the rows does not show in the digits."""
    return f"fsum({term}) FILTER (WHERE {condition})"
