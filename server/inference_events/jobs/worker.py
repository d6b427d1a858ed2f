"""The threads that run jobs."""

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial

import structlog

from inference_events.catalog import Catalog, leases
from inference_events.catalog.leases import Lease
from inference_events.catalog.tables import Job
from inference_events.errors import ApiError, ServiceUnavailable, is_full_disk
from inference_events.events.store_errors import Fenced, Retryable
from inference_events.jobs.held_leases import HeldLeases
from inference_events.jobs.queue import JobQueue
from inference_events.jobs.run import Cancelled, Handler, JobFailed, JobRun, Stopped

_RETRY_DELAY_SECONDS = 1.0
# How often a lease is renewed before it would end.
_RENEWALS = 3
# How long a stop waits for runs to reach a safe point before it releases their leases.
_SAFE_POINT_SECONDS = 1.0
CLAIMED, LOST = "claimed", "lost"

log = structlog.get_logger(__name__)


class Workers:
    """Runs queued jobs in threads, each with the handler of its kind.

    `ended` gets the id of each job that has ended, `observe_lease` the status of a lease: CLAIMED or LOST. Jobs stop
    and release their leases as soon as `stopping` is set.
    """

    def __init__(
        self,
        catalog: Catalog,
        queue: JobQueue,
        handlers: Mapping[str, Handler],
        count: int = 1,
        ended: Callable[[str], object] = lambda job_id: None,
        *,
        stopping: threading.Event | None = None,
        observe_lease: Callable[[str], object] = lambda what: None,
    ) -> None:
        self._ended = ended
        self._observe_lease = observe_lease
        self._catalog = catalog
        self._queue = queue
        self._handlers = handlers
        self._stopping = stopping or threading.Event()
        self._is_grace_over = threading.Event()
        self._held = HeldLeases(catalog, queue.lease_seconds)
        self._keeper = threading.Thread(target=self._keep_leases, name="job-leases", daemon=True)
        self._threads = [
            threading.Thread(target=self._work, name=f"job-worker-{number}", daemon=True) for number in range(count)
        ]

    def start(self) -> None:
        """Start to work, first on the jobs that an earlier process left unfinished."""
        for thread in (self._keeper, *self._threads):
            thread.start()

    def stop(self, grace_seconds: float) -> bool:
        """Claim no more jobs and wait for running ones to reach a safe point. Return whether all did."""
        self._stopping.set()
        self._queue.close()
        deadline = time.monotonic() + grace_seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._is_grace_over.set()
        self._keeper.join(_SAFE_POINT_SECONDS)
        return not any(thread.is_alive() for thread in self._threads)

    def _keep_leases(self) -> None:
        while not self._stopping.wait(self._queue.lease_seconds / _RENEWALS):
            self._held.renew()
        self._queue.close()
        self._is_grace_over.wait(_SAFE_POINT_SECONDS)
        self._held.release()

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                job = self._queue.claim()
                if job is not None:
                    self._run(job)
            except ServiceUnavailable:
                # Unfinished jobs are claimed when the database responds again.
                log.error("job_worker_waits_for_database")
                self._stopping.wait(_RETRY_DELAY_SECONDS)
            except Exception:
                # The catalog itself fails. Unfinished jobs are claimed again once it works.
                log.error("job_worker_failed", exc_info=True)
                self._stopping.wait(_RETRY_DELAY_SECONDS)

    def _run(self, job: Job) -> None:
        self._observe_lease(CLAIMED)
        run = JobRun(self._catalog, job, self._stopping, self._queue.lease_seconds)
        has_ended = False
        with self._held.holding(run.lease):
            try:
                has_ended = self._handle(run)
            finally:
                if has_ended:
                    # After the catalog's commit: a job that runs again needs the column epochs up to its end.
                    self._ended(job.id)
                else:
                    self._release(run.lease)
        self._queue.wake()

    def _release(self, lease: Lease) -> None:
        """Release the job's lease. Otherwise no other worker could claim it before the lease ends."""
        while True:
            try:
                self._catalog.write(partial(leases.release, lease=lease))
                return
            except Exception:
                log.error("lease_not_given_back", job=lease.job_id, exc_info=True)
                if self._stopping.wait(_RETRY_DELAY_SECONDS):
                    return

    def _handle(self, run: JobRun) -> bool:
        """Run a job and return whether it has ended. A stop, a lost lease or a temporary failure postpone its end."""
        job = run.job
        try:
            if run.stopping:
                # The word to stop came while the queue claimed the job.
                raise Stopped
            self._handlers[job.kind](run)
            run.finish()
            log.info("job_succeeded", job=job.id, kind=job.kind)
            return True
        except Stopped:
            log.info("job_stopped", job=job.id, kind=job.kind)
            return False
        except Cancelled:
            return self._is_ended(run, run.cancel(), "job_cancelled")
        except Fenced:
            has_ended = self._is_ended(run, run.cancel(), "job_cancelled")
            # If only the store knows a later run, the next claims raise the fence above it.
            self._stopping.wait(0 if has_ended else _RETRY_DELAY_SECONDS)
            return has_ended
        except Exception as error:
            if waits_for := _passing(error):
                # The job was accepted, so it must run once the cause is gone.
                log.error(waits_for, job=job.id, kind=job.kind)
                self._stopping.wait(_RETRY_DELAY_SECONDS)
                return False
            return self._fail(run, error)

    def _fail(self, run: JobRun, error: Exception) -> bool:
        if isinstance(error, JobFailed | ApiError):
            reason, message = error.reason, error.message
        else:
            log.error("job_broke", job=run.job.id, kind=run.job.kind, exc_info=error)
            reason, message = "InternalError", "The server failed; the job's id finds the cause in its log"
        return self._is_ended(run, run.fail(reason, message), "job_failed", reason=reason)

    def _is_ended(self, run: JobRun, is_ended: bool, event: str, **details: str) -> bool:
        """Log the end of a run: another worker has its job unless the job has ended."""
        job = run.job
        if is_ended:
            log.info(event, job=job.id, kind=job.kind, **details)
        else:
            log.warning("lease_lost", job=job.id, kind=job.kind)
            self._observe_lease(LOST)
        return is_ended


def _passing(error: Exception) -> str | None:
    """Return the log's name for a temporary cause, None if the error has another cause."""
    if isinstance(error, Retryable | ServiceUnavailable):
        return "job_waits_for_database"
    # A failure's message may quote the file, which may contain anything.
    is_failure = isinstance(error, JobFailed | ApiError)
    return "job_waits_for_room" if not is_failure and is_full_disk(error) else None
