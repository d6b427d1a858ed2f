"""The measured server, and the usage of processes."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from os import sysconf
from pathlib import Path
from typing import Any

from tests.bench.load import request
from tests.e2e import process
from tests.e2e.process import TOKEN, ServerProcess

MAX_JOB_SECONDS = 3600
DOWNLOAD_PATH = "/v3/analytics/download-slice-data"
_TICKS = sysconf("SC_CLK_TCK")


@dataclass
class Usage:
    """Usage of the process during some work: CPU in seconds, memory (RSS) in MiB.

    `grown` is the largest rise of memory above its level at the start.
    """

    cpu: float = 0
    memory: float = 0
    grown: float = 0

    def __add__(self, other: "Usage") -> "Usage":
        """Return the sum of CPU, and the larger memory."""
        return Usage(self.cpu + other.cpu, max(self.memory, other.memory), max(self.grown, other.grown))


class Client(process.Server):
    """Send the requests that are measured."""

    def publish_requests(self, bodies: list[bytes]) -> list[bytes]:
        return [request("POST", "/v3/events", TOKEN, body) for body in bodies]

    def update_requests(self, bodies: list[bytes]) -> list[bytes]:
        return [request("PATCH", "/v3/events", TOKEN, body) for body in bodies]

    def publish_file(self, model_id: str, file_id: str, dataset: str | None = None) -> float:
        """Publish an uploaded file and return the seconds until its job has succeeded."""
        source = {"type": "FILE", "file_id": file_id}
        return self._job_seconds(lambda: self.publish(model_id, source, dataset=dataset))

    def delete(self, model_id: str, **what: Any) -> float:
        """Delete events and return the seconds until the job has succeeded."""
        return self._job_seconds(lambda: self.call("DELETE", "/v3/events", json={"model_id": model_id} | what))

    def download(self, model_id: str, target: Path, rows: int) -> float:
        """Download up to `rows` events as Parquet and return the seconds until the file is there."""
        query = {"model_id": model_id, "env_type": "PRODUCTION", "csv": False, "num_samples": rows}
        started = time.perf_counter()
        with self.client.stream("POST", DOWNLOAD_PATH, json=query, timeout=MAX_JOB_SECONDS) as response:
            assert response.is_success, response.read()
            with target.open("wb") as file:
                for chunk in response.iter_bytes():
                    file.write(chunk)
        return time.perf_counter() - started

    def _job_seconds(self, start: Callable[[], Any]) -> float:
        started = time.perf_counter()
        job = self.wait_for(start()["job"]["id"], MAX_JOB_SECONDS)
        assert job["status"] == "SUCCESS", job
        return time.perf_counter() - started


class Server(Client, ServerProcess):
    """A real server process on a data directory. `start_seconds` is the time from its last start until it was ready."""

    start_seconds = 0.0

    def start(self) -> None:
        started = time.perf_counter()
        super().start()
        self.start_seconds = time.perf_counter() - started

    @property
    def url(self) -> str:
        return self._program.url

    def usage(self) -> Usage:
        """Return the CPU that the process has used since its start, and its memory now."""
        return _usage([self._program.pid])

    def measured(self) -> AbstractContextManager[Usage]:
        """Measure the usage of the process within the block."""
        return measured([self._program.pid])


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Server]:
    """Run a server on a data directory of its own."""
    # With compiled modules, as an installed program has them.
    server = Server(folder, {"PYTHONDONTWRITEBYTECODE": ""}, **settings)
    server.start()
    try:
        yield server
    finally:
        server.close()


@contextmanager
def measured(pids: Sequence[int]) -> Iterator[Usage]:
    """Measure the usage of processes in sum within the block."""
    used = Usage()
    for pid in pids:
        (_proc(pid) / "clear_refs").write_text("5")
    before = _usage(pids)
    yield used
    after = _usage(pids)
    used.cpu, used.memory = after.cpu - before.cpu, after.memory
    used.grown = sum(_status_mib(pid, "VmHWM") for pid in pids) - before.memory


def _usage(pids: Sequence[int]) -> Usage:
    return Usage(sum(map(_cpu_seconds, pids)), sum(_status_mib(pid, "VmRSS") for pid in pids))


def _cpu_seconds(pid: int) -> float:
    fields = (_proc(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _status_mib(pid: int, name: str) -> float:
    status = dict(line.split(":", 1) for line in (_proc(pid) / "status").read_text().splitlines())
    return int(status[name].split()[0]) / 1024


def _proc(pid: int) -> Path:
    return Path("/proc", str(pid))
