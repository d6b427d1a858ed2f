"""Operations of projects, jobs, files, tokens and the server, beyond the catalog's rules."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar
from unittest.mock import create_autospec

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from inference_events import __version__
from inference_events.catalog import Catalog, files, idempotency_records, jobs
from inference_events.catalog.bootstrap import open_catalog, open_shared_catalog
from inference_events.catalog.tables import IdempotencyRecord, Job
from inference_events.context import KeyClaimed, Request, enter_request
from inference_events.data_directory import DataDirectory
from inference_events.errors import BadRequest, Conflict, ObjectNotFound, ServiceUnavailable
from inference_events.events.types import RejectedRow
from inference_events.files.local import LocalFileStore
from inference_events.files.multipart import MultipartUploads
from inference_events.jobs import JobQueue
from inference_events.operations.files import FileOperations
from inference_events.operations.jobs import JobOperations
from inference_events.operations.projects import ProjectOperations
from inference_events.operations.server import ServerOperations
from inference_events.operations.tokens import TokenOperations
from inference_events.server_report import ServerReport
from inference_events.settings import Settings
from inference_events_api import types as t
from tests.catalogs import KINDS, SQLITE, new_url
from tests.uploads import uploaded

T = TypeVar("T")
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[DataDirectory]:
    directory = DataDirectory(tmp_path)
    yield directory
    directory.close()


@pytest.fixture(params=KINDS)
def catalog(request: pytest.FixtureRequest, directory: DataDirectory) -> Iterator[Catalog]:
    if request.param == SQLITE:
        catalog, _ = open_catalog(Settings(), directory)
    else:
        settings = Settings(admin_token=SecretStr("preset-admin-token"))
        catalog = open_shared_catalog(new_url(request, directory.path), settings)
    yield catalog
    catalog.close()


@pytest.fixture
def request_(catalog: Catalog, directory: DataDirectory) -> Request:
    page = asyncio.run(TokenOperations(catalog, directory).list_tokens())
    return Request("r", "POST", "/v3/projects", page["data"]["items"][0]["id"], b"digest", "key")


@pytest.fixture
def project_operations(catalog: Catalog) -> ProjectOperations:
    return ProjectOperations(catalog, JobQueue(catalog))


def call(request: Request, operation: Callable[[], Awaitable[T]]) -> T:
    async def run() -> T:
        enter_request(request)
        return await operation()

    return asyncio.run(run())


def job_of(catalog: Catalog, response: t.JobAcceptedResponse) -> Job:
    return catalog.read(lambda session: jobs.get(session, response["data"]["job"]["id"]))


def test_a_change_leaves_its_response(
    catalog: Catalog, project_operations: ProjectOperations, request_: Request
) -> None:
    """Creating a project keeps the same response for a retry; a refused attempt keeps nothing."""
    response = call(request_, lambda: project_operations.create_project(body={"name": "bank"}))
    kept = catalog.read(lambda session: idempotency_records.find(session, request_))
    assert kept is not None
    assert kept.response == response
    for request, refusal in ((request_, KeyClaimed), (replace(request_, idempotency_key="other"), Conflict)):
        with pytest.raises(refusal):
            call(request, lambda: project_operations.create_project(body={"name": "bank"}))
    assert len(catalog.read(lambda session: session.scalars(select(IdempotencyRecord)).all())) == 1


def test_a_project_is_deleted_by_a_job(
    catalog: Catalog, project_operations: ProjectOperations, request_: Request
) -> None:
    """Deleting a project returns a job that is readable and has the models to delete."""
    created = call(request_, lambda: project_operations.create_project(body={"name": "bank"}))
    project_id = created["data"]["id"]
    delete = Request("r", "DELETE", f"/v3/projects/{project_id}", request_.token_id)
    response = call(delete, lambda: project_operations.delete_project(project_id=project_id))
    job = job_of(catalog, response)
    assert (job.kind, job.project_id) == ("delete_project", project_id)
    assert (job.params, job.token_id) == ({"model_ids": []}, request_.token_id)
    assert job.info == {"resource_type": "PROJECT", "resource_name": "bank", "project_name": "bank"}
    with pytest.raises(ObjectNotFound):
        asyncio.run(project_operations.get_project(project_id=project_id))


def test_pages_have_their_index(project_operations: ProjectOperations, request_: Request) -> None:
    """A page has size, counts and its index from 1, by which the vendor's client finds the end."""
    for number in range(5):
        request = Request("r", "POST", "/v3/projects", request_.token_id, idempotency_key=str(number))
        call(request, partial(project_operations.create_project, body={"name": f"p_{number}"}))
    page = asyncio.run(project_operations.list_projects(limit=2, offset=4))["data"]
    assert [item["name"] for item in page["items"]] == ["p_4"]
    assert (page["total"], page["item_count"]) == (5, 1)
    assert (page["page_size"], page["page_count"], page["page_index"], page["offset"]) == (2, 3, 3, 4)


