"""The secret that a first start makes is shown on a terminal only."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

COMMAND = [sys.executable, "-m", "inference_events", "serve", "--port", "0", "--data-dir"]


@contextmanager
def first_start(data_dir: Path, stdout: int) -> Iterator[subprocess.Popen[bytes]]:
    """Start a server on an empty data directory, and stop it."""
    environment = {name: value for name, value in os.environ.items() if name != "INFERENCE_EVENTS_ADMIN_TOKEN"}
    process = subprocess.Popen([*COMMAND, data_dir], stdout=stdout, stderr=subprocess.PIPE, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_a_terminal_shows_the_secret(tmp_path: Path) -> None:
    """A user who starts the server by hand sees the admin token at once."""
    master, slave = pty.openpty()
    with first_start(tmp_path / "data", slave), os.fdopen(master, closefd=True) as terminal:
        os.close(slave)
        line = terminal.readline()
        secret = (tmp_path / "data" / "admin-token").read_text().strip()
    assert line.strip().endswith(f"admin-token: {secret}")


def test_a_pipe_and_the_log_do_not_get_the_secret(tmp_path: Path) -> None:
    """Logs are kept and read by others, so they name the file that holds the secret."""
    with first_start(tmp_path / "data", subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        printed = process.stdout.readline()
        logged = [json.loads(process.stderr.readline())]
    secret = (tmp_path / "data" / "admin-token").read_text().strip()
    assert printed.startswith(b"Serving on ")
    assert logged[0]["event"] == "admin_token_created"
    assert logged[0]["file"] == str(tmp_path / "data" / "admin-token")
    assert secret not in json.dumps(logged)
    assert secret not in printed.decode()
