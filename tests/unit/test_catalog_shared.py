"""Promises of a catalog in a database that replicas share: starts, visibility of changes, and failures."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from queue import Queue

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from inference_events import __version__
from inference_events.catalog import Catalog, jobs, leases, postgres, projects, schema, tokens
from inference_events.catalog.authentication import Authentication
from inference_events.catalog.bootstrap import open_shared_catalog
from inference_events.catalog.cache import MAX_AGE_SECONDS, Cache
from inference_events.catalog.errors import (
    DatabaseTooOld,
    DatabaseUnusable,
    DatabaseUrlInvalid,
    ProgramTooOld,
)
from inference_events.catalog.listing import Listing
from inference_events.catalog.tables import CatalogVersion, Organization, Project, Token
from inference_events.cli import app
from inference_events.errors import ServiceUnavailable
from inference_events.settings import Settings
from tests.catalogs import Databases
from tests.servers.postgres import Postgres, free_port

SECRET = "a-preset-admin-token"
SETTINGS = Settings(organization="acme", admin_token=SecretStr(SECRET))
PASSWORD = "pass-word"
VARIABLE = "INFERENCE_EVENTS_DATABASE_URL"
START = """
import sys
from pydantic import SecretStr
from inference_events.catalog.bootstrap import open_shared_catalog
from inference_events.settings import Settings
print("ready", flush=True)
sys.stdin.readline()
open_shared_catalog(sys.argv[1], Settings(organization="acme", admin_token=SecretStr(sys.argv[2]))).close()
"""


@pytest.fixture
def catalog(shared_url: str) -> Iterator[Catalog]:
    catalog = open_shared_catalog(shared_url, SETTINGS)
    yield catalog
    catalog.close()


@pytest.fixture
def other(shared_url: str, catalog: Catalog) -> Iterator[Catalog]:
    """Open the database again, as another replica."""
    other = Catalog(shared_url)
    yield other
    other.close()


def names(catalog: Catalog) -> list[str]:
    return [row.name for row in catalog.read(lambda session: projects.list_page(session, Listing())).items]


def create(name: str) -> Callable[[Session], Project]:
    return lambda session: projects.create(session, name)


def end_connections(url: str) -> None:
    """End every other connection to a database, as a failover does."""
    with psycopg.connect(url, autocommit=True) as session:
        session.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_replicas_may_start_at_once(databases: Databases) -> None:
    """Processes that start on an empty database together make one schema, one organization and one admin token."""
    url = databases.empty()
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", START, url, SECRET],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for start in starts:
        assert start.stdout is not None
        assert start.stdout.readline() == "ready\n"
    with ThreadPoolExecutor(len(starts)) as threads:
        ends = list(threads.map(lambda start: start.communicate("\n", timeout=120), starts))
    assert [start.returncode for start in starts] == [0, 0, 0], ends
    catalog = Catalog(url)
    kept = catalog.read(
        lambda session: (session.scalars(select(Organization)).all(), session.scalars(select(Token)).all())
    )
    assert catalog.missing() == []
    catalog.close()
    assert [len(rows) for rows in kept] == [1, 1]


def test_no_start_makes_a_token(databases: Databases) -> None:
    """Without a preset admin token a shared catalog has no token: no user would see its secret."""
    catalog = open_shared_catalog(databases.migrated(), Settings())
    assert catalog.read(lambda session: session.scalars(select(Token)).all()) == []
    catalog.close()


def test_every_text_is_ordered_by_code_point(catalog: Catalog) -> None:
    """No text column depends on the locale of the database, not even those that a later migration adds."""

    def others(session: Session) -> list[str]:
        found = session.execute(
            text(
                "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public' "
                "AND data_type IN ('text', 'character varying') AND collation_name IS DISTINCT FROM 'C'"
            )
        )
        return [name for (name,) in found if not name.startswith("alembic_version.")]

    assert catalog.read(others) == []


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:pass-word/x@host/db",
        "postgresql://user:pass@word-pass-word@host/db",
        "postgresql://user:%pass-word@host/db",
        "host=127.0.0.1 password=pass-word",
        "mysql://user:pass-word@host/db",
    ],
)
def test_a_url_that_cannot_be_read_is_not_shown(url: str) -> None:
    """A URL with unquoted characters is refused with the form that it must have, and without any part of it."""
    with pytest.raises(DatabaseUrlInvalid, match="postgresql://user:password@host:port/database") as refused:
        Catalog(url)
    assert PASSWORD not in str(refused.value)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda server: f"127.0.0.1:{free_port()}/db", "onnection refused"),
        (lambda server: f"127.0.0.1:{server.port}/missing", "does not exist"),
        (lambda server: f"127.0.0.1:{free_port()},127.0.0.1:{free_port()}/db", "onnection refused"),
    ],
)
def test_a_database_that_cannot_be_reached_is_one_message(
    own_server: Postgres, make: Callable[[Postgres], str], reason: str
) -> None:
    """The message has one line, names the hosts and the reason, and shows no password."""
    with pytest.raises(DatabaseUnusable, match=reason) as refused:
        Catalog(f"postgresql://postgres:{PASSWORD}@{make(own_server)}")
    message = str(refused.value)
    assert message.startswith("The database at 127.0.0.1")
    assert PASSWORD not in message
    assert "\n" not in message
    assert refused.value.__cause__ is None


def test_one_of_several_hosts_is_enough(own_server: Postgres, own_databases: Databases) -> None:
    """Of several hosts in the URL the first one that responds and takes writes is used."""
    name = own_databases.migrated().rpartition("/")[2]
    catalog = Catalog(f"postgresql://postgres@127.0.0.1:{free_port()},127.0.0.1:{own_server.port}/{name}")
    assert catalog.ping()
    catalog.close()


def test_a_database_that_forbids_a_schema_is_one_message(own_server: Postgres, own_databases: Databases) -> None:
    """If the user may not create tables, the message says so."""
    own_server.execute("CREATE USER reader")
    name = own_databases.empty().rpartition("/")[2]
    with pytest.raises(DatabaseUnusable, match="permission denied for schema public"):
        Catalog(f"postgresql://reader@127.0.0.1:{own_server.port}/{name}")


def test_an_old_server_is_refused(shared_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is older than the oldest supported one is refused with both versions."""
    monkeypatch.setattr(postgres, "OLDEST_SERVER", 1000)
    with pytest.raises(DatabaseTooOld, match=r"runs PostgreSQL \d+; this program needs PostgreSQL 1000 or newer"):
        Catalog(shared_url)


