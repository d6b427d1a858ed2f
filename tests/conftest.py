"""What every test has in common."""

from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

# Fixtures of databases, which start no server before a test asks for one.
pytest_plugins = ["tests.catalogs"]

# A slow machine is no fault: nothing that is measured by the clock belongs into these tests.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(autouse=True, scope="module")
def log_configuration() -> Iterator[None]:
    """Log as structlog does by itself after each module, because the next one may look at lines that were hidden."""
    yield
    structlog.reset_defaults()