def test_a_job_shows_extras_when_asked(
    catalog: Catalog, project_operations: ProjectOperations, request_: Request
) -> None:
    """A job is shown in the list and alone; `extras` holds its task only with `verbose`."""
    created = call(request_, lambda: project_operations.create_project(body={"name": "bank"}))
    delete = Request("r", "DELETE", "/", request_.token_id)
    project_id = created["data"]["id"]
    job_id = job_of(catalog, call(delete, lambda: project_operations.delete_project(project_id=project_id))).id
    operations = JobOperations(catalog, lambda job_id, offset, limit: ([], 0))
    plain = asyncio.run(operations.get_job(job_id=job_id))["data"]
    verbose = asyncio.run(operations.get_job(job_id=job_id, verbose=True))["data"]
    assert (plain["status"], plain["progress"], plain["extras"]) == ("PENDING", 0, None)
    assert verbose["extras"] == {job_id: {"status": "PENDING", "result": plain["info"], "error_message": None}}
    assert asyncio.run(operations.list_jobs())["data"]["items"] == [plain]


def test_rejected_rows_are_paged(catalog: Catalog, project_operations: ProjectOperations, request_: Request) -> None:
    """Rejected rows are read for the job, offset and limit asked; those of an unknown job are a 404."""
    asked: list[tuple[str, int, int]] = []

    def rejected_rows(job_id: str, offset: int, limit: int) -> tuple[list[RejectedRow], int]:
        asked.append((job_id, offset, limit))
        return [RejectedRow(17, "BadRequest", "timestamp: cannot be read")], 3

    created = call(request_, lambda: project_operations.create_project(body={"name": "bank"}))
    project_id = created["data"]["id"]
    delete = Request("r", "DELETE", "/", request_.token_id)
    accepted = call(delete, lambda: project_operations.delete_project(project_id=project_id))
    job_id = accepted["data"]["job"]["id"]
    operations = JobOperations(catalog, rejected_rows)
    page = asyncio.run(operations.list_rejected_rows(job_id=job_id, limit=1, offset=2))["data"]
    assert asked == [(job_id, 2, 1)]
    assert (page["total"], page["page_index"], page["items"][0]["row"]) == (3, 3, 17)
    with pytest.raises(ObjectNotFound, match="Job"):
        asyncio.run(operations.list_rejected_rows(job_id=UNKNOWN_ID))


def test_an_upload_is_kept(catalog: Catalog, directory: DataDirectory, request_: Request) -> None:
    """An upload is kept and described; another suffix is refused and not kept."""
    store = LocalFileStore(directory.files, directory.incoming)
    operations = FileOperations(catalog, MultipartUploads(catalog, store, 1000))
    upload, wrong = uploaded(store, "one.CSV", b"a\n1\n"), uploaded(store, "one.txt", b"?")
    response = call(request_, lambda: operations.upload_file(file=upload))["data"]
    assert upload.is_kept
    [stored] = catalog.read(lambda session: files.objects(session, response["id"]))
    path = directory.files / stored.key
    assert path.read_bytes() == b"a\n1\n"
    assert (response["filename"], response["type"], response["size"]) == ("one.CSV", "CSV", 4)
    assert response["status"] == "SUCCESSFUL"
    assert response["created_by"]["id"] == request_.token_id
    with pytest.raises(BadRequest):
        call(request_, lambda: operations.upload_file(file=wrong))
    assert not wrong.is_kept