def migrate_further(url: str, oldest: str) -> None:
    """Leave the schema as a newer program would that works beside programs from `oldest` on."""
    with psycopg.connect(url) as session:
        session.execute("UPDATE alembic_version SET version_num = '9999'")
        session.execute("UPDATE catalog_version SET schema_version = '9999', oldest_program_version = %s", [oldest])
        session.execute("ALTER TABLE projects ADD COLUMN color text")


def test_an_old_program_works_beside_a_newer_schema(catalog: Catalog, shared_url: str) -> None:
    """A replica whose version is not older than the schema allows starts again, and does its work."""
    migrate_further(shared_url, __version__)
    again = Catalog(shared_url)
    again.write(create("bank"))
    assert names(again) == names(catalog) == ["bank"]
    again.close()


def test_a_program_that_is_too_old_is_refused(catalog: Catalog, shared_url: str) -> None:
    """A replica that is older than the schema allows does not start, and says which version does."""
    migrate_further(shared_url, "99.1.0")
    with pytest.raises(ProgramTooOld, match=r"does not fit.*its schema is 9999.*version 99\.1\.0 or later"):
        open_shared_catalog(shared_url, SETTINGS)
    assert names(catalog) == []


def test_the_schema_s_versions_are_kept(catalog: Catalog) -> None:
    """The database says which schema it has and which program is the oldest that may use it."""
    kept = catalog.read(lambda session: session.scalars(select(CatalogVersion)).one())
    revision = catalog.read(lambda session: session.scalar(text("SELECT version_num FROM alembic_version")))
    assert (kept.schema_version, kept.oldest_program_version) == (revision, schema.OLDEST_PROGRAM_VERSION)


