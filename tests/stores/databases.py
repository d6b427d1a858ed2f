"""One PostgreSQL server for all tests of a run, and a schema of its own for each directory of a test.

With INFERENCE_EVENTS_TEST_POSTGRES_URL the tests use databases of the server at that URL instead.
"""

import atexit
from functools import cache
from pathlib import Path
from uuid import uuid4

import psycopg

from inference_events.events.store import Store
from inference_events.stores.postgres import PostgresEventStore
from tests.servers.given import GivenServer, given_server
from tests.servers.pgbouncer import PgBouncer
from tests.servers.postgres import Postgres


@cache
def own_server() -> Postgres:
    """Start a server, which ends with the run."""
    server = Postgres(settings={"fsync": "off", "max_connections": 200})
    server.create()
    atexit.register(server.remove)
    return server


@cache
def pooler() -> PgBouncer:
    """Start a pooler before the server, which ends with the run."""
    pooler = PgBouncer(own_server())
    pooler.start()
    atexit.register(pooler.stop)
    return pooler


@cache
def server() -> Postgres | GivenServer:
    """Return the server that a variable names, or one of the tests' own."""
    given = given_server()
    if given is None:
        return own_server()
    atexit.register(given.remove)
    return given


@cache
def database_url() -> str:
    """Return the URL of a database that all tests share."""
    return server().new_database(f"stores_{uuid4().hex}")


@cache
def store_url(directory: Path) -> str:
    """Return the URL of what belongs to a directory: a schema, or a database if a pooler does not let it be chosen."""
    schema = f"test_{uuid4().hex}"
    separator = "&" if "?" in database_url() else "?"
    url = f"{database_url()}{separator}options=-csearch_path%3D{schema}"
    if not takes_options(url):
        return server().new_database(schema)
    with psycopg.connect(database_url(), autocommit=True) as session:
        session.execute(f"CREATE SCHEMA {schema}".encode())
    return url


@cache
def pooled_url(directory: Path) -> str:
    """Return the URL of the database that belongs to a directory, through the pooler."""
    name = f"test_{uuid4().hex}"
    own_server().new_database(name)
    return pooler().url(name)


def takes_options(url: str) -> bool:
    """Return whether connections keep the options that their URL names."""
    try:
        with psycopg.connect(url) as session:
            return session.execute("SHOW search_path").fetchone() == (url.rpartition("%3D")[2],)
    except psycopg.OperationalError:
        return False


def open_postgres(directory: Path) -> Store:
    """Open the store that belongs to a directory."""
    return PostgresEventStore(store_url(directory))


def open_pooled_postgres(directory: Path) -> Store:
    """Open the store that belongs to a directory, through a pooler in transaction mode."""
    return PostgresEventStore(pooled_url(directory))
