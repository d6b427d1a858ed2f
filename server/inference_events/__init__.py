"""An open, self-hosted server for the Fiddler v3 Events API."""

from importlib.metadata import version

__version__ = version("inference-events")
