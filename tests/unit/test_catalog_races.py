"""Races of replicas in the catalog: each race ends as if one write had come after the other."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from inference_events.catalog import (
    Catalog,
    baselines,
    definitions,
    files,
    jobs,
    models,
    organizations,
    projects,
    retention,
    tokens,
)
from inference_events.catalog.concurrency import Lock
from inference_events.catalog.listing import Listing
from inference_events.catalog.tables import Baseline, Environment, IdempotencyRecord, Model, Project, Segment, utc_now
from inference_events.context import Request, enter_request
from inference_events.errors import ApiError, Conflict, ObjectNotFound
from inference_events.files.store import StoredObject
from inference_events.idempotency.catalog_writes import change
from inference_events.idempotency.guard import IdempotencyGuard
from inference_events.idempotency.lookups import in_catalog
from inference_events.monitoring.definitions.changes import check_change
from inference_events.monitoring.definitions.rules import stored_subject

T = TypeVar("T")
Write = Callable[[Session], object]

ROUNDS = 10
TIMEOUT_SECONDS = 60
MODEL = {"name": "churn", "input_type": "structured", "task": "not_set", "schema": {"columns": []}, "spec": {}}


@pytest.fixture
def replicas(shared_url: str) -> Iterator[tuple[Catalog, Catalog]]:
    """Open one database twice, as two replicas do."""
    both = Catalog(shared_url), Catalog(shared_url)
    both[0].write(lambda session: organizations.ensure(session, "acme"))
    yield both
    for catalog in both:
        catalog.close()


@pytest.fixture
def token_id(replicas: tuple[Catalog, Catalog]) -> str:
    return replicas[0].write(lambda session: tokens.create(session, "tester", ["admin"])[0].id)


@pytest.fixture
def model(replicas: tuple[Catalog, Catalog], token_id: str) -> Model:
    def make(session: Session) -> Model:
        return models.create(session, projects.create(session, "bank").id, MODEL, token_id)

    return replicas[0].write(make)


def at_once(calls: Sequence[Callable[[], T]]) -> list[T | ApiError]:
    """Return the result or exception of each call. They begin together."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T | ApiError:
        start.wait(TIMEOUT_SECONDS)
        try:
            return call()
        except ApiError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def race(replicas: Sequence[Catalog], *writes: Callable[[Session], T]) -> list[T | ApiError]:
    """Do each write at another replica, all at once."""
    return at_once([lambda c=catalog, w=write: c.write(w) for catalog, write in zip(replicas, writes, strict=True)])  # type: ignore[misc]


def after(replicas: Sequence[Catalog], first: Callable[[Session], object], second: Callable[[Session], T]) -> T:
    """Return what `second` does if it begins while `first` has done its work and has not committed."""
    is_done, may_commit = threading.Event(), threading.Event()

    def stay_open(session: Session) -> None:
        first(session)
        session.flush()
        is_done.set()
        may_commit.wait(TIMEOUT_SECONDS)

    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(replicas[0].write, stay_open)
        assert is_done.wait(TIMEOUT_SECONDS)
        other = threads.submit(replicas[1].write, second)
        # Without a lock the second one ends in a few milliseconds, and the test finds what it left.
        threading.Event().wait(0.3)
        may_commit.set()
        one.result(TIMEOUT_SECONDS)
        return other.result(TIMEOUT_SECONDS)


def begin_upload(session: Session, token_id: str) -> str:
    return files.begin(session, filename="a.csv", type=files.CSV, token_id=token_id).id


def put_part(session: Session, file_id: str, key: str) -> None:
    files.put_part(session, files.get_unfinished(session, file_id).id, 1, StoredObject(key, 1, "0" * 64))


def add_job(session: Session, model: Model, file_id: str | None = None) -> str:
    models.get(session, model.id, Lock.SHARED)
    if file_id is not None:
        files.get_readable(session, file_id, "/file_id")
    return jobs.create(
        session,
        kind="publish",
        name="Publish events",
        params={"file_id": file_id},
        info={},
        project_id=model.project_id,
        model_id=model.id,
        token_id="",
        epoch=1,
    ).id


def test_a_dataset_is_made_once(replicas: tuple[Catalog, Catalog], model: Model) -> None:
    """Replicas that publish to a new dataset at once use one environment, which has one baseline."""
    for number in range(ROUNDS):

        def make(session: Session, name: str = f"train_{number}") -> str:
            return baselines.get_or_create_dataset(session, model.id, name).id

        found = race(replicas, make, make)
        assert len(set(found)) == 1, found
    kept = replicas[0].read(lambda session: baselines.list_page(session, Listing(), model.id))
    assert kept.total == ROUNDS


