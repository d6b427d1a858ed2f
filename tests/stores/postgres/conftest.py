"""Open stores of PostgreSQL, several on one database too."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from inference_events.stores.postgres import PostgresEventStore
from tests.stores.databases import store_url
from tests.stores.engines import POSTGRES
from tests.stores.opened import Opened


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Give an open store, with the model that `Opened` writes to."""
    opened = Opened(POSTGRES.open, tmp_path)
    yield opened
    opened.store.close()


@pytest.fixture
def url(opened: Opened, tmp_path: Path) -> str:
    """Return the URL of the database of `opened`."""
    return store_url(tmp_path)


@pytest.fixture
def replica(opened: Opened, url: str) -> Iterator[PostgresEventStore]:
    """Give another store on the database of `opened`, as another replica has."""
    store = PostgresEventStore(url)
    yield store
    store.close()
