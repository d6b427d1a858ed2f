"""One PostgreSQL server for all tests of a run, and a database of its own for each directory of a test."""

import atexit
from functools import cache
from pathlib import Path

from inference_events.events.store import Store
from inference_events.stores.postgres import PostgresEventStore
from tests.servers.postgres import Postgres

TEMPLATE = "empty_store"


@cache
def server() -> Postgres:
    """Start the server at the first call. It ends with the run; what it stored is of no use then."""
    server = Postgres(settings={"fsync": "off", "max_connections": 200})
    server.create()
    atexit.register(server.remove)
    PostgresEventStore(server.new_database(TEMPLATE)).close()
    return server


@cache
def database_url(directory: Path) -> str:
    """Return the URL of the database that belongs to a directory. At the first call it holds an empty store."""
    name = f"test {len(str(directory))} {abs(hash(directory))}"
    server().execute(f'CREATE DATABASE "{name}" TEMPLATE {TEMPLATE}')
    return server().url(name.replace(" ", "%20"))


def open_postgres(directory: Path) -> Store:
    """Open the store that belongs to a directory."""
    return PostgresEventStore(database_url(directory))
