"""How long the faults go on, and the table of counts at the end."""

import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from _pytest.terminal import TerminalReporter

from tests.faults.audit import FAULTS

_counts: Counter[str] = Counter()


@dataclass(frozen=True)
class Extent:
    """How much the long run does: kills, and events to be acknowledged before the last."""

    kills: int
    events: int


@pytest.fixture(scope="session")
def extent() -> Extent:
    """Return the extent of the long run, from KILLS and EVENTS."""
    return Extent(int(os.environ.get("KILLS", "100")), int(os.environ.get("EVENTS", "10000000")))


@pytest.fixture(scope="session")
def seed() -> int:
    """Return the seed of all that is random, from SEED, or another one each time."""
    return _SEED


@pytest.fixture
def counts() -> Iterator[Counter[str]]:
    """Return the counts of a test; the table at the end has the sums."""
    counted: Counter[str] = Counter(dict.fromkeys(FAULTS, 0))
    yield counted
    _counts.update(counted)


_SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000))


def pytest_report_header() -> str:
    return f"faults: SEED={_SEED}"


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    if not _counts:
        return
    terminalreporter.section(f"faults, SEED={_SEED}")
    width = max(map(len, _counts))
    for name, count in sorted(_counts.items()):
        terminalreporter.line(f"{name:<{width}} {count:>12,}")
