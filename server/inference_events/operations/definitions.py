"""Operations on definitions, which are alike for segments and for custom metrics."""

from typing import Generic

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, alert_rules, definitions, models
from inference_events.catalog.alert_tables import AlertRule
from inference_events.catalog.concurrency import Lock
from inference_events.catalog.definitions import DefinitionT
from inference_events.catalog.listing import Listing, Page
from inference_events.catalog.tables import CustomMetric
from inference_events.context import current_request
from inference_events.idempotency.catalog_writes import change
from inference_events.monitoring.definitions import rules
from inference_events.operations import views
from inference_events_api import types as t


class Definitions(Generic[DefinitionT]):
    """Serve the definitions of one table."""

    def __init__(self, catalog: Catalog, table: type[DefinitionT]) -> None:
        self._catalog = catalog
        self._table: type[DefinitionT] = table

    async def page(self, listing: Listing, model_id: str | None = None) -> views.PageEnvelope[t.Segment]:
        def find(session: Session) -> Page[DefinitionT]:
            of_model = None if model_id is None else models.get(session, model_id).id
            return definitions.list_page(session, self._table, listing, of_model)

        return views.listed(await self._catalog.aread(find), listing, views.definition)

    async def create(self, body: t.SegmentCreate | t.CustomMetricCreate) -> views.Envelope[t.Segment]:
        token_id = current_request().token_id

        def make(session: Session) -> views.Envelope[t.Segment]:
            # Its columns must not change until the definition that uses them is there.
            model = models.get(session, body["model_id"], Lock.SHARED)
            name = rules.checked_name(body["name"])
            rules.check(self._table, body["definition"], rules.stored_subject(session, model))
            row = self._table(
                model_id=model.id,
                name=name,
                definition=body["definition"],
                description=body.get("description"),
                created_by_id=token_id,
            )
            return views.envelope(views.definition(definitions.create(session, row)))

        return await change(self._catalog, make)

    def _used_by(self, id: str) -> ColumnElement[bool]:
        return (AlertRule.metric_id if self._table is CustomMetric else AlertRule.segment_id) == id

    async def get(self, id: str) -> views.Envelope[t.Segment]:
        row = await self._catalog.aread(lambda session: definitions.get(session, self._table, id))
        return views.envelope(views.definition(row))

    async def delete(self, id: str) -> views.Envelope[t.Segment]:
        def make(session: Session) -> views.Envelope[t.Segment]:
            row = definitions.get(session, self._table, id)
            # No alert rule that uses the definition may be created meanwhile.
            models.get(session, row.model_id, Lock.EXCLUSIVE)
            alert_rules.check_unused(session, definitions.TITLES[self._table].lower(), self._used_by(row.id))
            return views.envelope(views.definition(definitions.delete(session, self._table, id)))

        return await change(self._catalog, make)