def test_a_revoked_token_fails_everywhere_within_a_second(catalog: Catalog, other: Catalog) -> None:
    """A token that another replica has just accepted is unknown to it a second after its revocation."""
    token, secret = catalog.write(lambda session: tokens.create(session, "ingest", ["ingest"]))
    authenticate = Authentication(other).authenticate
    for _ in range(3):
        assert authenticate(secret) is not None
        time.sleep(0.2)
    catalog.write(lambda session: tokens.revoke(session, token.id))
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        authenticate(secret)
    assert authenticate(secret) is None


def test_a_notification_ends_what_is_kept_at_once(catalog: Catalog, other: Catalog) -> None:
    """After `refresh` nothing is returned that another replica has changed before."""
    other.refresh()
    assert other.cached_read("names", lambda session: list(session.scalars(select(Project.name)))) == []
    catalog.write(create("bank"))
    other.refresh()
    assert other.cached_read("names", lambda session: list(session.scalars(select(Project.name)))) == ["bank"]


def test_kept_results_cost_no_reads(catalog: Catalog, other: Catalog) -> None:
    """A token that is used again and again is read once, although its use is noted at both replicas."""
    _, secret = catalog.write(lambda session: tokens.create(session, "ingest", ["ingest"]))
    authentications = [Authentication(catalog), Authentication(other)]
    assert all(each.authenticate(secret) for each in authentications)
    version = catalog.read(lambda session: session.scalar(select(CatalogVersion.version)))
    assert all(Authentication(each).authenticate(secret) for each in (catalog, other))
    catalog.write(lambda session: None)
    assert catalog.read(lambda session: session.scalar(select(CatalogVersion.version))) == version


