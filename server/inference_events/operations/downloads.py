"""The operation that downloads events as a file."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from uuid import uuid4

from inference_events.data_directory import DataDirectory
from inference_events.errors import BadRequest, Fault, NotSupported, ObjectNotFound
from inference_events.events.store import EventStore, Scan, StoredEvents
from inference_events.export.columns import ExportColumn, choose_columns
from inference_events.export.files import write_csv, write_parquet
from inference_events.operations.reading import time_bound
from inference_events.targets import Targets
from inference_events_api import types as t
from inference_events_api.operations import FileDownload

DEFAULT_SAMPLES = 1000
# Further downloads wait: each one's parts take memory, and all of them time from those who publish.
MOST_AT_ONCE = 2


class Abandoned(Exception):
    """The request has ended, as the server stops: its file need not be finished."""


@dataclass(frozen=True)
class EventsFile:
    """A file of events, to be removed once it has been sent."""

    filename: str
    path: Path
    media_type: str


class DownloadOperations:
    """Serve stored events as CSV and Parquet."""

    def __init__(self, store: EventStore, targets: Targets, directory: DataDirectory) -> None:
        self._store = store
        self._targets = targets
        self._directory = directory
        self._exporters = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="export")

    async def download_events(self, *, body: t.DownloadEventsRequest) -> FileDownload:
        await asyncio.to_thread(self._prepare, body)
        abandoned = Event()
        try:
            # The thread sees whose request it serves.
            call = partial(copy_context().run, self._export, body, abandoned)
            return await asyncio.get_running_loop().run_in_executor(self._exporters, call)
        except asyncio.CancelledError:
            abandoned.set()
            raise

    def _prepare(self, body: t.DownloadEventsRequest) -> tuple[Scan, Sequence[ExportColumn]]:
        """Return what to read and what to write of it. Raises what the request is refused with."""
        model_id = body["model_id"].lower()
        schema = self._targets.schema(model_id)
        environment_id = self._environment_id(model_id, body)
        start, end = _time_filter(body)
        if body.get("segment") is not None:
            raise NotSupported("This server does not offer segments")
        columns = choose_columns(schema, body.get("column_names"), bool(body.get("fetch_vectors")))
        stored = [column.name for column in columns if column.is_stored]
        most = body.get("num_samples") or DEFAULT_SAMPLES
        return Scan(model_id, environment_id, schema.revision, stored, most, start, end), columns

    def _environment_id(self, model_id: str, body: t.DownloadEventsRequest) -> str:
        if body["env_type"] == "PRODUCTION":
            return self._targets.environment_id(model_id, None)
        dataset_id = body.get("env_id")
        if dataset_id is None:
            raise BadRequest.naming(Fault("is needed for PRE_PRODUCTION", "/env_id"))
        return self._targets.dataset_id(model_id, dataset_id.lower())

    def _export(self, body: t.DownloadEventsRequest, abandoned: Event) -> EventsFile:
        path = self._directory.outgoing / uuid4().hex
        try:
            rows = self._targets.in_step(body["model_id"].lower(), lambda: self._write(body, path, abandoned))
            if not rows:
                raise ObjectNotFound("No events found that match the request")
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        if body["csv"]:
            return EventsFile("output.csv", path, "text/csv")
        return EventsFile("output.parquet", path, "application/vnd.apache.parquet")

    def _write(self, body: t.DownloadEventsRequest, path: Path, abandoned: Event) -> int:
        scan, columns = self._prepare(body)
        with closing(self._store.scan(scan)) as parts:
            return (write_csv if body["csv"] else write_parquet)(path, _unless(abandoned, parts), columns)


def _unless(abandoned: Event, parts: Iterable[StoredEvents]) -> Iterator[StoredEvents]:
    """Pass parts on. Raises Abandoned once nobody waits for them any more."""
    for part in parts:
        if abandoned.is_set():
            raise Abandoned
        yield part


def _time_filter(body: t.DownloadEventsRequest) -> tuple[int | None, int | None]:
    """Return the bounds in microseconds since 1970. Raises BadRequest."""
    bounds = body.get("time_filter", {})
    start_time, end_time = bounds.get("start_time"), bounds.get("end_time")
    start = None if start_time is None else time_bound(start_time, "/time_filter/start_time")
    end = None if end_time is None else time_bound(end_time, "/time_filter/end_time")
    if start is not None and end is not None and start >= end:
        raise BadRequest.naming(Fault("start_time must be before end_time", "/time_filter"))
    return start, end
