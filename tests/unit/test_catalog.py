"""Promises of the catalog: transactions, migrations, and the rules of rows."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from functools import partial

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from inference_events.catalog import (
    Catalog,
    baselines,
    environments,
    files,
    idempotency_records,
    jobs,
    leases,
    models,
    organizations,
    projects,
    tokens,
)
from inference_events.catalog.leases import Lease
from inference_events.catalog.listing import Listing
from inference_events.catalog.schema import NEWEST_REVISION
from inference_events.catalog.tables import Baseline, Environment, IdempotencyRecord, Model, Project, Table, utc_now
from inference_events.context import Request
from inference_events.errors import BadRequest, Conflict, ObjectNotFound
from tests.catalogs import SQLITE

MODEL = {
    "name": "churn",
    "input_type": "structured",
    "task": "regression",
    "schema": {"columns": [{"name": "age", "data_type": "int"}]},
    "spec": {"inputs": ["age"]},
}


@pytest.fixture
def catalog(catalog_url: str) -> Iterator[Catalog]:
    catalog = Catalog(catalog_url)
    catalog.write(lambda session: organizations.ensure(session, "acme"))
    yield catalog
    catalog.close()


@pytest.fixture
def token_id(catalog: Catalog) -> str:
    return catalog.write(lambda session: tokens.create(session, "tester", ["admin"])[0].id)


def create_project(catalog: Catalog, name: str = "bank") -> Project:
    return catalog.write(lambda session: projects.create(session, name))


def create_model(catalog: Catalog, project: Project, token_id: str, **values: object) -> Model:
    return catalog.write(lambda session: models.create(session, project.id, MODEL | values, token_id))


def use_dataset(catalog: Catalog, model: Model) -> Environment:
    return catalog.write(lambda session: baselines.get_or_create_dataset(session, model.id, "train"))


def baselines_of(catalog: Catalog, model: Model) -> Sequence[Baseline]:
    return catalog.read(lambda session: baselines.list_page(session, Listing(), model.id)).items


def create_job(session: Session, model: Model | None = None, project: Project | None = None) -> str:
    return jobs.create(
        session,
        kind="publish",
        name="Publish events",
        params={},
        info={},
        project_id=project.id if project else None,
        model_id=model.id if model else None,
        token_id="",
        epoch=1,
    ).id


def test_migrations_make_what_the_code_declares(catalog: Catalog) -> None:
    """A database brought to the newest revision has exactly the tables that the code works with."""
    difference = catalog.read(
        lambda session: compare_metadata(MigrationContext.configure(session.connection()), Table.metadata)
    )
    assert difference == []


def test_the_files_of_migrations_name_the_newest_revision(catalog: Catalog) -> None:
    """A catalog that every migration has changed is the one that a start leaves unchanged."""
    [revision] = catalog.read(lambda session: MigrationContext.configure(session.connection()).get_current_heads())
    assert revision == NEWEST_REVISION


def test_opening_again_keeps_everything(catalog_url: str) -> None:
    """A catalog that is closed and opened again, migrations included, has all of its rows."""
    first = Catalog(catalog_url)
    first.write(lambda session: organizations.ensure(session, "acme"))
    project = create_project(first)
    first.close()
    second = Catalog(catalog_url)
    assert second.read(lambda session: projects.get(session, project.id)).name == "bank"
    second.close()


@pytest.mark.parametrize("catalog_url", [SQLITE], indirect=True)
def test_an_acknowledged_write_is_synced(catalog: Catalog) -> None:
    """Commits go to a write-ahead log that is synced each time, and references are enforced."""
    pragmas = ("journal_mode", "synchronous", "foreign_keys")
    found = catalog.read(lambda session: [session.scalar(text(f"PRAGMA {name}")) for name in pragmas])
    assert found == ["wal", 2, 1]


def test_a_write_that_fails_leaves_nothing(catalog: Catalog) -> None:
    """If the function of a write raises, none of its changes are kept and the next write works."""

    def fail(session: Session) -> None:
        projects.create(session, "half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        catalog.write(fail)
    assert catalog.read(lambda session: projects.list_page(session, Listing())).total == 0
    create_project(catalog, "half")


def test_a_read_sees_one_state(catalog: Catalog) -> None:
    """A write during a read does not show in it."""

    def count_twice(session: Session) -> tuple[int, int]:
        before = projects.list_page(session, Listing()).total
        writer = threading.Thread(target=create_project, args=(catalog,))
        writer.start()
        writer.join()
        return before, projects.list_page(session, Listing()).total

    assert catalog.read(count_twice) == (0, 0)
    assert catalog.read(lambda session: projects.list_page(session, Listing())).total == 1


def test_concurrent_writes_all_happen(catalog: Catalog) -> None:
    """Writes from many threads and tasks at once wait for each other; none is lost or refused."""

    async def write_all() -> None:
        await asyncio.gather(
            *(catalog.awrite(partial(projects.create, name=f"async_{n}")) for n in range(20)),
            *(asyncio.to_thread(create_project, catalog, f"thread_{n}") for n in range(20)),
        )

    asyncio.run(write_all())
    assert catalog.read(lambda session: projects.list_page(session, Listing())).total == 40


def test_context_variables_reach_the_function(catalog: Catalog) -> None:
    """A function run for a task sees the task's context variables, as `current_request` needs."""
    variable: ContextVar[str] = ContextVar("variable")

    async def run() -> list[str]:
        variable.set("seen")
        return [
            await catalog.aread(lambda _: variable.get()),
            await catalog.awrite(lambda _: variable.get()),
        ]

    assert asyncio.run(run()) == ["seen", "seen"]


