"""Operations of the tag Events."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, files, models
from inference_events.catalog.concurrency import Lock
from inference_events.catalog.tables import Model, new_id
from inference_events.context import current_request
from inference_events.events.batcher import RequestBatcher, check_updatable
from inference_events.events.export.exporter import Exporter
from inference_events.events.pending_requests import WriteTarget
from inference_events.events.results import IngestResult
from inference_events.events.store import Store
from inference_events.events.types import JobProgress, RowStatus, WriteKind
from inference_events.idempotency.catalog_writes import change
from inference_events.jobs import JobQueue
from inference_events.jobs.kinds import DELETE_EVENTS, PUBLISH_FILE, UPDATE_FILE
from inference_events.jobs.quality_report import COUNTED, report
from inference_events.messages import truncate
from inference_events.models.registry import ModelRegistry, dataset_name
from inference_events.models.schema import ModelSchema
from inference_events.operations import reading, views
from inference_events.operations.downloads import requested_export
from inference_events.warning_details import date_like_number
from inference_events_api import types as t
from inference_events_api.operations import FileDownload


class EventOperations:
    """Serve events: requests write to the event store, files and deletions become jobs."""

    def __init__(
        self,
        catalog: Catalog,
        store: Store,
        queue: JobQueue,
        registry: ModelRegistry,
        batcher: RequestBatcher,
        exporter: Exporter,
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._queue = queue
        self._registry = registry
        self._batcher = batcher
        self._exporter = exporter

    async def publish_events(self, *, body: t.PublishEventsRequest) -> t.PublishEventsResponse:
        dataset = dataset_name(body["env_type"], body.get("env_name"))
        source = body["source"]
        response: t.PublishEventsResponse
        if source["type"] == "FILE":
            response = await self._start_file_job(PUBLISH_FILE, body["model_id"], dataset, source["file_id"])
        else:
            kind = WriteKind.PUBLISH if dataset is None else WriteKind.APPEND
            target = WriteTarget(body["model_id"].lower(), dataset, kind)
            response = published(await self._batcher.submit(target, source["events"], current_request()))
        return response

    async def update_events(self, *, body: t.UpdateEventsRequest) -> t.UpdateEventsResponse:
        source = body["source"]
        response: t.UpdateEventsResponse
        if source["type"] == "FILE":
            response = await self._start_file_job(UPDATE_FILE, body["model_id"], None, source["file_id"])
        else:
            target = WriteTarget(body["model_id"].lower(), None, WriteKind.UPDATE)
            response = updated(await self._batcher.submit(target, source["events"], current_request()))
        return response

    async def delete_events(self, *, body: t.DeleteEventsRequest) -> t.JobAcceptedResponse:
        model = await asyncio.to_thread(self._registry.model, body["model_id"].lower())
        params = _deletion(body, await asyncio.to_thread(self._registry.schema, model.id))
        accepted: t.JobAcceptedResponse = await self._start_job(DELETE_EVENTS, "Delete events", model, None, params, {})
        return accepted

    async def read_events(self, *, body: t.ReadEventsRequest) -> t.ReadEventsResponse:
        page = reading.page_request(body)
        dataset = dataset_name(body["env_type"], body.get("env_name"))

        def read() -> t.EventPage:
            environment_id = self._registry.environment_id(page.model_id, dataset)
            schema = self._registry.schema(page.model_id)
            query = page.query(environment_id, schema)
            result = reading.read_page(query, schema, self._store.read, page.preview)
            return reading.with_total(result, query, page.count, self._store.count_matches)

        # All of it again, because filters and columns are those of one schema.
        act = partial(self._registry.with_schema_retry, page.model_id, read)
        return views.envelope(await asyncio.to_thread(act))

    async def download_events(self, *, body: t.DownloadEventsRequest) -> FileDownload:
        return await self._exporter.export(requested_export(body))

    async def _start_file_job(self, kind: str, model_id: str, dataset: str | None, file_id: str) -> Any:
        model = await asyncio.to_thread(self._registry.model, model_id.lower())
        if kind == UPDATE_FILE:
            check_updatable(model.event_id_col)
        name = "Update events" if kind == UPDATE_FILE else "Publish events" if dataset is None else "Upload dataset"
        return await self._start_job(kind, name, model, dataset, {"file_id": file_id.lower()}, {"source_type": "FILE"})

    async def _start_job(
        self,
        kind: str,
        name: str,
        model: Model,
        dataset: str | None,
        params: Mapping[str, Any],
        shown: Mapping[str, Any],
    ) -> Any:
        """Accept a job and respond with `shown` and its name. A retry gets the same response."""
        token_id, job_id = current_request().token_id, new_id()

        def check(session: Session) -> None:
            self._queue.check_room(session)
            if "file_id" in params:
                _check_file(session, params["file_id"], model)

        def make(session: Session) -> Mapping[str, Any]:
            # Transactions that lock a model and a file lock the model first.
            info = _info(models.get(session, model.id, Lock.SHARED), dataset)
            # Again, because the queue may be full by now, and the file may be gone.
            check(session)
            if kind in COUNTED:
                info |= report(kind, JobProgress())
            job = self._queue.accept(
                session,
                kind=kind,
                name=name,
                params={**params, "dataset": dataset},
                info=info,
                project_id=model.project_id,
                model_id=model.id,
                token_id=token_id,
                epoch=epoch,
                job_id=job_id,
            )
            return views.envelope({**shown, "job": views.job_reference(job)})

        # First, because a job that is refused must not cost two commits of the event store.
        await self._catalog.aread(check)
        # Outside the catalog's transaction, which would block all other writes to the catalog.
        epoch = await asyncio.wrap_future(self._store.accept_job(model.id, job_id))
        try:
            return await change(self._catalog, make)
        except BaseException:
            self._store.end_job(job_id)
            raise


def _check_file(session: Session, file_id: str, model: Model) -> None:
    file = files.get_readable(session, file_id, "/source/file_id")
    files.check_project(session, file, model.project_id, "/source/file_id")


def respond(result: IngestResult) -> t.PublishEventsResponse | t.UpdateEventsResponse:
    """Return the response to a request with this `result`."""
    return updated(result) if result.kind is WriteKind.UPDATE else published(result)


def published(result: IngestResult) -> t.PublishEventsResponse:
    counts = result.counts()
    data: t.EventsPublished = {
        "source_type": "EVENTS",
        "event_ids": list(result.ids),
        "created": counts[RowStatus.CREATED],
        "replaced": counts[RowStatus.REPLACED],
        "unchanged": counts[RowStatus.UNCHANGED],
        "undeclared_columns": _truncated(result.undeclared_columns),
        "violations": _violations(result),
    }
    if result.missing_timestamp_column is not None:
        data["missing_timestamp_column"] = result.missing_timestamp_column
    if warnings := _warnings(result):
        data["warnings"] = warnings
    return views.envelope(data)


def updated(result: IngestResult) -> t.UpdateEventsResponse:
    data: t.EventsUpdated = {
        "source_type": "EVENTS",
        "event_ids": list(result.ids),
        "updated": result.counts()[RowStatus.UPDATED],
        "unknown_event_ids": list(dict.fromkeys(result.with_status(RowStatus.UNKNOWN))),
        "ignored_columns": list(result.ignored_columns),
        "undeclared_columns": _truncated(result.undeclared_columns),
        "violations": _violations(result),
    }
    if warnings := _warnings(result):
        data["warnings"] = warnings
    return views.envelope(data)


def _warnings(result: IngestResult) -> list[t.WarningDetail]:
    count = result.date_like_count()
    return [date_like_number(result.timestamp_column, count)] if count and result.timestamp_column else []


def _truncated(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(map(truncate, names)))


def _violations(result: IngestResult) -> list[t.ViolationCount]:
    counted: list[tuple[str, Any, int]] = result.violation_counts()
    return [{"column": column, "kind": kind, "count": count} for column, kind, count in counted]


def _deletion(body: t.DeleteEventsRequest, schema: ModelSchema) -> dict[str, Any]:
    event_ids, time_range = body.get("event_ids"), body.get("time_range")
    if event_ids is not None:
        return {"event_ids": schema.canonical_ids(event_ids)}
    assert time_range is not None
    start, end = reading.time_bounds(time_range)
    return {"start": start, "end": end}


def _info(model: Model, dataset: str | None) -> dict[str, Any]:
    name = dataset or "production"
    return {
        "resource_type": "EVENT" if dataset is None else "DATASET",
        "resource_name": name,
        "project_name": model.project.name,
        "model_name": model.name,
        "model_uuid": model.id,
        "env_type": "PRODUCTION" if dataset is None else "PRE_PRODUCTION",
        "env_name": name,
    }