@pytest.mark.parametrize("end", ["2020-01-01T00:00:00Z", "2099-12-31T23:59:60Z", "0001-01-01T00:00:00+14:00"])
def test_a_token_ends_in_the_future(catalog: Catalog, directory: DataDirectory, end: str) -> None:
    """A token that would have ended, or whose end cannot be read, is a 400 with its place."""
    with pytest.raises(BadRequest) as refused:
        asyncio.run(
            TokenOperations(catalog, directory).create_token(body={"name": "n", "scopes": ["read"], "expires_at": end})
        )
    assert refused.value.faults[0].pointer == "/expires_at"


def test_token_operations_leave_no_record(catalog: Catalog, directory: DataDirectory) -> None:
    """Creating and rotating show the secret, listing never does, and no response is kept."""
    operations = TokenOperations(catalog, directory)
    end = "2099-12-31t23:59:59.5+01:00"
    created = asyncio.run(operations.create_token(body={"name": "n", "scopes": ["read"], "expires_at": end}))["data"]
    assert created["expires_at"] == "2099-12-31T22:59:59.500000Z"
    rotated = asyncio.run(operations.rotate_token(token_id=created["id"], body={}))["data"]
    assert rotated["token"] not in ("", created["token"])
    revoked = asyncio.run(operations.revoke_token(token_id=created["id"]))["data"]
    listed = asyncio.run(operations.list_tokens())["data"]["items"]
    assert all("token" not in shown for shown in [revoked, *listed])
    assert [row["name"].removeprefix("preset ") for row in listed] == ["n", "admin"]
    assert catalog.read(lambda session: session.scalars(select(IdempotencyRecord)).all()) == []


def server_operations(catalog: Catalog, *, is_ready: bool, is_writable: bool) -> ServerOperations:
    report = create_autospec(ServerReport, instance=True)
    return ServerOperations(catalog, "26.14.0", lambda: is_ready, lambda: is_writable, report)


def test_the_server_shows_version_and_organization(catalog: Catalog) -> None:
    """Server info has the settings' version and organization, and every client of an allowed version is compatible."""
    operations = server_operations(catalog, is_ready=True, is_writable=True)
    info = asyncio.run(operations.get_server_info())["data"]
    assert info["inference_events_version"] == __version__
    assert (info["server_version"], info["feature_flags"]) == ("26.14.0", {})
    assert info["organization"]["name"] == Settings().organization
    fit = operations.check_version_compatibility(client_version="3.14.1", client_name="python-sdk")
    assert asyncio.run(fit)["data"] == {"compatible": True}


def test_readiness_is_more_than_being_alive(catalog: Catalog) -> None:
    """Liveness always succeeds, readiness only while the rest of the server is ready."""
    operations = server_operations(catalog, is_ready=False, is_writable=True)
    assert asyncio.run(operations.check_liveness())["data"] == {"status": "ok"}
    with pytest.raises(ServiceUnavailable):
        asyncio.run(operations.check_readiness())
    ready = server_operations(catalog, is_ready=True, is_writable=True)
    assert asyncio.run(ready.check_readiness())["data"] == {"status": "ok"}


def test_readiness_says_that_the_disk_refuses_writes(catalog: Catalog) -> None:
    """A server that only reads is ready with another status, and alive as ever."""
    operations = server_operations(catalog, is_ready=True, is_writable=False)
    assert asyncio.run(operations.check_readiness())["data"] == {"status": "read_only"}
    assert asyncio.run(operations.check_liveness())["data"] == {"status": "ok"}
