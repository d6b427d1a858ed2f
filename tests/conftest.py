"""Hooks and fixtures of all tests."""

from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

# Fixtures of databases, which start no server until a test needs one.
pytest_plugins = ["tests.catalogs"]

# A slow machine is no fault: no test here depends on a clock.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(autouse=True, scope="module")
def log_configuration() -> Iterator[None]:
    """Reset structlog's configuration after each module, because the next one may check lines that were hidden."""
    yield
    structlog.reset_defaults()
