"""The client: events, files, jobs, projects and models, by the API's names."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any
from uuid import UUID

from ..api.events import delete_events, publish_events, read_events, update_events
from ..api.files import upload_file
from ..api.jobs import get_job, list_jobs, list_rejected_rows
from ..api.models import (
    create_model,
    delete_model,
    get_feature_impact,
    get_model,
    list_models,
    replace_feature_impact,
)
from ..api.projects import create_project, delete_project, get_project, list_projects
from ..models.delete_events_request import DeleteEventsRequest
from ..models.events_published import EventsPublished
from ..models.events_updated import EventsUpdated
from ..models.feature_impact import FeatureImpact
from ..models.feature_impact_request import FeatureImpactRequest
from ..models.feature_impact_upload import FeatureImpactUpload
from ..models.feature_impact_upload_feature_impact_map import FeatureImpactUploadFeatureImpactMap
from ..models.file_accepted import FileAccepted
from ..models.job import Job
from ..models.model import Model
from ..models.model_create import ModelCreate
from ..models.model_summary import ModelSummary
from ..models.project import Project
from ..models.project_create import ProjectCreate
from ..models.rejected_row import RejectedRow
from ..models.stored_event import StoredEvent
from ..models.stored_file import StoredFile
from ..types import UNSET
from .async_calls import AsyncCaller
from .filters import Filter, encode_filter
from .paging import success
from .polling import Polls
from .requests import (
    MAX_DELETED_IDS,
    MAX_EVENTS,
    EventChoice,
    Id,
    Time,
    as_uuid,
    delete_requests,
    event_batches,
    events_request,
    file_request,
    file_update_request,
    noting,
    opened,
    range_request,
    read_requests,
    update_request,
)
from .results import merge_published, merge_updated, of_kind


class AsyncEvents:
    """Publish, update, delete and read events. Without `dataset`, events are production events."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def publish(
        self, model_id: Id, events: Iterable[Mapping[str, Any]], *, dataset: str | None = None
    ) -> EventsPublished:
        """Publish any number of events, 1,000 a request, and return one result for all.

        A request is stored whole or not at all. If one fails, a note of the error says how many events are stored.
        """
        results: list[EventsPublished] = []
        for number, batch in enumerate(event_batches(events)):
            with noting(number * MAX_EVENTS):
                body = events_request(model_id, batch, dataset)
                response = success(await publish_events.asyncio(body=body, client=self._client.api))
                results.append(of_kind(EventsPublished, response.data))
        return merge_published(results)

    async def publish_file(self, model_id: Id, file_id: Id, *, dataset: str | None = None) -> UUID:
        """Publish the rows of an uploaded file, and return the id of the job that does it."""
        body = file_request(model_id, file_id, dataset)
        response = success(await publish_events.asyncio(body=body, client=self._client.api))
        return of_kind(FileAccepted, response.data).job.id

    async def update(self, model_id: Id, events: Iterable[Mapping[str, Any]]) -> EventsUpdated:
        """Update any number of production events, 1,000 a request, and return one result for all."""
        results: list[EventsUpdated] = []
        for number, batch in enumerate(event_batches(events)):
            with noting(number * MAX_EVENTS):
                response = success(
                    await update_events.asyncio(body=update_request(model_id, batch), client=self._client.api)
                )
                results.append(of_kind(EventsUpdated, response.data))
        return merge_updated(results)

    async def update_file(self, model_id: Id, file_id: Id) -> UUID:
        """Update production events from an uploaded file, and return the id of the job that does it."""
        body = file_update_request(model_id, file_id)
        response = success(await update_events.asyncio(body=body, client=self._client.api))
        return of_kind(FileAccepted, response.data).job.id

    async def delete(self, model_id: Id, event_ids: Iterable[str]) -> list[UUID]:
        """Delete production events by id, and return the ids of the jobs, one for each 10,000 ids."""
        job_ids: list[UUID] = []
        for number, body in enumerate(delete_requests(model_id, event_ids)):
            with noting(number * MAX_DELETED_IDS):
                job_ids.append(await self._delete(body))
        return job_ids

    async def delete_between(self, model_id: Id, start: Time, end: Time, *, update_metrics: bool = True) -> UUID:
        """Delete the production events from `start` until before `end`, and return the id of the job."""
        return await self._delete(range_request(model_id, start, end, update_metrics))

    async def _delete(self, body: DeleteEventsRequest) -> UUID:
        return success(await delete_events.asyncio(body=body, client=self._client.api)).data.job.id

    async def read(
        self,
        model_id: Id,
        *,
        dataset: str | None = None,
        event_ids: Iterable[str] | None = None,
        between: tuple[Time, Time] | None = None,
        page_size: int = MAX_EVENTS,
        filters: Iterable[Mapping[str, Any]] = (),
        columns: Iterable[str] | None = None,
        newest_first: bool = False,
        preview: int | None = None,
    ) -> AsyncIterator[StoredEvent]:
        """Return events in order of their times, page by page: all, those with some ids, or those of a range of time.

        Of more than 1,000 ids, each 1,000 are in order. `filters` are as in the API, such as `{"column": "distance",
        "operator": "gt", "value": 1000}`; an event must fulfil all. `columns` limits the values, and `preview` the
        characters of each text.
        """
        choice = EventChoice(filters, columns, newest_first, preview)
        for body in read_requests(model_id, dataset, event_ids, between, page_size, choice):
            cursor: str | None = ""
            while cursor is not None:
                body.cursor = cursor or UNSET
                page = success(await read_events.asyncio(body=body, client=self._client.api)).data
                for event in page.items:
                    yield event
                cursor = page.next_cursor


