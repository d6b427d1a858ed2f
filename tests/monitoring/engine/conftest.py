"""Open a store of each engine, because figures are the same on both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from inference_events.monitoring.engine import FigureEngine
from tests.stores.engines import ENGINES, Engine
from tests.stores.opened import Opened


@pytest.fixture(params=["duckdb", "postgres"])
def store_engine(request: pytest.FixtureRequest) -> Engine:
    return ENGINES[request.param]


@pytest.fixture
def opened(store_engine: Engine, tmp_path: Path) -> Iterator[Opened]:
    opened = Opened(store_engine.open, tmp_path)
    yield opened
    opened.store.close()


@pytest.fixture
def small_batches(store_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the store yield a few events at a time."""
    for name, value in store_engine.small_parts.items():
        monkeypatch.setattr(name, value)


@pytest.fixture
def engine(opened: Opened) -> Iterator[FigureEngine]:
    engine = FigureEngine(opened.store, 60)
    yield engine
    engine.close()
