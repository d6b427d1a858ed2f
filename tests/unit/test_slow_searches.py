"""Pages of a search that takes too long, with a store that is slow on purpose."""

import base64
from functools import partial

import pyarrow as pa
import pytest

from inference_events.errors import ServiceUnavailable
from inference_events.events.store_errors import SearchTimeout
from inference_events.events.types import VIOLATIONS, Place, Query, StoredEvents
from inference_events.models.schema import ModelSchema
from inference_events.operations import reading
from inference_events.operations.reading import FIRST_STEP, read_page

SCHEMA = ModelSchema("model", 1, (), None, None, None, is_ranking=False)
QUERY = Query("model", "production", 500)


def stored(count: int, searched_to: Place | None = None) -> StoredEvents:
    times = pa.array(range(count), pa.timestamp("us"))
    system = {
        "event_id": pa.array([str(number) for number in range(count)]),
        "timestamp": times,
        "received_at": times,
        "updated_at": times,
        "undeclared": pa.nulls(count, pa.string()),
        "violations": pa.array([[]] * count, VIOLATIONS),
    }
    return StoredEvents(pa.table(system), pa.table({}), searched_to=searched_to)


def reply(part: StoredEvents, _: Query) -> StoredEvents:
    return part


def test_a_page_ends_where_the_search_stood() -> None:
    """A search that ran out of time gives what it found, perhaps nothing, and a cursor from which it goes on."""
    for part in (stored(0, (7, "seven")), stored(2, (7, "seven"))):
        page = read_page(QUERY, SCHEMA, partial(reply, part))
        assert len(page["items"]) == len(part.system)
        assert base64.urlsafe_b64decode(page["next_cursor"] or "") == b'[7,"seven"]'


def test_a_page_that_takes_long_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page without filters, too, ends once its time is up, and the next one goes on behind its last event."""
    monkeypatch.setattr(reading, "MAX_SECONDS", 0.0)
    page = read_page(QUERY, SCHEMA, lambda query: stored(query.limit))
    assert len(page["items"]) == FIRST_STEP
    assert base64.urlsafe_b64decode(page["next_cursor"] or "") == f'[{FIRST_STEP - 1},"{FIRST_STEP - 1}"]'.encode()


def test_a_search_without_result_is_refused() -> None:
    """A search that found nothing in its time is a 503 that says what to do; with some events the page ends there."""
    replies = [stored(FIRST_STEP + 1)]

    def read(_: Query) -> StoredEvents:
        if not replies:
            raise SearchTimeout
        return replies.pop()

    page = read_page(QUERY, SCHEMA, read)
    assert len(page["items"]) == FIRST_STEP
    assert page["next_cursor"] is not None
    with pytest.raises(ServiceUnavailable, match="shorten time_range"):
        read_page(QUERY, SCHEMA, read)
