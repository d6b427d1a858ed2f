"""A browser, and real servers to visit with it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.console.browsing import SERVER_PYTHON, TOKEN, NoBrowser, Visit, launch, serving, visiting
from tests.console.data import Client, fill
from tests.console.watching import Watched, watched
from tests.program import Program

ROOT = Path(__file__).parents[2]
MODELS = 10_000


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give the installed browser. A missing one fails every test."""
    with sync_playwright() as playwright:
        try:
            started = launch(playwright)
        except NoBrowser as error:
            pytest.exit(str(error), returncode=1)
        yield started
        started.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Give a server with some models, events and tokens."""
    with serving(tmp_path_factory.mktemp("server") / "data") as program:
        fill(program.url)
        yield program


@pytest.fixture(scope="session")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Give a server with 10,000 models."""
    data_dir = tmp_path_factory.mktemp("crowded") / "data"
    fill_command = [SERVER_PYTHON, "-m", "tests.console.many", str(data_dir), TOKEN, str(MODELS)]
    subprocess.run(fill_command, cwd=ROOT, check=True, timeout=100)
    with serving(data_dir) as program:
        yield program


@pytest.fixture
def client(server: Program) -> Iterator[Client]:
    """Give a client of an administrator."""
    client = Client(server.url)
    yield client
    client.close()


@pytest.fixture
def visit(browser: Browser, server: Program) -> Iterator[Visit]:
    """Give a visit of an administrator to the server with some models."""
    with visiting(browser, server.url) as visit:
        yield visit


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Give a model with 40 days of events, on a server that sends messages to this machine."""
    settings: dict[str, str | int] = {"allow_private_receivers": "true", "notification_wait_seconds": 1}
    with serving(tmp_path_factory.mktemp("watched") / "data", **settings) as program:
        client = Client(program.url)
        yield watched(program.url, client)
        client.close()
