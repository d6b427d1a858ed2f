"""Open a store of the embedded engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stores.engines import DUCKDB
from tests.stores.opened import Opened


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Give an open store, with the model that `Opened` writes to."""
    opened = Opened(DUCKDB.open, tmp_path)
    yield opened
    opened.store.close()
