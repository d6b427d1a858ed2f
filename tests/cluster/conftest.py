"""A cluster of two replicas that all tests of this folder share."""

from collections.abc import Iterator

import pytest

from tests.cluster.fleet import Fleet, fleet
from tests.e2e.process import Server, client_of

# The seed of what is random, and the table of counts at the end.
pytest_plugins = ["tests.faults.conftest"]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Return a cluster whose files are read in small chunks, so that a job takes seconds."""
    with fleet(tmp_path_factory.mktemp("cluster"), file_chunk_rows=200) as started:
        yield started


@pytest.fixture
def pair(shared: Fleet) -> Iterator[tuple[Server, Server]]:
    """Return two replicas, each with its own client."""
    first, second = shared.cluster.urls
    with client_of(first) as one, client_of(second) as other:
        yield Server(one), Server(other)
