"""Look up records of earlier attempts: each is in the same store as its effect."""

import asyncio
from collections.abc import Callable
from typing import Any

from inference_events.catalog import Catalog, idempotency_records
from inference_events.context import Request
from inference_events.events.results import IngestResult
from inference_events.events.store import RecordStore
from inference_events.idempotency.guard import Find, StoredResponse
from inference_events.idempotency.records import find_stored_response


def in_store(store: RecordStore, respond: Callable[[IngestResult], Any]) -> Find:
    """Return the look-up of attempts that changed events. `respond` makes the response from a result."""

    async def find(request: Request) -> StoredResponse | None:
        return await asyncio.to_thread(find_stored_response, store, respond, request)

    return find


def in_catalog(catalog: Catalog) -> Find:
    """Return the look-up of attempts that changed the catalog."""

    async def find(request: Request) -> StoredResponse | None:
        attempt = await catalog.aread(lambda session: idempotency_records.find(session, request))
        return None if attempt is None else StoredResponse(attempt.body_digest, attempt.response, attempt.created_at)

    return find
