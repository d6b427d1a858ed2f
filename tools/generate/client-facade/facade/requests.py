"""Make the bodies of requests, and cut lists to the size of one request."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from ..models.delete_events_request import DeleteEventsRequest
from ..models.deleted_time_range import DeletedTimeRange
from ..models.event import Event
from ..models.event_filter import EventFilter
from ..models.event_order import EventOrder
from ..models.events_source import EventsSource
from ..models.file_source import FileSource
from ..models.file_upload import FileUpload
from ..models.publish_events_request import PublishEventsRequest
from ..models.read_events_request import ReadEventsRequest
from ..models.time_range import TimeRange
from ..models.update_events_request import UpdateEventsRequest
from ..types import UNSET, File, Unset
from .errors import InferenceEventsError

T = TypeVar("T")
Id = UUID | str
Time = date | str | float

MAX_EVENTS = 1_000
MAX_DELETED_IDS = 10_000


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut `items` into lists of at most `size`."""
    left = iter(items)
    while batch := list(islice(left, size)):
        yield batch


def event_batches(events: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Cut events into lists for a request each; no events are one empty list, because the server may refuse it."""
    found = False
    for batch in batches(events, MAX_EVENTS):
        found = True
        yield batch
    if not found:
        yield []


@contextmanager
def noting(done: int) -> Iterator[None]:
    """Add to an error how many items of a list earlier requests have done; places in the error count from there."""
    try:
        yield
    except InferenceEventsError as error:
        if done:
            error.add_note(f"The first {done} of the list are done; places in this error count from there.")
        raise


def as_uuid(id: Id) -> UUID:
    """Return an id as the generated operations take it. Raises ValueError if it is not an id."""
    return id if isinstance(id, UUID) else UUID(id)


def events_request(
    model_id: Id, events: Sequence[Mapping[str, Any]], dataset: str | None = None
) -> PublishEventsRequest:
    """Return the request that carries events; without a dataset they are production events.

    Values of events may be times and UUIDs, too.
    """
    return _request(model_id, _events_source(events), dataset)


def file_request(model_id: Id, file_id: Id, dataset: str | None = None) -> PublishEventsRequest:
    """Return the request that names an uploaded file; without a dataset its rows are production events."""
    return _request(model_id, FileSource("FILE", as_uuid(file_id)), dataset)


def update_request(model_id: Id, events: Sequence[Mapping[str, Any]]) -> UpdateEventsRequest:
    """Return the request that carries updates of production events. Values may be times and UUIDs, too."""
    return UpdateEventsRequest(as_uuid(model_id), "PRODUCTION", _events_source(events))


def file_update_request(model_id: Id, file_id: Id) -> UpdateEventsRequest:
    """Return the request that names an uploaded file with updates of production events."""
    return UpdateEventsRequest(as_uuid(model_id), "PRODUCTION", FileSource("FILE", as_uuid(file_id)))


def _events_source(events: Sequence[Mapping[str, Any]]) -> EventsSource:
    return EventsSource("EVENTS", [_event(event) for event in events])


def _event(values: Mapping[str, Any]) -> Event:
    return Event.from_dict({column: _in_json(value) for column, value in values.items()})


def _in_json(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _request(model_id: Id, source: EventsSource | FileSource, dataset: str | None) -> PublishEventsRequest:
    if dataset is None:
        return PublishEventsRequest(as_uuid(model_id), "PRODUCTION", source)
    return PublishEventsRequest(as_uuid(model_id), "PRE_PRODUCTION", source, env_name=dataset)


def delete_requests(model_id: Id, event_ids: Iterable[str]) -> Iterator[DeleteEventsRequest]:
    """Return the requests that delete events by their ids."""
    for ids in _id_batches(event_ids, MAX_DELETED_IDS):
        yield DeleteEventsRequest(as_uuid(model_id), event_ids=ids, update_metrics=False)


def range_request(model_id: Id, start: Time, end: Time, update_metrics: bool) -> DeleteEventsRequest:
    """Return the request that deletes the events of a range of time."""
    between = DeletedTimeRange(_bound(start), _bound(end))
    return DeleteEventsRequest(as_uuid(model_id), time_range=between, update_metrics=update_metrics)


class EventChoice:
    """Which events a reader wants of those in a range, which columns of them, and in which order."""

    def __init__(
        self,
        filters: Iterable[Mapping[str, Any]] = (),
        columns: Iterable[str] | None = None,
        newest_first: bool = False,
        preview: int | None = None,
    ) -> None:
        self.filters = [EventFilter.from_dict(_filter_in_json(each)) for each in filters] or UNSET
        self.columns = UNSET if columns is None else _listed("columns", columns, "names")
        self.order: EventOrder | Unset = "desc" if newest_first else UNSET
        self.preview = UNSET if preview is None else preview


def read_requests(
    model_id: Id,
    dataset: str | None,
    event_ids: Iterable[str] | None,
    between: tuple[Time, Time] | None,
    page_size: int,
    choice: EventChoice,
) -> Iterator[ReadEventsRequest]:
    """Return the requests for the first pages: one, or one for each 1,000 ids."""
    for ids in [UNSET] if event_ids is None else _id_batches(event_ids, MAX_EVENTS):
        yield ReadEventsRequest(
            as_uuid(model_id),
            "PRODUCTION" if dataset is None else "PRE_PRODUCTION",
            env_name=UNSET if dataset is None else dataset,
            event_ids=ids,
            time_range=UNSET if between is None else TimeRange(_bound(between[0]), _bound(between[1])),
            limit=page_size,
            filters=choice.filters,
            order=choice.order,
            columns=choice.columns,
            preview=choice.preview,
        )


def _filter_in_json(filter: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _values_in_json(value) for name, value in filter.items()}


def _values_in_json(value: object) -> object:
    return [_in_json(each) for each in value] if isinstance(value, list | tuple) else _in_json(value)


def _id_batches(event_ids: Iterable[str], size: int) -> Iterator[list[str]]:
    return batches(_listed("event_ids", event_ids, "ids"), size)


def _listed(name: str, texts: Iterable[str], what: str) -> list[str]:
    if isinstance(texts, str):
        raise TypeError(f"{name} is one text; give a list of {what}")
    return list(texts)


def _bound(time: Time) -> str | float:
    return time.isoformat() if isinstance(time, date) else time


@contextmanager
def opened(path: Path) -> Iterator[FileUpload]:
    """Open a file to be uploaded."""
    with path.open("rb") as payload:
        yield FileUpload(File(payload, path.name))
