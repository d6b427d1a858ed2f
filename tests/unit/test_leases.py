"""What leases promise to several processes that work on one catalog, in either database."""

import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, insert, inspect
from sqlalchemy.orm import Session

from inference_events.app import Services
from inference_events.catalog import Catalog, jobs, leases, organizations, projects
from inference_events.catalog.leases import Lease
from inference_events.catalog.listing import Listing
from inference_events.catalog.tables import Job, new_id, utc_now
from inference_events.jobs import Cancelled, Handler, JobQueue, JobRun, Workers, worker
from inference_events.jobs.queue import POLL_SECONDS
from inference_events.settings import Settings
from tests.unit.job_rows import read, wait_for, wait_until

# Long enough that no lease of the test ends by itself.
LONG = 1000.0
SHORT = 0.4
REPLICA = """
import sys, threading
from inference_events.catalog import Catalog
from inference_events.jobs import Cancelled, JobQueue, Workers

catalog = Catalog(sys.argv[1])

def work(run):
    print(run.job.id, flush=True)
    sys.stdin.readline()
    try:
        run.succeed(by="replica")
    except Cancelled:
        print("cancelled", flush=True)
        raise

Workers(catalog, JobQueue(catalog, lease_seconds=float(sys.argv[2])), {"work": work}).start()
threading.Event().wait(60)
"""


@pytest.fixture
def catalogs(catalog_url: str) -> Iterator[Callable[[], Catalog]]:
    """Open the catalog as another process would."""
    with ExitStack() as opened:

        def another() -> Catalog:
            catalog = Catalog(catalog_url)
            opened.callback(catalog.close)
            return catalog

        yield another


@pytest.fixture
def catalog(catalogs: Callable[[], Catalog]) -> Catalog:
    return catalogs()


@contextmanager
def working(queue: JobQueue, catalog: Catalog, work: Handler, count: int = 1) -> Iterator[Workers]:
    workers = Workers(catalog, queue, {"work": work}, count)
    workers.start()
    try:
        yield workers
    finally:
        workers.stop(10)


def add(
    session: Session,
    epoch: int = 1,
    model_id: str | None = "m",
    project_id: str | None = "p",
) -> str:
    return jobs.create(
        session,
        kind="work",
        name="Work",
        params={},
        info={},
        project_id=project_id,
        model_id=model_id,
        token_id="t",
        epoch=epoch,
    ).id


def accept(catalog: Catalog, **job: Any) -> str:
    return catalog.write(lambda session: add(session, **job))


def claim(catalog: Catalog, owner: str = "one", seconds: float = LONG) -> Job | None:
    return catalog.write(lambda session: leases.claim(session, owner, seconds))


def claimed(catalog: Catalog, owner: str = "one", seconds: float = LONG) -> Job:
    job = claim(catalog, owner, seconds)
    assert job is not None
    return job


def columns(catalog: Catalog, job_id: str) -> dict[str, Any]:
    row = read(catalog, job_id)
    return {column.key: getattr(row, column.key) for column in inspect(Job).column_attrs}


ORDERS: list[tuple[list[str], int, str | None]] = [
    # A job is its project and its model; so many of the first ones run, and the last is next.
    (["p m", "p m", "q n"], 0, "0"),
    (["p m", "p m", "q n"], 1, "2"),
    (["p m", "p m"], 1, None),
    (["p m", "p -", "p n"], 1, None),
    (["p m", "p -", "q n"], 1, "2"),
    (["p -", "p m", "q -"], 1, "2"),
    (["p m", "p n", "p -"], 1, "1"),
    (["p m", "p n", "p -"], 2, None),
    (["- -", "- -"], 1, "1"),
    (["- m", "- m"], 1, None),
]


def test_the_next_job_is_claimed_in_turn(catalog: Catalog) -> None:
    """Jobs of one model, and a job of a project and those of its models, keep their order; others pass them."""
    for accepted, running, expected in ORDERS:
        ids = []
        for number, words in enumerate(accepted):
            project, model = (None if word == "-" else word for word in words.split())
            ids.append(accept(catalog, epoch=number, project_id=project, model_id=model))
        assert [claimed(catalog).id for _ in range(running)] == ids[:running], accepted
        job = claim(catalog)
        assert (job and job.id) == (None if expected is None else ids[int(expected)]), accepted
        catalog.write(lambda session: session.execute(delete(Job)))


def test_a_job_that_comes_late_waits_for_the_one_that_runs(catalog: Catalog) -> None:
    """A job of a smaller epoch that is added while its model is busy runs next, not beside; none waits for ever."""
    accept(catalog, epoch=5)
    running = claimed(catalog)
    late = accept(catalog, epoch=4)
    assert claim(catalog) is None
    catalog.write(lambda session: leases.release(session, Lease.of(running)))
    assert claimed(catalog).id == late


