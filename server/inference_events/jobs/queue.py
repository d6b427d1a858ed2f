"""The durable queue: jobs are rows of the catalog, and workers wait here for a ready one."""

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
# Without a signal, a job of another process is found after this time.
POLL_SECONDS = 5.0
# The clock of SQLite counts milliseconds.
_ROUNDING_SECONDS = 0.002


class JobQueue:
    """Accepts jobs in the transactions of the requests that start them, and hands them out one by one.

    Each process that shares a catalog has a queue; `catalog/leases.py` decides which job is ready. A job that a stop
    interrupted is handed out again, here or in another process.
    """

    def __init__(
        self, catalog: Catalog, max_unfinished: int = MAX_UNFINISHED, lease_seconds: float = LEASE_SECONDS
    ) -> None:
        self._catalog = catalog
        self._max_unfinished = max_unfinished
        self.lease_seconds = lease_seconds
        # Not the host name and process id, because a later process may have the same.
        self.owner = new_id()
        self._changed = threading.Condition()
        self._signal = 0
        self._closed = False

    def check_room(self, session: Session) -> None:
        """Refuse a job if too many already wait. Raises ServiceUnavailable.

        Deletions of models and projects need not call it: they end the jobs of what they delete.
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
        """Add a job to the queue. It can be claimed after the session's commit.

        `epoch` is its model's epoch at its acceptance; `info` is shown to clients.
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
        """Wait for a ready job and return it, started and leased. Return None when the queue is closed."""
        while not self._closed:
            seen = self._signal
            job, wait_seconds = self._catalog.write(self._poll)
            if job is not None:
                return job
            with self._changed:
                self._changed.wait_for(partial(self._is_signalled, seen), wait_seconds)
        return None

    def wake(self, *_: object) -> None:
        """Poll at once, because a job was accepted or has ended, here or in another process."""
        with self._changed:
            self._signal += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Hand out no more jobs."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _is_signalled(self, since: int) -> bool:
        return self._closed or self._signal != since

    def _poll(self, session: Session) -> tuple[Job | None, float]:
        """Return a claimed job or None, and in how many seconds one may be ready."""
        job = leases.claim(session, self.owner, self.lease_seconds)
        if job is not None:
            return job, 0.0
        next_end = leases.seconds_to_next_end(session)
        return None, POLL_SECONDS if next_end is None else min(POLL_SECONDS, next_end + _ROUNDING_SECONDS)