def test_cached_reads_end_with_the_next_write(catalog: Catalog) -> None:
    """A cached result is returned without a read until the next write."""
    project = create_project(catalog)
    reads: list[int] = []

    def read(session: Session) -> str:
        reads.append(1)
        return projects.get(session, project.id).name

    assert [catalog.cached_read("project", read) for _ in range(3)] == ["bank"] * 3
    assert len(reads) == 1
    catalog.write(lambda session: projects.delete(session, project.id))
    with pytest.raises(ObjectNotFound):
        catalog.cached_read("project", read)


def test_cached_reads_survive_the_progress_of_jobs(catalog: Catalog, token_id: str) -> None:
    """A running job reports each second, and requests leave records: neither invalidates cached reads."""
    project = create_project(catalog)
    job_id = catalog.write(create_job)
    reads: list[int] = []

    def read(session: Session) -> str:
        reads.append(1)
        return projects.get(session, project.id).name

    catalog.cached_read("project", read)
    job = catalog.write(lambda session: leases.claim(session, "o", 30))
    assert job is not None
    assert job.id == job_id
    assert catalog.write(lambda session: leases.report(session, Lease.of(job), 30, 50.0, {"rows": 1}))
    request = Request(id="r", method="POST", path="/v3/events", token_id=token_id, body_digest=b"d" * 32)
    catalog.write(lambda session: idempotency_records.record(session, request, {}))
    catalog.write(lambda session: idempotency_records.purge(session, utc_now()))
    catalog.cached_read("project", read)
    assert len(reads) == 1


