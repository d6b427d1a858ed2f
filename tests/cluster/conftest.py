"""A cluster of two replicas that all tests of this folder share."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.fleet import Fleet, fleet
from tests.e2e.process import Server, client_of
from tests.faults.alerts import SETTINGS

# Webhooks need a key that all replicas have.
ALERT_SETTINGS: dict[str, Any] = SETTINGS | {"secret_key": "k" * 32}
# The seed of what is random, and the table of counts at the end.
pytest_plugins = ["tests.faults.conftest"]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Return a cluster that reads files in small chunks, so that a job takes seconds, and judges changes at once."""
    with fleet(tmp_path_factory.mktemp("cluster"), file_chunk_rows=200, **ALERT_SETTINGS) as started:
        yield started


@pytest.fixture
def pair(shared: Fleet) -> Iterator[tuple[Server, Server]]:
    """Return two replicas, each with its own client."""
    first, second = shared.cluster.urls
    with client_of(first) as one, client_of(second) as other:
        yield Server(one), Server(other)