def test_a_baseline_of_the_name_is_left_alone(replicas: tuple[Catalog, Catalog], model: Model) -> None:
    """A dataset whose baseline is made at the same moment comes without one, and no request fails."""

    def make_baseline(session: Session) -> None:
        production = session.scalars(select(Environment).where(Environment.model_id == model.id)).one()
        baselines.create(session, production, "train", "STATIC", {})

    after(replicas, make_baseline, lambda session: baselines.get_or_create_dataset(session, model.id, "train"))
    [kept] = replicas[0].read(lambda session: session.scalars(select(Baseline)).all())
    assert kept.name == "train"


def test_a_name_is_given_once(replicas: tuple[Catalog, Catalog], token_id: str) -> None:
    """Of two projects or models with one name, created at once, one is a Conflict."""
    for number in range(ROUNDS):

        def make(session: Session, name: str = f"project_{number}") -> Project:
            return projects.create(session, name)

        results = race(replicas, make, make)
        assert sorted(isinstance(result, Conflict) for result in results) == [False, True]
        [project] = [result for result in results if isinstance(result, Project)]

        def make_model(session: Session, project: Project = project) -> Model:
            return models.create(session, project.id, MODEL, token_id)

        results_of_models = race(replicas, make_model, make_model)
        assert sorted(isinstance(result, Conflict) for result in results_of_models) == [False, True]


def test_no_change_of_a_model_is_lost(replicas: tuple[Catalog, Catalog], model: Model, token_id: str) -> None:
    """Two changes that bind new events raise the schema revision twice."""

    def use(column: str) -> Write:
        return lambda session: models.update(session, model.id, {"event_id_col": column}, token_id)

    after(replicas, use("a"), use("b"))
    kept = replicas[0].read(lambda session: models.get(session, model.id))
    assert (kept.schema_revision, kept.event_id_col) == (3, "b")


def test_a_definition_keeps_its_columns(replicas: tuple[Catalog, Catalog], model: Model, token_id: str) -> None:
    """A column that a definition uses, which is being created just then, is not removed."""

    def define(session: Session) -> None:
        row = models.get(session, model.id, Lock.SHARED)
        definition = Segment(model_id=row.id, name="old", definition="age > 1", created_by_id=token_id)
        definitions.create(session, definition)

    def remove(session: Session) -> None:
        before = stored_subject(session, models.get(session, model.id, Lock.EXCLUSIVE))
        check_change(session, models.update(session, model.id, {"schema": {"columns": []}}, token_id), before)

    with_age = {"schema": {"columns": [{"name": "age", "data_type": "int"}]}}
    replicas[0].write(lambda session: models.update(session, model.id, with_age, token_id))
    with pytest.raises(Conflict, match='"old"'):
        after(replicas, define, remove)


def test_nothing_is_made_in_what_is_deleted(replicas: tuple[Catalog, Catalog], model: Model, token_id: str) -> None:
    """A model of a project, or a job of a model, that is just being deleted is not made."""
    with pytest.raises(ObjectNotFound):
        after(replicas, lambda s: models.delete(s, model.id), lambda s: add_job(s, model))
    with pytest.raises(ObjectNotFound):
        after(
            replicas,
            lambda s: projects.delete(s, model.project_id),
            lambda s: models.create(s, model.project_id, MODEL, token_id),
        )


def test_a_deletion_ends_the_jobs_that_are_just_accepted(replicas: tuple[Catalog, Catalog], model: Model) -> None:
    """A model that is deleted while a job is accepted ends that job, too."""
    after(replicas, lambda session: add_job(session, model), lambda session: models.delete(session, model.id))
    assert replicas[0].read(jobs.unfinished) == []


