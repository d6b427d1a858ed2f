"""A cluster of the tests' own: PostgreSQL, a bucket, replicas of the real program, and a proxy in front of them."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from tests.contract.serving import serve
from tests.program import Program
from tests.servers.commits import CommitProxy
from tests.servers.disks import SmallDisk, Unmountable
from tests.servers.postgres import ROOT, Postgres
from tests.servers.proxy import round_robin
from tests.servers.s3 import S3, FaultyProxy, environment

BUCKET = "inference-events"
# Where the program is in the repository.
PACKAGES = ("server", "generated/api")


class Cluster:
    """Own PostgreSQL and a bucket, and start replicas on them. `urls` are those of the replicas that run.

    If `is_disturbed`, replicas reach both through the proxies `commits` and `bucket`, and the database is on a `disk`
    that can be full, if one can be mounted.
    """

    def __init__(
        self,
        directory: Path,
        token: str,
        python: str = sys.executable,
        programs: Path | None = None,
        settings: Mapping[str, str | int] = {},
        is_disturbed: bool = False,
    ) -> None:
        self._is_disturbed = is_disturbed
        self._directory = directory
        self._token = token
        self._python = python
        self._settings = settings
        self._numbers = count()
        self.postgres = Postgres(programs)
        self.s3 = S3()
        self.disk = SmallDisk(self.postgres.data)
        self.commits = CommitProxy(self.postgres)
        self.bucket = FaultyProxy(self.s3)
        self.replicas: list[Program] = []
        self.urls: list[str] = []

    def start(self, replicas: int, source: Path | None = None) -> None:
        """Start the servers and, all at once, the first replicas. `source` holds the program of another version."""
        self.commits.start()
        self.bucket.start()
        if self._is_disturbed:
            with suppress(Unmountable):
                self.disk.mount()
        self.postgres.create()
        self.s3.start()
        self.s3.make_bucket(BUCKET)
        for replica in [self.launch_replica(source) for _ in range(replicas)]:
            self.await_replica(replica)

    def add_replica(self, source: Path | None = None) -> Program:
        """Start one more replica and return it. `source` holds the program of another version."""
        replica = self.launch_replica(source)
        self.await_replica(replica)
        return replica

    def launch_replica(self, source: Path | None = None) -> Program:
        """Start one more replica without waiting for it."""
        replica = self._replica(source)
        replica.launch()
        return replica

    def await_replica(self, replica: Program) -> None:
        """Send requests to a launched replica as soon as it serves."""
        replica.await_url()
        self.urls.append(replica.url)

    def note_end(self, replica: Program) -> None:
        """Send no more requests to a replica that ends."""
        self.urls.remove(replica.url)
        self.replicas.remove(replica)

    def stop(self) -> None:
        """Stop all that runs and remove the database."""
        for replica in self.replicas:
            if replica.is_running:
                replica.stop()
        self.commits.stop()
        self.bucket.stop()
        self.s3.stop()
        self.postgres.stop()
        self.disk.unmount()
        self.postgres.remove()

    def environment(self) -> dict[str, str]:
        """Return the variables that connect a replica, and the command line, to this cluster."""
        return {
            "INFERENCE_EVENTS_DATABASE_URL": (self.commits if self._is_disturbed else self.postgres).url(),
            "INFERENCE_EVENTS_FILES_URL": f"s3://{BUCKET}/files",
            **environment((self.bucket if self._is_disturbed else self.s3).url),
        }

    def _replica(self, source: Path | None = None) -> Program:
        number = next(self._numbers)
        paths = {} if source is None else {"PYTHONPATH": os.pathsep.join(str(source / one) for one in PACKAGES)}
        replica = Program(
            self._directory / f"replica-{number}",
            self._token,
            self._settings,
            python=self._python,
            log=self._directory / f"replica-{number}.log",
            environment={**self.environment(), **paths},
        )
        self.replicas.append(replica)
        return replica


def unpack_version(commit: str, directory: Path) -> Path:
    """Write the program of a commit of this repository into a directory, and return that."""
    directory.mkdir()
    archive = subprocess.run(["git", "archive", commit, *PACKAGES], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "--extract", "--directory", directory], input=archive, check=True)
    return directory


@contextmanager
def running(
    directory: Path,
    token: str,
    replicas: int = 2,
    python: str = sys.executable,
    settings: Mapping[str, str | int] = {},
    is_disturbed: bool = False,
    source: Path | None = None,
) -> Iterator[tuple[Cluster, str]]:
    """Give a cluster that runs, and the URL of the proxy in front of it."""
    cluster = Cluster(directory, token, python, settings=settings, is_disturbed=is_disturbed)
    try:
        cluster.start(replicas, source)
        with serve(round_robin(cluster.urls)) as url:
            yield cluster, url
    finally:
        cluster.stop()
