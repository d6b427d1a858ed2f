"""Open a store of each engine. The tests beside this file name none."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stores.engines import ENGINES, Engine
from tests.stores.opened import Opened


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest) -> Engine:
    name: str = request.param
    return ENGINES[name]


@pytest.fixture
def opened(engine: Engine, tmp_path: Path) -> Iterator[Opened]:
    """Give an open store of the engine, with the model that `Opened` writes to."""
    opened = Opened(engine.open, tmp_path)
    yield opened
    opened.store.close()


@pytest.fixture
def small_parts(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a part of a scan hold a few events only."""
    for name, value in engine.small_parts.items():
        monkeypatch.setattr(name, value)