def test_nothing_kept_is_returned_if_the_version_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A replica that cannot read the version returns nothing that may be older than a second."""
    cache = Cache(is_shared=True)
    cache.keep("key", 7, "result")
    assert cache.find("key") is None
    cache.look(lambda: 7)
    assert cache.find("key") == "result"
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + MAX_AGE_SECONDS)
    assert cache.find("key") is None


def test_reads_and_writes_survive_a_failover(catalog: Catalog, shared_url: str) -> None:
    """If every connection ends, the next read and the next write connect again."""
    catalog.write(create("before"))
    end_connections(shared_url)
    assert names(catalog) == ["before"]
    end_connections(shared_url)
    catalog.write(create("after"))
    assert names(catalog) == ["after", "before"]


def test_a_connection_lost_in_the_middle_costs_nothing(catalog: Catalog, shared_url: str) -> None:
    """A write whose connection ends before its commit runs again, whole."""
    runs: list[int] = []

    def write(session: Session) -> None:
        runs.append(1)
        projects.create(session, "first")
        if len(runs) == 1:
            end_connections(shared_url)
        projects.create(session, "second")

    catalog.write(write)
    assert (len(runs), names(catalog)) == (2, ["first", "second"])


@pytest.mark.parametrize("is_done", [True, False])
def test_an_unknown_commit_is_settled(
    catalog: Catalog, shared_url: str, monkeypatch: pytest.MonkeyPatch, is_done: bool
) -> None:
    """If the connection is lost during COMMIT, the write is there once, whether it was committed or not."""
    real, runs = Session.commit, []

    def commit(session: Session) -> None:
        monkeypatch.setattr(Session, "commit", real)
        if is_done:
            driver = session.connection().connection.driver_connection
            assert isinstance(driver, psycopg.Connection)
            driver.execute("COMMIT")
            driver.execute("BEGIN")
        end_connections(shared_url)
        real(session)

    def write(session: Session) -> str:
        runs.append(1)
        return projects.create(session, "bank").id

    monkeypatch.setattr(Session, "commit", commit)
    project_id = catalog.write(write)
    assert len(runs) == (1 if is_done else 2)
    assert catalog.read(lambda session: session.scalars(select(Project.id)).all()) == [project_id]
    assert catalog.database_use is not None
    assert catalog.database_use.unknown_commits == 1
    assert catalog.database_use.retries >= len(runs) - 1


def test_a_deadlock_is_resolved(catalog: Catalog, other: Catalog) -> None:
    """Two writes that lock two rows in opposite order both succeed."""
    for name in ("a", "b"):
        catalog.write(create(name))
    both_hold_one = threading.Barrier(2)

    def rename(first: str, second: str) -> Callable[[Session], None]:
        def write(session: Session) -> None:
            for name in (first, second):
                session.execute(update(Project).where(Project.name == name).values(updated_at=Project.updated_at))
                with suppress(threading.BrokenBarrierError):
                    both_hold_one.wait(2)

        return write

    with ThreadPoolExecutor(2) as threads:
        ends = [threads.submit(catalog.write, rename("a", "b")), threads.submit(other.write, rename("b", "a"))]
        assert [end.result(60) for end in ends] == [None, None]


def test_a_database_that_stays_away_is_a_503(
    own_server: Postgres, own_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reads and writes try again within bounds, and then say when to come back. `ping` returns at once."""
    monkeypatch.setattr(postgres, "MAX_SECONDS", 1.0)
    url = own_databases.migrated()
    catalog = Catalog(url)
    name = url.rpartition("/")[2]
    own_server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    own_server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    began = time.monotonic()
    assert not catalog.ping()
    for call in (lambda: names(catalog), lambda: catalog.write(create("bank"))):
        with pytest.raises(ServiceUnavailable) as refused:
            call()
        assert refused.value.headers == {"Retry-After": str(postgres.RETRY_AFTER_SECONDS)}
    assert time.monotonic() - began < 30
    own_server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert names(catalog) == []
    catalog.close()


def test_a_statement_that_takes_too_long_is_a_503(catalog: Catalog) -> None:
    """A transaction that the database ends for its time is not tried again."""
    runs: list[int] = []

    def wait(session: Session) -> None:
        runs.append(1)
        session.execute(text("SELECT set_config('statement_timeout', '50ms', true)"))
        session.execute(text("SELECT pg_sleep(10)"))

    with pytest.raises(ServiceUnavailable):
        catalog.read(wait)
    assert len(runs) == 1


@pytest.mark.parametrize("state", ["53100", "53200", "25006"])
def test_a_database_that_takes_no_writes_now_is_a_503(catalog: Catalog, state: str) -> None:
    """A full disk, too little memory and a standby are no faults of the request."""
    failing = text(f"DO $$BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END$$")
    with pytest.raises(ServiceUnavailable):
        catalog.write(lambda session: session.execute(failing))


def test_another_error_is_not_tried_again(catalog: Catalog) -> None:
    """An error that will not pass is raised at once."""
    runs: list[int] = []

    def fail(session: Session) -> None:
        runs.append(1)
        session.execute(text("SELECT 1 / 0"))

    with pytest.raises(DBAPIError, match="division by zero"):
        catalog.write(fail)
    assert len(runs) == 1


def test_names_compare_alike_in_any_locale(catalog: Catalog) -> None:
    """`search` ignores case beyond ASCII, and lists are ordered by code point."""
    for name in ("École", "eCOLE", "Straße", "zoo", "Zoo"):
        catalog.write(partial(tokens.create, name=name, scopes=["read"]))

    def found(**listing: str) -> list[str]:
        page = catalog.read(lambda session: tokens.list_page(session, Listing(**listing)))  # type: ignore[arg-type]
        return [row.name for row in page.items if row.name != "preset admin"]

    assert found(search="éCOLE", ordering="name") == ["École"]
    assert found(search="STRASSE", ordering="name") == ["Straße"]
    assert found(ordering="name") == ["Straße", "Zoo", "eCOLE", "zoo", "École"]


