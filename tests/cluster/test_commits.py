"""A change takes effect once and its client gets a response, even if the connection is cut in a COMMIT."""

import io
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cluster.fleet import Fleet, fleet
from tests.envelope import assert_error_envelope
from tests.faults.load import EVENTS_PATH
from tests.servers.commits import Cut

RETRY = {"X-Fiddler-Client-Retry": "1"}
# Files are read in chunks of 200 rows.
ROWS = 500
NUMBERS = list(range(ROWS))
# An action with more commits is disturbed in the first ones.
MOST_COMMITS = 24
LONG = pytest.mark.faults
# A request may need two transactions, each of which is tried for 10 s.
LONGEST_SECONDS = 30

Cutting = AbstractContextManager[None]
Action = Callable[[Fleet, Cutting], None]


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with fleet(tmp_path_factory.mktemp("commits"), is_disturbed=True, file_chunk_rows=200) as started:
        yield started
        assert started.alarms() == []


@contextmanager
def cutting(server: Fleet, how: Cut, numbers: range) -> Iterator[None]:
    """Cut the connections of some of the next commits, by their numbers, which other work may get as well."""
    commits = count()
    server.cluster.commits.choose = lambda: how if next(commits) in numbers else None
    try:
        yield
    finally:
        server.cluster.commits.choose = lambda: None


def model_of(server: Fleet, id_column: str | None = None) -> str:
    """Create a model. Without an id column, a second publish of an event shows."""
    return server.create_model(event_id_col=id_column, event_ts_col=None)


def events(model_id: str, *numbers: int) -> dict[str, Any]:
    source = {"type": "EVENTS", "events": [{"id": f"e{number}", "number": number} for number in numbers]}
    return {"model_id": model_id, "env_type": "PRODUCTION", "source": source}


def stored(server: Fleet, model_id: str, column: str = "number") -> list[Any]:
    return sorted(event["values"][column] for event in server.read_all(model_id))


def publish(server: Fleet, cut: Cutting) -> None:
    model_id = model_of(server)
    with cut:
        response = server.call("POST", EVENTS_PATH, json=events(model_id, 1, 2))
    assert response["created"] == 2
    assert stored(server, model_id) == [1, 2]


def publish_with_key(server: Fleet, cut: Cutting) -> None:
    model_id, headers = model_of(server), {"Idempotency-Key": uuid4().hex}
    with cut:
        response = server.call("POST", EVENTS_PATH, json=events(model_id, 1, 2), headers=headers)
    assert response["created"] == 2
    assert server.call("POST", EVENTS_PATH, json=events(model_id, 1, 2), headers=headers) == response
    assert stored(server, model_id) == [1, 2]


def update(server: Fleet, cut: Cutting) -> None:
    model_id = model_of(server, "id")
    server.call("POST", EVENTS_PATH, json=events(model_id, 1, 2))
    source = {"type": "EVENTS", "events": [{"id": "e1", "label": True}, {"id": "e2", "label": False}]}
    with cut:
        response = server.publish(model_id, source, "PATCH")
    assert response["updated"] == 2
    assert stored(server, model_id, "label") == [False, True]


def publish_file(server: Fleet, cut: Cutting) -> None:
    model_id = model_of(server)
    written = io.BytesIO()
    pq.write_table(pa.table({"number": NUMBERS}), written)
    with cut:
        file_id = server.call("POST", "/v3/files/upload", files={"file": ("rows.parquet", written.getvalue())})["id"]
        accepted = server.publish(model_id, {"type": "FILE", "file_id": file_id})
        job = server.wait_for(accepted["job"]["id"])
    assert (job["status"], job["info"]["created"]) == ("SUCCESS", ROWS)
    assert stored(server, model_id) == NUMBERS
    assert jobs_of(server, model_id) == [job["id"]]


def delete(server: Fleet, cut: Cutting) -> None:
    model_id = model_of(server, "id")
    server.call("POST", EVENTS_PATH, json=events(model_id, *range(10)))
    with cut:
        body = {"model_id": model_id, "event_ids": [f"e{number}" for number in range(4)]}
        job = server.wait_for(server.call("DELETE", EVENTS_PATH, json=body)["job"]["id"])
    assert (job["status"], job["info"]["deleted_events"]) == ("SUCCESS", 4)
    assert stored(server, model_id) == list(range(4, 10))
    assert jobs_of(server, model_id) == [job["id"]]


