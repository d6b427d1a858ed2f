"""Operations of the tag Events."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

import numpy as np
from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, files, models
from inference_events.catalog.tables import Model
from inference_events.context import Request, current_request
from inference_events.errors import BadRequest, Fault
from inference_events.events.records import retry_record
from inference_events.events.store import (
    ContentConflict,
    EventStore,
    RetryRecord,
    RowStatus,
    Statuses,
    Write,
    WriteKind,
)
from inference_events.ingest.batch import Ingested, Made, RowFault, ingest_published, ingest_updates
from inference_events.ingest.rows import JsonRows
from inference_events.ingest.schema import ModelSchema
from inference_events.jobs import JobQueue
from inference_events.jobs.kinds import DELETE_EVENTS, PUBLISH_FILE, UPDATE_FILE
from inference_events.operations import reading, views
from inference_events.operations.changes import change
from inference_events.targets import ATTEMPTS, OUT_OF_STEP, Targets, dataset_name
from inference_events_api import types as t

AnswerT = TypeVar("AnswerT", bound=Mapping[str, Any])


class EventOperations:
    """Serve events: requests write to the event store, files and deletions become jobs."""

    def __init__(self, catalog: Catalog, store: EventStore, queue: JobQueue, targets: Targets) -> None:
        self._catalog = catalog
        self._store = store
        self._queue = queue
        self._targets = targets
        # One thread: several would fight for the interpreter around each small step.
        self._ingesting = ThreadPoolExecutor(1, thread_name_prefix="ingest")

    async def publish_events(self, *, body: t.PublishEventsRequest) -> t.PublishEventsResponse:
        model_id, source = body["model_id"].lower(), body["source"]
        model = await asyncio.to_thread(self._targets.model, model_id)
        dataset = dataset_name(body["env_type"], body.get("env_name"))
        if source["type"] == "FILE":
            file_id = source["file_id"]
            accepted: t.PublishEventsResponse = await self._start_file_job(PUBLISH_FILE, model, dataset, file_id)
            return accepted
        kind = WriteKind.PUBLISH if dataset is None else WriteKind.APPEND
        made = Made(os.urandom(16), time.time_ns() // 1000)

        def ingest(schema: ModelSchema) -> Ingested:
            return ingest_published(JsonRows(source["events"]), schema, made, makes_missing_ids=dataset is not None)

        answer: t.PublishEventsResponse = await self._commit(model_id, dataset, kind, made.time, ingest, _published)
        return answer

    async def update_events(self, *, body: t.PublishEventsRequest) -> t.UpdateEventsResponse:
        model_id, source = body["model_id"].lower(), body["source"]
        model = await asyncio.to_thread(self._targets.model, model_id)
        _check_updatable(model, body["env_type"])
        if source["type"] == "FILE":
            accepted: t.UpdateEventsResponse = await self._start_file_job(UPDATE_FILE, model, None, source["file_id"])
            return accepted
        made = Made(b"", time.time_ns() // 1000)

        def ingest(schema: ModelSchema) -> Ingested:
            rows = JsonRows(source["events"], unwraps=schema.unwrapped)
            return ingest_updates(rows, schema, made)

        answer: t.UpdateEventsResponse = await self._commit(
            model_id, None, WriteKind.UPDATE, made.time, ingest, _updated
        )
        return answer

    async def delete_events(self, *, body: t.DeleteEventsRequest) -> t.JobAcceptedResponse:
        model = await asyncio.to_thread(self._targets.model, body["model_id"].lower())
        params = _deletion(body)
        accepted: t.JobAcceptedResponse = await self._start_job(DELETE_EVENTS, "Delete events", model, None, params, {})
        return accepted

    async def read_events(self, *, body: t.ReadEventsRequest) -> t.ReadEventsResponse:
        page = reading.page_request(body)
        dataset = dataset_name(body["env_type"], body.get("env_name"))

        def read() -> t.EventPage:
            environment_id = self._targets.environment_id(page.model_id, dataset)
            query = page.query(environment_id)
            stored = self._targets.in_step(page.model_id, lambda: self._store.read(query))
            return reading.event_page(stored, page.limit)

        return views.envelope(await asyncio.to_thread(read))

    async def _commit(
        self,
        model_id: str,
        dataset: str | None,
        kind: WriteKind,
        received_at: int,
        ingest: Callable[[ModelSchema], Ingested],
        summary: Callable[[Ingested, Statuses], Any],
    ) -> Any:
        """Ingest, write, and wait until it is on disk. Where the schema has just changed, do it anew."""
        request = current_request()

        def submit() -> _Commit[Any]:
            ingested = ingest(self._targets.schema(model_id))
            _check(ingested.faults)
            environment_id = self._targets.make_environment_id(model_id, dataset)
            commit = _Commit(request, received_at, lambda statuses: summary(ingested, statuses))
            write = Write(model_id, environment_id, kind, ingested.batch, received_at, answer=commit.record)
            commit.done = self._store.write(write)
            return commit

        for _ in range(ATTEMPTS):
            commit = await asyncio.get_running_loop().run_in_executor(self._ingesting, submit)
            try:
                await asyncio.wrap_future(commit.done)
                return commit.answer
            except OUT_OF_STEP:
                await asyncio.to_thread(self._targets.mend, model_id)
            except ContentConflict as conflict:
                raise BadRequest.naming(*_conflicts(conflict.rows)) from None
        raise BadRequest("The model's schema keeps changing; try again")

    async def _start_file_job(self, kind: str, model: Model, dataset: str | None, file_id: str) -> Any:
        file = await self._catalog.aread(lambda session: files.get_readable(session, file_id, "/source/file_id"))
        name = "Update events" if kind == UPDATE_FILE else "Publish events" if dataset is None else "Upload dataset"
        return await self._start_job(kind, name, model, dataset, {"file_id": file.id}, {"source_type": "FILE"})

    async def _start_job(
        self,
        kind: str,
        name: str,
        model: Model,
        dataset: str | None,
        params: Mapping[str, Any],
        shown: Mapping[str, Any],
    ) -> Any:
        """Accept a job and answer with `shown` and its name. A retry gets the same answer."""
        token_id = current_request().token_id

        def make(session: Session) -> Mapping[str, Any]:
            info = _info(models.get(session, model.id), dataset)
            job = self._queue.accept(
                session,
                kind=kind,
                name=name,
                params={**params, "dataset": dataset},
                info=info,
                project_id=model.project_id,
                model_id=model.id,
                token_id=token_id,
                position=self._store.position(model.id).result(),
            )
            return views.envelope({**shown, "job": views.job_reference(job)})

        return await change(self._catalog, make)


class _Commit(Generic[AnswerT]):
    """A write on its way. Its answer is made once, by the committer, who puts it into the record as well."""

    def __init__(self, request: Request, received_at: int, make: Callable[[Statuses], AnswerT]) -> None:
        self._request = request
        self._received_at = received_at
        self._make = make
        self.done: Any = None
        self.answer: Any = None

    def record(self, statuses: Statuses) -> RetryRecord:
        self.answer = views.envelope(self._make(statuses))
        return retry_record(self._request, self.answer, self._received_at)


def _published(ingested: Ingested, statuses: Statuses) -> t.EventsPublished:
    return {
        "source_type": "EVENTS",
        "event_ids": ingested.ids,
        "created": int((statuses == RowStatus.CREATED).sum()),
        "replaced": int((statuses == RowStatus.REPLACED).sum()),
        "unchanged": int((statuses == RowStatus.UNCHANGED).sum()),
        "undeclared_columns": ingested.undeclared_columns,
        "violations": _violations(ingested.violations.counts()),
    }


def _updated(ingested: Ingested, statuses: Statuses) -> t.EventsUpdated:
    updated = statuses == RowStatus.UPDATED
    unknown = [ingested.ids[row] for row in np.flatnonzero(~updated)]
    return {
        "source_type": "EVENTS",
        "event_ids": ingested.ids,
        "updated": int(updated.sum()),
        "unknown_event_ids": list(dict.fromkeys(unknown)),
        "ignored_columns": ingested.ignored_columns,
        "undeclared_columns": ingested.undeclared_columns,
        "violations": _violations(ingested.violations.counts(updated)),
    }


def _violations(found: Sequence[tuple[str, Any, int]]) -> list[t.ViolationCount]:
    return [{"column": column, "kind": kind, "count": count} for column, kind, count in found]


def _check(faults: Sequence[RowFault]) -> None:
    if faults:
        listed = [Fault(fault.message, f"/source/events/{fault.row}/{_escaped(fault.column)}") for fault in faults]
        raise BadRequest.naming(*listed)


def _conflicts(rows: Sequence[int]) -> list[Fault]:
    return [Fault("other content is stored for this id in the dataset", f"/source/events/{row}") for row in rows]


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _check_updatable(model: Model, env_type: str) -> None:
    if env_type != "PRODUCTION":
        raise BadRequest.naming(Fault("must be PRODUCTION: datasets cannot be changed", "/env_type"))
    if model.event_id_col is None:
        raise BadRequest.naming(Fault("names a model that has no event_id_col", "/model_id"))


def _deletion(body: t.DeleteEventsRequest) -> dict[str, Any]:
    event_ids, time_range = body.get("event_ids"), body.get("time_range")
    if (event_ids is None) == (time_range is None):
        raise BadRequest.naming(Fault("exactly one of time_range and event_ids is needed"))
    if event_ids is not None:
        if body.get("update_metrics"):
            raise BadRequest.naming(Fault("cannot be true together with event_ids", "/update_metrics"))
        return {"event_ids": event_ids}
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
