"""Open a store of each engine. The tests beside this file name none."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stores.engines import ENGINES, FAULTS, Engine
from tests.stores.opened import Opened
from tests.stores.statements import assert_rules, is_of_a_start, recorded


@pytest.fixture(params=[pytest.param(each, marks=[pytest.mark.faults] * (each in FAULTS)) for each in sorted(ENGINES)])
def engine(request: pytest.FixtureRequest) -> Engine:
    name: str = request.param
    return ENGINES[name]


@pytest.fixture
def opened(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """Give an open store of the engine, with the model that `Opened` writes to.

    What an engine on PostgreSQL sends to its server during the test keeps the rules.
    """
    opened = Opened(engine.open, tmp_path)
    statements = recorded(monkeypatch)
    yield opened
    opened.store.close()
    # A start, which a test may repeat, creates tables.
    assert_rules(each for each in statements if not is_of_a_start(each))


@pytest.fixture
def small_parts(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a part of a scan hold a few events only."""
    for name, value in engine.small_parts.items():
        monkeypatch.setattr(name, value)
