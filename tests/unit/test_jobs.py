"""Promises of jobs: each runs to its end, in order, through stops and crashes."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, jobs, leases, organizations, projects, tokens
from inference_events.catalog import models as catalog_models
from inference_events.catalog.database import sqlite_url
from inference_events.catalog.leases import Lease
from inference_events.catalog.listing import Listing
from inference_events.errors import ObjectNotFound, ServiceUnavailable
from inference_events.events.store_errors import Fenced, Retryable
from inference_events.jobs import Cancelled, Handler, JobFailed, JobQueue, JobRun, Workers, worker
from tests.unit.job_rows import read, wait_for, wait_until

CRASHING = """
import sys, time
from pathlib import Path
from inference_events.catalog import Catalog, leases
from inference_events.jobs import JobQueue, Workers

catalog = Catalog(sys.argv[1])
catalog.write(leases.end_all)
queue = JobQueue(catalog)

def work(run):
    run.progress(0.5, rows=10)
    print(run.job.id, flush=True)
    time.sleep(60)

Workers(catalog, queue, {"work": work}).start()
"again" in sys.argv or catalog.write(lambda session: queue.accept(
    session, kind="work", name="Work", params={"file": "f"}, info={"resource_type": "EVENT"},
    project_id=None, model_id="m", token_id="t", epoch=7))
time.sleep(60)
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return sqlite_url(tmp_path / "catalog.sqlite")


@pytest.fixture
def catalog(url: str) -> Iterator[Catalog]:
    catalog = Catalog(url)
    yield catalog
    catalog.close()


@pytest.fixture
def queue(catalog: Catalog) -> JobQueue:
    return JobQueue(catalog)


@contextmanager
def working(catalog: Catalog, queue: JobQueue, count: int = 1, **handlers: Handler) -> Iterator[Workers]:
    workers = Workers(catalog, queue, handlers, count)
    workers.start()
    try:
        yield workers
    finally:
        workers.stop(10)


def add(
    session: Session,
    queue: JobQueue,
    epoch: int = 1,
    model_id: str | None = "m",
    project_id: str | None = "p",
    kind: str = "work",
    **params: Any,
) -> str:
    return queue.accept(
        session,
        kind=kind,
        name="Work",
        params=params,
        info={"resource_type": "EVENT"},
        project_id=project_id,
        model_id=model_id,
        token_id="t",
        epoch=epoch,
    ).id


def accept(catalog: Catalog, queue: JobQueue, **job: Any) -> str:
    return catalog.write(lambda session: add(session, queue, **job))


def test_a_job_is_readable_before_it_runs(catalog: Catalog, queue: JobQueue) -> None:
    """An accepted job shows as PENDING with its info at once, even without a worker."""
    job = read(catalog, accept(catalog, queue))
    assert (job.status, job.progress, job.info) == ("PENDING", 0.0, {"resource_type": "EVENT"})
    assert (job.started_at, job.completed_at) == (None, None)


def test_a_request_that_fails_accepts_no_job(catalog: Catalog, queue: JobQueue) -> None:
    """A job accepted in a write that fails does not exist and never runs."""
    ran: list[str] = []

    def fail(session: Session) -> None:
        add(session, queue)
        raise RuntimeError

    with working(catalog, queue, work=lambda run: ran.append(run.job.id)):
        with pytest.raises(RuntimeError):
            catalog.write(fail)
        done = accept(catalog, queue)
        wait_for(catalog, done)
    assert ran == [done]


def test_a_job_succeeds_with_what_it_reports(catalog: Catalog, queue: JobQueue) -> None:
    """A job ends as SUCCESS at 100 per cent; info given on the way and at the end is added to the existing info."""

    def work(run: JobRun) -> None:
        run.progress(0.25, rows=10)
        assert read(catalog, run.job.id).progress == 25.0
        run.progress(0.5, rows=20, rejected_rows=1)
        run.succeed(created=19)

    with working(catalog, queue, work=work):
        job = wait_for(catalog, accept(catalog, queue))
    assert (job.status, job.progress, job.error_message) == ("SUCCESS", 100.0, None)
    assert job.info == {"resource_type": "EVENT", "rows": 20, "rejected_rows": 1, "created": 19}


