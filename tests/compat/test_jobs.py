"""Jobs are readable at once, can be watched until they end, and name the fault if they fail."""

import logging
from pathlib import Path
from uuid import UUID

import fiddler as fdl
import pandas as pd
import pytest

from tests.compat.stored import POLL_SECONDS, column, define_model, done, rejected_rows, stored_events

ENDED = {fdl.JobStatus.SUCCESS, fdl.JobStatus.FAILURE}


@pytest.fixture
def model(project: fdl.Project) -> fdl.Model:
    """Give a model with an id column."""
    return define_model(project, column("id", "str"), column("x", "float"), event_id_col="id")


FRAME = pd.DataFrame({"id": ["a", "b"], "x": [0.5, 1.5]})


def test_a_job_is_readable_at_once(model: fdl.Model) -> None:
    """The job that a publish returns exists, and can be read by its id."""
    job = model.publish(FRAME)
    assert job.name == "Publish events"
    assert job.status in {fdl.JobStatus.PENDING, fdl.JobStatus.STARTED, fdl.JobStatus.SUCCESS}
    assert 0 <= job.progress <= 100
    again = fdl.Job.get(id_=job.id)
    assert (again.id, again.name) == (job.id, job.name)
    done(job)


def test_waiting_ends_with_success(model: fdl.Model) -> None:
    """`job.wait()` returns when the job has ended, and the job shows what it did."""
    job = model.publish(FRAME)
    job.wait(interval=1)
    assert (job.status, job.progress, job.error_message, job.error_reason) == (fdl.JobStatus.SUCCESS, 100, None, None)
    assert {"rows", "created", "resource_type", "resource_name", "project_name", "model_name"} <= set(job.info)
    assert len(stored_events(model)) == 2


def test_watching_shows_the_way_to_the_end(model: fdl.Model) -> None:
    """`job.watch()` gives the job again and again, with progress that never falls, and stops when it has ended."""
    frame = pd.DataFrame({"id": [f"e{n}" for n in range(30_000)], "x": 0.5})
    seen = [(job.status, job.progress) for job in model.publish(frame).watch(interval=POLL_SECONDS)]
    assert seen[-1] == (fdl.JobStatus.SUCCESS, 100)
    assert all(status not in ENDED for status, _ in seen[:-1])
    assert [progress for _, progress in seen] == sorted(progress for _, progress in seen)


def test_a_finished_job_is_watched_once(model: fdl.Model) -> None:
    """Watching or waiting for a job that has ended returns its end at once."""
    job = model.publish(FRAME)
    done(job)
    assert [each.status for each in fdl.Job.get(id_=job.id).watch()] == [fdl.JobStatus.SUCCESS]


def test_a_failed_job_raises_its_reason(model: fdl.Model, tmp_path: Path) -> None:
    """AsyncJobFailed has the job's name, its id, the reason, and a message that helps to correct the file."""
    (tmp_path / "events.csv").write_text("id,x\n,1\n,2\n")
    job = model.publish(tmp_path / "events.csv")
    with pytest.raises(fdl.AsyncJobFailed) as failed:
        job.wait(interval=POLL_SECONDS)
    assert str(failed.value) == (
        f"Publish events[{job.id}] failed with BadRequest: Every row was rejected; row 0: id: is missing, and the "
        f"model's event_id_col names it: every event needs one. All are listed at /v3/jobs/{job.id}/rejected-rows"
    )
    assert (job.status, job.error_reason) == (fdl.JobStatus.FAILURE, "BadRequest")
    assert (job.info["rows"], job.info["rejected_rows"]) == (2, 2)
    assert [row for row, _ in rejected_rows(job)] == [0, 1]


def test_a_failed_job_stays_failed(model: fdl.Model, tmp_path: Path) -> None:
    """A failed job can be read, in full too, and a new job publishes the corrected file."""
    (tmp_path / "events.csv").write_text("")
    job = model.publish(tmp_path / "events.csv")
    with pytest.raises(fdl.AsyncJobFailed):
        done(job)
    again = fdl.Job.get(id_=job.id, verbose=True)
    assert again.status == fdl.JobStatus.FAILURE
    assert again.error_message == "The file cannot be read as CSV: it is empty"
    FRAME.to_csv(tmp_path / "events.csv", index=False)
    assert done(model.publish(tmp_path / "events.csv"))["created"] == 2


def test_a_failure_shows_no_data(model: fdl.Model, tmp_path: Path) -> None:
    """Neither the message of a failed job nor its rejected rows repeat values of the file."""
    secret = "4111-1111-1111-1111"
    path = tmp_path / "events.csv"
    path.write_text(f'id,x,ts\n,{secret},{secret}\n,"{secret}",,{secret}\n')
    job = model.publish(path)
    with pytest.raises(fdl.AsyncJobFailed) as failed:
        done(job)
    assert secret not in f"{failed.value} {rejected_rows(job)} {job.info}"


def test_an_unknown_job_is_not_found(model: fdl.Model) -> None:
    """A job that never existed raises NotFound."""
    with pytest.raises(fdl.NotFound):
        fdl.Job.get(id_=UUID(int=0))


def test_jobs_of_one_model_end_in_the_order_of_their_start(model: fdl.Model) -> None:
    """Files that were published one after the other are applied in that order, although no call waited in between."""
    jobs = [model.publish(pd.DataFrame({"id": ["a"], "x": [float(n)]})) for n in range(5)]
    for job in jobs:
        done(job)
    assert [event["values"]["x"] for event in stored_events(model)] == [4.0]


def test_waiting_logs_progress(model: fdl.Model, caplog: pytest.LogCaptureFixture) -> None:
    """The client can print progress while it waits: status and progress have the form that it expects."""
    with caplog.at_level(logging.INFO, logger="fiddler"):
        done(model.publish(FRAME))
    assert "successfully completed" in caplog.text
