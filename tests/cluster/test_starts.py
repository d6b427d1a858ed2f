"""A replica starts, or says in one line why it cannot, and shows no secret."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cluster.fleet import Fleet, fleet
from tests.e2e.process import client_of
from tests.servers.postgres import free_port
from tests.servers.s3 import SECRET

PASSWORD = "password-of-the-cluster-tests"
SECONDS = 90
DATABASE, FILES = "INFERENCE_EVENTS_DATABASE_URL", "INFERENCE_EVENTS_FILES_URL"


def refusal(tmp_path: Path, variables: Mapping[str, str]) -> str:
    """Return the one line that a start must end with."""
    command = [sys.executable, "-m", "inference_events", "serve", "--port", "0", "--data-dir", str(tmp_path / "data")]
    environment = {**os.environ, **variables}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert ended.returncode == 1, ended.stderr
    assert PASSWORD not in ended.stdout + ended.stderr
    assert SECRET not in ended.stdout + ended.stderr
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


def test_a_database_that_does_not_answer_is_named(shared: Fleet, tmp_path: Path) -> None:
    """A replica that cannot reach its database says where that should be."""
    port = free_port()
    url = f"postgresql://postgres:{PASSWORD}@127.0.0.1:{port}/postgres"
    line = refusal(tmp_path, variables_of(shared) | {DATABASE: url})
    assert "127.0.0.1" in line
    assert str(port) in line


def test_a_missing_bucket_is_named(shared: Fleet, tmp_path: Path) -> None:
    """A replica whose bucket is missing names the bucket."""
    assert "no-such-bucket" in refusal(tmp_path, variables_of(shared) | {FILES: "s3://no-such-bucket/files"})


def test_three_first_starts_at_once(tmp_path: Path) -> None:
    """Three replicas that start at once on an empty database are one server."""
    with fleet(tmp_path, replicas=3) as started:
        model_id = started.create_model(event_ts_col=None)
        for url in started.cluster.urls:
            with client_of(url) as client:
                assert client.get(f"/v3/models/{model_id}").status_code == 200
        assert len({client_id for [client_id] in started.cluster.postgres.execute("SELECT id FROM organizations")}) == 1
        assert started.alarms() == []
