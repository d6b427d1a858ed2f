"""The vendor's client, as its users install it, against a real server process."""

import os
from collections.abc import Callable, Iterator
from operator import attrgetter
from pathlib import Path
from uuid import uuid4

import fiddler as fdl
import pandas as pd
import pytest
import requests

from tests.compat.recording import Recorder
from tests.program import Program, Served

TOKEN = os.environ.get("SERVER_TOKEN", "token-of-the-compatibility-tests")
SERVER_PYTHON = os.environ.get("SERVER_PYTHON", "")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--record`, for the compatibility table."""
    parser.addoption("--record", type=Path, help="write to this JSON file how the client's operations ended")


def pytest_configure(config: pytest.Config) -> None:
    """Record when asked to."""
    if path := config.getoption("record"):
        config.pluginmanager.register(Recorder(path))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test of functions that this version of the client lacks."""
    for name in (name for marker in item.iter_markers("needs") for name in marker.args):
        try:
            attrgetter(name)(fdl)
        except AttributeError:
            pytest.skip(f"client {fdl.__version__} has no {name}")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Give a server that runs for all tests, at SERVER_URL if that is set."""
    if url := os.environ.get("SERVER_URL"):
        yield Served(url)
        return
    program = Program(tmp_path_factory.mktemp("data"), TOKEN, python=SERVER_PYTHON)
    program.start()
    yield Served(program.url)
    program.stop()


@pytest.fixture(scope="session")
def notebook_token(server: Served) -> str:
    """Give a token with the scopes that the README names for notebooks."""
    body = {"name": "notebook", "scopes": ["ingest", "manage", "read"]}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    response = requests.post(f"{server.url}/v3/tokens", json=body, headers=headers, timeout=60)
    secret: str = response.json()["data"]["token"]
    return secret


@pytest.fixture(autouse=True)
def connection(server: Served, notebook_token: str) -> None:
    """Connect the client to the server, as the first lines of every notebook do."""
    fdl.init(url=server.url, token=notebook_token)


@pytest.fixture
def project() -> fdl.Project:
    """Give a new project."""
    return fdl.Project(name=f"project_{uuid4().hex[:12]}").create()


@pytest.fixture
def create_model(project: fdl.Project) -> Callable[..., fdl.Model]:
    """Give a function that creates a model from a sample of its events."""

    def create(sample: pd.DataFrame | Path, spec: fdl.ModelSpec, **fields: object) -> fdl.Model:
        fields = {"name": f"model_{uuid4().hex[:12]}", "project_id": project.id, "task": fdl.ModelTask.NOT_SET} | fields
        return fdl.Model.from_data(source=sample, spec=spec, **fields).create()

    return create
