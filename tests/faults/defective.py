"""The server with one defect in how it orders requests and jobs: `python -m tests.faults.defective DEFECT serve ...`.

A test of the order is worth something only if it finds these.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

from inference_events.cli import app


def no_notes() -> None:
    """Let requests note nothing while jobs are open."""
    from inference_events.events.merging import WriteVersion
    from inference_events.stores.duckdb.epochs import Epochs

    stamp = Epochs.stamp
    Epochs.stamp = lambda self, model_id: WriteVersion(stamp(self, model_id).epoch)  # type: ignore[method-assign]


def forgotten_jobs() -> None:
    """Let a start forget the jobs for which requests note what they write."""
    from inference_events.events.merging import WriteVersion
    from inference_events.stores.duckdb.epochs import Epochs

    started = time.time_ns() // 1000

    def stamp(self: Epochs, model_id: str) -> WriteVersion:
        jobs = [job.epoch for job in self._jobs.values() if job.model_id == model_id and job.accepted_at > started]
        return WriteVersion(self._epochs.get(model_id, 0), min(jobs, default=None))

    Epochs.stamp = stamp  # type: ignore[method-assign]


def late_epochs() -> None:
    """Let jobs act at the epoch of the moment when they run."""
    from inference_events.events import types

    for kind in (types.Write, types.Deletion):
        _set_late(kind)


def _set_late(kind: Any) -> None:
    init = kind.__init__

    def late(self: Any, *arguments: Any, **named: Any) -> None:
        init(self, *arguments, **named)
        if self.epoch is not None:
            object.__setattr__(self, "epoch", self.epoch + 1_000_000)

    kind.__init__ = late


DEFECTS: dict[str, Callable[[], None]] = {
    "none": lambda: None,
    "no_notes": no_notes,
    "forgotten_jobs": forgotten_jobs,
    "late_epochs": late_epochs,
}


def stall_jobs() -> None:
    """Let jobs wait between their chunks, so that requests come in between."""
    from inference_events.jobs.run import JobRun

    checkpoint = JobRun.checkpoint

    def stalled(self: JobRun) -> None:
        time.sleep(0.03)
        checkpoint(self)

    JobRun.checkpoint = stalled  # type: ignore[method-assign]


if __name__ == "__main__":
    DEFECTS[sys.argv.pop(1)]()
    stall_jobs()
    app()
