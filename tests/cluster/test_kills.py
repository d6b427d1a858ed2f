"""Whatever was acknowledged is there once, as it was acknowledged last, however often replicas and PostgreSQL die."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.cluster.campaign import EARLIER, Campaign
from tests.cluster.fleet import Fleet, fleet
from tests.faults.audit import FAULTS, audit
from tests.faults.campaign import Crew, recruit
from tests.faults.load import SMALL
from tests.faults.race import Race
from tests.servers.cluster import BUCKET, unpack_version
from tests.servers.s3 import SIGNED

KILLS = int(os.environ.get("KILLS", "4"))
# Impatient clients ask another replica while the first one still works.
IMPATIENT = replace(SMALL, answer_seconds=8)


@contextmanager
def at_work(crew: Crew) -> Iterator[None]:
    """Let clients work, and end them in any case."""
    crew.resume()
    try:
        yield
        crew.pause()
    finally:
        crew.end()


@pytest.mark.timeout(300 + 120 * KILLS)
@pytest.mark.faults
def test_nothing_is_lost_to_kills_and_faults(tmp_path: Path, seed: int, counts: Counter[str]) -> None:
    """Replicas and PostgreSQL are killed under load of every kind of request, and all around them fails in turn.

    Some clients change events of their own, others all the same events, by requests, files and deletions. At the end no
    job waits, every replica is ready, and the bucket has each part of each file.
    """
    earlier = unpack_version(EARLIER, tmp_path / "earlier")
    with fleet(tmp_path, is_disturbed=True, file_chunk_rows=1000) as target:
        campaign, race, crew = Campaign(target, seed, earlier), Race(target), recruit(target, seed, IMPATIENT)
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
