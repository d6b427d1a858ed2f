"""Epochs: the order of requests and jobs of a model.

A model's epoch is a counter that only the acceptance of a job raises. The job keeps the new epoch and stays open until
it ends. A request stamps its rows with the model's epoch, and while a job is open it also notes the epoch per column.
So a job knows what was written after its acceptance: rows and columns of its own epoch or a later one. It leaves those
as they are. One thread writes, so no request is between reading the epoch and its commit when a job is accepted.
"""

from collections.abc import Sequence

import duckdb

from inference_events.events.merging import WriteVersion
from inference_events.events.store import OpenJob


class Epochs:
    """The epochs of the models and the open jobs, within the transactions of one connection.

    After a rollback, make a new one: what is kept here is ahead of the tables then.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._db = connection
        self._epochs: dict[str, int] = dict(connection.execute("SELECT model_id, epoch FROM clocks").fetchall())
        # By model, because each write asks for the open jobs of its model, and thousands of others may wait.
        self._open: dict[str, dict[str, int]] = {}
        for row in connection.execute("SELECT job_id, model_id, epoch FROM open_jobs").fetchall():
            self._note(OpenJob(*row))

    def accept(self, model_id: str, job_id: str) -> int:
        """Open a job and return its epoch. A job that is open already keeps its own."""
        if job_id not in self._open.get(model_id, {}):
            epoch = self._epochs.get(model_id, 0) + 1
            self._set_epoch(model_id, epoch)
            self._add(OpenJob(job_id, model_id, epoch))
        return self._open[model_id][job_id]

    def end(self, job_id: str) -> None:
        """Close a job, if it is open."""
        for jobs in self._open.values():
            if jobs.pop(job_id, None) is not None:
                self._db.execute("DELETE FROM open_jobs WHERE job_id = ?", [job_id])

    def restore(self, jobs: Sequence[OpenJob]) -> None:
        """Make exactly these jobs open."""
        kept = {job.job_id: job for job in jobs}
        is_open = {job_id for jobs_of_model in self._open.values() for job_id in jobs_of_model}
        for job_id in is_open - kept.keys():
            self.end(job_id)
        for job_id in kept.keys() - is_open:
            self._add(kept[job_id])

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

    def _add(self, job: OpenJob) -> None:
        self._note(job)
        self._db.execute("INSERT INTO open_jobs VALUES (?, ?, ?)", [job.job_id, job.model_id, job.epoch])

    def _note(self, job: OpenJob) -> None:
        self._open.setdefault(job.model_id, {})[job.job_id] = job.epoch
