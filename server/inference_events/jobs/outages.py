"""Wait for an unavailable file store: an accepted job must run once the store is back."""

import time
from collections.abc import Callable
from typing import TypeVar

import structlog

from inference_events.files.store import FileStoreUnavailable
from inference_events.jobs.run import JobFailed, JobRun

T = TypeVar("T")
WAIT_SECONDS = 5.0
MAX_SECONDS = 600.0
POLL_SECONDS = 0.5

log = structlog.get_logger(__name__)


class Outage:
    """Waits for the file store on behalf of a job, for at most ten minutes without a success."""

    def __init__(self, run: JobRun) -> None:
        self._run = run
        self._began: float | None = None

    def end(self) -> None:
        """Note that the store is available again."""
        self._began = None

    def retry(self, read: Callable[[], T]) -> T:
        """Return the result of `read`. Raises its errors, JobFailed after a long outage, and Interrupted."""
        while True:
            try:
                done = read()
            except FileStoreUnavailable:
                self.wait()
            else:
                self.end()
                return done

    def wait(self) -> None:
        """Wait before the next attempt. Raises JobFailed after a long outage, and Interrupted."""
        now = time.monotonic()
        self._began = self._began or now
        if now - self._began > MAX_SECONDS:
            raise JobFailed("InternalError", "The file store was not available for too long; publish the file again")
        log.warning("job_waits_for_file_store", job=self._run.job.id, kind=self._run.job.kind)
        while time.monotonic() < now + WAIT_SECONDS:
            self._run.checkpoint()
            time.sleep(POLL_SECONDS)
