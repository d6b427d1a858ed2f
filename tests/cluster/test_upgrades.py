"""Replicas of two versions serve side by side while one after another is replaced, and nothing is lost."""

import time
from collections import Counter
from pathlib import Path

import psycopg
import pytest

from tests.cluster.crash_schedule import EARLIER
from tests.cluster.fleet import fleet
from tests.cluster.test_kills import at_work
from tests.faults.audit import FAULTS, audit
from tests.faults.crash_schedule import start_workload
from tests.faults.load import SMALL
from tests.servers.cluster import unpack_version
from tests.servers.postgres import Postgres

SECONDS = 150
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"


def await_migration(postgres: Postgres) -> None:
    """Wait until a migration waits for a table."""
    deadline = time.monotonic() + SECONDS
    while postgres.execute(WAITING) == [(0,)]:
        assert time.monotonic() < deadline, "no migration began"
        time.sleep(0.02)


@pytest.mark.timeout(600)
@pytest.mark.faults
def test_versions_side_by_side_lose_nothing(tmp_path: Path, seed: int, counts: Counter[str]) -> None:
    """Under load a new version migrates the tables, an old replica is killed and started again in the middle of that,
    and both serve until the new version has replaced the old one.
    """
    earlier = unpack_version(EARLIER, tmp_path / "earlier")
    with fleet(tmp_path, source=earlier, file_chunk_rows=1000) as target:
        cluster, workload = target.cluster, start_workload(target, seed, SMALL)
        killed, kept = cluster.replicas
        with at_work(workload):
            time.sleep(2)
            with psycopg.connect(cluster.postgres.url()) as session:
                session.execute("LOCK TABLE records IN ACCESS SHARE MODE")
                migrating = cluster.launch_replica()
                await_migration(cluster.postgres)
                target.kill(killed)
                restarted = cluster.launch_replica(earlier)
                time.sleep(2)
            for replica in (migrating, restarted):
                cluster.await_replica(replica)
            for old in (kept, restarted):
                time.sleep(2)
                cluster.add_replica()
                target.stop(old)
            time.sleep(2)
        workload.check()
        counts.update(workload.counts())
        found = audit(target, workload.clients, tmp_path)
        counts.update(found)
        assert not any(found[fault] for fault in FAULTS), found
        assert target.alarms() == []
