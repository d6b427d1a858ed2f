"""Operations of the tag Custom metrics."""

from inference_events.catalog import Catalog
from inference_events.catalog.listing import Listing
from inference_events.catalog.tables import CustomMetric
from inference_events.operations.definitions import Definitions
from inference_events_api import types as t


class CustomMetricOperations:
    """Serve custom metrics: numbers that users define on a model's events."""

    def __init__(self, catalog: Catalog) -> None:
        self._definitions = Definitions(catalog, CustomMetric)

    async def list_custom_metrics(
        self,
        *,
        limit: int = 50,
        offset: int = 0,
        ordering: str | None = None,
        search: str | None = None,
        filter: t.Filter | None = None,
    ) -> t.CustomMetricPage:
        return await self._definitions.page(Listing(limit, offset, ordering, search, filter))

    async def list_model_custom_metrics(
        self,
        *,
        model_id: str,
        limit: int = 50,
        offset: int = 0,
        ordering: str | None = None,
        search: str | None = None,
        filter: t.Filter | None = None,
    ) -> t.CustomMetricPage:
        return await self._definitions.page(Listing(limit, offset, ordering, search, filter), model_id)

    async def create_custom_metric(self, *, body: t.CustomMetricCreate) -> t.CustomMetricResponse:
        return await self._definitions.create(body)

    async def get_custom_metric(self, *, custom_metric_id: str) -> t.CustomMetricResponse:
        return await self._definitions.get(custom_metric_id)

    async def delete_custom_metric(self, *, custom_metric_id: str) -> t.CustomMetricResponse:
        return await self._definitions.delete(custom_metric_id)
