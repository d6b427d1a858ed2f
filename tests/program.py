"""The server in its own process, started as a user would; uses only the standard library, for any client."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

STOP_SECONDS = 60


class Ended(Exception):
    """The server ended instead of serving."""


@dataclass(frozen=True)
class Served:
    """Where a server is."""

    url: str


class Program:
    """Run `inference-events serve` on a data directory and a port, by default a free one.

    Settings are given by their names. Its log is appended to the file `log`; `environment` is added to that of the
    caller. `module` is what Python runs, with its first arguments.
    """

    def __init__(
        self,
        data_dir: Path,
        token: str,
        settings: Mapping[str, str | int] = {},
        python: str = sys.executable,
        log: Path = Path(os.devnull),
        environment: Mapping[str, str] = {},
        module: Sequence[str] = ("inference_events",),
        port: int = 0,
    ) -> None:
        self._command = [python, "-m", *module, "serve", "--port", str(port), "--data-dir", str(data_dir)]
        self._environment = {f"INFERENCE_EVENTS_{name.upper()}": str(value) for name, value in settings.items()}
        self._environment["INFERENCE_EVENTS_ADMIN_TOKEN"] = token
        self._environment |= environment
        self._log = log
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> None:
        """Start and wait until the server prints its URL."""
        self.launch()
        self.await_url()

    def launch(self) -> None:
        """Start without waiting for anything."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env={**os.environ, **self._environment},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def await_url(self) -> None:
        """Wait until a launched server prints its URL. Raises Ended if it ends before."""
        assert self._process is not None
        assert self._process.stdout is not None
        line = next((line for line in self._process.stdout if line.startswith("Serving on ")), None)
        if line is None:
            raise Ended(f"the server ended with code {self._wait()}")
        self.url = line.split()[-1]

    @property
    def is_running(self) -> bool:
        return self._process is not None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stop(self) -> int:
        """Stop the server as a supervisor would and return its exit code."""
        return self._end(signal.SIGTERM)

    def interrupt(self) -> int:
        """Stop the server as Ctrl-C would and return its exit code."""
        return self._end(signal.SIGINT)

    def kill(self) -> None:
        """End the server at once, as a crash would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(how)
        return self._wait()

    def _wait(self) -> int:
        assert self._process is not None
        code = self._process.wait(STOP_SECONDS)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        return code
