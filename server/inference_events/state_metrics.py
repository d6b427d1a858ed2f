"""The metrics that are read from the running server: queues, jobs, the disk."""

from functools import partial

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, jobs, outbox
from inference_events.data_directory import DataDirectory
from inference_events.disk import Disk
from inference_events.disk_usage import free_bytes, used_bytes
from inference_events.events.batcher import RequestBatcher
from inference_events.events.store import Store
from inference_events.metrics import Metrics


def show_state(
    metrics: Metrics,
    *,
    catalog: Catalog,
    store: Store,
    batcher: RequestBatcher,
    directory: DataDirectory,
    disk: Disk,
) -> None:
    """Count jobs that end, and show queues, jobs and disk at each scrape."""

    def count_ended_jobs(session: Session) -> None:
        for kind, status in jobs.ended(session):
            metrics.observe_job(kind, status)

    catalog.after_commit(count_ended_jobs)
    metrics.show_state(
        is_writable=lambda: disk.is_writable,
        queue_depths=lambda: {"requests": batcher.queue_depth(), "commits": store.queue_depth()},
        unfinished_jobs=lambda: catalog.read(jobs.unfinished_by_kind),
        undelivered=lambda: catalog.read(outbox.undelivered),
        data_bytes=partial(used_bytes, directory),
        free_bytes=partial(free_bytes, directory),
    )
