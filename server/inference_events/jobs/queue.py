"""The durable queue: jobs are rows of the catalog, and this decides whose turn it is."""

import threading
from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, jobs
from inference_events.catalog.tables import Job
from inference_events.errors import ServiceUnavailable

MAX_UNFINISHED = 10_000
RETRY_SECONDS = 10
_LOOK_AGAIN_SECONDS = 60.0


class JobQueue:
    """Take jobs in the transaction of the request that starts them, and hand them out one by one.

    Jobs of one model run one after another in the order of their epochs. So do a job of a whole project and
    those of its models. A job that a stop interrupted is handed out again by the next process.
    """

    def __init__(self, catalog: Catalog, max_unfinished: int = MAX_UNFINISHED) -> None:
        self._catalog = catalog
        self._max_unfinished = max_unfinished
        # Two locks: news comes from inside a catalog write, choosing goes into one.
        self._choosing = threading.Lock()
        self._turn = threading.Condition()
        self._signal = 0
        self._closed = False
        self._running: dict[str, Job] = {}

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
        event.listen(session, "after_commit", self._wake, once=True)
        return job

    def claim(self) -> Job | None:
        """Wait for a job whose turn it is and return it, started. Returns None when the queue is closed."""
        while not self._closed:
            seen = self._signal
            job = self._choose()
            if job is not None:
                return job
            with self._turn:
                self._turn.wait_for(partial(self._is_signalled, seen), _LOOK_AGAIN_SECONDS)
        return None

    def release(self, job: Job) -> None:
        """Say that a job taken is not run any longer, whether it ended or not."""
        with self._choosing:
            del self._running[job.id]
        self._wake()

    def close(self) -> None:
        """Hand out no more jobs."""
        with self._turn:
            self._closed = True
            self._turn.notify_all()

    def _wake(self, *_: object) -> None:
        with self._turn:
            self._signal += 1
            self._turn.notify_all()

    def _is_signalled(self, since: int) -> bool:
        return self._closed or self._signal != since

    def _choose(self) -> Job | None:
        with self._choosing:
            while (
                job := self._catalog.read(partial(jobs.next_ready, running=list(self._running.values())))
            ) is not None:
                started = self._catalog.write(partial(jobs.start, job_id=job.id))
                if started is not None:
                    self._running[started.id] = started
                    return started
            return None

    def _next(self, session: Session) -> Job | None:
        return jobs.next_ready(session, list(self._running.values()))
