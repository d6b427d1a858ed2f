"""Replicas judge alert rules as one server: each bin once, with one record and one message, whichever of them ends."""

import os
import re
from collections import Counter
from pathlib import Path
from random import Random

import httpx
import pytest

from tests.cluster.conftest import ALERT_SETTINGS
from tests.cluster.fleet import Fleet, fleet
from tests.e2e.process import client_of
from tests.faults.alerts import MOMENTS, AlertWork
from tests.notifications.receivers import receiving
from tests.program import Program

KILLS = int(os.environ.get("KILLS", "5"))
JUDGED = re.compile(r'^inference_events_alert_bins_total{.*status="judged".*} (\S+)$', re.MULTILINE)


class Replicas:
    """The replicas of a cluster, of which those that judge or send are killed as often as the others."""

    def __init__(self, fleet: Fleet, random: Random) -> None:
        self._fleet = fleet
        self._random = random

    def client(self) -> httpx.Client:
        return client_of(self._fleet.url)

    def kill(self) -> None:
        self._fleet.kill(self._random.choice(self._fleet.cluster.replicas))
        self._fleet.cluster.add_replica()


def judged(replica: Program) -> float:
    """Return how many bins a replica has judged."""
    return sum(map(float, JUDGED.findall(httpx.get(f"{replica.url}/metrics").text)))


def test_one_replica_judges_and_another_continues(shared: Fleet) -> None:
    """Each bin is judged once, by one replica. If that is stopped, another one judges the next change."""
    with receiving() as receiver:
        before = {replica.pid: judged(replica) for replica in shared.cluster.replicas}
        work = AlertWork(Replicas(shared, Random(0)), receiver, models=2, rules=3)
        work.await_all()
        work.change()
        work.await_all()
        counts = {replica.pid: judged(replica) - before[replica.pid] for replica in shared.cluster.replicas}
        assert sorted(counts.values()) == [0, 2 * len(work.rule_ids)]
        [holder] = [replica for replica in shared.cluster.replicas if counts[replica.pid]]
        shared.stop(holder)
        shared.cluster.add_replica()
        work.change()
        work.await_all()
        assert work.faults() == []
        assert work.counts()["messages that came twice"] == 0


@pytest.mark.faults
@pytest.mark.timeout(300 + 180 * KILLS)
def test_kills_of_replicas_lose_no_alert(tmp_path: Path, seed: int, counts: Counter[str]) -> None:
    """Whichever replica is killed, and when, each bin is judged, each record exists once, and each message is sent."""
    with receiving() as receiver, fleet(tmp_path, **ALERT_SETTINGS) as target:
        random = Random(seed)
        work = AlertWork(Replicas(target, random), receiver, models=3, rules=5)
        work.await_all()
        for number in range(KILLS):
            moment = MOMENTS[number % len(MOMENTS)]
            work.kill_at(moment, random)
            counts[f"kills with alerts: {moment}"] += 1
        assert work.faults() == []
        assert target.alarms() == []
    counts.update(work.counts())
