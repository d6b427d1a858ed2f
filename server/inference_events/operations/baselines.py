"""Operations of the tag Baselines."""

import asyncio
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, alert_rules, baselines, environments, models
from inference_events.catalog.alert_tables import AlertRule
from inference_events.catalog.concurrency import Lock
from inference_events.catalog.listing import Listing, Page
from inference_events.catalog.tables import Baseline, Environment
from inference_events.events.ingest.timestamps import moment_of
from inference_events.events.store import EventStore
from inference_events.idempotency.catalog_writes import change
from inference_events.models import baselines as rules
from inference_events.monitoring.definitions.changes import check_change
from inference_events.monitoring.definitions.rules import stored_subject
from inference_events.operations import row_counts, views
from inference_events.operations.reading import time_bound
from inference_events_api import types as t


class BaselineOperations:
    """Serve baselines: the events with which a model's events are compared."""

    def __init__(self, catalog: Catalog, store: EventStore) -> None:
        self._catalog = catalog
        self._store = store

    async def list_baselines(
        self,
        *,
        limit: int = 50,
        offset: int = 0,
        ordering: str | None = None,
        search: str | None = None,
        filter: t.Filter | None = None,
    ) -> t.BaselinePage:
        listing = Listing(limit, offset, ordering, search, filter)
        page = await self._catalog.aread(lambda session: baselines.list_page(session, listing))
        return await asyncio.to_thread(_show_page, self._store, page, listing)

    async def list_model_baselines(
        self,
        *,
        model_id: str,
        limit: int = 50,
        offset: int = 0,
        ordering: str | None = None,
        search: str | None = None,
        filter: t.Filter | None = None,
    ) -> t.BaselinePage:
        listing = Listing(limit, offset, ordering, search, filter)

        def find(session: Session) -> Page[Baseline]:
            return baselines.list_page(session, listing, models.get(session, model_id).id)

        page = await self._catalog.aread(find)
        return await asyncio.to_thread(_show_page, self._store, page, listing)

    async def create_baseline(self, *, body: t.BaselineCreate) -> t.BaselineResponse:
        def make(session: Session) -> t.BaselineResponse:
            model_id = models.get(session, body["model_id"]).id
            values = _values(body)
            environment = _environment(session, model_id, body.get("env_id"))
            return _show(self._store, baselines.create(session, environment, body["name"], body["type"], values))

        return await change(self._catalog, make)

    async def get_baseline(self, *, baseline_id: str) -> t.BaselineResponse:
        row = await self._catalog.aread(lambda session: baselines.get(session, baseline_id))
        return await asyncio.to_thread(_show, self._store, row)

    async def delete_baseline(self, *, baseline_id: str) -> t.BaselineResponse:
        def make(session: Session) -> t.BaselineResponse:
            # Neither a metric nor an alert rule that names the baseline may be created meanwhile.
            model = models.get(session, baselines.get(session, baseline_id).model_id, Lock.EXCLUSIVE)
            alert_rules.check_unused(session, "baseline", AlertRule.baseline_id == baseline_id)
            before = stored_subject(session, model)
            row = baselines.delete(session, baseline_id)
            check_change(session, model, before)
            return _show(self._store, row)

        return await change(self._catalog, make)


def _environment(session: Session, model_id: str, dataset_id: str | None) -> Environment:
    if dataset_id is None:
        return environments.get_production(session, model_id)
    return environments.get_dataset(session, model_id, dataset_id)


def _values(body: t.BaselineCreate) -> dict[str, Any]:
    """Return the range or the window in the catalog's form. Raises BadRequest for fields that do not fit together."""
    rules.check_fields(body["type"], body["env_type"], body)
    start, end = _time(body, "start_time"), _time(body, "end_time")
    rules.check_range(start, end)
    window = {"offset_delta": body.get("offset_delta"), "window_bin_size": body.get("window_bin_size")}
    return {"start_time": start, "end_time": end, **window}


def _time(body: t.BaselineCreate, name: Literal["start_time", "end_time"]) -> datetime | None:
    value = body.get(name)
    return None if value is None else moment_of(time_bound(value, f"/{name}"))


def _show(store: EventStore, row: Baseline) -> t.BaselineResponse:
    return views.envelope(views.baseline(row, row_counts.of_baselines(store, [row])[row.id]))


def _show_page(store: EventStore, page: Page[Baseline], listing: Listing) -> t.BaselinePage:
    counts = row_counts.of_baselines(store, page.items)
    return views.listed(page, listing, lambda row: views.baseline(row, counts[row.id]))
