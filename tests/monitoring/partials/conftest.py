"""Open a store of each engine, as the tests of the engine for figures do."""

from tests.monitoring.engine.conftest import engine, opened, store_engine

__all__ = ["engine", "opened", "store_engine"]
