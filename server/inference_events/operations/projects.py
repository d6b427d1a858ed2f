"""Operations of the tag Projects."""

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, projects, retention
from inference_events.catalog.listing import Listing
from inference_events.context import current_request
from inference_events.idempotency.catalog_writes import change
from inference_events.jobs import JobQueue
from inference_events.jobs.kinds import DELETE_PROJECT, NO_EPOCH
from inference_events.operations import views
from inference_events_api import types as t


class ProjectOperations:
    """Serve projects."""

    def __init__(self, catalog: Catalog, queue: JobQueue) -> None:
        self._catalog = catalog
        self._queue = queue

    async def list_projects(
        self,
        *,
        limit: int = 50,
        offset: int = 0,
        ordering: str | None = None,
        search: str | None = None,
        filter: t.Filter | None = None,
    ) -> t.ProjectPage:
        listing = Listing(limit, offset, ordering, search, filter)
        page = await self._catalog.aread(lambda session: projects.list_page(session, listing))
        return views.listed(page, listing, views.project)

    async def create_project(self, *, body: t.ProjectCreate) -> t.ProjectResponse:
        def make(session: Session) -> t.ProjectResponse:
            return views.envelope(views.project(projects.create(session, body["name"])))

        return await change(self._catalog, make)

    async def get_project(self, *, project_id: str) -> t.ProjectResponse:
        row = await self._catalog.aread(lambda session: projects.get(session, project_id))
        return views.envelope(views.project(row))

    async def delete_project(self, *, project_id: str) -> t.JobAcceptedResponse:
        token_id = current_request().token_id

        def make(session: Session) -> t.JobAcceptedResponse:
            project, model_ids = projects.delete(session, project_id)
            retention.remove_of_project(session, project.id)
            job = self._queue.accept(
                session,
                kind=DELETE_PROJECT,
                name=f"Deleting project {project.name}",
                params={"model_ids": model_ids},
                info={
                    "resource_type": "PROJECT",
                    "resource_name": project.name,
                    "project_name": project.name,
                },
                project_id=project.id,
                model_id=None,
                token_id=token_id,
                epoch=NO_EPOCH,
            )
            return views.job_accepted(job)

        return await change(self._catalog, make)
