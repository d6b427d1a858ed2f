"""One PostgreSQL server for all tests of a run, and a schema of its own for each directory of a test.

With INFERENCE_EVENTS_TEST_POSTGRES_URL the tests use the database at that URL instead, such as one of a managed
service.
"""

import atexit
import os
from functools import cache
from pathlib import Path
from uuid import uuid4

import psycopg

from inference_events.events.store import Store
from inference_events.stores.postgres import PostgresEventStore
from tests.servers.postgres import Postgres

URL = "INFERENCE_EVENTS_TEST_POSTGRES_URL"


@cache
def database_url() -> str:
    """Return the URL of the database. A server of the tests' own ends with the run."""
    if URL in os.environ:
        return os.environ[URL]
    server = Postgres(settings={"fsync": "off", "max_connections": 200})
    server.create()
    atexit.register(server.remove)
    return server.new_database("stores")


@cache
def store_url(directory: Path) -> str:
    """Return the URL of what belongs to a directory. Schemas are made much faster than databases."""
    schema = f"test_{uuid4().hex}"
    with psycopg.connect(database_url(), autocommit=True) as session:
        session.execute(f"CREATE SCHEMA {schema}".encode())
    separator = "&" if "?" in database_url() else "?"
    return f"{database_url()}{separator}options=-csearch_path%3D{schema}"


def open_postgres(directory: Path) -> Store:
    """Open the store that belongs to a directory."""
    return PostgresEventStore(store_url(directory))
