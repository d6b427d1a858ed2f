"""Jobs as the catalog shows them, and waiting for what becomes of them."""

import time
from collections.abc import Callable

from inference_events.catalog import Catalog, jobs
from inference_events.catalog.tables import Job


def read(catalog: Catalog, job_id: str) -> Job:
    """Return a job."""
    return catalog.read(lambda session: jobs.get(session, job_id))


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait up to 10 s."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in 10 s"
        time.sleep(0.01)


def wait_for(catalog: Catalog, job_id: str) -> Job:
    """Return a job once it has ended."""
    wait_until(lambda: read(catalog, job_id).completed_at is not None)
    return read(catalog, job_id)
