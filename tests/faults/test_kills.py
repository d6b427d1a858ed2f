"""Every acknowledged event is stored once, in its last acknowledged state, although the server is killed."""

from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.conftest import Extent
from tests.faults.crash_schedule import CrashSchedule
from tests.faults.load import LARGE, SMALL
from tests.faults.server_under_test import server_under_test


def test_nothing_is_lost_to_kills(tmp_path: Path, seed: int, counts: Counter[str]) -> None:
    """Killed at four of the moments, another four each time, and stopped, under load of every kind of request."""
    with (
        server_under_test(tmp_path / "data", file_chunk_rows=1000) as server,
        closing(CrashSchedule(server, seed, SMALL, tmp_path, counts)) as schedule,
    ):
        schedule.run(kills=4, events=0, audit_every=4)
    assert counts["alarms in the server's log"] == 0


@pytest.mark.faults
@pytest.mark.timeout(0)
def test_nothing_is_lost_in_the_long_run(tmp_path: Path, seed: int, counts: Counter[str], extent: Extent) -> None:
    """The same holds at all moments, in the long run."""
    with (
        server_under_test(tmp_path / "data", job_workers=2) as server,
        closing(CrashSchedule(server, seed, LARGE, tmp_path, counts)) as schedule,
    ):
        schedule.run(extent.kills, extent.events, audit_every=5)
    assert counts["alarms in the server's log"] == 0
