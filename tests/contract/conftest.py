"""The server that the probes talk to: the real program on an empty data directory, or one that runs elsewhere."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from inference_events.app import create_app
from inference_events.logging import configure_logging
from inference_events.settings import Settings
from tests.contract.serving import serve

TOKEN = "admin-token-of-the-probes"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test of what only the server's own process shows, if the server is another one."""
    if "SERVER_URL" in os.environ and item.get_closest_marker("in_process"):
        pytest.skip("looks into the server's process or directory")


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the data directory of the running server."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def server_url(data_dir: Path) -> Iterator[str]:
    """Give the URL of the running server, which is SERVER_URL if that is set."""
    if url := os.environ.get("SERVER_URL"):
        yield url
        return
    settings = Settings(data_dir=data_dir, admin_token=SecretStr(TOKEN))
    configure_logging("error")
    with serve(create_app(settings, validate_responses=True)) as url:
        yield url


@pytest.fixture(scope="session")
def token() -> str:
    """Give an admin token of that server."""
    return os.environ.get("SERVER_TOKEN", TOKEN)
