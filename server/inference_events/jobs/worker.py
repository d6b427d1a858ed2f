"""The threads that run jobs, and what a job's handler gets to see."""

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import structlog
from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, jobs
from inference_events.catalog.tables import Job
from inference_events.errors import ApiError, is_full_disk
from inference_events.events.store import Fenced
from inference_events.jobs.queue import JobQueue

_REPORT_EVERY_SECONDS = 1.0
_RETRY_DELAY_SECONDS = 1.0
_STARTS_PER_ROW = 1000

log = structlog.get_logger(__name__)


class JobFailed(Exception):
    """End the job as FAILURE. `message` shows no payload."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class Interrupted(BaseException):
    """Leave a handler at a safe point. Not an Exception, lest a handler take it for a failure of its own."""


class Stopped(Interrupted):
    """Say that the server stops; the job goes on at the next start."""


class Cancelled(Interrupted):
    """Say that the job has ended already, as its model or project was deleted."""


class JobRun:
    """One run of a job, as its handler sees it. `job` is the job as it was when the run began."""

    def __init__(self, catalog: Catalog, job: Job, stopping: threading.Event) -> None:
        self.job = job
        self._catalog = catalog
        self._stopping = stopping
        self._unreported: dict[str, Any] = {}
        self._count: Callable[[], Mapping[str, Any]] = dict
        self._next_report = 0.0
        self._ended = False

    @property
    def fence(self) -> int:
        """The number of this run, larger than that of each earlier run that was not stopped properly."""
        # Starts are counted from the row at which the job last made progress.
        return self.job.started_row * _STARTS_PER_ROW + self.job.starts

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    def count_with(self, count: Callable[[], Mapping[str, Any]]) -> None:
        """Let the job show what `count` returns at its end, however it ends. The handler has left by then."""
        self._count = count

    def checkpoint(self) -> None:
        """Leave the handler here if the server stops or the job has ended. It must be able to resume here."""
        if self.stopping:
            raise Stopped
        if not self._catalog.read(lambda session: jobs.is_started(session, self.job.id)):
            raise Cancelled

    def progress(self, fraction: float, **info: Any) -> None:
        """Show how much is done, 0 to 1, and merge `info` into what the job shows, at most once a second."""
        self._unreported |= info
        if time.monotonic() < self._next_report:
            return
        percent = 100.0 * min(max(fraction, 0.0), 1.0)
        report = partial(jobs.report, job_id=self.job.id, progress=percent, info=self._unreported)
        if not self._catalog.write(report):
            raise Cancelled
        self._unreported = {}
        self._next_report = time.monotonic() + _REPORT_EVERY_SECONDS

    def note_progress(self, row: int) -> None:
        """Count only this start of the job, because the ones before led to `row`."""
        self._catalog.write(lambda session: jobs.note_progress(session, self.job.id, row))

    def succeed(self, changes: Callable[[Session], object] | None = None, **info: Any) -> None:
        """End the job as SUCCESS in one transaction with `changes` to the catalog.

        Raises Cancelled, without the changes, if the job has ended already.
        """

        known = {**self._unreported, **self._count(), **info}

        def end(session: Session) -> None:
            if not jobs.succeed(session, self.job.id, known):
                raise Cancelled
            if changes is not None:
                changes(session)

        self._catalog.write(end)
        self._ended = True

    def fail(self, reason: str, message: str) -> None:
        """End the job as FAILURE, unless it has ended already, and show what it has done."""
        done = self._done()
        self._catalog.write(lambda session: jobs.fail(session, self.job.id, reason, message, done))

    def cancel(self) -> None:
        """Show what the job has done, which has ended already."""
        done = self._done()
        self._catalog.write(lambda session: jobs.add_info(session, self.job.id, done))

    def _done(self) -> dict[str, Any]:
        """Return what the job has done, as far as it is known: what broke the job may break the count."""
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


class Workers:
    """Run queued jobs in threads, each with the handler of its kind. `ended` gets the id of each job that has ended."""

    def __init__(
        self,
        catalog: Catalog,
        queue: JobQueue,
        handlers: Mapping[str, Handler],
        count: int = 1,
        ended: Callable[[str], object] = lambda job_id: None,
    ) -> None:
        self._ended = ended
        self._catalog = catalog
        self._queue = queue
        self._handlers = handlers
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, name=f"job-worker-{number}", daemon=True) for number in range(count)
        ]

    def start(self) -> None:
        """Start to work, with what an earlier process left unfinished first."""
        for thread in self._threads:
            thread.start()

    def stop(self, grace_seconds: float) -> bool:
        """Take no more jobs and wait for running ones to reach a safe point. Returns whether all did."""
        self._stopping.set()
        self._queue.close()
        deadline = time.monotonic() + grace_seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                job = self._queue.claim()
                if job is not None:
                    self._run(job)
            except Exception:
                # The catalog itself fails. Unfinished jobs are claimed again when it works.
                log.error("job_worker_failed", exc_info=True)
                self._stopping.wait(_RETRY_DELAY_SECONDS)

    def _run(self, job: Job) -> None:
        has_ended = False
        try:
            has_ended = self._handle(JobRun(self._catalog, job, self._stopping))
        finally:
            try:
                if has_ended:
                    # After the catalog knows: a job that runs again needs the notes of requests up to its end.
                    self._ended(job.id)
                else:
                    self._catalog.write(partial(jobs.take_back_start, job_id=job.id))
            finally:
                self._queue.release(job)

    def _handle(self, run: JobRun) -> bool:
        """Run a job and return whether it has ended, which a stop and a full disk put off."""
        job = run.job
        try:
            self._handlers[job.kind](run)
            run.finish()
            log.info("job_succeeded", job=job.id, kind=job.kind)
        except Interrupted as interruption:
            if isinstance(interruption, Cancelled):
                run.cancel()
            log.info("job_interrupted", job=job.id, kind=job.kind, why=type(interruption).__name__)
            return isinstance(interruption, Cancelled)
        except Fenced:
            # Another run goes on with the job, or it has ended: this one leaves it as it is.
            log.info("job_interrupted", job=job.id, kind=job.kind, why="Fenced")
            self._stopping.wait(_RETRY_DELAY_SECONDS)
            return False
        except (JobFailed, ApiError) as failure:
            run.fail(failure.reason, failure.message)
            log.info("job_failed", job=job.id, kind=job.kind, reason=failure.reason)
        except Exception as error:
            if is_full_disk(error):
                # It was accepted, so it is done when there is room.
                log.error("job_waits_for_room", job=job.id, kind=job.kind)
                self._stopping.wait(_RETRY_DELAY_SECONDS)
                return False
            log.error("job_broke", job=job.id, kind=job.kind, exc_info=True)
            run.fail("InternalError", "The server failed; the job's id finds the cause in its log")
        return True