def test_what_must_be_done_alone_is_done_by_one_replica(catalog: Catalog, other: Catalog) -> None:
    """While one replica purges, another one does not begin to; afterwards it may."""
    with catalog.alone("purge") as is_alone, other.alone("purge") as is_second, other.alone("else") as is_other:
        assert (is_alone, is_second, is_other) == (True, False, True)
    with other.alone("purge") as is_alone:
        assert is_alone


def test_another_replica_learns_of_a_job_at_once(own_server: Postgres, own_databases: Databases) -> None:
    """A job that is accepted, ends or is given back wakes the others' workers, also after a lost connection.

    A pooler would lose notifications, so this needs a server without one.
    """
    url = own_databases.migrated()
    catalog, other = Catalog(url), Catalog(url)
    woken: Queue[None] = Queue()
    stop = other.listen(lambda: woken.put(None))
    try:
        woken.get(timeout=10)  # The listener itself looks when it has connected.
        job_id = catalog.write(add_job)
        woken.get(timeout=2)
        job = catalog.write(lambda session: leases.claim(session, "one", 100))
        assert job is not None
        catalog.write(partial(leases.release, lease=leases.Lease.of(job)))
        woken.get(timeout=2)
        ends_sessions = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        own_server.execute(ends_sessions)
        woken.get(timeout=20)
        catalog.write(lambda session: jobs.fail(jobs.get(session, job_id), "Conflict", "m"))
        woken.get(timeout=2)
        assert woken.empty()
    finally:
        stop()
        for each in (catalog, other):
            each.close()


def add_job(session: Session) -> str:
    return jobs.create(
        session, kind="work", name="Work", params={}, info={}, project_id=None, model_id=None, token_id="t", epoch=1
    ).id


def test_the_first_token_is_made_in_the_database(shared_url: str) -> None:
    """`token create --database-url` needs no running replica. It says what is wrong, and never shows the URL."""
    made = CliRunner().invoke(app, ["token", "create", "first", "--scope", "admin", "--database-url", shared_url])
    assert made.exit_code == 0, made.output
    catalog = Catalog(shared_url)
    identity = Authentication(catalog).authenticate(made.stdout.strip())
    catalog.close()
    assert identity is not None
    assert set(identity.scopes) == {"admin"}
    nowhere = f"postgresql://user:{PASSWORD}@127.0.0.1:{free_port()}/nowhere"
    failed = CliRunner().invoke(app, ["token", "create", "first", "--scope", "read"], env={VARIABLE: nowhere})
    assert failed.exit_code == 1
    assert "cannot be used" in failed.output
    assert PASSWORD not in failed.output


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--expires-at", "2000-01-01", "must lie in the future"),
        ("--project", "p", "cannot limit a token with the scope"),
    ],
)
def test_a_token_is_checked_in_the_database_as_in_the_api(
    shared_url: str, option: str, value: str, message: str
) -> None:
    """What the API refuses, the command refuses, and no token is made."""
    command = ["token", "create", "first", "--scope", "admin", option, value, "--database-url", shared_url]
    refused = CliRunner().invoke(app, command)
    assert refused.exit_code == 1
    assert message in refused.output
    assert refused.stdout == ""


def test_a_replica_without_a_preset_leaves_that_of_the_others(shared_url: str, catalog: Catalog) -> None:
    """A start without an admin token revokes nothing; a start with another one replaces the token."""
    authentication = Authentication(catalog)
    open_shared_catalog(shared_url, Settings(organization="acme")).close()
    catalog.refresh()
    assert authentication.authenticate(SECRET) is not None
    open_shared_catalog(shared_url, Settings(admin_token=SecretStr("another-preset-token"))).close()
    catalog.refresh()
    assert authentication.authenticate(SECRET) is None
    assert authentication.authenticate("another-preset-token") is not None
