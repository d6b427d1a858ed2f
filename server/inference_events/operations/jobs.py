"""Operations of the tag Jobs."""

import asyncio
from collections.abc import Callable, Sequence

from inference_events.catalog import Catalog, jobs
from inference_events.catalog.listing import Listing
from inference_events.events.types import RejectedRow
from inference_events.operations import views
from inference_events_api import types as t

# Returns at most `limit` of a job's rejected rows from an offset on, and the number of all of them.
RejectedRows = Callable[[str, int, int], tuple[Sequence[RejectedRow], int]]


class JobOperations:
    """Serve jobs. `rejected_rows` reads a job's rejected rows, given job id, offset and limit."""

    def __init__(self, catalog: Catalog, rejected_rows: RejectedRows) -> None:
        self._catalog = catalog
        self._rejected_rows = rejected_rows

    async def list_jobs(
        self,
        *,
        limit: int = 50,
        offset: int = 0,
        ordering: str | None = None,
        search: str | None = None,
        filter: t.Filter | None = None,
    ) -> t.JobPage:
        listing = Listing(limit, offset, ordering, search, filter)
        page = await self._catalog.aread(lambda session: jobs.list_page(session, listing))
        return views.listed(page, listing, views.job)

    async def get_job(self, *, job_id: str, verbose: bool = False) -> t.JobResponse:
        row = await self._catalog.aread(lambda session: jobs.get(session, job_id))
        return views.envelope(views.job(row, verbose))

    async def list_rejected_rows(self, *, job_id: str, limit: int = 50, offset: int = 0) -> t.RejectedRowPage:
        job = await self._catalog.aread(lambda session: jobs.get(session, job_id))
        rows, total = await asyncio.to_thread(self._rejected_rows, job.id, offset, limit)
        return views.paginated(list(map(views.rejected_row, rows)), total, limit, offset)
