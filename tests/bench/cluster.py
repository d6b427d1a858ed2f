"""Replicas on PostgreSQL under load, and the model whose events they store."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass

from tests.bench import copying, workload
from tests.bench.case import Bench
from tests.bench.copying import Commit
from tests.bench.load import Load
from tests.bench.server import Client, Usage, measured
from tests.bench.stored_events import BATCH
from tests.bench.writers import Environment, find_environment
from tests.e2e.process import TOKEN, client_of
from tests.servers.cluster import Cluster

# One replica, two and four are compared.
NUMBERS = (1, 2, 4)
MOST = max(NUMBERS)
# As docs/scale-out.md recommends, but with less WAL. Four replicas may use 84 connections.
SETTINGS: dict[str, str | int] = {"checkpoint_timeout": "30min", "max_wal_size": "4GB", "max_connections": 200}


class Replicas(Client):
    """Requests to replicas of a cluster. Those that are not measured go to the first replica."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(client_of(cluster.urls[0]))
        self.cluster = cluster
        self.database = cluster.postgres.url()

    def measured(self, number: int = MOST) -> AbstractContextManager[Usage]:
        """Measure the usage of some replicas in sum within the block."""
        return measured([replica.pid for replica in self.cluster.replicas[:number]])

    def wal(self) -> int:
        """Return the bytes of WAL that the database has written."""
        return self._number("pg_current_wal_insert_lsn() - '0/0'::pg_lsn")

    def size(self) -> int:
        """Return the bytes of the events and their indexes."""
        return self._number("pg_total_relation_size('events')")

    def _number(self, expression: str) -> int:
        [[number]] = self.cluster.postgres.execute(f"SELECT {expression}")
        return int(number)


@dataclass
class Model:
    """The model under load. `stored` rows of the workload are stored; copied rows do not count."""

    bench: Bench
    replicas: Replicas
    id: str
    stored: int = 0

    def take(self, rows: int) -> int:
        """Return the first of `rows` rows of the workload that are not stored yet."""
        self.stored += rows
        return self.stored - rows

    def publishes(self, requests: int, size: int = BATCH) -> list[bytes]:
        """Return publishes of new rows."""
        bodies = workload.publish_bodies(self.id, self.take(requests * size), requests, size)
        return self.replicas.publish_requests(bodies)

    def send(self, number: int, requests: Sequence[bytes], connections: int) -> Load:
        """Send requests to a number of replicas."""
        return self.bench.generator.run(self.replicas.cluster.urls[:number], requests, connections)

    @property
    def environment(self) -> Environment:
        """The environment that holds the rows."""
        return find_environment(self.replicas.database, self.id)

    def copy(self, count: int, size: int, connections: int) -> Load:
        """Commit `count` times `size` new rows with COPY, straight into the table."""
        return self.commit(count, size, connections, copying.copy)

    def commit(self, count: int, size: int, connections: int, commit: Commit) -> Load:
        """Commit `count` times `size` new rows without the store."""
        database = self.replicas.database
        rows = copying.new_rows(database, self.environment.number, count, size)
        return copying.commit_all(database, rows, connections, commit)


@contextmanager
def running(bench: Bench) -> Iterator[Replicas]:
    """Run the replicas on a database and a bucket of their own."""
    folder = bench.folder / "replicas"
    folder.mkdir()
    cluster = Cluster(folder, TOKEN)
    cluster.postgres.settings |= SETTINGS
    try:
        cluster.start(MOST)
        started = Replicas(cluster)
        with closing(started.client):
            yield started
    finally:
        cluster.stop()
