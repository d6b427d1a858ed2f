"""No input stops the server: others wait under a second, memory returns, and a restart is clean.

Each attack runs in a short form in `make test`, and in its full size in `make test-faults`.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.attack import withstand
from tests.faults.subject import Subject, subject


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Subject]:
    with subject(tmp_path / "data") as one:
        yield one


def test_peace(server: Subject, counts: Counter[str]) -> None:
    """Without an attack nobody waits and memory stays: the measure itself is sound."""
    withstand(server, "none", lambda: None).check(counts, growth=100)
