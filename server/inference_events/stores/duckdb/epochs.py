"""Epochs: the order of requests and jobs of a model.

A model's epoch is a counter that only the acceptance of a job raises. The job keeps the new epoch and stays open until
it ends. A request stamps its rows with the model's epoch, and while a job is open it also notes the epoch per column.
So a job can tell what was written after its acceptance: rows and columns with its own epoch or a later one. It does not
change those. One thread writes, so when a job is accepted, no request is between reading the epoch and its commit.

An open job also keeps the fence of its latest run. Late writes of an earlier run are refused.
"""

import time
from collections.abc import Collection
from dataclasses import astuple, dataclass, replace

import duckdb

from inference_events.events.merging import WriteVersion
from inference_events.events.store_errors import Fenced, JobClosed


@dataclass(frozen=True)
class OpenJob:
    """A job that was accepted at an epoch of its model and has not ended. `accepted_at` is in UTC microseconds."""

    job_id: str
    model_id: str
    epoch: int
    fence: int = 0
    accepted_at: int = 0


class Epochs:
    """The epochs of the models and the open jobs, within the transactions of one connection.

    After a rollback, make a new one: the state in memory is then ahead of the tables.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._db = connection
        self._epochs: dict[str, int] = dict(connection.execute("SELECT model_id, epoch FROM clocks").fetchall())
        self._jobs: dict[str, OpenJob] = {}
        # By model, because each write needs its model's open jobs, and thousands of other jobs may wait.
        self._open: dict[str, dict[str, int]] = {}
        for row in connection.execute("SELECT job_id, model_id, epoch, fence, accepted_at FROM open_jobs").fetchall():
            self._note(OpenJob(*row))

    def accept(self, model_id: str, job_id: str) -> int:
        """Open a job and return its epoch. A job that is open already keeps its own."""
        if job_id not in self._jobs:
            epoch = self._epochs.get(model_id, 0) + 1
            self._set_epoch(model_id, epoch)
            job = OpenJob(job_id, model_id, epoch, accepted_at=time.time_ns() // 1000)
            insert_open_job(self._db, job)
            self._note(job)
        return self._jobs[job_id].epoch

    def start(self, job_id: str, fence: int) -> None:
        """Raise the fence of an open job. Raises Fenced."""
        self.check(job_id, fence)
        if fence > self._jobs[job_id].fence:
            self._db.execute("UPDATE open_jobs SET fence = ? WHERE job_id = ?", [fence, job_id])
            self._note(replace(self._jobs[job_id], fence=fence))

    def check(self, job_id: str, fence: int) -> None:
        """Raise JobClosed if a job is not open, and Fenced if a run with a larger fence has started."""
        if job_id not in self._jobs:
            raise JobClosed
        if fence < self._jobs[job_id].fence:
            raise Fenced

    def end(self, job_id: str) -> None:
        """Close a job, if it is open."""
        job = self._jobs.pop(job_id, None)
        if job is not None:
            del self._open[job.model_id][job_id]
            self._db.execute("DELETE FROM open_jobs WHERE job_id = ?", [job_id])

    def end_orphans(self, known: Collection[str], accepted_before: int) -> None:
        """Close the jobs that were accepted before a time, except the known ones."""
        kept = frozenset(known)
        for job in list(self._jobs.values()):
            if job.accepted_at < accepted_before and job.job_id not in kept:
                self.end(job.job_id)

    def forget(self, model_id: str) -> None:
        """Close the jobs of a model that is dropped."""
        for job_id in list(self._open.get(model_id, ())):
            self.end(job_id)

    def stamp(self, model_id: str) -> WriteVersion:
        """Return the stamp of a request that writes to a model."""
        open_epochs = self._open.get(model_id, {}).values()
        return WriteVersion(self._epochs.get(model_id, 0), min(open_epochs, default=None))

    def _set_epoch(self, model_id: str, epoch: int) -> None:
        self._epochs[model_id] = epoch
        self._db.execute("DELETE FROM clocks WHERE model_id = ?", [model_id])
        self._db.execute("INSERT INTO clocks VALUES (?, ?)", [model_id, epoch])

    def _note(self, job: OpenJob) -> None:
        self._jobs[job.job_id] = job
        self._open.setdefault(job.model_id, {})[job.job_id] = job.epoch


def insert_open_job(db: duckdb.DuckDBPyConnection, job: OpenJob) -> None:
    """Insert a job that is not open yet."""
    db.execute("INSERT INTO open_jobs VALUES (?, ?, ?, ?, ?)", list(astuple(job)))