def test_a_job_s_changes_come_with_its_success(catalog: Catalog, queue: JobQueue) -> None:
    """Changes given with the success are in its transaction: if they fail, the job does and none is kept."""
    catalog.write(lambda session: organizations.ensure(session, "acme"))

    def work(run: JobRun) -> None:
        def change(session: Session) -> None:
            projects.create(session, run.job.params["project"])
            if run.job.params["breaks"]:
                raise RuntimeError

        run.succeed(change)

    with working(catalog, queue, work=work):
        good = wait_for(catalog, accept(catalog, queue, project="good", breaks=False))
        bad = wait_for(catalog, accept(catalog, queue, project="bad", breaks=True))
    assert (good.status, bad.status) == ("SUCCESS", "FAILURE")
    page = catalog.read(lambda session: projects.list_page(session, Listing()))
    assert [row.name for row in page.items] == ["good"]


def test_a_failure_says_why(catalog: Catalog, queue: JobQueue) -> None:
    """A job that fails with a reason shows reason, message and its last report."""

    def work(run: JobRun) -> None:
        run.progress(0.5, rows=2)
        run.progress(0.6, rows=3)
        raise JobFailed("BadRequest", "The file is not CSV")

    with working(catalog, queue, work=work):
        job = wait_for(catalog, accept(catalog, queue))
    assert (job.status, job.error_reason, job.error_message) == (
        "FAILURE",
        "BadRequest",
        "The file is not CSV",
    )
    assert job.info == {"resource_type": "EVENT", "rows": 3}


@pytest.mark.parametrize(
    "error", [None, JobFailed("Conflict", os.strerror(errno.ENOSPC)), ObjectNotFound.of("File"), ValueError("payload")]
)
def test_every_end_shows_the_final_counts(catalog: Catalog, queue: JobQueue, error: Exception | None) -> None:
    """After any end, a job shows the counts from after its handler returned, not those reported on the way."""
    done = {"rows": 0}

    def work(run: JobRun) -> None:
        run.count_with(lambda: done)
        try:
            run.progress(0.5, rows=1)
            if error is not None:
                raise error
        finally:
            done["rows"] = 7

    with working(catalog, queue, work=work):
        job = wait_for(catalog, accept(catalog, queue))
    assert job.status == ("FAILURE" if error else "SUCCESS")
    assert job.info == {"resource_type": "EVENT", "rows": 7}


