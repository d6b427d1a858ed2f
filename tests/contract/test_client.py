"""The Python client raises errors, repeats safe requests, reads all pages, waits for jobs and cuts long lists."""

import asyncio
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from inference_events_client import (
    AsyncInferenceEvents,
    BadRequest,
    Conflict,
    Filter,
    InferenceEvents,
    JobFailed,
    NotFound,
    RetryPolicy,
    TransportError,
    TransportTimeout,
    Unauthorized,
)
from inference_events_client.api.environments import list_model_environments
from inference_events_client.api.models import list_columns
from inference_events_client.api.server import get_server_info
from inference_events_client.models import Model, ModelCreate, Project
from tests.compat.proxy import Fault, running
from tests.contract.blocking import Blocking

Connect = Callable[..., InferenceEvents]
MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(params=["sync", "async"])
def connect(request: pytest.FixtureRequest, server_url: str, token: str) -> Iterator[Connect]:
    """Give a function that makes a client of either kind, by default of the running server."""
    clients: list[InferenceEvents] = []
    with asyncio.Runner() as runner:

        def made(url: str = server_url, token: str = token, **options: Any) -> InferenceEvents:
            if request.param == "sync":
                clients.append(InferenceEvents(url, token, **options))
            else:
                client = AsyncInferenceEvents(url, token, **options)
                client.close = client.aclose  # type: ignore[attr-defined]
                clients.append(cast(InferenceEvents, Blocking(client, runner)))
            return clients[-1]

        yield made
        for client in clients:
            client.close()


@pytest.fixture
def client(connect: Connect) -> InferenceEvents:
    """Give a client of the running server."""
    return connect()


def new_project(client: InferenceEvents) -> Project:
    return client.projects.create(f"p{uuid.uuid4().hex[:24]}")


def new_model(client: InferenceEvents, **changes: Any) -> Model:
    """Create a model with an id, a number and a label."""
    columns = [{"name": name, "data_type": kind} for name, kind in (("id", "str"), ("x", "int"), ("label", "bool"))]
    fields = {
        "name": "model",
        "project_id": str(new_project(client).id),
        "schema": {"columns": columns},
        "spec": {"inputs": ["x"], "targets": ["label"], "metadata": ["id"]},
        "event_id_col": "id",
        "event_ts_col": "time",
    }
    return client.models.create(ModelCreate.from_dict(fields | changes))


@pytest.fixture
def model(client: InferenceEvents) -> Model:
    """Give a model of its own to a test."""
    return new_model(client)


def events(count: int) -> list[dict[str, Any]]:
    return [{"id": str(number), "x": number, "time": MIDNIGHT.timestamp() + number} for number in range(count)]


def ids(count: int) -> list[str]:
    return [str(number) for number in range(count)]


