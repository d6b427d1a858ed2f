"""The handlers of all kinds of jobs. A handler can be stopped at any point and run again: its progress is stored."""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from inference_events.catalog import Catalog, files
from inference_events.catalog.tables import File, Job
from inference_events.events.ingest.batch import Defaults, Ingested, ingest_published, ingest_updates
from inference_events.events.ingest.chunks import FileChunk
from inference_events.events.ingest.headers import describe_header_fault
from inference_events.events.ingest.readers import FileReaders
from inference_events.events.ingest.rows import TableRows
from inference_events.events.ingest.timestamps import microseconds
from inference_events.events.ingest.unreadable import Unreadable
from inference_events.events.store import Store
from inference_events.events.store_errors import JobClosed
from inference_events.events.types import Chunk, Deletion, RejectedRow, Statuses, Write, WriteKind
from inference_events.files.source import FileSource
from inference_events.files.store import FileStore, FileStoreUnavailable
from inference_events.files.sweep import delete_released
from inference_events.jobs.chunk_pipeline import ChunkPipeline
from inference_events.jobs.file_copies import checked_source, copy_path
from inference_events.jobs.kinds import DELETE_EVENTS, DELETE_MODEL, DELETE_PROJECT, PUBLISH_FILE, UPDATE_FILE
from inference_events.jobs.outages import Outage
from inference_events.jobs.quality_report import report, row_counts
from inference_events.jobs.run import Handler, JobFailed, JobRun
from inference_events.messages import join_names, quote, truncate
from inference_events.models.registry import ModelRegistry
from inference_events.models.schema import ModelSchema

MAX_STARTS = 3
STARTED_IN_VAIN = (
    f"The server ended unexpectedly {MAX_STARTS} times while it ran this job, and the job made no progress in between; "
    "publish smaller files"
)
MALFORMED = "has too few or too many cells"
TOO_LARGE = "a value has more than 8 MiB"


