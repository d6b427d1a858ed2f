"""Publish flights: as files, or as a stream of requests in the order in which things become known."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from io import BytesIO
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

from inference_events.demo.answers import answered, finished
from inference_events.demo.flights import Flights, Row, rows
from inference_events_client import AuthenticatedClient
from inference_events_client.api.events import delete_events, publish_events, update_events
from inference_events_client.api.files import upload_file
from inference_events_client.api.models import create_model
from inference_events_client.api.projects import create_project, delete_project, list_projects
from inference_events_client.models import (
    DeletedTimeRange,
    DeleteEventsRequest,
    Event,
    EventsPublished,
    EventsSource,
    EventsUpdated,
    FileAccepted,
    FileSource,
    FileUpload,
    JobInfo,
    ModelCreate,
    ProjectCreate,
    PublishEventsRequest,
)
from inference_events_client.types import File

PROJECT = "nycflights13"
DATASET = "january_february"
REQUEST_EVENTS = 1000

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

    `counts` holds events by what became of them: `created`, `replaced`, `unchanged`, `rejected` for published
    ones, `updated`, `unknown` for labels, `deleted`.
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
        request = self._production(self._upload(flights.landed().labels(), "labels.parquet"))
        self._finish(answered(update_events.sync(client=self.client, body=request)).data)

    def stream(self, flights: Flights, advance: Advance) -> None:
        """Publish each flight at its departure and its label at its landing, in requests of up to 1,000.

        A request is sent when its last flight departs, and takes along the labels of all that landed until then.
        `advance` is told how many flights each request published.
        """
        events, departures = flights.events(), flights.departures()
        landed = flights.landed()
        labels, landings = landed.labels(), landed.landings()
        labelled = 0
        for first in range(0, len(flights), REQUEST_EVENTS):
            batch = events.slice(first, REQUEST_EVENTS)
            self._publish(rows(batch))
            now = departures[first + len(batch) - 1]
            labelled = self._label_until(now, labels, landings, labelled)
            advance(len(batch))
        self._label_until(datetime.max.replace(tzinfo=now.tzinfo), labels, landings, labelled)

    def delete_between(self, start: datetime, end: datetime) -> None:
        """Delete the events of a time range."""
        between = DeletedTimeRange(start.isoformat(), end.isoformat())
        self._delete(DeleteEventsRequest(self.model_id, time_range=between))

    def delete(self, event_ids: list[str]) -> None:
        """Delete events by their ids."""
        self._delete(DeleteEventsRequest(self.model_id, event_ids=event_ids, update_metrics=False))

    def _label_until(self, now: datetime, labels: pa.Table, landings: list[datetime], labelled: int) -> int:
        """Update the labels that became known until `now`; `labelled` of them are done. Returns how many are now."""
        due = bisect_right(landings, now)
        for first in range(labelled, due, REQUEST_EVENTS):
            self._label(rows(labels.slice(first, min(REQUEST_EVENTS, due - first))))
        return due

    def _publish(self, events: Iterable[Row]) -> None:
        result = answered(publish_events.sync(client=self.client, body=self._production(_listed(events)))).data
        assert isinstance(result, EventsPublished)
        self.counts.update(created=result.created, replaced=result.replaced, unchanged=result.unchanged)

    def _label(self, labels: Iterable[Row]) -> None:
        result = answered(update_events.sync(client=self.client, body=self._production(_listed(labels)))).data
        assert isinstance(result, EventsUpdated)
        self.counts.update(updated=result.updated, unknown=len(result.unknown_event_ids))

    def _delete(self, request: DeleteEventsRequest) -> None:
        accepted = answered(delete_events.sync(client=self.client, body=request)).data
        self.counts.update(deleted=_count(finished(self.client, accepted.job.id).info, "deleted_events"))

    def _finish(self, accepted: EventsPublished | EventsUpdated | FileAccepted) -> None:
        assert isinstance(accepted, FileAccepted)
        info = finished(self.client, accepted.job.id).info
        self.counts.update({name: _count(info, name) for name in ("created", "replaced", "unchanged")})
        self.counts.update(updated=_count(info, "updated"), unknown=_count(info, "unknown"))
        self.counts.update(rejected=_count(info, "rejected_rows"))

    def _upload(self, table: pa.Table, name: str) -> FileSource:
        content = BytesIO()
        pq.write_table(table, content)
        content.seek(0)
        upload = FileUpload(File(content, name, "application/vnd.apache.parquet"))
        return FileSource("FILE", answered(upload_file.sync(client=self.client, body=upload)).data.id)

    def _production(self, source: EventsSource | FileSource) -> PublishEventsRequest:
        return PublishEventsRequest(self.model_id, "PRODUCTION", source)


def _listed(events: Iterable[Row]) -> EventsSource:
    return EventsSource("EVENTS", [Event.from_dict(event) for event in events])


def _count(info: JobInfo, name: str) -> int:
    count = getattr(info, name)
    return count if isinstance(count, int) else 0
