"""Write events of the store to a file for a download."""

import asyncio
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from uuid import uuid4

from inference_events.data_directory import DataDirectory
from inference_events.errors import ObjectNotFound
from inference_events.events.export.columns import ExportColumn, choose_columns
from inference_events.events.export.files import write_csv, write_parquet
from inference_events.events.export.segments import ChosenSegment, scan_segment
from inference_events.events.store import EventStore
from inference_events.events.types import Scan, StoredEvents
from inference_events.models.registry import ModelRegistry
from inference_events.monitoring.definitions.rules import compiled_segment, subject_of
from inference_events.monitoring.fql import Segment
from inference_events.monitoring.subject import Subject

# Further downloads wait: each takes memory, and slows down clients that publish.
MAX_CONCURRENT = 2


class Abandoned(Exception):
    """The request has ended because the server stops. Its file need not be finished."""


@dataclass(frozen=True)
class Export:
    """A request to export at most `limit` events of a model.

    `dataset_id` None means PRODUCTION. `start` and `end` are microseconds since 1970. `column_names` None means all.
    """

    model_id: str
    dataset_id: str | None
    start: int | None
    end: int | None
    column_names: Sequence[str] | None
    with_vectors: bool
    limit: int
    is_csv: bool
    segment: ChosenSegment | None = None


@dataclass(frozen=True)
class EventsFile:
    """A file of events, to be removed once it has been sent."""

    filename: str
    path: Path
    media_type: str


class Exporter:
    """Write files of events in a small thread pool."""

    def __init__(self, store: EventStore, registry: ModelRegistry, directory: DataDirectory) -> None:
        self._store = store
        self._registry = registry
        self._directory = directory
        self._threads = ThreadPoolExecutor(MAX_CONCURRENT, thread_name_prefix="export")

    async def export(self, export: Export) -> EventsFile:
        """Return a file of the events. Raises ObjectNotFound if there are none, and BadRequest for unknown columns."""
        # Checked here to refuse at once, and not after waiting for a thread.
        await asyncio.to_thread(self._prepare, export)
        abandoned = Event()
        try:
            # The thread needs the context of the request.
            call = partial(copy_context().run, self._export, export, abandoned)
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except asyncio.CancelledError:
            abandoned.set()
            raise

    def close(self) -> None:
        """Wait for the running exports. If the request has ended, an export stops at its next part."""
        self._threads.shutdown(cancel_futures=True)

    def _prepare(self, export: Export) -> tuple[Scan, Sequence[ExportColumn], Segment | None]:
        """Return the query, the columns to write, and the segment. Raises BadRequest and ObjectNotFound."""
        subject = subject_of(self._registry.model(export.model_id))
        schema = subject.schema
        environment_id = self._environment_id(export)
        columns = choose_columns(schema, export.column_names, export.with_vectors)
        stored = [column.name for column in columns if column.is_stored]
        scan = Scan(export.model_id, environment_id, schema.revision, stored, export.limit, export.start, export.end)
        return scan, columns, None if export.segment is None else self._segment(export, export.segment, subject)

    def _segment(self, export: Export, chosen: ChosenSegment, subject: Subject) -> Segment:
        if chosen.id is None:
            return compiled_segment(chosen.definition or "", subject, "/segment/definition")
        definition = self._registry.segment_definition(export.model_id, chosen.id)
        return compiled_segment(definition, subject, "/segment/id")

    def _environment_id(self, export: Export) -> str:
        if export.dataset_id is None:
            return self._registry.environment_id(export.model_id, None)
        return self._registry.dataset_id(export.model_id, export.dataset_id)

    def _export(self, export: Export, abandoned: Event) -> EventsFile:
        path = self._directory.outgoing / uuid4().hex
        try:
            if not self._registry.with_schema_retry(export.model_id, lambda: self._write(export, path, abandoned)):
                raise ObjectNotFound("No events found that match the request")
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        if export.is_csv:
            return EventsFile("output.csv", path, "text/csv")
        return EventsFile("output.parquet", path, "application/vnd.apache.parquet")

    def _write(self, export: Export, path: Path, abandoned: Event) -> int:
        scan, columns, segment = self._prepare(export)
        read = partial(self._scan, abandoned)
        if segment is None:
            parts = read(scan)
        else:
            total = self._store.count(scan.model_id, scan.environment_id, scan.start, scan.end)
            parts = scan_segment(read, scan, segment, is_sampled=total > scan.most)
        with closing(parts):
            return (write_csv if export.is_csv else write_parquet)(path, parts, columns)

    def _scan(self, abandoned: Event, scan: Scan) -> Generator[StoredEvents, None, None]:
        """Do the store's `scan`. Raises Abandoned once no request waits for it."""
        with closing(self._store.scan(scan)) as parts:
            for part in parts:
                if abandoned.is_set():
                    raise Abandoned
                yield part
