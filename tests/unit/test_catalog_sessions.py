"""Promises of sessions: they end in time and with their token, on every database and at every replica."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from inference_events.catalog import Catalog, sessions, tokens
from inference_events.catalog.authentication import Authentication
from inference_events.catalog.tables import BrowserSession, SessionCode

PATIENCE_SECONDS = 5


@pytest.fixture
def catalog(catalog_url: str) -> Iterator[Catalog]:
    with closing(Catalog(catalog_url)) as catalog:
        yield catalog


def begin(catalog: Catalog) -> tuple[str, str]:
    """Begin a session. Return the id of its token and its secret."""
    token, _ = catalog.write(lambda session: tokens.create(session, "any", ["read"]))
    return token.id, catalog.write(lambda session: sessions.create(session, token.id))


def lives(catalog: Catalog, secret: str) -> bool:
    return asyncio.run(Authentication(catalog).asession(secret)) is not None


@pytest.mark.parametrize(
    ("column", "age", "is_valid"),
    [
        ("last_seen_at", sessions.MAX_IDLE - timedelta(minutes=1), True),
        ("last_seen_at", sessions.MAX_IDLE, False),
        ("created_at", sessions.MAX_AGE - timedelta(minutes=1), True),
        ("created_at", sessions.MAX_AGE, False),
    ],
)
def test_sessions_end(catalog: Catalog, column: str, age: timedelta, is_valid: bool) -> None:
    """A session ends after 12 hours without a request and 7 days after it began; a purge removes only ended ones."""
    _, secret = begin(catalog)
    before = {column: datetime.now(UTC) - age}
    catalog.write(lambda session: session.execute(update(BrowserSession).values(before)))
    assert lives(catalog, secret) == is_valid
    catalog.write(lambda session: sessions.purge(session, datetime.now(UTC)))
    assert len(catalog.read(lambda session: session.scalars(select(BrowserSession)).all())) == is_valid


def test_a_session_in_use_does_not_end(catalog: Catalog) -> None:
    """Each use is noted, so that a session ends 12 hours after the last one, not after the first."""
    _, secret = begin(catalog)
    before = datetime.now(UTC) - sessions.MAX_IDLE / 2
    catalog.write(lambda session: session.execute(update(BrowserSession).values(last_seen_at=before)))
    assert lives(catalog, secret)
    catalog.write_later(lambda session: None).result()
    (row,) = catalog.read(lambda session: session.scalars(select(BrowserSession)).all())
    assert row.last_seen_at > before + sessions.MAX_IDLE / 4


def test_a_session_holds_at_every_replica(catalog: Catalog, catalog_url: str) -> None:
    """What one replica began works at another one, and ends there within a second once its token is revoked."""
    token_id, secret = begin(catalog)
    with closing(Catalog(catalog_url)) as other:
        assert lives(other, secret)
        if catalog_url.startswith("sqlite"):
            return
        catalog.write(lambda session: tokens.create(session, "admin", ["admin"]))
        catalog.write(lambda session: tokens.revoke(session, token_id))
        deadline = time.monotonic() + PATIENCE_SECONDS
        while lives(other, secret):
            assert time.monotonic() < deadline, "the session lives on at another replica"
            time.sleep(0.05)


def test_a_code_begins_one_session(catalog: Catalog) -> None:
    """A code is used up by its first use, and a purge removes those that are too old."""
    token_id, _ = begin(catalog)
    code, _ = catalog.write(lambda session: sessions.create_code(session, token_id))
    uses = [catalog.write(lambda session: sessions.redeem_code(session, code)) for _ in range(2)]
    assert uses == [token_id, None]
    catalog.write(lambda session: sessions.create_code(session, token_id))
    catalog.write(lambda session: sessions.purge(session, datetime.now(UTC) + sessions.CODE_AGE * 2))
    assert catalog.read(lambda session: session.scalars(select(SessionCode)).all()) == []