def test_a_claim_starts_the_job_and_raises_its_fence(catalog: Catalog) -> None:
    """Each claim shows the job as STARTED, counts a start and raises the fence, which nothing lowers."""
    job_id = accept(catalog)
    first = claimed(catalog, "one", 0.0)
    second = claimed(catalog, "two", 0.0)
    assert (first.id, first.status, first.owner, first.fence, first.starts) == (job_id, "STARTED", "one", 1, 1)
    assert (second.id, second.status, second.owner, second.fence, second.starts) == (job_id, "STARTED", "two", 2, 2)
    assert second.started_at == first.started_at is not None
    catalog.write(lambda session: leases.release(session, Lease.of(second)))
    assert (read(catalog, job_id).fence, read(catalog, job_id).starts) == (2, 1)
    third = claimed(catalog)
    assert catalog.write(lambda session: leases.succeed(session, Lease.of(third), {}))
    assert read(catalog, job_id).fence == 3
    assert claim(catalog) is None


def test_a_lease_keeps_others_away_until_it_ends(catalog: Catalog) -> None:
    """Nobody claims a job with a lease. Once the lease has ended, anybody does."""
    job_id = accept(catalog)
    claimed(catalog, "one", SHORT)
    assert claim(catalog, "two") is None
    remaining = catalog.read(leases.seconds_to_next_end)
    assert remaining is not None
    assert 0 < remaining <= SHORT
    time.sleep(remaining + 0.01)
    assert catalog.read(leases.seconds_to_next_end) is None
    assert claimed(catalog, "two").id == job_id


