"""The embedded engine. All of its SQL is in this package."""

from inference_events.stores.duckdb.store import DuckDBEventStore

__all__ = ["DuckDBEventStore"]
