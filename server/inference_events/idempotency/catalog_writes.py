"""Changes of the catalog that leave an idempotency record."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, idempotency_records
from inference_events.context import current_request
from inference_events.idempotency.guard import RETRIED_WITHIN

ResponseT = TypeVar("ResponseT", bound=Mapping[str, object])


async def change(catalog: Catalog, make: Callable[[Session], ResponseT]) -> ResponseT:
    """Return the response of `make`. It is recorded in the transaction of the change."""
    request = current_request()

    def make_and_record(session: Session) -> ResponseT:
        idempotency_records.claim(session, request, RETRIED_WITHIN)
        response = make(session)
        idempotency_records.record(session, request, response)
        return response

    return await catalog.awrite(make_and_record)
