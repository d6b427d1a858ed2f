"""Databases for catalogs: SQLite files, and databases of one PostgreSQL server that all tests of a run share.

With INFERENCE_EVENTS_TEST_POSTGRES_URL the server is the one at that URL.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from inference_events.catalog import Catalog
from inference_events.catalog.database import sqlite_url

if TYPE_CHECKING:
    from tests.servers.given import GivenServer
    from tests.servers.postgres import Postgres

KINDS = SQLITE, POSTGRESQL = "sqlite", "postgresql"
# What these tests start and kill is the program, not the machine.
SETTINGS: dict[str, str | int] = {"fsync": "off", "max_connections": 200}


class Databases:
    """Make databases of a PostgreSQL server: empty ones, and copies of a migrated one, which are quick to make."""

    def __init__(self, server: "Postgres | GivenServer") -> None:
        self._server = server
        # Another run may use the same server.
        self._run = uuid4().hex
        self._count = 0
        self._template = self._new_name()
        Catalog(server.new_database(self._template)).close()

    def empty(self) -> str:
        """Create an empty database and return its URL."""
        return self._server.new_database(self._new_name())

    def migrated(self) -> str:
        """Create a database with the newest schema and return its URL."""
        url = self._server.copied_database(self._new_name(), self._template)
        if url is None:
            url = self.empty()
            Catalog(url).close()
        return url

    def _new_name(self) -> str:
        self._count += 1
        return f"test_{self._run}_{self._count}"


@pytest.fixture(scope="session")
def own_server() -> Iterator["Postgres"]:
    """Run a PostgreSQL server, for tests that change it."""
    with _running() as server:
        yield server


@contextmanager
def _running() -> Iterator["Postgres"]:
    # Imported here: the environment of the demo has no driver.
    from tests.servers.postgres import Postgres

    server = Postgres(settings=SETTINGS)
    server.create()
    try:
        yield server
    finally:
        # Nobody needs what it would write at an orderly end.
        server.kill()
        server.remove()


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Give databases of the server that a variable names, or of one of the tests' own."""
    from tests.servers.given import given_server

    given = given_server()
    if given is None:
        yield Databases(request.getfixturevalue("own_server"))
        return
    try:
        yield Databases(given)
    finally:
        given.remove()


@pytest.fixture(scope="session")
def own_databases(own_server: "Postgres") -> Databases:
    """Give databases of the tests' own server."""
    return Databases(own_server)


@pytest.fixture(params=KINDS)
def catalog_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Name a database without rows, of each kind."""
    return new_url(request, tmp_path)


def new_url(request: pytest.FixtureRequest, directory: Path) -> str:
    """Return the URL of a database without rows, of the kind that is the parameter of a fixture."""
    if request.param == SQLITE:
        return sqlite_url(directory / "catalog.sqlite")
    databases: Databases = request.getfixturevalue("databases")
    return databases.migrated()


@pytest.fixture
def shared_url(databases: Databases) -> str:
    """Name a database of PostgreSQL without rows."""
    return databases.migrated()
