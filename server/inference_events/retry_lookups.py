"""Where the records of earlier attempts are: each lies in the store that holds its effect."""

import asyncio
from collections.abc import Callable
from typing import Any

from inference_events.catalog import Catalog, attempts
from inference_events.context import Request
from inference_events.events.records import find_earlier
from inference_events.events.results import IngestResult
from inference_events.events.store import EventStore
from inference_events.retries import Earlier, Find


def in_store(store: EventStore, respond: Callable[[IngestResult], Any]) -> Find:
    """Return the look-up of attempts that changed events. `respond` makes the response of what became of them."""

    async def find(request: Request) -> Earlier | None:
        return await asyncio.to_thread(find_earlier, store, respond, request)

    return find


def in_catalog(catalog: Catalog) -> Find:
    """Return the look-up of attempts that changed the catalog."""

    async def find(request: Request) -> Earlier | None:
        attempt = await catalog.aread(lambda session: attempts.find(session, request))
        return None if attempt is None else Earlier(attempt.body_digest, attempt.answer, attempt.created_at)

    return find
