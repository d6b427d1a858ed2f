"""Jobs that a process left open in the event store when it ended."""

from datetime import datetime, timedelta

from inference_events.catalog import Catalog, jobs
from inference_events.events.ingest.timestamps import microseconds
from inference_events.events.store import JobStore

# Between these two a job is open in the store and not yet known to the catalog.
ACCEPTANCE = timedelta(minutes=10)


def end_orphans(catalog: Catalog, store: JobStore, now: datetime) -> None:
    """Close the jobs that the catalog does not know as unfinished, unless they may be about to be accepted."""
    unfinished = catalog.read(jobs.unfinished)
    store.end_orphans([job.id for job in unfinished], microseconds(now - ACCEPTANCE)).result()
