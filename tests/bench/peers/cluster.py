"""A private PostgreSQL cluster on a free port."""

import os
import pwd
import signal
import subprocess
from pathlib import Path
from shutil import which

from tests.bench.peers.process import NotStarted, Process, free_port

SUPERUSER = "postgres"
VERSIONS = Path("/usr/lib/postgresql")


class Cluster:
    """PostgreSQL with its defaults, on 127.0.0.1 only, with a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        programs = programs_folder()
        if programs is None:
            raise NotStarted("PostgreSQL's programs are not installed")
        self.port = free_port()
        self._programs = programs
        self._folder = folder
        self._user = _unprivileged_user()
        command = [str(programs / "postgres"), "-D", str(folder.absolute()), "-p", f"{self.port}"]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
        self.process = Process(command, folder.parent, user=self._user, stop_signal=signal.SIGINT)

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://{SUPERUSER}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Make the cluster if it does not exist, start it, and return when it is ready. Raises NotStarted."""
        if not self._folder.exists():
            self._make()
        self.process.start(self._is_ready)

    def _make(self) -> None:
        self._folder.mkdir(mode=0o700)
        if self._user is not None:
            os.chown(self._folder, pwd.getpwnam(self._user).pw_uid, -1)
        command = [str(self._programs / "initdb"), "-D", str(self._folder.absolute()), "-U", SUPERUSER]
        command += ["--auth=trust", "--encoding=UTF8"]
        made = subprocess.run(command, user=self._user, capture_output=True, text=True, cwd=self._folder)
        if made.returncode != 0:
            raise NotStarted(made.stderr)

    def _is_ready(self) -> bool:
        command = [str(self._programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", f"{self.port}"]
        return subprocess.run(command).returncode == 0


def programs_folder() -> Path | None:
    """Return the folder of the newest PostgreSQL that is installed."""
    found = which("initdb") or max(VERSIONS.glob("*/bin/initdb"), default=None)
    return None if found is None else Path(found).resolve().parent


def _unprivileged_user() -> str | None:
    """Return the user to run as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    return SUPERUSER if any(entry.pw_name == SUPERUSER for entry in pwd.getpwall()) else "nobody"