class AsyncFiles:
    """Upload files to publish or update from."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def upload(self, path: str | PathLike[str]) -> StoredFile:
        """Upload a CSV or Parquet file."""
        with opened(Path(path)) as body:
            return success(await upload_file.asyncio(body=body, client=self._client.api)).data


class AsyncJobs:
    """Follow the jobs that continue after a response."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def wait(self, job_id: Id, *, timeout: float | None = None) -> Job:  # noqa: ASYNC109 - its error has the job
        """Return a job when it has succeeded.

        Raises JobFailed if it fails, and JobNotFinished if that takes more than `timeout` seconds.
        """
        polls = Polls(timeout)
        while True:
            job = await self.get(job_id)
            delay = polls.delay_after(job)
            if delay is None:
                return job
            await asyncio.sleep(delay)

    async def get(self, job_id: Id) -> Job:
        """Return a job."""
        return success(await get_job.asyncio(as_uuid(job_id), client=self._client.api)).data

    async def list(
        self, *, filter: Filter | None = None, search: str | None = None, ordering: str | None = None
    ) -> AsyncIterator[Job]:
        """Return all jobs, page by page."""
        options = _list_options(filter, search, ordering)
        async for job in self._client.pages(list_jobs.asyncio, **options):
            yield job

    async def rejected_rows(self, job_id: Id) -> AsyncIterator[RejectedRow]:
        """Return the rows of a file that could not be events, page by page."""
        async for row in self._client.pages(list_rejected_rows.asyncio, as_uuid(job_id)):
            yield row


class AsyncProjects:
    """Group models."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def list(
        self, *, filter: Filter | None = None, search: str | None = None, ordering: str | None = None
    ) -> AsyncIterator[Project]:
        """Return all projects, page by page."""
        options = _list_options(filter, search, ordering)
        async for project in self._client.pages(list_projects.asyncio, **options):
            yield project

    async def get(self, project_id: Id) -> Project:
        """Return a project."""
        return success(await get_project.asyncio(as_uuid(project_id), client=self._client.api)).data

    async def create(self, name: str) -> Project:
        """Create a project. Raises Conflict if there is one of this name."""
        return success(await create_project.asyncio(body=ProjectCreate(name), client=self._client.api)).data

    async def delete(self, project_id: Id) -> UUID:
        """Delete a project, and return the id of the job that removes its content."""
        return success(await delete_project.asyncio(as_uuid(project_id), client=self._client.api)).data.job.id


class AsyncModels:
    """Describe the columns of events."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def list(
        self,
        *,
        project_id: Id | None = None,
        latest_only: bool = False,
        filter: Filter | None = None,
        search: str | None = None,
        ordering: str | None = None,
    ) -> AsyncIterator[ModelSummary]:
        """Return all models, or those of a project, page by page."""
        options = _list_options(filter, search, ordering)
        if project_id is not None:
            options["project_id"] = as_uuid(project_id)
        async for model in self._client.pages(list_models.asyncio, latest_only=latest_only, **options):
            yield model

    async def get(self, model_id: Id) -> Model:
        """Return a model with its columns."""
        return success(await get_model.asyncio(as_uuid(model_id), client=self._client.api)).data

    async def create(self, model: ModelCreate) -> Model:
        """Create a model. Raises Conflict if its project has one of this name and version."""
        return success(await create_model.asyncio(body=model, client=self._client.api)).data

    async def feature_impact(self, model_id: Id) -> FeatureImpact:
        """Return the feature impact of a model. Raises NotFound if none was uploaded."""
        body = FeatureImpactRequest(as_uuid(model_id))
        return success(await get_feature_impact.asyncio(body=body, client=self._client.api)).data

    async def set_feature_impact(self, model_id: Id, impacts: Mapping[str, float]) -> FeatureImpact:
        """Store how much each input moves the prediction, in place of an earlier impact."""
        body = FeatureImpactUpload(as_uuid(model_id), FeatureImpactUploadFeatureImpactMap.from_dict(impacts))
        return success(await replace_feature_impact.asyncio(body=body, client=self._client.api)).data

    async def delete(self, model_id: Id) -> UUID:
        """Delete a model, and return the id of the job that removes its events."""
        return success(await delete_model.asyncio(as_uuid(model_id), client=self._client.api)).data.job.id


class AsyncInferenceEvents(AsyncCaller):
    """The client of one server. Errors are raised as InferenceEventsError.

    `timeout` bounds each step of one attempt in seconds: to connect, to send a piece, to receive a piece.
    `retries` bounds all attempts of one request.
    """

    @property
    def events(self) -> AsyncEvents:
        return AsyncEvents(self)

    @property
    def files(self) -> AsyncFiles:
        return AsyncFiles(self)

    @property
    def jobs(self) -> AsyncJobs:
        return AsyncJobs(self)

    @property
    def projects(self) -> AsyncProjects:
        return AsyncProjects(self)

    @property
    def models(self) -> AsyncModels:
        return AsyncModels(self)


def _list_options(filter: Filter | None, search: str | None, ordering: str | None) -> dict[str, Any]:
    return {"filter_": encode_filter(filter), "search": search or UNSET, "ordering": ordering or UNSET}
