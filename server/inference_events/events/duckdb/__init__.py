"""The embedded engine. All of its SQL stands in this package."""

from inference_events.events.duckdb.store import DuckDBEventStore

__all__ = ["DuckDBEventStore"]