@contextmanager
def silent_server() -> Iterator[str]:
    """Give the URL of a socket that takes connections and never responds."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_wrong_token_is_an_error_with_the_servers_words(connect: Connect) -> None:
    """Every call with a wrong token raises Unauthorized, with status, reason, message, faults and request id."""
    client = connect(token="wrong")
    with pytest.raises(Unauthorized, match="401 Unauthorized: ") as raised:
        client.events.publish(uuid.uuid4(), events(1))
    error = raised.value
    assert (error.status, error.reason) == (401, "Unauthorized")
    assert error.message == error.errors[0].message
    assert error.request_id
    with pytest.raises(Unauthorized):
        next(client.projects.list())


def test_errors_have_a_class_for_each_reason(client: InferenceEvents, model: Model) -> None:
    """Missing resources, conflicts and invalid requests have different classes of errors."""
    with pytest.raises(NotFound, match="404 ObjectNotFound: "):
        client.models.get(uuid.uuid4())
    with pytest.raises(Conflict):
        client.projects.create(client.projects.get(model.project.id).name)
    with pytest.raises(BadRequest) as raised:
        client.events.publish(model.id, [{"id": "1", "time": "never"}])
    assert "/source/events/0/time" in raised.value.errors[0].message


def test_the_rest_of_the_api_raises_too(client: InferenceEvents, model: Model) -> None:
    """Any generated operation can be called, any list be read whole, and errors are raised."""
    form = "asyncio" if isinstance(client, Blocking) else "sync"
    assert client.call(getattr(get_server_info, form)).data.server_version
    columns = client.pages(getattr(list_columns, form), model.id, page_size=1)
    assert [column.name for column in columns] == ["id", "x", "label"]
    with pytest.raises(NotFound):
        list(client.pages(getattr(list_model_environments, form), uuid.uuid4()))


FAULTS = [fault for fault in Fault if fault is not Fault.RESPONSE_LATE]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_retry_stores_once(fault: Fault, connect: Connect, client: InferenceEvents, server_url: str) -> None:
    """If the first attempt of a publish fails in any way, another one with its key gets the first response."""
    model = new_model(client, event_id_col=None)
    with running(server_url) as proxy:
        proxy.fault = fault
        published = connect(proxy.url).events.publish(model.id, [{"x": 1}])
        assert len(proxy.met) == 1
        assert len(proxy.keys) == 2
        assert len(set(proxy.keys)) == 1
    assert published.created == 1
    assert [event.event_id for event in client.events.read(model.id)] == published.event_ids


def test_a_file_is_sent_whole_again(
    connect: Connect, client: InferenceEvents, model: Model, server_url: str, tmp_path: Path
) -> None:
    """If the connection breaks within an upload, the next attempt sends the file from its start."""
    path = tmp_path / "events.csv"
    path.write_text("id,x,time\n" + "".join(f"{number},{number},2026-01-01\n" for number in range(20_000)))
    with running(server_url) as proxy:
        proxy.fault = Fault.REQUEST_CUT
        file = connect(proxy.url).files.upload(path)
        assert len(proxy.keys) == 2
    info = client.jobs.wait(client.events.publish_file(model.id, file.id), timeout=60).info
    assert info.created == 20_000


def test_a_late_response_is_requested_again(
    connect: Connect, client: InferenceEvents, model: Model, server_url: str
) -> None:
    """An attempt that takes longer than the timeout is repeated with its key."""
    with running(server_url) as proxy:
        proxy.fault = Fault.RESPONSE_LATE
        published = connect(proxy.url, timeout=1.0).events.publish(model.id, events(1))
        assert len(set(proxy.keys)) == 1
    assert published.created == 1
    assert len(list(client.events.read(model.id))) == 1


def test_a_server_that_never_responds_ends_in_a_timeout(connect: Connect) -> None:
    """Timeouts raise TransportTimeout, which names the request and its cause."""
    with silent_server() as url:
        client = connect(url, timeout=0.2, retries=RetryPolicy(attempts=2))
        with pytest.raises(TransportTimeout, match=r"GET http://.*/v3/jobs/") as raised:
            client.jobs.get(uuid.uuid4())
    assert isinstance(raised.value.__cause__, httpx.ReadTimeout)


def test_a_missing_server_is_a_transport_error(connect: Connect) -> None:
    """A refused connection raises TransportError once the attempts are over."""
    client = connect("http://127.0.0.1:1", retries=RetryPolicy(attempts=2))
    with pytest.raises(TransportError, match=r"GET http://127\.0\.0\.1:1/v3/projects: "):
        list(client.projects.list())


def test_long_lists_are_cut(client: InferenceEvents, model: Model) -> None:
    """2,500 events become three requests and one result; reads, updates and deletes are cut alike."""
    sent = [*events(2_499), {"id": "last", "x": "no number", "y": 1, "time": MIDNIGHT + timedelta(days=1)}]
    published = client.events.publish(model.id, iter(sent))
    assert published.event_ids == [*ids(2_499), "last"]
    assert (published.created, published.replaced, published.unchanged) == (2_500, 0, 0)
    assert published.undeclared_columns == ["y"]
    assert {(one.column, one.kind): one.count for one in published.violations} == {
        ("label", "missing"): 2_500,
        ("x", "type"): 1,
    }
    updated = client.events.update(model.id, [{"id": id, "label": True} for id in [*ids(2_000), "unknown"]])
    assert (updated.updated, updated.unknown_event_ids) == (2_000, ["unknown"])
    assert [event.event_id for event in client.events.read(model.id, event_ids=ids(1_001))] == ids(1_001)
    jobs = [client.jobs.wait(job) for job in client.events.delete(model.id, [*ids(2_500), *(["gone"] * 7_501)])]
    assert [job.info.deleted_events for job in jobs] == [2_499, 0]
    assert [(event.event_id, event.timestamp - MIDNIGHT) for event in client.events.read(model.id)] == [
        ("last", timedelta(days=1))
    ]


def test_a_list_that_fails_late_counts_the_stored_events(client: InferenceEvents, model: Model) -> None:
    """If a later request of a list is refused, a note of the error counts the events that earlier ones have stored."""
    with pytest.raises(BadRequest, match="/source/events/1/time") as raised:
        client.events.publish(model.id, [*events(1_001), {"id": "1", "time": "never"}])
    assert raised.value.__notes__ == [
        "The first 1000 of the list are done; places in this error count from there.",
    ]
    assert len(list(client.events.read(model.id))) == 1_000


def test_an_empty_list_is_sent(client: InferenceEvents, model: Model) -> None:
    """No events change nothing, but the server still looks at the request; no ids delete and read nothing."""
    assert client.events.publish(model.id, []).event_ids == []
    with pytest.raises(NotFound):
        client.events.publish(uuid.uuid4(), [])
    assert client.events.delete(model.id, []) == []
    assert list(client.events.read(model.id, event_ids=[])) == []


def test_one_text_is_no_list_of_ids(client: InferenceEvents, model: Model) -> None:
    """A text in place of a list of ids does not delete the events that its characters name."""
    with pytest.raises(TypeError, match="give a list of ids"):
        client.events.delete(model.id, "10")


def test_reading_follows_cursors(client: InferenceEvents, model: Model) -> None:
    """All events are read in order for any size of a page; a range of time includes its start and not its end."""
    client.events.publish(model.id, events(7))
    assert [event.event_id for event in client.events.read(model.id, page_size=3)] == ids(7)
    between = (MIDNIGHT + timedelta(seconds=2), MIDNIGHT.timestamp() + 4)
    assert [event.event_id for event in client.events.read(model.id, between=between)] == ["2", "3"]
    client.jobs.wait(client.events.delete_between(model.id, *between))
    assert len(list(client.events.read(model.id))) == 5


def test_lists_follow_pages_and_filters(client: InferenceEvents) -> None:
    """Lists return every item of every page that fulfils a typed condition."""
    started = datetime.now(UTC)
    created = {new_project(client).id for _ in range(3)}
    filter: Filter = {
        "condition": "AND",
        "rules": [
            {"field": "id", "operator": "in", "value": list(created)},
            {"field": "created_at", "operator": "greater_or_equal", "value": started - timedelta(seconds=1)},
        ],
    }
    listed = [project.id for project in client.projects.list(filter=filter, ordering="-name")]
    assert len(listed) == 3
    assert set(listed) == created
    assert list(client.models.list(project_id=listed[0])) == []


def test_files_are_published_by_jobs(client: InferenceEvents, model: Model, tmp_path: Path) -> None:
    """A file is uploaded, published to a dataset and applied as an update; its rejected rows can be read."""
    path = tmp_path / "events.csv"
    path.write_text("id,x,time\na,1,2026-01-01\nb,2,never\n")
    file = client.files.upload(path)
    job = client.jobs.wait(client.events.publish_file(model.id, file.id, dataset="training"), timeout=60)
    assert job.status == "SUCCESS"
    assert [row.row for row in client.jobs.rejected_rows(job.id)] == [1]
    assert [event.event_id for event in client.events.read(model.id, dataset="training")] == ["a"]
    path.write_text("id,label\na,true\n")
    info = client.jobs.wait(client.events.update_file(model.id, client.files.upload(path).id)).info
    assert info.unknown == 1
    assert job.id in {known.id for known in client.jobs.list(search=job.name)}


def test_a_job_that_fails_is_an_error(client: InferenceEvents, model: Model, tmp_path: Path) -> None:
    """Waiting for a job that fails raises JobFailed with the job's message."""
    path = tmp_path / "events.csv"
    path.write_text("id,x,time\nb,2,never\n")
    job_id = client.events.publish_file(model.id, client.files.upload(path).id)
    with pytest.raises(JobFailed) as raised:
        client.jobs.wait(str(job_id))
    assert raised.value.job.id == job_id
    assert str(raised.value.job.error_message) in str(raised.value)


def test_a_project_and_a_model_are_deleted(client: InferenceEvents, model: Model) -> None:
    """Deleting returns a job to wait for; the deleted project or model is not found any more."""
    client.jobs.wait(client.models.delete(model.id))
    with pytest.raises(NotFound):
        client.models.get(model.id)
    client.jobs.wait(client.projects.delete(model.project.id))
    with pytest.raises(NotFound):
        client.projects.get(model.project.id)
