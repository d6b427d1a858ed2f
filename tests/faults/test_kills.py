"""Whatever was acknowledged is there once, as it was acknowledged last, however often the server is killed."""

from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.campaign import Campaign
from tests.faults.conftest import Extent
from tests.faults.load import LARGE, SMALL
from tests.faults.subject import subject


def test_nothing_is_lost_to_kills(tmp_path: Path, seed: int, counts: Counter[str]) -> None:
    """Killed at four of the moments, another four each time, and stopped, under load of every kind of request."""
    with (
        subject(tmp_path / "data", file_chunk_rows=1000) as server,
        closing(Campaign(server, seed, SMALL, tmp_path, counts)) as campaign,
    ):
        campaign.run(kills=4, events=0, audit_every=4)
    assert counts["alarms in the server's log"] == 0


@pytest.mark.faults
@pytest.mark.timeout(0)
def test_nothing_is_lost_in_the_long_run(tmp_path: Path, seed: int, counts: Counter[str], extent: Extent) -> None:
    """The same at all moments, as long as it takes."""
    with (
        subject(tmp_path / "data", job_workers=2) as server,
        closing(Campaign(server, seed, LARGE, tmp_path, counts)) as campaign,
    ):
        campaign.run(extent.kills, extent.events, audit_every=5)
    assert counts["alarms in the server's log"] == 0