def test_a_count_that_fails_does_not_keep_a_job_from_ending(catalog: Catalog, queue: JobQueue) -> None:
    """A fault may break the final count of a job, too: the job is a FAILURE and shows its last report."""

    def work(run: JobRun) -> None:
        run.count_with(lambda: 1 // 0)  # type: ignore[arg-type, return-value]
        run.progress(0.5, rows=1)
        raise JobFailed("BadRequest", "The file is not CSV")

    with working(catalog, queue, work=work):
        job = wait_for(catalog, accept(catalog, queue))
    assert (job.status, job.error_reason, job.info["rows"]) == ("FAILURE", "BadRequest", 1)


def test_an_error_of_the_api_is_the_job_s_reason(catalog: Catalog, queue: JobQueue) -> None:
    """An error of the API that a handler meets becomes the job's reason and message."""

    def work(run: JobRun) -> None:
        raise ObjectNotFound.of("File")

    with working(catalog, queue, work=work):
        job = wait_for(catalog, accept(catalog, queue))
    assert job.error_reason == "ObjectNotFound"
    assert job.error_message == "File not found for the given identifier"


def test_an_unexpected_error_shows_no_payload(catalog: Catalog, queue: JobQueue) -> None:
    """A job that breaks fails with a general message, and the next job runs."""

    def work(run: JobRun) -> None:
        if run.job.params["breaks"]:
            raise ValueError("payload")

    with working(catalog, queue, work=work):
        job = wait_for(catalog, accept(catalog, queue, breaks=True))
        assert wait_for(catalog, accept(catalog, queue, breaks=False)).status == "SUCCESS"
        unknown = wait_for(catalog, accept(catalog, queue, kind="unknown"))
    assert (job.status, job.error_reason) == ("FAILURE", "InternalError")
    assert "payload" not in (job.error_message or "")
    assert unknown.status == "FAILURE"


@pytest.mark.parametrize(
    "error",
    [Retryable("busy"), ServiceUnavailable("The catalog is away", 1), OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))],
)
def test_a_cause_that_passes_fails_no_job(
    catalog: Catalog, queue: JobQueue, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """A job that the store cannot do now, or for which the disk has no room, is done later, and counts one start."""
    monkeypatch.setattr(worker, "_RETRY_DELAY_SECONDS", 0.01)
    errors = [error] * 5

    def work(run: JobRun) -> None:
        if errors:
            raise errors.pop()

    with working(catalog, queue, work=work):
        job = wait_for(catalog, accept(catalog, queue))
    assert (job.status, job.starts, job.fence) == ("SUCCESS", 1, 6)


def test_jobs_of_a_model_run_in_order_of_epochs(catalog: Catalog, queue: JobQueue) -> None:
    """However many workers there are, jobs of one model run one at a time and by epoch, not by arrival."""
    order: list[int] = []
    running: list[str] = []

    def work(run: JobRun) -> None:
        running.append(run.job.id)
        assert len(running) == 1
        time.sleep(0.02)
        order.append(run.job.epoch)
        running.pop()

    for epoch in (5, 3, 4, 1, 2):
        accept(catalog, queue, epoch=epoch)
    with working(catalog, queue, count=3, work=work):
        wait_until(lambda: len(order) == 5)
    assert order == [1, 2, 3, 4, 5]


def test_jobs_of_different_models_do_not_wait(catalog: Catalog, queue: JobQueue) -> None:
    """With two workers, jobs of two models run at the same time."""
    both = threading.Barrier(2, timeout=10)

    def work(run: JobRun) -> None:
        both.wait()

    with working(catalog, queue, count=2, work=work):
        for job_id in [accept(catalog, queue, model_id=model_id) for model_id in ("m", "n")]:
            assert wait_for(catalog, job_id).status == "SUCCESS"


def test_a_project_s_job_waits_for_those_of_its_models(catalog: Catalog, queue: JobQueue) -> None:
    """A job without a model runs alone among the jobs of its project."""
    order: list[str] = []

    def work(run: JobRun) -> None:
        time.sleep(run.job.params["seconds"])
        order.append(run.job.params["name"])

    with working(catalog, queue, count=3, work=work):
        accept(catalog, queue, epoch=1, name="model", seconds=0.2)
        accept(catalog, queue, epoch=2, model_id=None, name="project", seconds=0.1)
        accept(catalog, queue, epoch=3, model_id="n", name="later", seconds=0)
        accept(catalog, queue, epoch=4, model_id="o", project_id="q", name="elsewhere", seconds=0)
        wait_until(lambda: len(order) == 4)
    assert order == ["elsewhere", "model", "project", "later"]


def test_a_stop_leaves_a_job_at_a_safe_point(catalog: Catalog, queue: JobQueue) -> None:
    """A stop waits for a job's checkpoint; the job stays STARTED and continues with the next workers."""
    steps: list[int] = []

    def work(run: JobRun) -> None:
        while len(steps) < 1000:
            run.checkpoint()
            steps.append(1)
            time.sleep(0.01)

    with working(catalog, queue, work=work) as workers:
        job_id = accept(catalog, queue)
        wait_until(lambda: len(steps) > 2)
        assert workers.stop(10)
    job = read(catalog, job_id)
    assert (job.status, job.completed_at) == ("STARTED", None)
    with working(catalog, JobQueue(catalog), work=lambda run: run.succeed()):
        resumed = wait_for(catalog, job_id)
    assert (resumed.status, resumed.started_at) == ("SUCCESS", job.started_at)


def test_a_stop_does_not_wait_longer_than_its_grace(catalog: Catalog, queue: JobQueue) -> None:
    """A stop does not wait for a handler that reaches no safe point in time, and reports it."""
    running, release = threading.Event(), threading.Event()

    def work(run: JobRun) -> None:
        running.set()
        release.wait(10)

    with working(catalog, queue, work=work) as workers:
        accept(catalog, queue)
        running.wait(10)
        assert not workers.stop(0.05)
        release.set()


def test_a_job_resumes_after_a_kill(catalog: Catalog, queue: JobQueue, url: str) -> None:
    """A job that ran when its process was killed is run again by the next one, as it was accepted."""
    with subprocess.Popen([sys.executable, "-c", CRASHING, url], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        job_id = process.stdout.readline().strip()
        process.send_signal(signal.SIGKILL)
    catalog.write(leases.end_all)
    crashed = read(catalog, job_id)
    assert (crashed.status, crashed.progress) == ("STARTED", 50.0)
    seen: list[tuple[str, dict[str, Any], int]] = []

    def work(run: JobRun) -> None:
        seen.append((run.job.id, run.job.params, run.job.epoch))

    with working(catalog, queue, work=work):
        job = wait_for(catalog, job_id)
    assert job.status == "SUCCESS"
    assert job.info == {"resource_type": "EVENT", "rows": 10}
    assert seen == [(job_id, {"file": "f"}, 7)]


def test_a_start_counts_unless_the_process_outlives_it(catalog: Catalog, queue: JobQueue, url: str) -> None:
    """Each start counts before the job runs, so a kill leaves it counted. A clean stop takes it back."""
    for again in ([], ["again"], ["again"]):
        command = [sys.executable, "-c", CRASHING, url, *again]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            job_id = process.stdout.readline().strip()
            process.send_signal(signal.SIGKILL)
    catalog.write(leases.end_all)
    assert read(catalog, job_id).starts == 3
    seen: list[int] = []

    def work(run: JobRun) -> None:
        seen.append(run.job.starts)
        while True:
            run.checkpoint()
            time.sleep(0.01)

    with working(catalog, queue, work=work):
        wait_until(lambda: bool(seen))
    assert (seen, read(catalog, job_id).starts) == ([4], 3)


def test_a_fenced_run_leaves_its_job_to_another(
    catalog: Catalog, queue: JobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that the store refuses neither ends the job nor shows anything of it. A later run continues the job."""
    monkeypatch.setattr(worker, "_RETRY_DELAY_SECONDS", 0.0)
    fenced = iter([True])

    def work(run: JobRun) -> None:
        run.count_with(lambda: {"rows": 7})
        if next(fenced, False):
            run.count_with(lambda: {"fenced": 1})
            raise Fenced

    with working(catalog, queue, work=work):
        job = wait_for(catalog, accept(catalog, queue))
    assert (job.status, job.info) == ("SUCCESS", {"resource_type": "EVENT", "rows": 7})


def test_the_queue_is_bounded(catalog: Catalog) -> None:
    """A job beyond the bound is refused with Retry-After, and accepted again when another one has ended."""
    queue = JobQueue(catalog, max_unfinished=2)
    waiting = [accept(catalog, queue) for _ in range(2)]
    with pytest.raises(ServiceUnavailable, match="Too many jobs wait") as refused:
        catalog.read(queue.check_room)
    assert int(refused.value.headers["Retry-After"]) > 0
    catalog.write(lambda session: jobs.fail(jobs.get(session, waiting[0]), "r", "m"))
    catalog.read(queue.check_room)


def find_no_model(run: JobRun) -> None:
    raise ObjectNotFound.of("Model")


@pytest.mark.parametrize("leave", [JobRun.checkpoint, lambda run: run.progress(1), JobRun.succeed, find_no_model])
def test_deleting_the_model_ends_a_running_job(catalog: Catalog, queue: JobQueue, leave: Handler) -> None:
    """A running job whose model is deleted is FAILURE at once and stays so, and shows its final counts."""
    catalog.write(lambda session: organizations.ensure(session, "acme"))
    token = catalog.write(lambda session: tokens.create(session, "t", ["admin"])[0])
    project = catalog.write(lambda session: projects.create(session, "bank"))
    values = {"name": "churn", "input_type": "text", "task": "llm", "schema": {}, "spec": {}}
    model = catalog.write(lambda session: catalog_models.create(session, project.id, values, token.id))
    running, deleted = threading.Event(), threading.Event()
    left: list[bool] = []

    def work(run: JobRun) -> None:
        run.count_with(lambda: {"rows": 7})
        running.set()
        deleted.wait(10)
        try:
            leave(run)
        except (Cancelled, ObjectNotFound):
            left.append(True)
            raise

    with working(catalog, queue, work=work):
        job_id = accept(catalog, queue, model_id=model.id)
        running.wait(10)
        catalog.write(lambda session: catalog_models.delete(session, model.id))
        assert read(catalog, job_id).status == "FAILURE"
        deleted.set()
        wait_until(lambda: bool(left))
    job = read(catalog, job_id)
    assert job.info["rows"] == 7
    assert (job.status, job.error_message) == ("FAILURE", "The model was deleted")


def test_progress_is_written_sparingly(catalog: Catalog, queue: JobQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that reports often writes once a second, and its end shows its last report."""
    reports: list[float] = []
    report = leases.report

    def count(session: Session, lease: Lease, seconds: float, progress: float, info: dict[str, Any]) -> bool:
        reports.append(progress)
        return report(session, lease, seconds, progress, info)

    monkeypatch.setattr(leases, "report", count)

    def work(run: JobRun) -> None:
        for row in range(1000):
            run.progress(row / 1000, rows=row)

    with working(catalog, queue, work=work):
        job = wait_for(catalog, accept(catalog, queue))
    assert job.info["rows"] == 999
    assert len(reports) < 10