class JobHandlers:
    """Runs jobs on the event store. Files are read in chunks of `chunk_rows` rows, until too many rows are rejected.

    Files of a bucket are copied to the directory `copies` meanwhile.
    """

    def __init__(
        self,
        catalog: Catalog,
        store: Store,
        registry: ModelRegistry,
        file_store: FileStore,
        readers: FileReaders,
        *,
        copies: Path,
        chunk_rows: int,
        max_rejected_rows: int,
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._registry = registry
        self._file_store = file_store
        self._readers = readers
        self._copies = copies
        self._chunk_rows = chunk_rows
        self._max_rejected_rows = max_rejected_rows

    def by_kind(self) -> dict[str, Handler]:
        handlers: dict[str, Handler] = {
            PUBLISH_FILE: self.publish_file,
            UPDATE_FILE: self.update_file,
            DELETE_EVENTS: self.delete_events,
            DELETE_MODEL: self.drop_models,
            DELETE_PROJECT: self.drop_models,
        }
        return {kind: partial(self._checked, handler) for kind, handler in handlers.items()}

    def publish_file(self, run: JobRun) -> None:
        dataset = run.job.params["dataset"]
        kind = WriteKind.PUBLISH if dataset is None else WriteKind.APPEND

        def ingest(rows: TableRows, schema: ModelSchema, defaults: Defaults) -> Ingested:
            return ingest_published(rows, schema, defaults, makes_missing_ids=dataset is not None)

        self._write_file(run, dataset, kind, ingest)

    def update_file(self, run: JobRun) -> None:
        self._write_file(run, None, WriteKind.UPDATE, ingest_updates)

    def delete_events(self, run: JobRun) -> None:
        job, params = run.job, run.job.params
        model_id = _model_id(run)
        self._start(run)
        deletion = Deletion(
            model_id,
            self._registry.environment_id(model_id, None),
            job.epoch,
            job.id,
            run.fence,
            params.get("start"),
            params.get("end"),
            self._canonical_ids(model_id, params.get("event_ids")),
        )
        run.checkpoint()
        deleted = self._registry.with_schema_retry(model_id, lambda: self._store.delete(deletion).result())
        run.succeed(deleted_events=deleted)

    def _canonical_ids(self, model_id: str, event_ids: Sequence[str] | None) -> Sequence[str] | None:
        # Jobs that older versions accepted have the ids in the form in which they were sent.
        return None if event_ids is None else self._registry.schema(model_id).canonical_ids(event_ids)

    def drop_models(self, run: JobRun) -> None:
        for model_id in run.job.params["model_ids"]:
            run.checkpoint()
            self._store.drop(model_id).result()
        for _ in delete_released(self._catalog, self._file_store):
            run.checkpoint()

    def _checked(self, handler: Handler, run: JobRun) -> None:
        self._fail_if_started_in_vain(run)
        handler(run)

    def _fail_if_started_in_vain(self, run: JobRun) -> None:
        """Fail a job that may end the process each time it runs. A newly committed chunk shows that it does not."""
        job = run.job
        if job.starts > 1 and (row := self._store.progress(job.id).next_row) > job.started_row:
            run.note_progress(row)
        elif job.starts > MAX_STARTS:
            raise JobFailed("InternalError", STARTED_IN_VAIN)

    def _write_file(
        self,
        run: JobRun,
        dataset: str | None,
        kind: WriteKind,
        ingest: Callable[[TableRows, ModelSchema, Defaults], Ingested],
    ) -> None:
        job, model_id = run.job, _model_id(run)
        run.count_with(partial(self._report, job))
        self._start(run)
        file = self._catalog.read(lambda session: files.get(session, job.params["file_id"]))
        environment_id = ""

        def write(chunk: FileChunk) -> Future[Statuses]:
            return self._write_chunk(run, file, chunk, environment_id, kind, ingest)

        try:
            with (
                closing(self._chunks(run, file, kind)) as chunks,
                ChunkPipeline(write, partial(self._registry.sync_schema, model_id)) as ahead,
            ):
                for chunk in chunks:
                    run.checkpoint()
                    environment_id = environment_id or self._registry.get_or_create_environment_id(model_id, dataset)
                    ahead.write(chunk)
                    run.progress(chunk.fraction, **self._report(job))
                    self._fail_if_too_many_are_rejected(run)
        except Unreadable as error:
            # Here all chunks before the fault are committed.
            self._fail_if_too_many_are_rejected(run)
            raise JobFailed("BadRequest", str(error)) from error
        self._fail_if_too_many_are_rejected(run)
        self._registry.get_or_create_environment_id(model_id, dataset)
        self._fail_if_all_are_rejected(run)

    def _chunks(self, run: JobRun, file: File, kind: WriteKind) -> Generator[FileChunk, None, None]:
        uploaded = self._file_store.source(self._catalog.read(partial(files.objects, file_id=file.id)))
        outage = Outage(run)
        with copy_path(self._copies) as copy:
            source = outage.retry(lambda: checked_source(run, uploaded, copy))
            names = outage.retry(lambda: self._readers.column_names(source, file.type, run.checkpoint))
            fault = _column_fault(names, file.type, self._registry.schema(_model_id(run)), kind)
            if fault is not None:
                raise JobFailed("BadRequest", fault)
            yield from self._chunks_of(run, source, file.type, outage)

    def _chunks_of(self, run: JobRun, source: FileSource, type: str, outage: Outage) -> Iterator[FileChunk]:
        start = self._store.progress(run.job.id).next_row
        while True:
            try:
                for chunk in self._read(run, source, type, start):
                    outage.end()
                    start = chunk.end
                    yield chunk
                return
            except FileStoreUnavailable:
                outage.wait()

    def _read(self, run: JobRun, source: FileSource, type: str, start: int) -> Iterator[FileChunk]:
        return self._readers.read_chunks(
            source,
            type,
            start=start,
            size=self._chunk_rows,
            max_malformed=self._max_rejected_rows,
            checkpoint=run.checkpoint,
        )

    def _write_chunk(
        self,
        run: JobRun,
        file: File,
        chunk: FileChunk,
        environment_id: str,
        kind: WriteKind,
        ingest: Callable[[TableRows, ModelSchema, Defaults], Ingested],
    ) -> Future[Statuses]:
        job, model_id = run.job, _model_id(run)
        defaults = Defaults(job.id.encode(), _received(job.created_at), chunk.rows.tolist())
        rows = TableRows(chunk.table, is_csv=file.type == files.CSV)
        schema = self._registry.schema(model_id)
        ingested = ingest(rows, schema, defaults)
        rejected = _rejected(chunk, ingested, MALFORMED if file.type == files.CSV else TOO_LARGE)
        places = chunk.rows[ingested.rows]
        committed = Chunk(
            job.id, run.fence, chunk.start, chunk.end, places, rejected, row_counts(ingested, schema.timestamp_column)
        )
        write = Write(
            model_id,
            environment_id,
            kind,
            ingested.batch,
            time.time_ns() // 1000,
            epoch=job.epoch,
            chunk=committed,
        )
        return self._store.write(write)

    def _start(self, run: JobRun) -> None:
        """Block writes of earlier runs. Raises Fenced, and JobFailed for a job that cannot continue."""
        try:
            self._store.start_job(run.job.id, run.fence).result()
        except JobClosed:
            # The catalog is older than the event store, for example after the restore of a backup.
            raise JobFailed("Conflict", "The event store has closed this job; start it again") from None

    def _report(self, job: Job) -> dict[str, Any]:
        """Return the report of what a job has committed so far."""
        return report(job.kind, self._store.progress(job.id))

    def _fail_if_too_many_are_rejected(self, run: JobRun) -> None:
        if self._report(run.job)["rejected_rows"] > self._max_rejected_rows:
            self._fail_for_rejected_rows(run, f"More than {self._max_rejected_rows:,} rows were rejected")

    def _fail_if_all_are_rejected(self, run: JobRun) -> None:
        done = self._report(run.job)
        if done["rejected_rows"] == done["rows"] > 0:
            self._fail_for_rejected_rows(run, "Every row was rejected")

    def _fail_for_rejected_rows(self, run: JobRun, what: str) -> NoReturn:
        [first], _ = self._store.rejected_rows(run.job.id, 0, 1)
        raise JobFailed(
            first.reason,
            f"{what}; row {first.row}: {first.message}. All are listed at /v3/jobs/{run.job.id}/rejected-rows",
        )


def _model_id(run: JobRun) -> str:
    assert run.job.model_id is not None
    return run.job.model_id


def _column_fault(names: Sequence[str], type: str, schema: ModelSchema, kind: WriteKind) -> str | None:
    """Return why no row of a file with these columns can be written, None if rows can be."""
    if type == files.CSV and (fault := describe_header_fault(names, schema.names)):
        return fault
    id_column = schema.id_column
    if id_column is None:
        return "The model has no event_id_col" if kind is WriteKind.UPDATE else None
    if id_column in names or kind is WriteKind.APPEND:
        return None
    return f"The file lacks the column {quote(id_column)} that event_id_col names; it has {join_names(names)}"


def _received(moment: datetime) -> int:
    return microseconds(moment)


def _rejected(chunk: FileChunk, ingested: Ingested, why: str) -> list[RejectedRow]:
    rejected = {row: RejectedRow(row, "BadRequest", why) for row in chunk.malformed.tolist()}
    for fault in ingested.faults:
        row = int(chunk.rows[fault.row])
        rejected.setdefault(row, RejectedRow(row, "BadRequest", f"{truncate(fault.column)}: {fault.message}"))
    return [rejected[row] for row in sorted(rejected)]
