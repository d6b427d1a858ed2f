"""Publish flights: as files, or as a stream of requests in order of departures and landings."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

from examples.flights.flights import Flights, rows
from inference_events_client import InferenceEvents

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


def fresh_project(client: InferenceEvents) -> UUID:
    """Create the demo's project. One of an earlier run is deleted first, with all of its events."""
    for project in client.projects.list():
        if project.name == PROJECT:
            client.jobs.wait(client.projects.delete(project.id))
    return client.projects.create(PROJECT).id


class Publisher:
    """Publish to one model, and sum the counts that the server reports.

    `counts` holds the number of events per status: CREATED and the names that follow it.
    """

    def __init__(self, client: InferenceEvents, model_id: UUID) -> None:
        self.client = client
        self.model_id = model_id
        self._events = client.events
        self.counts: Counter[str] = Counter()

    def publish_dataset(self, flights: Flights) -> None:
        """Publish flights with their labels as a PRE_PRODUCTION dataset, from a file."""
        self._finish(self._events.publish_file(self.model_id, self._upload(flights.labelled_events()), dataset=DATASET))

    def publish_file(self, flights: Flights) -> None:
        """Publish flights as they are at departure, from a file."""
        self._finish(self._accept_file(flights))

    def label_file(self, flights: Flights) -> None:
        """Update the labels of flights that have landed, from a file."""
        self._finish(self._events.update_file(self.model_id, self._upload(flights.landed().labels())))

    def stream(self, flights: Flights, advance: Advance) -> None:
        """Publish each flight at its departure and its label after its landing, in requests of 1,000.

        A request of flights is sent when the last of them departs, one of labels as soon as it is full.
        `advance` gets the number of flights that each request published.
        """
        events, departures = flights.events(), flights.departures()
        labels, landings = flights.landed().labels(), flights.landed().landings()
        labelled = 0
        for first in range(0, len(flights), REQUEST_EVENTS):
            batch = events.slice(first, REQUEST_EVENTS)
            self._publish(batch)
            landed = bisect_right(landings, departures[first + len(batch) - 1])
            while labelled + REQUEST_EVENTS <= landed:
                self._label(labels.slice(labelled, REQUEST_EVENTS))
                labelled += REQUEST_EVENTS
            advance(len(batch))
        for first in range(labelled, len(landings), REQUEST_EVENTS):
            self._label(labels.slice(first, REQUEST_EVENTS))

    def delete_between(self, start: datetime, end: datetime) -> None:
        """Delete the events of a time range."""
        self.counts[DELETED_BY_TIME] += self._deleted(self._events.delete_between(self.model_id, start, end))

    def delete(self, event_ids: list[str]) -> None:
        """Delete events by their ids."""
        jobs = self._events.delete(self.model_id, event_ids)
        self.counts[DELETED_BY_ID] += sum(map(self._deleted, jobs))

    def _accept_file(self, flights: Flights) -> UUID:
        return self._events.publish_file(self.model_id, self._upload(flights.events()))

    def _publish(self, events: pa.Table) -> None:
        result = self._events.publish(self.model_id, rows(events))
        self.counts += Counter({CREATED: result.created, REPLACED: result.replaced, UNCHANGED: result.unchanged})

    def _label(self, labels: pa.Table) -> None:
        result = self._events.update(self.model_id, rows(labels))
        self.counts += Counter({LABELLED: result.updated, UNKNOWN: len(result.unknown_event_ids)})

    def _deleted(self, job_id: UUID) -> int:
        return self.client.jobs.wait(job_id).info.deleted_events or 0

    def _finish(self, job_id: UUID) -> None:
        info = self.client.jobs.wait(job_id).info
        self.counts += Counter({name: getattr(info, field) or 0 for name, field in _JOB_COUNTS.items()})

    def _upload(self, table: pa.Table) -> UUID:
        with TemporaryDirectory() as directory:
            path = Path(directory) / "flights.parquet"
            pq.write_table(table, path)
            return self.client.files.upload(path).id
