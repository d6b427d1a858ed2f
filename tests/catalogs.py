"""Databases for catalogs: SQLite files, and databases of one PostgreSQL server that all tests of a run share."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inference_events.catalog import Catalog
from inference_events.catalog.database import sqlite_url

if TYPE_CHECKING:
    from tests.servers.postgres import Postgres

KINDS = SQLITE, POSTGRESQL = "sqlite", "postgresql"
# What these tests start and kill is the program, not the machine.
SETTINGS: dict[str, str | int] = {"fsync": "off", "max_connections": 200}
_TEMPLATE = "template_catalog"


class Databases:
    """Make databases of a PostgreSQL server: empty ones, and copies of a migrated one, which are quick to make."""

    def __init__(self, server: "Postgres") -> None:
        self.server = server
        self._numbers = count()
        Catalog(server.new_database(_TEMPLATE)).close()

    def empty(self) -> str:
        """Create an empty database and return its URL."""
        return self.server.new_database(f"test_{next(self._numbers)}")

    def migrated(self) -> str:
        """Create a database with the newest schema and return its URL."""
        name = f"test_{next(self._numbers)}"
        self.server.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        return self.server.url(name)


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Run a PostgreSQL server."""
    # Imported here: the environment of the demo has no driver.
    from tests.servers.postgres import Postgres

    server = Postgres(settings=SETTINGS)
    server.create()
    try:
        yield Databases(server)
    finally:
        # Nobody needs what it would write at an orderly end.
        server.kill()
        server.remove()


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
