"""A PostgreSQL server that somebody else runs: Citus, a managed service, or one behind a pooler.

INFERENCE_EVENTS_TEST_POSTGRES_URL names a database of it whose user may create databases. The tests of stores and
catalogs use that server instead of one of their own.
"""

import os
from contextlib import suppress
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

URL = "INFERENCE_EVENTS_TEST_POSTGRES_URL"


def given_server() -> "GivenServer | None":
    """Return the server that the variable names, if any."""
    url = os.environ.get(URL)
    return GivenServer(url) if url else None


class GivenServer:
    """Make databases of a server, and drop them at the end."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._made: list[str] = []

    def url(self, database: str) -> str:
        """Return the URL of a database."""
        return urlunsplit(urlsplit(self._url)._replace(path=f"/{database}"))

    def new_database(self, name: str) -> str:
        """Create an empty database and return its URL."""
        self._execute("CREATE DATABASE {}", name)
        self._made.append(name)
        return self.url(name)

    def copied_database(self, name: str, template: str) -> str | None:
        """Copy a database and return its URL, None if the server refuses, as it does while a pooler is connected."""
        with suppress(psycopg.errors.ObjectInUse):
            self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)
            self._made.append(name)
            return self.url(name)
        return None

    def remove(self) -> None:
        """Drop the databases that were made."""
        for name in self._made:
            with suppress(psycopg.Error):
                self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _execute(self, statement: str, *names: str) -> None:
        with psycopg.connect(self._url, autocommit=True, prepare_threshold=None) as session:
            session.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
