"""Jobs that a process left open in the event store when it ended."""

from datetime import datetime, timedelta

from inference_events.catalog import Catalog, jobs
from inference_events.events.ingest.timestamps import microseconds
from inference_events.events.store import JobStore

# A job may be open in the store for this time before the catalog knows it.
ACCEPTANCE = timedelta(minutes=10)


def end_orphans(catalog: Catalog, store: JobStore, now: datetime) -> None:
    """Close the store's open jobs that are not unfinished in the catalog, unless they may still be accepted."""
    unfinished = catalog.read(jobs.unfinished)
    store.end_orphans([job.id for job in unfinished], microseconds(now - ACCEPTANCE)).result()
