"""The event store on PostgreSQL, for several replicas. See `store`."""

from inference_events.stores.postgres.store import PostgresEventStore

__all__ = ["PostgresEventStore"]
