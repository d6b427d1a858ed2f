"""Two attempts with one idempotency key that do not know each other, such as those of two processes."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from inference_events.catalog import Catalog, idempotency_records, projects
from inference_events.catalog.bootstrap import open_catalog
from inference_events.catalog.listing import Listing
from inference_events.context import Request, enter_request
from inference_events.data_directory import DataDirectory
from inference_events.errors import IdempotencyKeyReused
from inference_events.events.batcher import RequestBatcher
from inference_events.events.pending_requests import WriteTarget
from inference_events.events.results import IngestResult
from inference_events.events.types import RowStatus, WriteKind
from inference_events.idempotency.guard import Find, IdempotencyGuard, StoredResponse
from inference_events.idempotency.records import find_stored_response
from inference_events.jobs import JobQueue
from inference_events.operations.projects import ProjectOperations
from inference_events.settings import Settings
from inference_events.stores.duckdb import DuckDBEventStore
from tests.stores.opened import MODEL, Opened
from tests.unit.ingested import column, schema

REQUEST = Request("r", "POST", "/v3/events", "t", b"body", "key")
SECONDS = 20
Attempt = Callable[[Request], Awaitable[Any]]


class OneModel:
    """Stands for the model registry: one model, which needs no catalog."""

    def schema(self, model_id: str) -> Any:
        columns = {"x": "float", "n": "int", "label": "bool", "name": "str"}
        return schema(*(column(kind, name) for name, kind in columns.items()), id_column="id")

    def get_or_create_environment_id(self, model_id: str, dataset: str | None) -> str:
        return "production"

    def sync_schema(self, model_id: str) -> None:
        pass


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    opened = Opened(lambda directory: DuckDBEventStore(directory / "events.duckdb"), tmp_path)
    yield opened
    opened.store.close()


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    directory = DataDirectory(tmp_path / "data")
    catalog, _ = open_catalog(Settings(), directory)
    yield catalog
    catalog.close()
    directory.close()


async def both(find: Find, attempt: Attempt, requests: list[Request]) -> list[Any]:
    """Let each request look for earlier attempts before one of them begins; return their responses or errors."""
    looked = asyncio.Barrier(len(requests))
    first = {request.id for request in requests}

    async def find_before_the_others_begin(request: Request) -> StoredResponse | None:
        found = await find(request)
        if request.id in first:
            first.discard(request.id)
            await looked.wait()
        return found

    def respond(request: Request) -> Awaitable[Any]:
        return IdempotencyGuard([find_before_the_others_begin]).respond(request, lambda: attempt(request))

    return await asyncio.wait_for(asyncio.gather(*map(respond, requests), return_exceptions=True), SECONDS)


def publish(opened: Opened, *requests: tuple[Request, list[dict[str, Any]]]) -> list[Any]:
    """Publish events with requests that do not know of each other; return their responses or errors."""
    batcher: Any = RequestBatcher(opened.store, OneModel())  # type: ignore[arg-type]
    events = {request.id: rows for request, rows in requests}
    target = WriteTarget(MODEL, None, WriteKind.PUBLISH)

    async def find(request: Request) -> StoredResponse | None:
        return await asyncio.to_thread(find_stored_response, opened.store, _created, request)

    async def attempt(request: Request) -> Any:
        return _created(await batcher.submit(target, events[request.id], request))

    responses = asyncio.run(both(find, attempt, [request for request, _ in requests]))
    batcher.stop()
    return responses


def _created(result: IngestResult) -> int:
    return result.counts()[RowStatus.CREATED]


def test_events_of_one_key_are_published_once(opened: Opened) -> None:
    """Two attempts get the response of the faster one, and a third request gets its own."""
    again, other = (
        dataclasses.replace(REQUEST, id="again"),
        dataclasses.replace(REQUEST, id="other", idempotency_key="o"),
    )
    rows = [{"x": 1.0}, {"x": 2.0}]
    with_ids = [row | {"id": str(number)} for number, row in enumerate(rows)]
    responses = publish(opened, (REQUEST, with_ids), (again, with_ids), (other, [{"id": "third", "x": 3.0}]))
    assert responses == [2, 2, 1]
    assert opened.count() == 3


def test_a_key_that_another_body_took_is_refused(opened: Opened) -> None:
    """Of two bodies under one key one is stored, and the other is a 422 that stores nothing."""
    other = dataclasses.replace(REQUEST, id="other", body_digest=b"another")
    responses = publish(opened, (REQUEST, [{"id": "a", "x": 1.0}]), (other, [{"id": "b", "x": 2.0}]))
    assert sorted(map(str, responses)) == [
        "1",
        "The idempotency key was used with another body; use a new key for another request",
    ]
    assert opened.count() == 1


def create_project(catalog: Catalog, *requests: tuple[Request, str]) -> list[Any]:
    operations = ProjectOperations(catalog, JobQueue(catalog))
    names = {request.id: name for request, name in requests}

    async def find(request: Request) -> StoredResponse | None:
        found = await catalog.aread(lambda session: idempotency_records.find(session, request))
        return None if found is None else StoredResponse(found.body_digest, found.response, found.created_at)

    async def attempt(request: Request) -> Any:
        enter_request(request)
        return await operations.create_project(body={"name": names[request.id]})

    return asyncio.run(both(find, attempt, [request for request, _ in requests]))


def project_names(catalog: Catalog) -> list[str]:
    return [row.name for row in catalog.read(lambda session: projects.list_page(session, Listing())).items]


def test_a_change_of_the_catalog_under_one_key_is_made_once(catalog: Catalog) -> None:
    """Of two attempts one makes the change, both get its response, and the other body is a 422."""
    other = dataclasses.replace(REQUEST, id="other", body_digest=b"another")
    responses = create_project(catalog, (REQUEST, "bank"), (other, "shop"))
    [refused] = [response for response in responses if isinstance(response, BaseException)]
    assert isinstance(refused, IdempotencyKeyReused)
    assert len(project_names(catalog)) == 1
    # The name differs, so that no rule but the key's can refuse the second attempt.
    again = dataclasses.replace(REQUEST, id="again", idempotency_key="second")
    later = dataclasses.replace(again, id="later")
    first, second = create_project(catalog, (again, "school"), (later, "harbour"))
    assert first == second
    assert len(project_names(catalog)) == 2
