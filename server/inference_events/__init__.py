"""An open, self-hosted server for the Fiddler v3 Events API."""

from importlib.metadata import version
from typing import Final

__version__ = version("inference-events")

# The contract's version, which each response names.
API_VERSION: Final = "3.0"
