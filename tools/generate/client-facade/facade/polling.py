"""Decide when to poll a job again."""

import time

from ..models.job import Job
from .errors import JobFailed, JobNotFinished
from .retries import delays

FIRST_DELAY = 0.1
MAX_DELAY = 2.0


class Polls:
    """Schedule the polls of one job; without a timeout, until it ends."""

    def __init__(self, timeout: float | None) -> None:
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._delays = delays(FIRST_DELAY, 1.5, MAX_DELAY)

    def delay_after(self, job: Job) -> float | None:
        """Return the seconds until the next poll, None if the job succeeded. Raises JobFailed, JobNotFinished."""
        if job.status == "FAILURE":
            raise JobFailed(job)
        if job.status == "SUCCESS":
            return None
        left = MAX_DELAY if self._deadline is None else self._deadline - time.monotonic()
        if left <= 0:
            raise JobNotFinished(job)
        return min(next(self._delays), left)
