"""The server under test: a real process, its log, and what the system reports of it."""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx
import orjson

from tests.e2e.process import TOKEN, ServerProcess
from tests.program import Program

# Less than the default, so that there are many checkpoints to interrupt.
CHECKPOINT_BYTES = 16 * 1024 * 1024
# The events that the server logs at an unexpected failure.
ALARMS = frozenset({"request_failed", "job_broke", "job_worker_failed"})


@dataclass(frozen=True)
class Usage:
    """What a process holds: resident memory in MiB, open file descriptors, threads."""

    memory: float
    descriptors: int
    threads: int


class Target(Protocol):
    """What clients and audits need: one server, or a cluster."""

    client: httpx.Client

    @property
    def url(self) -> str:
        """The URL for requests."""
        ...

    def call(self, method: str, path: str, **arguments: Any) -> Any: ...

    def create_model(self, **fields: Any) -> str: ...

    def read_all(self, model_id: str) -> list[dict[str, Any]]: ...

    def gauge(self, name: str) -> float: ...


class ServerUnderTest(ServerProcess):
    """A server process with its log and its resources. Settings are given by their names."""

    def __init__(
        self,
        data_dir: Path,
        environment: Mapping[str, str] = {},
        log: Path | None = None,
        module: Sequence[str] = ("inference_events",),
        **settings: str | int,
    ) -> None:
        super().__init__(data_dir)
        self.data_dir = data_dir
        self.log = log or data_dir.with_name(f"{data_dir.name}.log")
        self._program = Program(
            data_dir,
            TOKEN,
            {"checkpoint_bytes": CHECKPOINT_BYTES} | settings,
            log=self.log,
            environment=environment,
            module=module,
        )

    @property
    def url(self) -> str:
        """The last known URL of the server."""
        return self._program.url

    @property
    def pid(self) -> int:
        return self._program.pid

    def launch(self) -> None:
        """Start the process and return at once."""
        self.client.close()
        self._program.launch()

    def usage(self) -> Usage:
        """Return what the process holds now."""
        process = Path("/proc", str(self.pid))
        status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        memory = int(status["VmRSS"].split()[0]) / 1024
        return Usage(memory, len(list((process / "fd").iterdir())), int(status["Threads"]))

    def alarms(self) -> list[dict[str, Any]]:
        """Return the lines of the log about unexpected failures."""
        return alarms_in(self.log)

    def gauge(self, name: str) -> float:
        """Return the value of a metric that has no labels."""
        text = self.client.get("/metrics").text
        return float(next(line.split()[1] for line in text.splitlines() if line.startswith(f"{name} ")))


def alarms_in(log: Path) -> list[dict[str, Any]]:
    """Return the lines of a log about unexpected failures."""
    lines = log.read_bytes().splitlines() if log.exists() else []
    parsed = [orjson.loads(line) for line in lines if line.startswith(b"{")]
    return [line for line in parsed if line.get("event") in ALARMS]


def refusal(data_dir: Path) -> subprocess.CompletedProcess[str]:
    """Start a server that must refuse to start, and return its ended process."""
    command = [sys.executable, "-m", "inference_events", "serve", "--port", "0", "--data-dir", str(data_dir)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def server_under_test(
    data_dir: Path, environment: Mapping[str, str] = {}, log: Path | None = None, **settings: str | int
) -> Iterator[ServerUnderTest]:
    """Run a server for the length of a test."""
    server = ServerUnderTest(data_dir, environment, log, ("inference_events",), **settings)
    server.start()
    try:
        yield server
    finally:
        with suppress(httpx.HTTPError):
            server.close()
