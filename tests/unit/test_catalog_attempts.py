"""Promises of idempotency records: the newest matching response, in the transaction of its effect."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, idempotency_records, organizations, projects
from inference_events.catalog.listing import Listing
from inference_events.catalog.tables import utc_now
from inference_events.context import KeyClaimed, Request


@pytest.fixture
def catalog(catalog_url: str) -> Iterator[Catalog]:
    catalog = Catalog(catalog_url)
    catalog.write(lambda session: organizations.ensure(session, "acme"))
    yield catalog
    catalog.close()


def request(body: bytes = b"body", key: str | None = None, token: str = "t", path: str = "/v3/projects") -> Request:
    return Request("r", "POST", path, token_id=token, body_digest=body, idempotency_key=key)


def response_to(catalog: Catalog, asked: Request) -> object:
    found = catalog.read(lambda session: idempotency_records.find(session, asked))
    return None if found is None else found.response["data"]


def record(catalog: Catalog, given: Request, response: int) -> None:
    catalog.write(lambda session: idempotency_records.record(session, given, {"data": response}))


def test_the_newest_response_of_a_body_is_found(catalog: Catalog) -> None:
    """Without a key, a repeated body gets the last response of the same token and path."""
    record(catalog, request(), 1)
    record(catalog, request(), 2)
    assert response_to(catalog, request()) == 2
    for other in (request(b"other"), request(token="u"), request(path="/v3/models"), request(key="k")):
        assert response_to(catalog, other) is None


def test_a_key_finds_its_response_for_any_body(catalog: Catalog) -> None:
    """With a key the body does not matter, so that a key used for another body is noticed."""
    record(catalog, request(key="k"), 1)
    assert response_to(catalog, request(b"other", key="k")) == 1
    assert response_to(catalog, request(key="l")) is None
    assert response_to(catalog, request()) is None


def test_a_key_can_be_claimed_once(catalog: Catalog) -> None:
    """A second effect under one key is refused: neither its response nor its change is kept."""

    def create(session: Session, name: str) -> None:
        projects.create(session, name)
        idempotency_records.record(session, request(key="k"), {"data": name})

    catalog.write(lambda session: create(session, "bank"))
    with pytest.raises(KeyClaimed):
        catalog.write(lambda session: create(session, "shop"))
    page = catalog.read(lambda session: projects.list_page(session, Listing()))
    assert [row.name for row in page.items] == ["bank"]


def test_old_responses_are_forgotten(catalog: Catalog) -> None:
    """Purging removes the responses from before a time and no others, and frees their keys."""
    record(catalog, request(key="k"), 1)
    now = utc_now()
    record(catalog, request(), 2)
    assert catalog.write(lambda session: idempotency_records.purge(session, now)) == 1
    assert response_to(catalog, request(key="k")) is None
    assert response_to(catalog, request()) == 2
    record(catalog, request(key="k"), 3)
    assert catalog.write(lambda session: idempotency_records.purge(session, utc_now() + timedelta(1))) == 2