def test_a_file_that_a_job_needs_stays(replicas: tuple[Catalog, Catalog], model: Model, token_id: str) -> None:
    """A job and a removal that want one file at once: the job has its file, or there is no job."""

    def add_file(session: Session) -> str:
        stored = StoredObject(f"key-{utc_now().timestamp()}", 1, "0" * 64)
        return files.create(session, filename="a.csv", type=files.CSV, stored=stored, token_id=token_id).id

    def remove(file_id: str) -> Write:
        return lambda session: retention.remove(session, files.get(session, file_id, Lock.EXCLUSIVE))

    def expire(file_id: str) -> Callable[[Session], int]:
        later = utc_now() + timedelta(days=1)
        return lambda session: retention.remove_expired(session, retention.FileAges(later, later), [file_id])

    first, second, third = (replicas[0].write(add_file) for _ in range(3))
    with pytest.raises(Conflict):
        after(replicas, lambda session: add_job(session, model, first), remove(first))
    with pytest.raises(ObjectNotFound):
        after(replicas, remove(second), lambda session: add_job(session, model, second))
    assert after(replicas, lambda session: add_job(session, model, third), expire(third)) == 0


def test_parts_of_one_number_follow_each_other(replicas: tuple[Catalog, Catalog], token_id: str) -> None:
    """A part that arrives twice at once is replaced, and one that arrives after the completion is a Conflict."""
    file_id = replicas[0].write(lambda session: begin_upload(session, token_id))
    after(replicas, lambda session: put_part(session, file_id, "one"), lambda s: put_part(s, file_id, "two"))
    assert [part.key for part in replicas[0].read(lambda session: files.objects(session, file_id))] == ["two"]
    with pytest.raises(Conflict):
        after(
            replicas,
            lambda session: files.complete(session, file_id, 1, token_id),
            lambda session: put_part(session, file_id, "three"),
        )


def test_an_upload_that_is_completed_in_time_is_whole(replicas: tuple[Catalog, Catalog], token_id: str) -> None:
    """The purge of late uploads leaves one alone that is completed at that moment."""
    file_id = replicas[0].write(lambda session: begin_upload(session, token_id))
    replicas[0].write(lambda session: put_part(session, file_id, "one"))
    after(
        replicas,
        lambda session: files.complete(session, file_id, 1, token_id),
        lambda session: files.forget_unfinished(session, utc_now() + timedelta(days=1)),
    )
    assert len(replicas[0].read(lambda session: files.objects(session, file_id))) == 1


def test_the_last_two_admins_cannot_both_be_revoked(replicas: tuple[Catalog, Catalog], token_id: str) -> None:
    """If two replicas revoke the last two admin tokens at once, one of them is refused."""
    for _ in range(ROUNDS):
        other_id = replicas[0].write(lambda session: tokens.create(session, "other", ["admin"])[0].id)

        def revoke(id: str) -> Write:
            return lambda session: tokens.revoke(session, id)

        results = race(replicas, revoke(token_id), revoke(other_id))
        assert sorted(isinstance(result, Conflict) for result in results) == [False, True]
        token_id = token_id if isinstance(results[0], Conflict) else other_id


def test_a_token_is_rotated_once(replicas: tuple[Catalog, Catalog], token_id: str) -> None:
    """Two rotations of one token at once make one twin."""

    def rotate(session: Session) -> object:
        return tokens.rotate(session, token_id, timedelta(hours=1))

    with pytest.raises(Conflict):
        after(replicas, rotate, rotate)


@pytest.mark.parametrize(("key", "is_first"), [("key", True), (None, True), (None, False)])
def test_an_attempt_at_each_replica_has_one_effect(
    replicas: tuple[Catalog, Catalog], key: str | None, is_first: bool
) -> None:
    """If attempts at one request reach two replicas at once, one runs and both get its response."""
    guards = [IdempotencyGuard([in_catalog(catalog)]) for catalog in replicas]
    for number in range(ROUNDS):
        name = f"project_{number}"
        first = Request("r", "POST", "/v3/projects", "t", name.encode(), f"{key}-{number}" if key else None)
        attempts = [replace(first, is_retry=not is_first), replace(first, is_retry=True)]

        def attempt(replica: int, attempts: list[Request] = attempts, name: str = name) -> object:
            async def perform() -> object:
                return await change(replicas[replica], lambda s: {"id": projects.create(s, name).id})

            async def respond() -> object:
                enter_request(attempts[replica])
                return await guards[replica].respond(attempts[replica], perform)

            return asyncio.run(respond())

        first_response, second_response = at_once([lambda: attempt(0), lambda: attempt(1)])
        assert isinstance(first_response, dict), first_response
        assert first_response == second_response
    kept = replicas[0].read(lambda session: session.scalars(select(IdempotencyRecord)).all())
    assert len(kept) == ROUNDS
