"""Rights of an older version's tokens after an upgrade."""

import json
import shutil
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from inference_events.migration import migrate_directory, plan_directory
from tests.e2e.process import TOKEN
from tests.formats.test_upgrades import FORMAT_0, FORMAT_1, copied, long_if_older, run
from tests.program import Program


def add_token(directory: Path, *scopes: str) -> str:
    """Add a token as older versions kept it, and return its secret."""
    secret = f"secret-of-{'-'.join(scopes)}"
    kept = (str(uuid4()), "old", sha256(secret.encode()).hexdigest(), json.dumps(scopes), "2026-11-01 00:00:00")
    columns = "(id, name, hash, scopes, is_preset, created_at)"
    change(directory, f"INSERT INTO tokens {columns} VALUES (?, ?, ?, ?, 0, ?)", kept)
    return secret


def change(directory: Path, sql: str, values: tuple[str, ...] = ()) -> None:
    with closing(sqlite3.connect(directory / "catalog.sqlite")) as catalog, catalog:
        catalog.execute(sql, values)


@pytest.mark.parametrize("version", [*map(long_if_older, FORMAT_0 + FORMAT_1)])
def test_tokens_that_publish_may_still_manage(tmp_path: Path, version: str) -> None:
    """Tokens of an older version keep their rights: `ingest` gets `manage`, which the log counts; others stay."""
    directory, log = copied(version, tmp_path), tmp_path / "log"
    secrets = [add_token(directory, *scopes) for scopes in (["ingest"], ["ingest", "read"], ["read"], ["admin"])]
    secrets.append(add_token(directory, "read", "ingest"))
    change(directory, "UPDATE tokens SET revoked_at = created_at WHERE scopes = ?", (json.dumps(["read", "ingest"]),))
    program = Program(directory, TOKEN, log=log)
    program.start()
    with httpx.Client(base_url=program.url, timeout=60) as client:
        statuses = [
            client.post("/v3/projects", json={"name": f"project_{number}"}, headers=bearer(secret)).status_code
            for number, secret in enumerate(secrets)
        ]
        tokens = client.get("/v3/tokens?search=old", headers=bearer(TOKEN)).json()["data"]["items"]
    program.stop()
    assert statuses == [200, 200, 403, 200, 401]
    assert sorted(token["scopes"] for token in tokens) == [
        ["admin"],
        ["ingest", "manage"],
        ["ingest", "read", "manage"],
        ["read"],
    ]
    assert {token["project_ids"] for token in tokens} == {None}
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["tokens_given_manage"] for line in lines if line["event"] == "catalog_migrated"] == [2]


def test_the_command_reports_the_tokens(tmp_path: Path) -> None:
    """`migrate` reports how many tokens get the scope, in a dry run and once, even if the events need nothing."""
    directory, migrated = copied("0", tmp_path), copied("0", tmp_path / "migrated")
    migrate_directory(migrated)
    shutil.copy(migrated / "events.duckdb", directory)
    add_token(directory, "ingest")
    for words, flags in (("would get", ["--dry-run"]), ("got", [])):
        done = run("-m", "inference_events", "migrate", "--data-dir", directory, *flags)
        assert (done.returncode, done.stdout) == (0, f"Tokens with the scope ingest that {words} manage, too: 1\n")
    assert plan_directory(directory) is None


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}
