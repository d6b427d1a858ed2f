"""Whatever was acknowledged is there once, as it was acknowledged last, however often replicas and PostgreSQL die."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest

from tests.cluster.fleet import Fleet, fleet
from tests.faults.audit import FAULTS, audit
from tests.faults.campaign import Crew, recruit
from tests.faults.load import SMALL
from tests.faults.race import Race
from tests.program import Program
from tests.servers.cluster import BUCKET
from tests.servers.s3 import SIGNED

KILLS = int(os.environ.get("KILLS", "4"))
MOST_SECONDS_BETWEEN = 2.0


class Campaign:
    """End processes of a cluster at random moments, start them again, and count in `counts`."""

    def __init__(self, target: Fleet, seed: int) -> None:
        self.counts: Counter[str] = Counter()
        self._fleet = target
        self._rng = np.random.default_rng([seed, 999])
        self._kinds: list[Callable[[], None]] = [
            self._kill_all_replicas,
            self._kill_replica,
            self._kill_database,
            self._stop_replica,
        ]

    def run(self, kills: int, check: Callable[[], None]) -> None:
        """Let each kind of end come equally often, and `check` after each."""
        for number in range(kills):
            time.sleep(float(self._rng.uniform(0, MOST_SECONDS_BETWEEN)))
            self._kinds[number % len(self._kinds)]()
            check()

    def _any_replica(self) -> Program:
        replicas = self._fleet.cluster.replicas
        return replicas[int(self._rng.integers(len(replicas)))]

    def _kill_replica(self) -> None:
        self._fleet.kill(self._any_replica())
        self._fleet.cluster.add_replica()
        self.counts["kills: replica"] += 1

    def _stop_replica(self) -> None:
        assert self._fleet.stop(self._any_replica()) == -signal.SIGTERM
        self._fleet.cluster.add_replica()
        self.counts["stops: replica"] += 1

    def _kill_database(self) -> None:
        self._fleet.cluster.postgres.kill()
        time.sleep(float(self._rng.uniform(0, 1)))
        self._fleet.cluster.postgres.start()
        self.counts["kills: PostgreSQL"] += 1

    def _kill_all_replicas(self) -> None:
        replicas = list(self._fleet.cluster.replicas)
        for replica in replicas:
            self._fleet.kill(replica)
        for _ in replicas:
            self._fleet.cluster.add_replica()
        self.counts["kills: all replicas"] += 1


@contextmanager
def at_work(crew: Crew) -> Iterator[None]:
    """Let clients work, and end them in any case."""
    crew.resume()
    try:
        yield
        crew.pause()
    finally:
        crew.end()


@pytest.mark.timeout(300 + 60 * KILLS)
@pytest.mark.faults
def test_nothing_is_lost_to_kills(tmp_path: Path, seed: int, counts: Counter[str]) -> None:
    """Replicas and PostgreSQL are killed and stopped under load of every kind of request.

    Some clients change events of their own, others all the same events. At the end no job waits, and the bucket has
    each part of each file.
    """
    with fleet(tmp_path, file_chunk_rows=1000) as target:
        campaign, race, crew = Campaign(target, seed), Race(target), recruit(target, seed, SMALL)
        with at_work(crew), race.running(seed):
            campaign.run(KILLS, crew.check)
        crew.check()
        counts.update(campaign.counts + crew.counts())
        counts["events acknowledged"] += crew.acknowledged
        counts["changes of shared events"] += sum(change.is_sure for change in race.history.changes)
        found = audit(target, crew.clients, tmp_path)
        counts.update(found)
        assert not any(found[fault] for fault in FAULTS), found
        assert race.faults() == []
        assert missing_objects(target) == []
        assert target.alarms() == []


def missing_objects(target: Fleet) -> list[str]:
    """Return the keys of parts that files need and the bucket does not have."""
    keys = target.cluster.postgres.execute("SELECT key FROM file_parts WHERE file_id IS NOT NULL")
    assert keys, "there are no files"
    urls = {key: f"{target.cluster.s3.url}/{BUCKET}/files/files/{key}" for (key,) in keys}
    with httpx.Client(headers=SIGNED) as client:
        return [key for key, url in urls.items() if client.head(url).status_code != 200]
