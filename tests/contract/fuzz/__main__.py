"""Fuzz the real program: start a server on an empty data directory, send random requests, stop it."""

import os
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import randrange
from socket import create_server
from tempfile import TemporaryDirectory

import httpx

from tests.contract.fuzz import CONFIGURATION, CONTRACT, TOKEN
from tests.contract.fuzz.links import write_contract
from tests.contract.fuzz.promises import first_broken

START_SECONDS = 30
STOP_SECONDS = 60
# An example of a promise sends several requests.
REQUESTS_PER_EXAMPLE = 5
# A time without an offset means UTC, also on a server in another zone. A POSIX name needs no files of zones.
ZONE = "NPT-05:45"


def main() -> int:
    """Return 1 if a promise is broken, otherwise the exit code of Schemathesis, which gets unknown arguments too."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--max-examples", type=int, default=50, help="random requests per operation")
    parser.add_argument("--seed", type=int, default=randrange(2**32), help="repeat the run of this seed")
    parser.add_argument("--seconds", type=int, help="stop after this time, or at the first failure")
    parser.add_argument("--operation", action="append", default=[], help="fuzz this operation only (may be repeated)")
    options, more = parser.parse_known_args()
    start = time.monotonic()
    with TemporaryDirectory() as folder, serve(Path(folder)) as url:
        examples = max(options.max_examples // REQUESTS_PER_EXAMPLE, 1)
        if broken := first_broken(url, options.operation, examples, options.seed):
            sys.stdout.write(f"Broken with seed {options.seed}: {broken}")
            return 1
        more += [f"--max-examples={options.max_examples}", f"--seed={options.seed}"]
        if options.seconds is not None:
            left = max(options.seconds - int(time.monotonic() - start), 1)
            more += [f"--max-time={left}", "--max-failures=1"]
        return fuzz(url, [*more, *_only(options.operation)]).returncode


def _only(operations: Sequence[str]) -> list[str]:
    if not operations:
        return []
    # Links lead to other operations, and their phase fails if none of those is fuzzed.
    return [*(f"--include-operation-id={name}" for name in operations), "--phases=examples,coverage,fuzzing"]


def fuzz(url: str, arguments: Sequence[str], stdout: int | None = None) -> "subprocess.CompletedProcess[str]":
    """Run Schemathesis against a server whose admin token is `TOKEN`."""
    command = [sys.executable, "-m", "schemathesis.cli", f"--config-file={CONFIGURATION}", "run"]
    with TemporaryDirectory() as folder:
        contract = write_contract(Path(folder))
        return subprocess.run(
            [*command, str(contract), f"--url={url}", *arguments],
            env=_environment(),
            cwd=CONTRACT.parent,
            stdout=stdout,
            text=True,
        )


@contextmanager
def serve(data_dir: Path) -> Iterator[str]:
    """Run a new server on a free port and yield its URL once it is ready."""
    port = _free_port()
    command = [sys.executable, "-m", "inference_events", "serve", f"--port={port}", f"--data-dir={data_dir}"]
    server = subprocess.Popen([*command, "--log-level=error"], env=_environment() | {"TZ": ZONE})
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(server, url)
        yield url
    finally:
        server.terminate()
        server.wait(STOP_SECONDS)


def _environment() -> dict[str, str]:
    # In a worktree the caller's path names the code under test.
    path = os.pathsep.join(filter(None, (str(CONTRACT.parent), os.environ.get("PYTHONPATH"))))
    return os.environ | {"INFERENCE_EVENTS_ADMIN_TOKEN": TOKEN, "PYTHONPATH": path}


def _free_port() -> int:
    with create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait_until_ready(server: "subprocess.Popen[bytes]", url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            httpx.get(f"{url}/readyz").raise_for_status()
            return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise RuntimeError("the server did not become ready")


if __name__ == "__main__":
    sys.exit(main())
