"""The kills and other faults of a cluster under load."""

import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np

from tests.cluster.fleet import Fleet
from tests.program import Program
from tests.servers.commits import Cut
from tests.servers.s3 import OK, Fault

# The last version whose idempotency records do not mark those of retries.
EARLIER = "ae8da8a"
MOST_SECONDS_BETWEEN = 2.0
READY_SECONDS = 60
SHARE_OF_CUTS = 0.3
BUCKET_FAULTS = [Fault(status=500), Fault(status=503), Fault(seconds=1.5), Fault(is_cut=True), OK, OK]
OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    " AND pid <> pg_backend_pid()"
)


class CrashSchedule:
    """Disturb a cluster at random moments, and count in `counts`. `earlier` holds the program of an earlier version."""

    def __init__(self, target: Fleet, seed: int, earlier: Path) -> None:
        self.counts: Counter[str] = Counter()
        self._fleet = target
        self._cluster = target.cluster
        self._earlier = earlier
        self._rng = np.random.default_rng([seed, 999])
        self._kills: dict[str, Callable[[], None]] = {
            "kills: all replicas": self._kill_all_replicas,
            "kills: replica": self._kill_replica,
            "kills: PostgreSQL": self._kill_database,
            "stops: replica": self._stop_replica,
        }
        self._faults: dict[str, Callable[[], None]] = {
            "faults: commits cut": self._cut_commits,
            "faults: bucket fails": self._fail_bucket,
            "faults: sessions ended": self._end_sessions,
            "faults: replicas replaced": self._replace_replicas,
            "faults: earlier version beside": self._run_earlier_version,
        }
        if self._cluster.disk.is_mounted:
            self._faults["faults: disk full"] = self._fill_disk

    def run(self, kills: int, check: Callable[[], None]) -> None:
        """Cause each kind of end equally often, and another fault after each. Call `check` after each."""
        for number in range(kills):
            for kinds in (self._kills, self._faults):
                name = list(kinds)[number % len(kinds)]
                self._sleep(MOST_SECONDS_BETWEEN)
                kinds[name]()
                self.counts[name] += 1
                self._await_ready()
                check()
        self.counts.update({f"commits cut {cut.value}": count for cut, count in self._cluster.commits.cuts.items()})

    def _await_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        for url in self._cluster.urls:
            while not _is_ready(url):
                assert time.monotonic() < deadline, f"{url} is not ready again"
                time.sleep(0.1)

    def _sleep(self, most: float) -> None:
        time.sleep(float(self._rng.uniform(0, most)))

    def _any_replica(self) -> Program:
        return self._cluster.replicas[int(self._rng.integers(len(self._cluster.replicas)))]

    def _kill_replica(self) -> None:
        self._fleet.kill(self._any_replica())
        self._cluster.add_replica()

    def _kill_all_replicas(self) -> None:
        replicas = list(self._cluster.replicas)
        for replica in replicas:
            self._fleet.kill(replica)
        self._add_replicas(len(replicas))

    def _add_replicas(self, number: int) -> None:
        for replica in [self._cluster.launch_replica() for _ in range(number)]:
            self._cluster.await_replica(replica)

    def _stop_replica(self) -> None:
        self._stop(self._any_replica())
        self._cluster.add_replica()

    def _stop(self, replica: Program) -> None:
        assert self._fleet.stop(replica) == -signal.SIGTERM

    def _kill_database(self) -> None:
        self._cluster.postgres.kill()
        self._sleep(1)
        self._cluster.postgres.start()

    def _cut_commits(self) -> None:
        """Cut the connections of many commits, at all replicas."""
        # The threads of the proxy ask one after another.
        self._cluster.commits.choose = self._any_cut
        time.sleep(3)
        self._cluster.commits.choose = lambda: None

    def _any_cut(self) -> Cut | None:
        return list(Cut)[int(self._rng.integers(len(Cut)))] if self._rng.random() < SHARE_OF_CUTS else None

    def _fail_bucket(self) -> None:
        """Let the bucket respond with 500 or 503, or late, or not at all."""
        chosen = np.random.default_rng(self._rng.integers(1 << 32))
        self._cluster.bucket.choose = lambda *_: BUCKET_FAULTS[int(chosen.integers(len(BUCKET_FAULTS)))]
        time.sleep(4)
        self._cluster.bucket.choose = lambda *_: OK

    def _end_sessions(self) -> None:
        """End all sessions again and again, as a failover does once."""
        for _ in range(5):
            self._cluster.postgres.execute(OTHERS)
            self._sleep(0.5)

    def _fill_disk(self) -> None:
        """Let the database's disk be full for a while. PostgreSQL may end by that."""
        with self._cluster.disk.full():
            time.sleep(4)
            self.counts["ends of PostgreSQL on a full disk"] += self._cluster.postgres.has_ended
        self._cluster.postgres.recover()

    def _replace_replicas(self) -> None:
        """Add as many replicas as there are, then stop the earlier ones one after another."""
        before = list(self._cluster.replicas)
        self._add_replicas(len(before))
        for replica in before:
            self._stop(replica)
            self._sleep(1)

    def _run_earlier_version(self) -> None:
        """Run a replica of an earlier version beside the others, kill it, run it again, and stop it."""
        for end in (self._fleet.kill, self._stop):
            earlier = self._cluster.add_replica(self._earlier)
            self._sleep(3)
            end(earlier)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=10).status_code == 200
    except httpx.TransportError:
        return False
