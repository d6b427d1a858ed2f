"""The engines that the contract suite holds to the contract. A second one is one more entry of `ENGINES`."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inference_events.events.store import Store
from inference_events.stores.duckdb import DuckDBEventStore
from tests.storage.opened import Opened

ENGINES: dict[str, Callable[[Path], Store]] = {
    "duckdb": lambda directory: DuckDBEventStore(directory / "events.duckdb"),
    "duckdb, few patches": lambda directory: DuckDBEventStore(directory / "events.duckdb", max_deltas=1),
}


@pytest.fixture(params=sorted(ENGINES))
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    """Give an open store of the engine, with the model that `Opened` writes to."""
    opened = Opened(ENGINES[request.param], tmp_path)
    yield opened
    opened.store.close()