def test_a_lease_is_measured_by_the_clock_of_the_database(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process whose own clock is a day ahead or behind neither takes a job too early nor keeps it too long."""
    accept(catalog)
    for days in (-1, 1):
        moment = utc_now() + timedelta(days=days)
        monkeypatch.setattr(leases, "utc_now", partial(datetime.fromtimestamp, moment.timestamp(), UTC))
        lease = Lease.of(claimed(catalog, "one"))
        assert claim(catalog, "two") is None
        assert catalog.write(partial(leases.renew, lease=lease, seconds=0.0))
        catalog.write(partial(leases.release, lease=Lease.of(claimed(catalog, "two"))))


def test_no_job_runs_twice_at_once(catalogs: Callable[[], Catalog]) -> None:
    """Processes with several workers each share one catalog: each job runs once, those of a model in order."""
    one, two = catalogs(), catalogs()
    running: set[str] = set()
    order: dict[str, list[int]] = defaultdict(list)

    def work(run: JobRun) -> None:
        model_id = run.job.model_id or ""
        assert model_id not in running
        running.add(model_id)
        time.sleep(0.002)
        order[model_id].append(run.job.epoch)
        running.remove(model_id)

    def fill(session: Session) -> list[str]:
        return [add(session, epoch=(7 * n) % 10, model_id=f"m{m}") for n in range(10) for m in range(5)]

    ids = one.write(fill)
    with working(JobQueue(one), one, work, 3), working(JobQueue(two), two, work, 3):
        wait_until(lambda: one.read(jobs.count_unfinished) == 0)
    assert {read(one, job_id).status for job_id in ids} == {"SUCCESS"}
    assert {read(one, job_id).fence for job_id in ids} == {1}
    assert dict(order) == {f"m{m}": list(range(10)) for m in range(5)}


@contextmanager
def replica(url: str, seconds: float) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", REPLICA, url, str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_job_continues_elsewhere_after_a_kill(catalog: Catalog, catalog_url: str) -> None:
    """If the process of a running job is killed, another one runs the job as soon as the lease has ended."""
    job_id = accept(catalog)
    with replica(catalog_url, SHORT) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == job_id
        process.send_signal(signal.SIGKILL)
        process.wait()
    owner = read(catalog, job_id).owner
    queue = JobQueue(catalog)
    with working(queue, catalog, lambda run: run.succeed(by="other")):
        job = wait_for(catalog, job_id)
    assert (job.status, job.info, job.fence) == ("SUCCESS", {"by": "other"}, 2)
    assert job.owner == queue.owner != owner


def test_a_process_that_was_paused_has_lost_its_job(catalog: Catalog, catalog_url: str) -> None:
    """A process that is stopped past its lease and continues later changes nothing of a job that another one ended."""
    job_id = accept(catalog)
    with replica(catalog_url, SHORT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline().strip() == job_id
        process.send_signal(signal.SIGSTOP)
        with working(JobQueue(catalog), catalog, lambda run: run.succeed(by="other")):
            wait_for(catalog, job_id)
        before = columns(catalog, job_id)
        process.send_signal(signal.SIGCONT)
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline().strip() == "cancelled"
    assert columns(catalog, job_id) == before
    assert before["info"] == {"by": "other"}


def end_with_changes(run: JobRun) -> None:
    run.succeed(lambda session: projects.create(session, "made"), rows=7)


ZOMBIES: dict[str, Callable[[JobRun], object]] = {
    "checkpoint": lambda run: run.checkpoint(),
    "progress": lambda run: run.progress(0.9, rows=7),
    "succeed": end_with_changes,
    "finish": lambda run: run.finish(),
    "fail": lambda run: run.fail("InternalError", "late"),
    "cancel": JobRun.cancel,
    "note progress": lambda run: run.note_progress(7),
}


@pytest.mark.parametrize("state", ["runs elsewhere", "runs here", "ended", "given back"])
def test_a_run_that_lost_its_lease_changes_nothing(catalog: Catalog, state: str) -> None:
    """A run that released its lease, or whose job another run has or had, cannot commit anything."""
    catalog.write(lambda session: organizations.ensure(session, "acme"))
    for name, attempt in ZOMBIES.items():
        job_id = accept(catalog, model_id=name)
        zombie = JobRun(catalog, claimed(catalog, "one", 0.0), threading.Event())
        zombie.count_with(lambda: {"rows": 7})
        if state == "given back":
            catalog.write(partial(leases.release, lease=zombie.lease))
        else:
            other = Lease.of(claimed(catalog, "one" if state == "runs here" else "two"))
            assert other.job_id == zombie.job.id == job_id
        if state == "ended":
            catalog.write(partial(leases.succeed, lease=other, info={}))
        before = columns(catalog, job_id)
        assert is_cancelled(attempt, zombie) == (name in {"checkpoint", "progress", "succeed", "finish"}), name
        assert not catalog.write(partial(leases.renew, lease=zombie.lease, seconds=LONG))
        catalog.write(partial(leases.release, lease=zombie.lease))
        assert columns(catalog, job_id) == before, name
        catalog.write(lambda session: session.execute(delete(Job)))
    assert catalog.read(lambda session: projects.list_page(session, Listing())).total == 0


def is_cancelled(attempt: Callable[[JobRun], object], run: JobRun) -> bool:
    """Make an attempt to change a job, which must be refused, and return whether that ends the run."""
    try:
        assert not attempt(run)
    except Cancelled:
        return True
    return False


def test_the_lease_of_a_job_that_was_ended_is_not_renewed(catalog: Catalog) -> None:
    """When a deletion ends a running job, its lease is over, and the run may only add what it has done."""
    job_id = accept(catalog)
    lease = Lease.of(claimed(catalog))
    catalog.write(lambda session: jobs.end_of_model(session, "m", "The model was deleted"))
    assert not catalog.write(lambda session: leases.renew(session, lease, LONG))
    assert not catalog.write(lambda session: leases.report(session, lease, LONG, 50.0, {}))
    assert catalog.write(lambda session: leases.add_info(session, lease, {"rows": 7}))
    job = read(catalog, job_id)
    assert (job.status, job.info, job.progress, job.lease_until) == ("FAILURE", {"rows": 7}, 0.0, None)


def test_a_long_job_keeps_its_lease(catalogs: Callable[[], Catalog]) -> None:
    """A job that reports nothing for longer than a lease, as in a long read, is not taken away, nor changed."""
    one, two = catalogs(), catalogs()
    job_id = accept(one)
    seen: list[Any] = []
    queue = JobQueue(two)

    def work(run: JobRun) -> None:
        before = read(one, job_id).updated_at
        until = time.monotonic() + 2.5 * SHORT
        while time.monotonic() < until:
            queue.wake()
            time.sleep(0.02)
        run.checkpoint()
        seen.append((before, read(one, job_id).updated_at))

    with working(JobQueue(one, lease_seconds=SHORT), one, work):
        wait_until(lambda: read(one, job_id).status == "STARTED")
        with working(queue, two, lambda run: run.succeed(by="other")):
            job = wait_for(one, job_id)
    [(before, after)] = seen
    assert before == after
    assert (job.status, job.info, job.fence) == ("SUCCESS", {}, 1)


def test_a_report_renews_the_lease(catalog: Catalog) -> None:
    """A job that shows progress keeps its lease from then on."""
    accept(catalog)
    run = JobRun(catalog, claimed(catalog, "one", 0.0), threading.Event(), LONG)
    run.progress(0.5, rows=1)
    assert claim(catalog, "two") is None


def test_a_stop_hands_its_jobs_over_at_once(catalogs: Callable[[], Catalog]) -> None:
    """A job at a safe point continues in another process while the first one still stops, without a start counted."""
    one, two = catalogs(), catalogs()
    job_id = accept(one)
    stopping, steps = threading.Event(), threading.Event()

    def work(run: JobRun) -> None:
        while True:
            run.checkpoint()
            steps.set()
            time.sleep(0.01)

    workers = Workers(one, JobQueue(one, lease_seconds=LONG), {"work": work}, stopping=stopping)
    workers.start()
    assert steps.wait(10)
    stopping.set()
    wait_until(lambda: read(one, job_id).owner is None)
    with working(JobQueue(two), two, lambda run: run.succeed(starts=run.job.starts)):
        job = wait_for(two, job_id)
    assert (job.status, job.info, job.fence) == ("SUCCESS", {"starts": 1}, 2)
    assert workers.stop(10)


def test_a_stop_does_not_wait_for_a_job_that_goes_on(
    catalogs: Callable[[], Catalog], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that comes to no safe point in time continues elsewhere, and its first run can no longer end it."""
    monkeypatch.setattr(worker, "_SAFE_POINT_SECONDS", 0.1)
    one, two = catalogs(), catalogs()
    job_id = accept(one)
    stopping, running, go_on = threading.Event(), threading.Event(), threading.Event()
    lost: list[str] = []

    def work(run: JobRun) -> None:
        running.set()
        assert go_on.wait(10)
        run.succeed(by="first")

    workers = Workers(
        one, JobQueue(one, lease_seconds=LONG), {"work": work}, stopping=stopping, observe_lease=lost.append
    )
    workers.start()
    assert running.wait(10)
    stopping.set()
    with working(JobQueue(two), two, lambda run: run.succeed(by="other")) as others:
        wait_until(lambda: read(one, job_id).owner is None)
        others._queue.wake()
        job = wait_for(two, job_id)
    go_on.set()
    assert workers.stop(10)
    assert (job.info, job.fence) == ({"by": "other"}, 2)
    assert columns(one, job_id) == columns(two, job_id)
    assert read(one, job_id).info == {"by": "other"}
    assert lost == ["claimed", "lost"]


def test_workers_that_stop_run_nothing_more(catalog: Catalog) -> None:
    """A job that is accepted, and even claimed, as the word to stop comes waits for another process."""
    stopping = threading.Event()
    queue = JobQueue(catalog)
    claim = queue.claim

    def claim_as_the_word_comes() -> Job | None:
        job = claim()
        if job is not None:
            stopping.set()
        return job

    queue.claim = claim_as_the_word_comes  # type: ignore[method-assign]
    workers = Workers(catalog, queue, {"work": JobRun.finish}, stopping=stopping)
    workers.start()
    claimed, waiting = accept(catalog), accept(catalog)
    queue.wake()
    wait_until(stopping.is_set)
    assert workers.stop(10)
    job = JobQueue(catalog).claim()
    assert job is not None
    assert job.id == claimed
    assert read(catalog, waiting).status == "PENDING"


def test_a_worker_looks_again_when_the_next_lease_ends(catalogs: Callable[[], Catalog]) -> None:
    """Without any signal, a job of a process that is gone is claimed when its lease ends, not some seconds later."""
    one, two = catalogs(), catalogs()
    job_id = accept(one)
    claimed(one, "gone", SHORT)
    began = time.monotonic()
    with working(JobQueue(two), two, JobRun.finish):
        wait_for(two, job_id)
    assert time.monotonic() - began < POLL_SECONDS / 2


def test_the_only_process_continues_its_jobs_at_once(tmp_path: Path) -> None:
    """A start of the embedded server waits for no lease of the process that ended before it."""
    settings = Settings(data_dir=tmp_path / "data", admin_token=SecretStr("token-of-this-test"))
    services = Services(settings)
    job_id = accept(services.catalog)
    zombie = Lease.of(claimed(services.catalog))
    services.stop()
    services = Services(settings)
    job = claimed(services.catalog, "two")
    assert (job.id, job.fence, job.starts) == (job_id, 2, 2)
    assert not services.catalog.write(lambda session: leases.renew(session, zombie, LONG))
    services.stop()


def test_claiming_among_many_jobs_reads_few(catalog: Catalog) -> None:
    """10,000 jobs that wait for one model do not hold up the claim of another's job."""
    first = columns(catalog, accept(catalog, epoch=0))
    more = [{**first, "id": new_id(), "created_at": utc_now(), "epoch": number} for number in range(1, 10_000)]
    catalog.write(lambda session: session.execute(insert(Job), more))
    last = accept(catalog, epoch=10_000, model_id="n", project_id="q")
    began = time.monotonic()
    claimed(catalog)
    assert claimed(catalog).id == last
    assert claim(catalog) is None
    assert time.monotonic() - began < 1
