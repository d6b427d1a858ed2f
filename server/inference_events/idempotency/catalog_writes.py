"""Changes of the catalog that leave a record of their answer."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, idempotency_records
from inference_events.context import current_request

AnswerT = TypeVar("AnswerT", bound=Mapping[str, object])


async def change(catalog: Catalog, make: Callable[[Session], AnswerT]) -> AnswerT:
    """Return the answer of `make`, which is kept for retries in the transaction of what it changes."""
    request = current_request()

    def make_and_record(session: Session) -> AnswerT:
        answer = make(session)
        idempotency_records.record(session, request, answer)
        return answer

    return await catalog.awrite(make_and_record)
