"""The traffic of models: how many production events each has, and when the newest of them happened."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, environments, models
from inference_events.catalog.listing import Listing
from inference_events.catalog.tables import Model
from inference_events.errors import ObjectNotFound
from inference_events.events.store import EventStore
from inference_events.events.types import Traffic
from inference_events.models.registry import ModelRegistry


@dataclass(frozen=True)
class ModelTraffic:
    """A model and its traffic."""

    model: Model
    traffic: Traffic


@dataclass(frozen=True)
class TrafficPage:
    """The traffic of some models, and how many models there are."""

    items: Sequence[ModelTraffic]
    total: int


class TrafficReader:
    """Reads traffic from the event store, which counts faster than figures are computed."""

    def __init__(self, catalog: Catalog, registry: ModelRegistry, store: EventStore) -> None:
        self._catalog = catalog
        self._registry = registry
        self._store = store

    def page(self, listing: Listing, range: tuple[int, int]) -> TrafficPage:
        """Return the traffic of a page of models in a range of time, in UTC microseconds."""

        def find(session: Session) -> tuple[Sequence[Model], dict[str, str], int]:
            page = models.list_page(session, listing)
            return page.items, environments.production_ids(session, [row.id for row in page.items]), page.total

        rows, ids, total = self._catalog.read(find)
        return TrafficPage(list(self._read(rows, ids, range)), total)

    def _read(self, rows: Sequence[Model], ids: dict[str, str], range: tuple[int, int]) -> Iterator[ModelTraffic]:
        for row in rows:
            # A model that is deleted meanwhile is not shown.
            with suppress(ObjectNotFound):
                yield ModelTraffic(row, self._of(row.id, ids[row.id], range))

    def _of(self, model_id: str, environment_id: str, range: tuple[int, int]) -> Traffic:
        return self._registry.with_schema_retry(model_id, lambda: self._store.traffic(model_id, environment_id, *range))
