"""Operations of the tag Segments."""

from inference_events.catalog import Catalog
from inference_events.catalog.listing import Listing
from inference_events.catalog.tables import Segment
from inference_events.operations.definitions import Definitions
from inference_events_api import types as t


class SegmentOperations:
    """Serve segments: named parts of a model's events."""

    def __init__(self, catalog: Catalog) -> None:
        self._definitions = Definitions(catalog, Segment)

    async def list_segments(
        self,
        *,
        limit: int = 50,
        offset: int = 0,
        ordering: str | None = None,
        search: str | None = None,
        filter: t.Filter | None = None,
    ) -> t.SegmentPage:
        return await self._definitions.page(Listing(limit, offset, ordering, search, filter))

    async def list_model_segments(
        self,
        *,
        model_id: str,
        limit: int = 50,
        offset: int = 0,
        ordering: str | None = None,
        search: str | None = None,
        filter: t.Filter | None = None,
    ) -> t.SegmentPage:
        return await self._definitions.page(Listing(limit, offset, ordering, search, filter), model_id)

    async def create_segment(self, *, body: t.SegmentCreate) -> t.SegmentResponse:
        return await self._definitions.create(body)

    async def get_segment(self, *, segment_id: str) -> t.SegmentResponse:
        return await self._definitions.get(segment_id)

    async def delete_segment(self, *, segment_id: str) -> t.SegmentResponse:
        return await self._definitions.delete(segment_id)
