"""Requests and jobs change the same few events while the server is killed: what is stored has an order."""

import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import httpx
import numpy as np
import pytest

from tests.faults.conftest import Extent
from tests.faults.defective import DEFECTS
from tests.faults.race import Race
from tests.faults.server_under_test import ServerUnderTest


def race(
    data_dir: Path, seed: int, kills: int, counts: Counter[str], defect: str = "none", seconds: float = 1.5
) -> list[str]:
    """Race, and return the faults that are found. Between two kills pass some `seconds`."""
    # Chunks of one row, so that a job of five rows stalls five times.
    server = ServerUnderTest(data_dir, module=["tests.faults.defective", defect], file_chunk_rows=1)
    rng = np.random.default_rng([seed, 0])
    try:
        server.start()
        one = Race(server)
        with one.running(seed):
            for _ in range(kills):
                time.sleep(float(rng.uniform(0.5, 1.5)) * seconds)
                server.kill()
                server.start()
            time.sleep(seconds)
        faults = one.faults()
        counts["kills amid jobs"] += kills
        counts["changes in order"] += sum(change.is_sure for change in one.history.changes)
        return faults
    finally:
        with suppress(httpx.HTTPError):
            server.close()


def test_requests_and_jobs_have_an_order(tmp_path: Path, seed: int, counts: Counter[str]) -> None:
    """No value is lost, none comes back, and no job undoes what was acknowledged after the job was accepted."""
    assert race(tmp_path / "data", seed, 1, counts, seconds=0.8) == []


def test_the_race_finds_jobs_that_overwrite_later_values(tmp_path: Path, seed: int, counts: Counter[str]) -> None:
    """A check of the test itself: it finds a server whose requests store no epochs of columns."""
    assert race(tmp_path / "data", seed, 0, counts, "no_notes")


@pytest.mark.faults
@pytest.mark.timeout(0)
def test_many_requests_and_jobs_have_an_order(tmp_path: Path, seed: int, counts: Counter[str], extent: Extent) -> None:
    """The same holds with all kills of the long run."""
    for round_ in range(max(extent.kills // 10, 1)):
        assert race(tmp_path / str(round_), seed + round_, 10, counts) == []


@pytest.mark.faults
@pytest.mark.timeout(0)
@pytest.mark.parametrize("defect", sorted(DEFECTS.keys() - {"none"}))
def test_the_race_finds_each_defect(tmp_path: Path, seed: int, counts: Counter[str], defect: str) -> None:
    """Each defect is found in one of eight races."""
    assert any(race(tmp_path / str(round_), seed + round_, 2, counts, defect) for round_ in range(8))
