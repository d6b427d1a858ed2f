"""Every acknowledged event is stored once, in its last acknowledged state, after kills of replicas and PostgreSQL."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.cluster.crash_schedule import EARLIER, CrashSchedule
from tests.cluster.fleet import Fleet, fleet
from tests.faults.audit import FAULTS, audit
from tests.faults.crash_schedule import Workload, start_workload
from tests.faults.load import SMALL
from tests.faults.race import Race
from tests.servers.cluster import BUCKET, unpack_version
from tests.servers.s3 import SIGNED

KILLS = int(os.environ.get("KILLS", "4"))
# With a short timeout, clients send a request again to another replica while the first one still works.
SHORT_TIMEOUT = replace(SMALL, response_seconds=8)


@contextmanager
def at_work(workload: Workload) -> Iterator[None]:
    """Run clients, and end them even if the test fails."""
    workload.resume()
    try:
        yield
        workload.pause()
    finally:
        workload.end()


@pytest.mark.timeout(300 + 120 * KILLS)
@pytest.mark.faults
def test_nothing_is_lost_to_kills_and_faults(tmp_path: Path, seed: int, counts: Counter[str]) -> None:
    """Replicas and PostgreSQL are killed under load of every kind of request, and the parts around them fail in turn.

    Some clients change events of their own, others all the same events, by requests, files and deletions. At the end no
    job waits, every replica is ready, and the bucket has each part of each file.
    """
    earlier = unpack_version(EARLIER, tmp_path / "earlier")
    with fleet(tmp_path, is_disturbed=True, file_chunk_rows=1000) as target:
        schedule, race = CrashSchedule(target, seed, earlier), Race(target)
        workload = start_workload(target, seed, SHORT_TIMEOUT)
        with at_work(workload), race.running(seed):
            schedule.run(KILLS, workload.check)
        workload.check()
        counts.update(schedule.counts + workload.counts())
        counts["events acknowledged"] += workload.acknowledged
        counts["changes of shared events"] += sum(change.is_sure for change in race.history.changes)
        found = audit(target, workload.clients, tmp_path)
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
