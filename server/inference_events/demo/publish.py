"""Publish flights: as files, or as a stream of requests in the order in which things become known."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from io import BytesIO
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

from inference_events.client import AuthenticatedClient
from inference_events.client.api.events import delete_events, publish_events, update_events
from inference_events.client.api.files import upload_file
from inference_events.client.api.models import create_model
from inference_events.client.api.projects import create_project, delete_project, list_projects
from inference_events.client.models import (
    DeletedTimeRange,
    DeleteEventsRequest,
    Event,
    EventsPublished,
    EventsSource,
    EventsUpdated,
    FileAccepted,
    FileSource,
    FileUpload,
    ModelCreate,
    ProjectCreate,
    PublishEventsRequest,
    UpdateEventsRequest,
)
from inference_events.client.types import File
from inference_events.demo.answers import answered, finished
from inference_events.demo.flights import Flights, Row, rows

PROJECT = "nycflights13"
DATASET = "january_february"
REQUEST_EVENTS = 1000

CREATED = "created"
REPLACED = "replaced"
UNCHANGED = "unchanged"
REJECTED = "rejected"
LABELLED = "labelled"
UNKNOWN = "labels without an event"
DELETED_BY_TIME = "deleted by time"
DELETED_BY_ID = "deleted by id"

_JOB_COUNTS = {
    CREATED: "created",
    REPLACED: "replaced",
    UNCHANGED: "unchanged",
    REJECTED: "rejected_rows",
    LABELLED: "updated",
    UNKNOWN: "unknown",
}

Advance = Callable[[int], None]


def fresh_project(client: AuthenticatedClient) -> UUID:
    """Create the demo's project. One of an earlier run is deleted first, with all of its events."""
    for project in answered(list_projects.sync(client=client, limit=1000)).data.items:
        if project.name == PROJECT:
            finished(client, answered(delete_project.sync(project.id, client=client)).data.job.id)
    return answered(create_project.sync(client=client, body=ProjectCreate(PROJECT))).data.id


def register(client: AuthenticatedClient, model: ModelCreate) -> UUID:
    """Create a model and return its id."""
    return answered(create_model.sync(client=client, body=model)).data.id


class Publisher:
    """Publish to one model, and count what the server says of it.

    `counts` holds how many events became what: CREATED and the names that follow it.
    """

    def __init__(self, client: AuthenticatedClient, model_id: UUID) -> None:
        self.client = client
        self.model_id = model_id
        self.counts: Counter[str] = Counter()

    def publish_dataset(self, flights: Flights) -> None:
        """Publish flights with their labels as a PRE_PRODUCTION dataset, from a file."""
        source = self._upload(flights.labelled_events(), f"{DATASET}.parquet")
        request = PublishEventsRequest(self.model_id, "PRE_PRODUCTION", source, DATASET)
        self._finish(answered(publish_events.sync(client=self.client, body=request)).data)

    def publish_file(self, flights: Flights) -> None:
        """Publish flights as they are at departure, from a file."""
        request = self._production(self._upload(flights.events(), "events.parquet"))
        self._finish(answered(publish_events.sync(client=self.client, body=request)).data)

    def label_file(self, flights: Flights) -> None:
        """Update the labels of flights that have landed, from a file."""
        request = self._update(self._upload(flights.landed().labels(), "labels.parquet"))
        self._finish(answered(update_events.sync(client=self.client, body=request)).data)

    def stream(self, flights: Flights, advance: Advance) -> None:
        """Publish each flight at its departure and its label after its landing, in requests of 1,000.

        A request of flights is sent when the last of them departs, one of labels as soon as it is full.
        `advance` is told how many flights each request published.
        """
        events, departures = flights.events(), flights.departures()
        labels, landings = flights.landed().labels(), flights.landed().landings()
        labelled = 0
        for first in range(0, len(flights), REQUEST_EVENTS):
            batch = events.slice(first, REQUEST_EVENTS)
            self._publish(rows(batch))
            landed = bisect_right(landings, departures[first + len(batch) - 1])
            while labelled + REQUEST_EVENTS <= landed:
                self._label(rows(labels.slice(labelled, REQUEST_EVENTS)))
                labelled += REQUEST_EVENTS
            advance(len(batch))
        for first in range(labelled, len(landings), REQUEST_EVENTS):
            self._label(rows(labels.slice(first, REQUEST_EVENTS)))

    def delete_between(self, start: datetime, end: datetime) -> None:
        """Delete the events of a time range."""
        between = DeletedTimeRange(start.isoformat(), end.isoformat())
        self.counts[DELETED_BY_TIME] += self._delete(DeleteEventsRequest(self.model_id, time_range=between))

    def delete(self, event_ids: list[str]) -> None:
        """Delete events by their ids."""
        request = DeleteEventsRequest(self.model_id, event_ids=event_ids, update_metrics=False)
        self.counts[DELETED_BY_ID] += self._delete(request)

    def _publish(self, events: Iterable[Row]) -> None:
        result = answered(publish_events.sync(client=self.client, body=self._production(_listed(events)))).data
        assert isinstance(result, EventsPublished)
        self.counts += Counter({CREATED: result.created, REPLACED: result.replaced, UNCHANGED: result.unchanged})

    def _label(self, labels: Iterable[Row]) -> None:
        result = answered(update_events.sync(client=self.client, body=self._update(_listed(labels)))).data
        assert isinstance(result, EventsUpdated)
        self.counts += Counter({LABELLED: result.updated, UNKNOWN: len(result.unknown_event_ids)})

    def _delete(self, request: DeleteEventsRequest) -> int:
        accepted = answered(delete_events.sync(client=self.client, body=request)).data
        return finished(self.client, accepted.job.id).info.deleted_events or 0

    def _finish(self, accepted: EventsPublished | EventsUpdated | FileAccepted) -> None:
        assert isinstance(accepted, FileAccepted)
        info = finished(self.client, accepted.job.id).info
        self.counts += Counter({name: getattr(info, field) or 0 for name, field in _JOB_COUNTS.items()})

    def _upload(self, table: pa.Table, name: str) -> FileSource:
        content = BytesIO()
        pq.write_table(table, content)
        content.seek(0)
        upload = FileUpload(File(content, name, "application/vnd.apache.parquet"))
        return FileSource("FILE", answered(upload_file.sync(client=self.client, body=upload)).data.id)

    def _production(self, source: EventsSource | FileSource) -> PublishEventsRequest:
        return PublishEventsRequest(self.model_id, "PRODUCTION", source)

    def _update(self, source: EventsSource | FileSource) -> UpdateEventsRequest:
        return UpdateEventsRequest(self.model_id, "PRODUCTION", source)


def _listed(events: Iterable[Row]) -> EventsSource:
    return EventsSource("EVENTS", [Event.from_dict(event) for event in events])
