"""A PgBouncer of the tests' own, in transaction mode: what a client runs next may run in another session."""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

from tests.servers.postgres import UNPRIVILEGED, USER, Postgres, as_unprivileged, free_port, is_root

START_SECONDS = 60
# Few enough that transactions of different clients use the same sessions in turn.
SESSIONS = 4
MISSING = "PgBouncer is needed: apt-get install pgbouncer"
CONFIGURATION = """
[databases]
* = host=127.0.0.1 port={server_port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
; Every local user is trusted, as by the server.
auth_type = any
pool_mode = transaction
default_pool_size = {sessions}
max_client_conn = 1000
server_round_robin = 1
; Each test has a database of its own.
server_idle_timeout = 3
autodb_idle_timeout = 3
logfile = {directory}/log
"""


def find_pgbouncer() -> str:
    """Return the program. Raises RuntimeError if the machine has none."""
    found = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if found is None:
        raise RuntimeError(MISSING)
    return found


class PgBouncer:
    """One PgBouncer on a free port of 127.0.0.1 before a server. Transactions take turns in its sessions."""

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self.port = free_port()
        self._directory = Path(tempfile.mkdtemp(prefix="inference-events-pgbouncer-"))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it accepts connections."""
        if is_root():
            shutil.chown(self._directory, UNPRIVILEGED)
        file = self._directory / "pgbouncer.ini"
        file.write_text(
            CONFIGURATION.format(
                server_port=self._server.port,
                user=USER,
                port=self.port,
                sessions=SESSIONS,
                directory=self._directory,
            )
        )
        self._process = subprocess.Popen(
            [find_pgbouncer(), "-q", file],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **as_unprivileged(),
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._accepts():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self._directory / "log").read_text()[-2000:])
            time.sleep(0.05)

    def stop(self) -> None:
        """End it and delete its directory."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(START_SECONDS)
            self._process = None
        shutil.rmtree(self._directory, ignore_errors=True)

    def url(self, database: str = "postgres") -> str:
        """Return the URL of a database of the server, through the pooler."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def _accepts(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=START_SECONDS).close()
        except psycopg.OperationalError:
            return False
        return True
