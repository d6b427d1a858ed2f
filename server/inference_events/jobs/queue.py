"""The durable queue: jobs are rows of the catalog, and this waits for one whose turn it is."""

import threading
from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, jobs, leases
from inference_events.catalog.tables import Job, new_id
from inference_events.errors import ServiceUnavailable

MAX_UNFINISHED = 10_000
RETRY_SECONDS = 10
LEASE_SECONDS = 30.0
# A job of another process is found that late, if no signal came.
LOOK_SECONDS = 5.0
# The clock of SQLite counts milliseconds.
_ROUNDING_SECONDS = 0.002


class JobQueue:
    """Take jobs in the transaction of the request that starts them, and hand them out one by one.

    The processes that share a catalog have a queue each; `catalog/leases.py` decides whose turn it is. A job that a
    stop interrupted is handed out again, here or in another process.
    """

    def __init__(
        self, catalog: Catalog, max_unfinished: int = MAX_UNFINISHED, lease_seconds: float = LEASE_SECONDS
    ) -> None:
        self._catalog = catalog
        self._max_unfinished = max_unfinished
        self.lease_seconds = lease_seconds
        # Not the machine and its process id, which the next process may have, too.
        self.owner = new_id()
        self._turn = threading.Condition()
        self._signal = 0
        self._closed = False

    def check_room(self, session: Session) -> None:
        """Refuse a job if too many wait already. Raises ServiceUnavailable.

        The deletion of a model or a project need not ask: it ends the jobs that wait for what is deleted.
        """
        if jobs.count_unfinished(session) >= self._max_unfinished:
            raise ServiceUnavailable("Too many jobs wait; try again later", RETRY_SECONDS)

    def accept(
        self,
        session: Session,
        *,
        kind: str,
        name: str,
        params: Mapping[str, Any],
        info: Mapping[str, Any],
        project_id: str | None,
        model_id: str | None,
        token_id: str,
        epoch: int,
        job_id: str | None = None,
    ) -> Job:
        """Add a job to the queue, from which it is taken after the session's commit.

        `epoch` is that of its model at which it was accepted; `info` is what the job shows of itself.
        """
        job = jobs.create(
            session,
            kind=kind,
            name=name,
            params=params,
            info=info,
            project_id=project_id,
            model_id=model_id,
            token_id=token_id,
            epoch=epoch,
            job_id=job_id,
        )
        event.listen(session, "after_commit", self.wake, once=True)
        return job

    def claim(self) -> Job | None:
        """Wait for a job whose turn it is and return it, started and leased. Returns None when the queue is closed."""
        while not self._closed:
            seen = self._signal
            job, look_again = self._catalog.write(self._look)
            if job is not None:
                return job
            with self._turn:
                self._turn.wait_for(partial(self._is_signalled, seen), look_again)
        return None

    def wake(self, *_: object) -> None:
        """Look for jobs at once, because one was accepted or has ended, here or in another process."""
        with self._turn:
            self._signal += 1
            self._turn.notify_all()

    def close(self) -> None:
        """Hand out no more jobs."""
        with self._turn:
            self._closed = True
            self._turn.notify_all()

    def _is_signalled(self, since: int) -> bool:
        return self._closed or self._signal != since

    def _look(self, session: Session) -> tuple[Job | None, float]:
        """Return a job, or how many seconds to wait until one may be ready."""
        job = leases.claim(session, self.owner, self.lease_seconds)
        if job is not None:
            return job, 0.0
        next_end = leases.seconds_to_next_end(session)
        return None, LOOK_SECONDS if next_end is None else min(LOOK_SECONDS, next_end + _ROUNDING_SECONDS)
