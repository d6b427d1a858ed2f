"""The demo's own server process."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from inference_events.data_directory import admin_token_file
from inference_events.settings import ENV_PREFIX
from inference_events_client import InferenceEvents

_ANNOUNCEMENT = "Serving on "
_SECONDS_TO_STOP = 60


class ServerDidNotStart(RuntimeError):
    """The server did not start. The message says why."""


@contextmanager
def serving(data_dir: Path) -> Iterator[InferenceEvents]:
    """Run a server on a free port of 127.0.0.1 and yield a client of it. Raises ServerDidNotStart.

    The server ignores settings in the environment, and keeps everything in `data_dir`. Its log is there too.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = data_dir / "server.log"
    command = [sys.executable, "-m", "inference_events", "serve", "--port", "0", "--data-dir", str(data_dir)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX)}
    with log.open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
    try:
        url = _announced_url(process, log)
        secret = admin_token_file(data_dir).read_text()
        # With a transport of its own, the client ignores a proxy that the environment may name.
        with InferenceEvents(url, secret, timeout=60, transport=httpx.HTTPTransport()) as client:
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
