"""Check the filters of a request against a model's schema, and give their values the types of its columns."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from inference_events.errors import BadRequest
from inference_events.events.filters import EventFilter, Operator, UndeclaredFilter, Value, ValueFilter, ViolationFilter
from inference_events.events.ingest.timestamps import parse_timestamp
from inference_events.events.types import TIMESTAMP
from inference_events.exact_json import infinity_word
from inference_events.models.schema import Column, ModelSchema
from inference_events_api import types as t

EPOCH = datetime(1970, 1, 1)
MAX_VALUES = 1_000
INT64 = range(-(2**63), 2**63)
INFINITIES = {infinity_word(infinity): infinity for infinity in (float("inf"), float("-inf"))}
ANY_TYPE = {Operator.IS_NULL, Operator.NOT_NULL}
OF_BOOLEANS = ANY_TYPE | {Operator.EQ, Operator.NE, Operator.IN, Operator.NOT_IN}
OF_TEXTS = {Operator.CONTAINS, Operator.STARTS_WITH}


def event_filters(filters: Sequence[t.EventFilter], schema: ModelSchema) -> list[EventFilter]:
    """Return the filters of a request for the event store. Raises BadRequest with the place of a wrong one."""
    return [_filter(filter, f"/filters/{place}", schema) for place, filter in enumerate(filters)]


def _filter(filter: t.EventFilter, place: str, schema: ModelSchema) -> EventFilter:
    match filter["operator"]:
        case "any_violation" | "no_violation" as operator:
            _refuse_fields(filter, place, "value")
            return ViolationFilter(operator == "any_violation", filter.get("column"), filter.get("kind"))
        case "exists":
            _refuse_fields(filter, place, "value", "kind")
            return UndeclaredFilter(_column_name(filter, place))
        case operator:
            _refuse_fields(filter, place, "kind")
            return _value_filter(filter, Operator(operator), place, schema)


def _value_filter(filter: t.EventFilter, operator: Operator, place: str, schema: ModelSchema) -> ValueFilter:
    name = _column_name(filter, place)
    column = next((each for each in schema.columns if each.name == name), None)
    if column is None:
        raise BadRequest.at(f"{place}/column", "is not a column of the model")
    if operator not in _operators(column):
        raise BadRequest.at(f"{place}/operator", "does not fit the type of the column")
    if operator in ANY_TYPE:
        _refuse_fields(filter, place, "value")
        return ValueFilter(name, operator)
    if "value" not in filter:
        raise BadRequest.at(f"{place}/value", "is needed for this operator")
    return ValueFilter(name, operator, _values(filter["value"], operator, column.element, f"{place}/value"))


def _operators(column: Column) -> set[Operator]:
    if column.is_list:
        return ANY_TYPE
    if column.element == pa.bool_():
        return OF_BOOLEANS
    return set(Operator) if column.element == pa.string() else set(Operator) - OF_TEXTS


def _values(value: Any, operator: Operator, kind: pa.DataType, place: str) -> list[Value]:
    if operator in (Operator.IN, Operator.NOT_IN):
        if not isinstance(value, list) or not 1 <= len(value) <= MAX_VALUES:
            raise BadRequest.at(place, "must be a list of 1 to 1,000 values")
        return [_value(each, kind, f"{place}/{index}") for index, each in enumerate(value)]
    if operator is Operator.BETWEEN:
        if not isinstance(value, list) or len(value) != 2:
            raise BadRequest.at(place, "must be a list of two values")
        low, high = (_value(each, kind, f"{place}/{index}") for index, each in enumerate(value))
        if _sort_key(low) > _sort_key(high):
            raise BadRequest.at(place, "must have the smaller value first")
        return [low, high]
    return [_value(value, kind, place)]


def _value(value: Any, kind: pa.DataType, place: str) -> Value:
    read, what = _READERS[kind]
    found = read(value)
    if found is None:
        raise BadRequest.at(place, what)
    return found


def _float(value: Any) -> float | None:
    if isinstance(value, str):
        return INFINITIES.get(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _integer(value: Any) -> int | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value in INT64 else None


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _time(value: Any) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        time = parse_timestamp(value)
    except (ValueError, OverflowError):
        return None
    return None if time is None else EPOCH + timedelta(microseconds=time)


def _sort_key(value: Value) -> Any:
    return value.encode() if isinstance(value, str) else value


def _column_name(filter: t.EventFilter, place: str) -> str:
    if "column" not in filter:
        raise BadRequest.at(f"{place}/column", "is needed for this operator")
    return filter["column"]


def _refuse_fields(filter: t.EventFilter, place: str, *names: str) -> None:
    for name in names:
        if name in filter:
            raise BadRequest.at(f"{place}/{name}", "does not belong to this operator; remove it")


_READERS: dict[pa.DataType, tuple[Callable[[Any], Value | None], str]] = {
    pa.float64(): (_float, "must be a number"),
    pa.int64(): (_integer, "must be a whole number of 64 bits"),
    pa.bool_(): (_boolean, "must be true or false"),
    pa.string(): (_text, "must be a text"),
    TIMESTAMP: (_time, "cannot be read as a time such as 2024-05-01T12:30:00Z"),
}