def change_catalog(server: Fleet, cut: Cutting) -> None:
    kept, gone = (f"project_{uuid4().hex[:20]}" for _ in range(2))
    with cut:
        kept_id, gone_id = (server.call("POST", "/v3/projects", json={"name": name})["id"] for name in (kept, gone))
        server.wait_for(server.call("DELETE", f"/v3/projects/{gone_id}")["job"]["id"])
    found = server.call("GET", "/v3/projects?limit=1000")["items"]
    assert [each["id"] for each in found if each["name"] in (kept, gone)] == [kept_id]


def change_schema(server: Fleet, cut: Cutting) -> None:
    with cut:
        model_id = model_of(server, "id")
        columns = server.call("GET", f"/v3/models/{model_id}")["schema"]["columns"]
        schema = {"columns": [*columns, {"name": "extra", "data_type": "int"}]}
        changed = server.call("PATCH", f"/v3/models/{model_id}", json={"schema": schema})
        source = {"type": "EVENTS", "events": [{"id": "a", "extra": 1}]}
        assert server.publish(model_id, source)["undeclared_columns"] == []
    assert [column["name"] for column in changed["schema"]["columns"]] == ["id", "number", "label", "extra"]
    assert stored(server, model_id, "extra") == [1]


def jobs_of(server: Fleet, model_id: str) -> list[str]:
    found = server.call("GET", "/v3/jobs?limit=1000")["items"]
    return [job["id"] for job in found if job["info"].get("model_uuid") == model_id]


# The others take a minute.
ACTIONS = [
    publish,
    publish_with_key,
    *(pytest.param(each, marks=LONG) for each in (update, publish_file, delete, change_catalog, change_schema)),
]


@pytest.mark.parametrize("how", Cut)
@pytest.mark.parametrize("action", ACTIONS)
def test_a_commit_that_is_cut_is_made_once(disturbed: Fleet, action: Action, how: Cut) -> None:
    """Whichever of its commits is cut, and when, an action succeeds at the first try and is done once."""
    for number in range(MOST_COMMITS):
        before = disturbed.cluster.commits.cuts[how]
        action(disturbed, cutting(disturbed, how, range(number, number + 1)))
        if disturbed.cluster.commits.cuts[how] == before:
            break
    assert number > 0


Request = tuple[str, str, dict[str, Any]]


def publishing(server: Fleet) -> Request:
    return "POST", EVENTS_PATH, events(model_of(server), 1, 2)


def deleting(server: Fleet) -> Request:
    model_id = model_of(server, "id")
    server.call("POST", EVENTS_PATH, json=events(model_id, 1, 2))
    return "DELETE", EVENTS_PATH, {"model_id": model_id, "event_ids": ["e1"]}


def deleting_a_project(server: Fleet) -> Request:
    project_id = server.call("POST", "/v3/projects", json={"name": f"project_{uuid4().hex[:20]}"})["id"]
    return "DELETE", f"/v3/projects/{project_id}", {}


@pytest.mark.parametrize("how", [Cut.BEFORE, Cut.AFTER])
@pytest.mark.parametrize(
    "make", [publishing, *(pytest.param(one, marks=LONG) for one in (deleting, deleting_a_project))]
)
@pytest.mark.parametrize("has_key", [True, False])
def test_a_change_whose_commits_are_all_cut_is_put_off(
    disturbed: Fleet, make: Callable[[Fleet], Request], how: Cut, has_key: bool
) -> None:
    """If all commits are cut, the response is a 503 that says when to try again; then the change is made once."""
    method, path, body = make(disturbed)
    key = {"Idempotency-Key": uuid4().hex}
    [(jobs,)] = disturbed.cluster.postgres.execute("SELECT count(*) FROM jobs")
    with cutting(disturbed, how, range(sys.maxsize)):
        began = time.monotonic()
        refused = disturbed.client.request(method, path, json=body, headers=key if has_key else {})
        assert time.monotonic() - began < LONGEST_SECONDS
    assert_error_envelope(refused.json(), 503)
    assert int(refused.headers["Retry-After"]) > 0
    headers = key if has_key else RETRY
    response = disturbed.call(method, path, json=body, headers=headers)
    assert disturbed.call(method, path, json=body, headers=headers) == response
    if make is publishing:
        assert stored(disturbed, body["model_id"]) == [1, 2]
    else:
        assert disturbed.wait_for(response["job"]["id"])["status"] == "SUCCESS"
        assert disturbed.cluster.postgres.execute("SELECT count(*) FROM jobs") == [(jobs + 1,)]
