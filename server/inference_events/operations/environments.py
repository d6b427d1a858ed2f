"""Operations of the tag Environments."""

import asyncio

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, environments, models
from inference_events.catalog.listing import Listing, Page
from inference_events.catalog.tables import Environment
from inference_events.events.store import EventStore
from inference_events.operations import row_counts, views
from inference_events_api import types as t


class EnvironmentOperations:
    """Serve environments: the time series of each model, and its datasets."""

    def __init__(self, catalog: Catalog, store: EventStore) -> None:
        self._catalog = catalog
        self._store = store

    async def list_environments(
        self,
        *,
        type: t.EnvType | None = None,
        limit: int = 50,
        offset: int = 0,
        ordering: str | None = None,
        search: str | None = None,
        filter: t.Filter | None = None,
    ) -> t.EnvironmentPage:
        listing = Listing(limit, offset, ordering, search, filter)
        page = await self._catalog.aread(lambda session: environments.list_page(session, listing, type=type))
        return await asyncio.to_thread(_show_page, self._store, page, listing)

    async def list_model_environments(
        self,
        *,
        model_id: str,
        type: t.EnvType | None = None,
        limit: int = 50,
        offset: int = 0,
        ordering: str | None = None,
        search: str | None = None,
        filter: t.Filter | None = None,
    ) -> t.EnvironmentPage:
        listing = Listing(limit, offset, ordering, search, filter)

        def find(session: Session) -> Page[Environment]:
            return environments.list_page(session, listing, models.get(session, model_id).id, type)

        page = await self._catalog.aread(find)
        return await asyncio.to_thread(_show_page, self._store, page, listing)

    async def get_environment(self, *, environment_id: str) -> t.EnvironmentResponse:
        row = await self._catalog.aread(lambda session: environments.get(session, environment_id))
        counts = await asyncio.to_thread(row_counts.of_environments, self._store, [row])
        return views.envelope(views.environment(row, counts[row.id]))


def _show_page(store: EventStore, page: Page[Environment], listing: Listing) -> t.EnvironmentPage:
    counts = row_counts.of_environments(store, page.items)
    return views.listed(page, listing, lambda row: views.environment(row, counts[row.id]))
