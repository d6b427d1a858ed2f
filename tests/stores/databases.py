"""One PostgreSQL server for all tests of a run, and a schema of its own for each directory of a test."""

import atexit
from functools import cache
from itertools import count
from pathlib import Path

from inference_events.events.store import Store
from inference_events.stores.postgres import PostgresEventStore
from tests.servers.postgres import Postgres

DATABASE = "stores"
_schemas = count()


@cache
def server() -> Postgres:
    """Start the server at the first call. It ends with the run; what it stored is of no use then."""
    server = Postgres(settings={"fsync": "off", "max_connections": 200})
    server.create()
    atexit.register(server.remove)
    server.new_database(DATABASE)
    return server


@cache
def store_url(directory: Path) -> str:
    """Return the URL of what belongs to a directory. Schemas are made much faster than databases."""
    schema = f"test_{next(_schemas)}"
    server().execute(f"CREATE SCHEMA {schema}", DATABASE)
    return f"{server().url(DATABASE)}?options=-csearch_path%3D{schema}"


def open_postgres(directory: Path) -> Store:
    """Open the store that belongs to a directory."""
    return PostgresEventStore(store_url(directory))
