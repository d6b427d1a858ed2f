"""The processes of peers: each runs in its own environment, is watched, and is ended with its children."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import which

import httpx
import psutil

READY_SECONDS = 180
STOP_SECONDS = 15
POLL_SECONDS = 0.05
LOG_TAIL = 2000


class NotStarted(Exception):
    """A process ended, or was not ready in time; the message is the end of its log."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment that holds one peer."""

    folder: Path

    def program(self, name: str) -> str:
        return str(self.folder.absolute() / "bin" / name)

    @property
    def size(self) -> float:
        """MiB of all its files."""
        return sum(path.lstat().st_size for path in self.folder.rglob("*")) / 2**20


class Process:
    """A program that runs in a folder of its own and writes its log there."""

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        variables: Mapping[str, str] = {},
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self._command = command
        self._folder = folder
        self._variables = {**os.environ, "PATH": f"{Path(command[0]).parent}:{os.environ['PATH']}", **variables}
        self._user = user
        self._stop_signal = stop_signal
        self._process: psutil.Popen | None = None

    def start(self, is_ready: Callable[[], bool]) -> None:
        """Start and wait until it is ready. Raises NotStarted."""
        if which(self._command[0]) is None:
            raise NotStarted(f"{self._command[0]} is not installed")
        with self._log.open("ab") as log:
            self._process = psutil.Popen(
                self._command,
                cwd=self._folder,
                env=self._variables,
                user=self._user,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        deadline = time.monotonic() + READY_SECONDS
        while not is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise NotStarted(self._log.read_text(errors="replace")[-LOG_TAIL:])
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """End it as a supervisor would, then kill the children that are left."""
        tree = self._tree()
        if self._process is not None and tree:
            self._process.send_signal(self._stop_signal)
            psutil.wait_procs(tree, STOP_SECONDS)
        self._end(tree)

    def kill(self) -> None:
        """End it and its children with SIGKILL."""
        self._end(self._tree())

    def memory(self) -> float:
        """Return the MiB that it and its children hold now; shared pages count once."""
        return sum(_proportional_mib(process.pid) for process in self._tree())

    def _tree(self) -> list[psutil.Process]:
        if self._process is None:
            return []
        with suppress(psutil.NoSuchProcess):
            return [self._process, *self._process.children(recursive=True)]
        return []

    def _end(self, tree: Sequence[psutil.Process]) -> None:
        for process in tree:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(tree, STOP_SECONDS)
        self._process = None

    @property
    def _log(self) -> Path:
        return self._folder / "output.log"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def responds(url: str) -> bool:
    """Return whether a URL responds with a success."""
    with suppress(httpx.TransportError):
        return httpx.get(url, timeout=5).is_success
    return False


def _proportional_mib(pid: int) -> float:
    """Return a process's share of the memory that it maps, 0 when it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0
