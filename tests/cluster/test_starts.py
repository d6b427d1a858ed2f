"""A replica starts, or says in one line why it cannot, and shows no secret."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from inference_events.catalog import Catalog
from inference_events.stores.postgres import PostgresEventStore
from tests.cluster.fleet import Fleet, fleet
from tests.cluster.test_replicas import upload_in_parts
from tests.e2e.process import TOKEN, Server, client_of
from tests.program import Program
from tests.servers.postgres import free_port
from tests.servers.s3 import KEY_ID, SECRET, Fault, FaultyProxy

PASSWORD = "password-of-the-cluster-tests"
SECONDS = 90
DATABASE, FILES = "INFERENCE_EVENTS_DATABASE_URL", "INFERENCE_EVENTS_FILES_URL"


OLD_SERVER = """
from inference_events.catalog import postgres
from inference_events.stores.postgres import ddl
from inference_events.cli import app
postgres.OLDEST_SERVER, ddl.OLDEST_SERVER_VERSION = 1000, 10_000_000
app()
"""


def refusal(tmp_path: Path, variables: Mapping[str, str], program: Sequence[str] = ("-m", "inference_events")) -> str:
    """Return the one line that a start must end with."""
    command = [sys.executable, *program, "serve", "--port", "0", "--data-dir", str(tmp_path / "data")]
    environment = {**os.environ, **variables}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert ended.returncode == 1, ended.stderr
    assert PASSWORD not in ended.stdout + ended.stderr
    assert SECRET not in ended.stdout + ended.stderr
    assert KEY_ID not in ended.stdout + ended.stderr
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    return ended.stderr


def variables_of(shared: Fleet) -> dict[str, str]:
    """Return the variables of a replica, with a password, which the database does not ask for."""
    variables = shared.cluster.environment()
    return variables | {DATABASE: variables[DATABASE].replace("@", f":{PASSWORD}@")}


@pytest.mark.parametrize("missing", [DATABASE, FILES])
def test_both_urls_are_needed(shared: Fleet, tmp_path: Path, missing: str) -> None:
    """A replica with only one of the two URLs names the other one."""
    variables = variables_of(shared)
    del variables[missing]
    assert missing in refusal(tmp_path, variables)


def test_a_database_that_does_not_respond_is_named(shared: Fleet, tmp_path: Path) -> None:
    """A replica that cannot reach its database names the address."""
    port = free_port()
    url = f"postgresql://postgres:{PASSWORD}@127.0.0.1:{port}/postgres"
    line = refusal(tmp_path, variables_of(shared) | {DATABASE: url})
    assert "127.0.0.1" in line
    assert str(port) in line


def test_a_missing_bucket_is_named(shared: Fleet, tmp_path: Path) -> None:
    """A replica whose bucket is missing names the bucket."""
    assert "no-such-bucket" in refusal(tmp_path, variables_of(shared) | {FILES: "s3://no-such-bucket/files"})


def test_a_database_that_is_too_old_is_named(shared: Fleet, tmp_path: Path) -> None:
    """A replica says which version its database has and which it needs. The program is made to need a future one."""
    line = refusal(tmp_path, variables_of(shared), ["-c", OLD_SERVER])
    assert "runs PostgreSQL 18; this program needs PostgreSQL 1000 or newer" in line


def test_a_bucket_without_permission_is_named(shared: Fleet, tmp_path: Path) -> None:
    """A replica that may not write to its bucket names it, and says that its credentials do not allow it."""
    proxy = FaultyProxy(shared.cluster.s3)
    proxy.choose = lambda method, path: Fault(status=403 if method == "PUT" else None)
    proxy.start()
    try:
        line = refusal(tmp_path, variables_of(shared) | {"AWS_ENDPOINT_URL": proxy.url})
    finally:
        proxy.stop()
    assert "s3://inference-events/files cannot be used: its credentials do not allow it" in line


@pytest.fixture
def tables(shared: Fleet) -> str:
    """Return the URL of a database with the newest tables."""
    url = shared.cluster.postgres.new_database(f"starts-{uuid4()}")
    Catalog(url).close()
    PostgresEventStore(url).close()
    return url


@pytest.mark.parametrize(
    ("table", "newer", "message"),
    [
        ("catalog_version", "'99.1.0'", "it needs version 99.1.0 or later"),
        ("store_schema_version", "99", "is the newest known here"),
    ],
)
def test_newer_tables_are_named(
    shared: Fleet, tmp_path: Path, tables: str, table: str, newer: str, message: str
) -> None:
    """A replica that is too old for the tables of the catalog, or of events, says what it knows."""
    with psycopg.connect(tables) as session:
        session.execute("UPDATE alembic_version SET version_num = '9999'")
        session.execute(f"UPDATE {table} SET oldest_program_version = {newer}".encode())
    line = refusal(tmp_path, variables_of(shared) | {DATABASE: tables.replace("@", f":{PASSWORD}@")})
    assert message in line


def test_replicas_share_a_directory(shared: Fleet, tmp_path: Path, tables: str) -> None:
    """Instead of a bucket, replicas may share a directory: the parts of an upload arrive at both, and are published."""
    variables = shared.cluster.environment() | {DATABASE: tables, FILES: (tmp_path / "shared files").as_uri()}
    replicas = [Program(tmp_path / name, TOKEN, environment=variables) for name in ("one", "other")]
    try:
        for replica in replicas:
            replica.start()
        with client_of(replicas[0].url) as one, client_of(replicas[1].url) as other:
            first, second = Server(one), Server(other)
            file_id = upload_in_parts(first, second)
            model_id = first.create_model(event_ts_col=None)
            job = second.wait_for(first.publish(model_id, {"type": "FILE", "file_id": file_id})["job"]["id"])
            assert (job["status"], job["info"]["created"]) == ("SUCCESS", 2)
    finally:
        for replica in replicas:
            if replica.is_running:
                replica.stop()
    assert len(list((tmp_path / "shared files").iterdir())) == 2


def test_three_first_starts_at_once(tmp_path: Path) -> None:
    """Three replicas that start at once on an empty database are one server."""
    with fleet(tmp_path, replicas=3) as started:
        model_id = started.create_model(event_ts_col=None)
        for url in started.cluster.urls:
            with client_of(url) as client:
                assert client.get(f"/v3/models/{model_id}").status_code == 200
        assert len({client_id for [client_id] in started.cluster.postgres.execute("SELECT id FROM organizations")}) == 1
        assert started.alarms() == []
