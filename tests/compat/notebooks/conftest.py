"""A project for each notebook: the name is the vendor's, and a suffix, because some notebooks share it."""

from uuid import uuid4

import pytest


@pytest.fixture
def project_name() -> str:
    """Give the name of a project that does not exist yet."""
    return f"quickstart_examples_{uuid4().hex[:8]}"
