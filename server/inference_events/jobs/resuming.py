"""Jobs that an earlier process left unfinished."""

from inference_events.catalog import Catalog, jobs, leases
from inference_events.events.store import JobStore, OpenJob


def resume_jobs(catalog: Catalog, store: JobStore) -> None:
    """End their leases, because no other process works on this catalog, and open them in the event store.

    Call it before the store takes writes and before a worker starts.
    """
    catalog.write(leases.end_all)
    unfinished = catalog.read(jobs.unfinished)
    store.restore_jobs([OpenJob(job.id, job.model_id, job.epoch) for job in unfinished if job.model_id]).result()
