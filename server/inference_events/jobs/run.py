"""The run of a job that its handler gets: it shows progress, and ends the job."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, leases
from inference_events.catalog.leases import Lease
from inference_events.catalog.tables import Job
from inference_events.jobs.queue import LEASE_SECONDS

log = structlog.get_logger(__name__)

_REPORT_EVERY_SECONDS = 1.0


class JobFailed(Exception):
    """End the job as FAILURE. `message` shows no payload."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class Interrupted(BaseException):
    """Leave a handler at a safe point. Not an Exception, so that no handler mistakes it for a failure."""


class Stopped(Interrupted):
    """The server stops. The job continues at the next start, or at another replica."""


class Cancelled(Interrupted):
    """The job has ended, because its model or project was deleted, or another worker has it."""


class JobRun:
    """One run of a job, as its handler sees it. `job` is the job as it was when the run began.

    Only the run that has the job's lease can change the job.
    """

    def __init__(
        self, catalog: Catalog, job: Job, stopping: threading.Event, lease_seconds: float = LEASE_SECONDS
    ) -> None:
        self.job = job
        self.lease = Lease.of(job)
        self._catalog = catalog
        self._stopping = stopping
        self._lease_seconds = lease_seconds
        self._unreported: dict[str, Any] = {}
        self._count: Callable[[], Mapping[str, Any]] = dict
        self._next_report = 0.0
        self._ended = False

    @property
    def fence(self) -> int:
        """The number of this run, larger than those of earlier runs."""
        return self.lease.fence

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    def count_with(self, count: Callable[[], Mapping[str, Any]]) -> None:
        """Show the result of `count` when the job ends, even if it fails. The handler has left by then."""
        self._count = count

    def checkpoint(self) -> None:
        """Leave the handler if the server stops or the run has lost its job. The job must be able to resume here."""
        if self.stopping:
            raise Stopped
        if not self._catalog.read(lambda session: leases.is_held(session, self.lease)):
            raise Cancelled

    def progress(self, fraction: float, **info: Any) -> None:
        """Show the progress from 0 to 1 and merge `info` into the job's info, at most once a second."""
        self._unreported |= info
        if time.monotonic() < self._next_report:
            return
        percent = 100.0 * min(max(fraction, 0.0), 1.0)
        unreported = self._unreported
        if not self._catalog.write(
            lambda session: leases.report(session, self.lease, self._lease_seconds, percent, unreported)
        ):
            raise Cancelled
        self._unreported = {}
        self._next_report = time.monotonic() + _REPORT_EVERY_SECONDS

    def note_progress(self, row: int) -> None:
        """Count only this start of the job, because earlier ones made progress up to `row`."""
        self._catalog.write(lambda session: leases.note_progress(session, self.lease, row))

    def succeed(self, changes: Callable[[Session], object] | None = None, **info: Any) -> None:
        """End the job as SUCCESS in one transaction with `changes` to the catalog.

        Raises Cancelled, without the changes, if the job has already ended or another worker has it.
        """

        known = {**self._unreported, **self._count(), **info}

        def end(session: Session) -> None:
            if not leases.succeed(session, self.lease, known):
                raise Cancelled
            if changes is not None:
                changes(session)

        self._catalog.write(end)
        self._ended = True

    def fail(self, reason: str, message: str) -> bool:
        """End the job as FAILURE, unless it has already ended, and show what it has done.

        Returns False if another worker has the job.
        """
        done = self._done()
        return self._catalog.write(lambda session: leases.fail(session, self.lease, reason, message, done))

    def cancel(self) -> bool:
        """Show what the job has done if it has already ended. Returns False if another worker has it."""
        done = self._done()
        return self._catalog.write(lambda session: leases.add_info(session, self.lease, done))

    def _done(self) -> dict[str, Any]:
        """Return what the job has done as far as it can be read: the cause of a failure may affect that, too."""
        try:
            return {**self._unreported, **self._count()}
        except Exception:
            log.error("job_count_failed", job=self.job.id, kind=self.job.kind, exc_info=True)
            return self._unreported

    def finish(self) -> None:
        """End the job as SUCCESS if its handler has not done so."""
        if not self._ended:
            self.succeed()


Handler = Callable[[JobRun], None]
