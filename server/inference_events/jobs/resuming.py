"""Jobs that an earlier process left unfinished."""

from inference_events.catalog import Catalog, jobs
from inference_events.events.store import EventStore


def resume_jobs(catalog: Catalog, store: EventStore) -> None:
    """Let the event store know of unfinished jobs, before it takes writes."""
    for job in catalog.read(jobs.unfinished):
        if job.model_id is not None:
            store.resume(job.model_id, job.position)
