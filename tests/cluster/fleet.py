"""A cluster that tests disturb; clients reach it through its proxy."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.process import TOKEN, Server, client_of
from tests.faults.server_under_test import alarms_in
from tests.program import Program
from tests.servers.cluster import Cluster, running


class Fleet(Server):
    """Send requests to the replicas of a cluster in turn, end replicas and add others."""

    def __init__(self, cluster: Cluster, url: str, directory: Path) -> None:
        super().__init__(client_of(url))
        self.cluster = cluster
        self.url = url
        self._directory = directory

    def gauge(self, name: str) -> float:
        """Return the sum of a metric that has no label but the replica."""
        return sum(_gauge(url, name) for url in self.cluster.urls)

    def alarms(self) -> list[dict[str, Any]]:
        """Return what the replicas logged about unexpected failures."""
        return [alarm for log in sorted(self._directory.glob("*.log")) for alarm in alarms_in(log)]

    def kill(self, replica: Program) -> None:
        """End a replica at once, as a crash would."""
        replica.kill()
        self.cluster.note_end(replica)

    def stop(self, replica: Program) -> int:
        """Stop a replica as a supervisor would and return its exit code."""
        code = replica.stop()
        self.cluster.note_end(replica)
        return code


@contextmanager
def fleet(
    directory: Path,
    replicas: int = 2,
    is_disturbed: bool = False,
    source: Path | None = None,
    **settings: str | int,
) -> Iterator[Fleet]:
    """Run a cluster for the length of a test."""
    with running(directory, TOKEN, replicas, settings=settings, is_disturbed=is_disturbed, source=source) as (
        cluster,
        url,
    ):
        started = Fleet(cluster, url, directory)
        try:
            yield started
        finally:
            started.client.close()


def _gauge(url: str, name: str) -> float:
    found = re.search(rf"^{name}(?:{{.*}})? (\S+)$", httpx.get(f"{url}/metrics").text, re.MULTILINE)
    assert found is not None, name
    return float(found[1])