CHANGES: dict[str, Callable[[Session, str], object]] = {
    "a new row": lambda session, id: projects.create(session, "other"),
    "a changed row": lambda session, id: projects.delete(session, id),
    "a statement": lambda session, id: session.execute(update(Project).values(name="renamed")),
    "a statement that deletes": lambda session, id: session.execute(delete(Baseline)),
    "one among others": lambda session, id: (
        session.execute(delete(IdempotencyRecord)),
        session.execute(delete(Baseline)),
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_other_write_is_seen(catalog: Catalog, name: str) -> None:
    """After any kind of write to another table, cached results are read again."""
    project = create_project(catalog)
    reads: list[int] = []

    def read(session: Session) -> int:
        reads.append(1)
        return len(reads)

    catalog.cached_read("anything", read)
    catalog.write(lambda session: CHANGES[name](session, project.id))
    assert catalog.cached_read("anything", read) == 2


def test_project_names_are_unique_until_deleted(catalog: Catalog) -> None:
    """A second project of one name is a Conflict; a deleted one is not found and its name is free."""
    project = create_project(catalog)
    with pytest.raises(Conflict, match="Project already exists"):
        create_project(catalog)
    catalog.write(lambda session: projects.delete(session, project.id))
    with pytest.raises(ObjectNotFound, match="Project not found"):
        catalog.read(lambda session: projects.get(session, project.id))
    create_project(catalog)


def test_ids_are_found_in_any_case(catalog: Catalog) -> None:
    """A UUID names its row in upper case too, and is shown in lower case."""
    project = create_project(catalog)
    assert catalog.read(lambda session: projects.get(session, project.id.upper())).id == project.id


def test_pages_cover_all_rows_once(catalog: Catalog) -> None:
    """Pages of a list, one after the other, have every row once, in order, and the total."""
    for number in range(7):
        create_project(catalog, f"project_{number}")
    pages = [catalog.read(partial(projects.list_page, listing=Listing(3, offset))) for offset in (0, 3, 6, 9)]
    assert [[row.name[-1] for row in page.items] for page in pages] == [
        ["0", "1", "2"],
        ["3", "4", "5"],
        ["6"],
        [],
    ]
    assert {page.total for page in pages} == {7}


def test_a_model_comes_with_its_production_environment(catalog: Catalog, token_id: str) -> None:
    """Creating a model creates its PRODUCTION environment, and returns its project and owner without further reads."""
    model = create_model(catalog, create_project(catalog), token_id)
    assert (model.version, model.xai_params, model.task_params) == ("v1", {}, {})
    assert (model.project.name, model.project.organization.name) == ("bank", "acme")
    assert (model.created_by.name, model.updated_by.name) == ("tester", "tester")
    environment = catalog.read(lambda session: environments.get_production(session, model.id))
    assert (environment.type, environment.name) == ("PRODUCTION", "production")


def test_a_model_that_is_refused_leaves_no_environment(catalog: Catalog, token_id: str) -> None:
    """A name and version that are taken are a Conflict, and nothing of the second model is kept."""
    project = create_project(catalog)
    create_model(catalog, project, token_id)
    with pytest.raises(Conflict, match="Model already exists"):
        create_model(catalog, project, token_id)
    create_model(catalog, project, token_id, version="v2")
    assert len(catalog.read(lambda session: session.scalars(select(Environment)).all())) == 2
    with pytest.raises(ObjectNotFound, match="Project"):
        catalog.write(lambda session: models.create(session, token_id, MODEL, token_id))


def test_the_schema_revision_follows_changes_that_bind_events(catalog: Catalog, token_id: str) -> None:
    """A change of how events are read raises the revision; a description or the same value does not."""
    model = create_model(catalog, create_project(catalog), token_id)

    def update(**changes: object) -> int:
        return catalog.write(lambda session: models.update(session, model.id, changes, token_id)).schema_revision

    assert update(description="Who leaves?") == 1
    assert update(event_id_col="customer") == 2
    assert update(event_id_col="customer", schema=MODEL["schema"]) == 2
    assert update(schema={"columns": []}) == 3


def test_a_version_that_is_taken_cannot_be_taken_over(catalog: Catalog, token_id: str) -> None:
    """Renaming a model to the version of another is a Conflict and changes nothing."""
    project = create_project(catalog)
    create_model(catalog, project, token_id)
    second = create_model(catalog, project, token_id, version="v2")
    with pytest.raises(Conflict):
        catalog.write(lambda session: models.update(session, second.id, {"version": "v1"}, token_id))
    assert catalog.read(lambda session: models.get(session, second.id)).version == "v2"


def test_models_are_listed_by_project_and_newest_version(catalog: Catalog, token_id: str) -> None:
    """A list of models can be narrowed to a project and to the newest version of each name."""
    bank, shop = create_project(catalog, "bank"), create_project(catalog, "shop")
    create_model(catalog, bank, token_id)
    create_model(catalog, bank, token_id, version="v2")
    create_model(catalog, shop, token_id, name="fraud")

    def versions(project_id: str | None, latest_only: bool) -> list[str]:
        page = catalog.read(lambda session: models.list_page(session, Listing(), project_id, latest_only))
        return [f"{row.name} {row.version}" for row in page.items]

    assert versions(None, False) == ["churn v1", "churn v2", "fraud v1"]
    assert versions(bank.id, False) == ["churn v1", "churn v2"]
    assert versions(None, True) == ["churn v2", "fraud v1"]


def test_deleting_a_model_hides_it_and_ends_its_jobs(catalog: Catalog, token_id: str) -> None:
    """A deleted model is not found, its name is free, and its unfinished jobs are FAILURE and say why."""
    project = create_project(catalog)
    model = create_model(catalog, project, token_id)
    other = create_model(catalog, project, token_id, version="v2")
    job_id = catalog.write(lambda session: create_job(session, model, project))
    other_job_id = catalog.write(lambda session: create_job(session, other, project))
    catalog.write(lambda session: models.delete(session, model.id))
    with pytest.raises(ObjectNotFound):
        catalog.read(lambda session: models.get(session, model.id))
    job = catalog.read(lambda session: jobs.get(session, job_id))
    assert (job.status, job.error_reason) == ("FAILURE", "ObjectNotFound")
    assert job.error_message == "The model was deleted"
    assert job.completed_at is not None
    assert catalog.read(lambda session: jobs.get(session, other_job_id)).status == "PENDING"
    create_model(catalog, project, token_id)


def test_deleting_a_project_hides_its_models(catalog: Catalog, token_id: str) -> None:
    """A project goes with its models and their jobs, and says which models went."""
    project = create_project(catalog)
    model = create_model(catalog, project, token_id)
    job_id = catalog.write(lambda session: create_job(session, model, project))
    _, gone = catalog.write(lambda session: projects.delete(session, project.id))
    assert gone == [model.id]
    with pytest.raises(ObjectNotFound):
        catalog.read(lambda session: models.get(session, model.id))
    assert catalog.read(lambda session: jobs.get(session, job_id)).status == "FAILURE"


def test_a_dataset_comes_with_its_baseline(catalog: Catalog, token_id: str) -> None:
    """The first use of a dataset's name makes it and a STATIC baseline of that name; later uses find the dataset."""
    model = create_model(catalog, create_project(catalog), token_id)
    dataset = use_dataset(catalog, model)
    assert (dataset.name, dataset.type) == ("train", "PRE_PRODUCTION")
    [baseline] = baselines_of(catalog, model)
    assert (baseline.name, baseline.type, baseline.environment_id) == ("train", "STATIC", dataset.id)
    assert use_dataset(catalog, model).id == dataset.id
    assert [each.id for each in baselines_of(catalog, model)] == [baseline.id]


def test_a_deleted_baseline_stays_deleted(catalog: Catalog, token_id: str) -> None:
    """Using a dataset again does not bring its baseline back."""
    model = create_model(catalog, create_project(catalog), token_id)
    use_dataset(catalog, model)
    [baseline] = baselines_of(catalog, model)
    catalog.write(lambda session: baselines.delete(session, baseline.id))
    use_dataset(catalog, model)
    assert baselines_of(catalog, model) == []


def test_a_dataset_leaves_a_baseline_of_its_name_alone(catalog: Catalog, token_id: str) -> None:
    """If a baseline of a name exists, a later dataset of that name comes without one."""
    model = create_model(catalog, create_project(catalog), token_id)

    def make(session: Session) -> Baseline:
        production = environments.get_production(session, model.id)
        return baselines.create(session, production, "train", "ROLLING", {"offset_delta": 1, "window_bin_size": "Day"})

    mine = catalog.write(make)
    assert use_dataset(catalog, model).name == "train"
    assert [(each.id, each.type) for each in baselines_of(catalog, model)] == [(mine.id, "ROLLING")]
    with pytest.raises(Conflict, match="Baseline already exists"):
        catalog.write(make)


def test_datasets_and_baselines_go_with_their_model(catalog: Catalog, token_id: str) -> None:
    """Environments and baselines of a deleted model are neither found nor listed; those of others stay."""
    project = create_project(catalog)
    gone, stays = create_model(catalog, project, token_id), create_model(catalog, project, token_id, version="v2")
    datasets = use_dataset(catalog, gone), use_dataset(catalog, stays)
    [baseline] = baselines_of(catalog, gone)
    catalog.write(lambda session: models.delete(session, gone.id))
    with pytest.raises(ObjectNotFound, match="Environment"):
        catalog.read(lambda session: environments.get(session, datasets[0].id))
    with pytest.raises(ObjectNotFound, match="Baseline"):
        catalog.read(lambda session: baselines.get(session, baseline.id))
    page = catalog.read(lambda session: environments.list_page(session, Listing(), type="PRE_PRODUCTION"))
    assert [each.id for each in page.items] == [datasets[1].id]
    assert {each.model_id for each in catalog.read(lambda session: baselines.list_page(session, Listing())).items} == {
        stays.id
    }


@pytest.mark.parametrize(
    ("filename", "type"),
    [
        ("a.csv", "CSV"),
        ("A.CSV", "CSV"),
        ("a.b.parquet", "PARQUET"),
        ("a.pq", "PARQUET"),
        ("m.tar.gz", "TAR_GZ"),
    ],
)
def test_a_file_s_suffix_gives_its_type(filename: str, type: str) -> None:
    """The ending of a file's name, in any case, gives its type."""
    assert files.type_of(filename) == type


@pytest.mark.parametrize("filename", ["", "csv", "a.txt", "a.csv.zip", "a.gz"])
def test_other_suffixes_are_refused(filename: str) -> None:
    """Any other ending is a 400 that names those that are accepted."""
    with pytest.raises(BadRequest, match=r"\.csv, \.parquet, \.pq, \.tar\.gz"):
        files.type_of(filename)
