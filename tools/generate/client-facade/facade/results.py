"""The results of several requests, as if one request had carried the whole list."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TypeVar

from attrs import evolve

from ..models.events_published import EventsPublished
from ..models.events_updated import EventsUpdated
from ..models.violation_count import ViolationCount
from ..models.warning_detail import WarningDetail
from ..types import UNSET, Unset
from .errors import InferenceEventsError

T = TypeVar("T")


def of_kind(kind: type[T], data: object) -> T:
    """Return the data of a response if it has the expected kind."""
    if not isinstance(data, kind):
        raise InferenceEventsError(f"The response is not of the kind {kind.__name__}")
    return data


def merge_published(results: Sequence[EventsPublished]) -> EventsPublished:
    """Return one result: ids in order, counts summed."""
    merged = EventsPublished(
        source_type="EVENTS",
        event_ids=list(chain.from_iterable(result.event_ids for result in results)),
        created=sum(result.created for result in results),
        replaced=sum(result.replaced for result in results),
        unchanged=sum(result.unchanged for result in results),
        undeclared_columns=_distinct(result.undeclared_columns for result in results),
        violations=_violations(result.violations for result in results),
        warnings=_warnings(result.warnings for result in results),
    )
    if all(result.missing_timestamp_column for result in results):
        merged.missing_timestamp_column = results[0].missing_timestamp_column
    return merged


def merge_updated(results: Sequence[EventsUpdated]) -> EventsUpdated:
    """Return one result: ids in order, counts summed."""
    return EventsUpdated(
        source_type="EVENTS",
        event_ids=list(chain.from_iterable(result.event_ids for result in results)),
        updated=sum(result.updated for result in results),
        unknown_event_ids=list(chain.from_iterable(result.unknown_event_ids for result in results)),
        ignored_columns=_distinct(result.ignored_columns for result in results),
        undeclared_columns=_distinct(result.undeclared_columns for result in results),
        violations=_violations(result.violations for result in results),
        warnings=_warnings(result.warnings for result in results),
    )


def _distinct(names: Iterable[Iterable[str]]) -> list[str]:
    return list(dict.fromkeys(chain.from_iterable(names)))


def _violations(lists: Iterable[Iterable[ViolationCount]]) -> list[ViolationCount]:
    merged: dict[tuple[str, str], ViolationCount] = {}
    for violation in chain.from_iterable(lists):
        known = merged.get((violation.column, violation.kind))
        count = violation.count + (known.count if known else 0)
        merged[violation.column, violation.kind] = evolve(violation, count=count)
    return list(merged.values())


def _warnings(lists: Iterable[Iterable[WarningDetail] | Unset]) -> list[WarningDetail] | Unset:
    merged: dict[tuple[object, ...], WarningDetail] = {}
    for warning in chain.from_iterable(warnings or () for warnings in lists):
        name = (warning.reason, warning.message, warning.column, warning.feature)
        known = merged.get(name)
        count = (warning.count or 0) + ((known.count or 0) if known else 0)
        merged[name] = evolve(warning, count=count or UNSET)
    return list(merged.values()) or UNSET
