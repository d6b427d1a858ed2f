"""A server process of the demo's own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from inference_events.client import AuthenticatedClient
from inference_events.client.api.server import check_readiness
from inference_events.data_directory import admin_token_file
from inference_events.settings import ENV_PREFIX

_ANNOUNCEMENT = "Serving on "
_SECONDS_TO_STOP = 60


class ServerDidNotStart(RuntimeError):
    """Say why there is no server."""


@contextmanager
def serving(data_dir: Path) -> Iterator[AuthenticatedClient]:
    """Run a server on a free port of 127.0.0.1 and yield a client of it. Raises ServerDidNotStart.

    Settings in the environment are left out, so that the server keeps everything in `data_dir`. Its log is
    there too.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = data_dir / "server.log"
    command = [sys.executable, "-m", "inference_events", "serve", "--port", "0", "--data-dir", str(data_dir)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX)}
    with log.open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
    try:
        url = _announced_url(process, log)
        secret = admin_token_file(data_dir).read_text().strip()
        # Not through a proxy that the environment may name.
        options: dict[str, Any] = {"timeout": httpx.Timeout(60), "httpx_args": {"trust_env": False}}
        with AuthenticatedClient(base_url=url, token=secret, raise_on_unexpected_status=True, **options) as client:
            check_readiness.sync(client=client)
            yield client
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=_SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def _announced_url(process: subprocess.Popen[str], log: Path) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(_ANNOUNCEMENT):
            return line.removeprefix(_ANNOUNCEMENT).strip()
    raise ServerDidNotStart(log.read_text().strip() or f"The server ended with status {process.wait()}")
