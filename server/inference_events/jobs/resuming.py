"""Jobs that an earlier process left unfinished."""

from inference_events.catalog import Catalog, jobs
from inference_events.events.store import JobStore, OpenJob


def resume_jobs(catalog: Catalog, store: JobStore) -> None:
    """Let the event store know which jobs have not ended, before it takes writes."""
    unfinished = catalog.read(jobs.unfinished)
    store.restore_jobs([OpenJob(job.id, job.model_id, job.epoch) for job in unfinished if job.model_id]).result()
