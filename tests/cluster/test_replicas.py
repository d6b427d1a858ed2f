"""Replicas act as one server: a change at one of them is visible at the others."""

import hashlib
import io
import re
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cluster.fleet import Fleet
from tests.e2e.process import Server, client_of
from tests.faults.load import EVENTS_PATH
from tests.program import Program

T = TypeVar("T")
Pair = tuple[Server, Server]

ROWS = 120_000
RETRY = {"X-Fiddler-Client-Retry": "1"}
README = (Path(__file__).parents[2] / "README.md").read_text()
DATABASE_METRIC = "inference_events_database_"
OF_THE_DATABASE = re.compile(DATABASE_METRIC + r'(\w+{pool="\w+").*(?<!state="in_use")} (\S+)')
COUNTED = ("waiting", "transaction_retries_total", "unknown_commits_total")
# A replica whose machine is gone holds its jobs that long at most.
CONTINUES_AFTER_KILL = 40
# 2 s on a machine that does nothing else.
CONTINUES_AFTER_STOP = 5


def at_once(*calls: Callable[[], T]) -> list[T]:
    """Return what calls return that begin together."""
    together = Barrier(len(calls))

    def begin(call: Callable[[], T]) -> T:
        together.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [begun.result() for begun in [pool.submit(begin, call) for call in calls]]


def publication(model_id: str, *events: dict[str, Any]) -> dict[str, Any]:
    source = {"type": "EVENTS", "events": list(events)}
    return {"model_id": model_id, "env_type": "PRODUCTION", "source": source}


def test_one_key_at_two_replicas_has_one_effect(pair: Pair) -> None:
    """Of two requests with one idempotency key at two replicas at once, one has an effect. Both get its response."""
    first, second = pair
    model_id = first.create_model(event_id_col=None, event_ts_col=None)
    for number in range(10):
        headers = {"Idempotency-Key": uuid4().hex}

        def send(server: Server, number: int = number, headers: dict[str, str] = headers) -> Any:
            body = publication(model_id, {"number": number})
            return server.call("POST", EVENTS_PATH, json=body, headers=headers)

        one, other = at_once(lambda: send(first), lambda: send(second))
        assert one == other
    assert sorted(event["values"]["number"] for event in second.read_all(model_id)) == list(range(10))


def test_each_replica_counts_what_it_ingested(pair: Pair) -> None:
    """A replica reports its own requests and the events of their commits, with its name."""
    model_id = pair[0].create_model(event_id_col=None, event_ts_col=None)
    pair[1].call("POST", EVENTS_PATH, json=publication(model_id, {"number": 1}, {"number": 2}))
    first, second = (one.call("GET", "/v3/monitoring/ingestion", params={"model_id": model_id}) for one in pair)
    assert first["replica"] == second["replica"] == socket.gethostname()
    assert first["models"] == []
    (found,) = second["models"]
    assert (found["counted"]["requests"], found["counted"]["created"]) == (1, 2)


def test_a_retry_at_another_replica_replays(pair: Pair) -> None:
    """A request that is sent again to another replica, with the vendor's header for it, gets the first response."""
    first, second = pair
    model_id = first.create_model(event_id_col=None, event_ts_col=None)
    body = publication(model_id, {"number": 1})
    response = first.call("POST", EVENTS_PATH, json=body)
    again = second.call("POST", EVENTS_PATH, json=body, headers=RETRY)
    assert again == response
    assert len(second.read_all(model_id)) == 1


@contextmanager
def locked_event(shared: Fleet, name: str) -> Iterator[None]:
    """Block each write of an event."""
    with psycopg.connect(shared.cluster.postgres.url()) as session:
        [_] = session.execute("SELECT 1 FROM events WHERE event_id = %s FOR UPDATE", [name]).fetchall()
        yield


def await_locks(shared: Fleet, count: int) -> None:
    """Wait until some transactions wait for a lock."""
    deadline = time.monotonic() + 5
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    while shared.cluster.postgres.execute(waiting) != [(count,)]:
        assert time.monotonic() < deadline, "no transaction waits"
        time.sleep(0.02)


def test_a_retry_waits_for_the_attempt_at_another_replica(shared: Fleet, pair: Pair) -> None:
    """A request that is sent again while another replica still writes it gets the response of that attempt."""
    first, second = pair
    model_id, name = first.create_model(event_ts_col=None), f"a{time.time_ns()}"
    first.call("POST", EVENTS_PATH, json=publication(model_id, {"id": name, "number": 0}))
    body = publication(model_id, {"id": name, "number": 1})
    with ThreadPoolExecutor(2) as threads:
        with locked_event(shared, name):
            running = threads.submit(first.call, "POST", EVENTS_PATH, json=body)
            await_locks(shared, 1)
            joining = threads.submit(second.call, "POST", EVENTS_PATH, json=body, headers=RETRY)
            await_locks(shared, 2)
        assert joining.result() == running.result()
    assert joining.result()["replaced"] == 1


def test_a_retry_that_overtakes_its_attempt_is_the_attempt(shared: Fleet, pair: Pair) -> None:
    """An attempt that still waits at one replica when its retry is done at another one gets the retry's response."""
    first, second = pair
    model_id, name = first.create_model(event_ts_col=None), f"b{time.time_ns()}"
    blocked = publication(model_id, {"id": name, "number": 0})
    first.call("POST", EVENTS_PATH, json=blocked)
    body = publication(model_id, {"id": "overtaken", "number": 1})
    with ThreadPoolExecutor(2) as threads:
        with locked_event(shared, name):
            before = threads.submit(first.call, "POST", EVENTS_PATH, json=blocked)
            await_locks(shared, 1)
            overtaken = threads.submit(first.call, "POST", EVENTS_PATH, json=body)
            await_depth(first, 2)
            response = second.call("POST", EVENTS_PATH, json=body, headers=RETRY)
            assert not overtaken.done()
        assert before.result()["unchanged"] == 1
        assert overtaken.result() == response
    assert response["created"] == 1


def await_depth(server: Server, depth: int) -> None:
    """Wait until some writes wait or run at a replica."""
    deadline = time.monotonic() + 5
    shown = re.compile(rf'inference_events_queue_depth{{.*kind="commits".*}} {depth}\.0$', re.MULTILINE)
    while not shown.search(server.client.get("/metrics").text):
        assert time.monotonic() < deadline, "nothing waits"
        time.sleep(0.02)


def test_a_retry_runs_if_the_replica_of_its_attempt_is_killed(shared: Fleet) -> None:
    """A request whose replica is killed in the middle of it is done once, by its retry at another replica."""
    killed, other = shared.cluster.replicas
    with client_of(killed.url) as one, client_of(other.url) as another:
        first, second = Server(one), Server(another)
        model_id, name = first.create_model(event_ts_col=None), f"c{time.time_ns()}"
        first.call("POST", EVENTS_PATH, json=publication(model_id, {"id": name, "number": 0}))
        body = publication(model_id, {"id": name, "number": 1})
        with ThreadPoolExecutor(2) as threads:
            with locked_event(shared, name):
                running = threads.submit(first.call, "POST", EVENTS_PATH, json=body)
                await_locks(shared, 1)
                joining = threads.submit(second.call, "POST", EVENTS_PATH, json=body, headers=RETRY)
                await_locks(shared, 2)
                shared.kill(killed)
                assert isinstance(running.exception(), httpx.TransportError)
            assert joining.result()["replaced"] == 1
        [event] = second.read_all(model_id)
    assert event["values"]["number"] == 1
    shared.cluster.add_replica()


def test_a_revoked_token_fails_everywhere(pair: Pair) -> None:
    """A second after its revocation at one replica, a token that the other one has just seen is a 401 there."""
    first, second = pair
    token = first.call("POST", "/v3/tokens", json={"name": f"token_{uuid4().hex}", "scopes": ["read"]})
    headers = {"Authorization": f"Bearer {token['token']}"}
    assert second.client.get("/v3/projects", headers=headers).status_code == 200
    first.call("DELETE", f"/v3/tokens/{token['id']}")
    time.sleep(1)
    assert second.client.get("/v3/projects", headers=headers).status_code == 401


def test_a_schema_change_binds_everywhere(pair: Pair) -> None:
    """A column that was added at one replica is one of the model in the next publish at the other."""
    first, second = pair
    model_id = first.create_model(event_ts_col=None)
    body = publication(model_id, {"id": "a", "number": 1, "extra": 2})
    assert second.call("POST", EVENTS_PATH, json=body)["undeclared_columns"] == ["extra"]
    columns = first.call("GET", f"/v3/models/{model_id}")["schema"]["columns"]
    schema = {"columns": [*columns, {"name": "extra", "data_type": "int"}]}
    first.call("PATCH", f"/v3/models/{model_id}", json={"schema": schema})
    body = publication(model_id, {"id": "b", "number": 1, "extra": 3})
    assert second.call("POST", EVENTS_PATH, json=body)["undeclared_columns"] == []
    assert {event["event_id"]: event["values"]["extra"] for event in first.read_all(model_id)}["b"] == 3


def test_metrics_name_the_replica(pair: Pair) -> None:
    """Every series of a replica has its name, and shows how it uses the database: pools, retries, unknown commits."""
    for server in pair:
        lines = [line for line in server.client.get("/metrics").text.splitlines() if not line.startswith("#")]
        assert lines
        assert all(f'replica="{socket.gethostname()}"' in line for line in lines)
        found = {match[1]: float(match[2]) for line in lines if (match := OF_THE_DATABASE.fullmatch(line))}
        for pool, limit in (("events", 8), ("catalog", 10)):
            assert found[f'connections_limit{{pool="{pool}"'] == limit
            assert 0 < found[f'connections{{pool="{pool}"'] <= limit
            assert {f'{name}{{pool="{pool}"' for name in COUNTED} <= found.keys()
        assert f"`{DATABASE_METRIC}" in README


def upload_in_parts(first: Server, second: Server) -> str:
    """Upload two events in two parts, to one replica each, and return the id of the file."""
    file_id: str = first.call("POST", "/v3/files/multipart-init", json={"filename": "rows.csv"})["id"]
    parts = []
    for number, (server, content) in enumerate([(second, b"id,number,label\n"), (first, b"a,1,true\nb,2,false\n")], 1):
        form = {"file": ("part", content), "file_id": (None, file_id), "part_number": (None, str(number))}
        part_id = server.call("POST", "/v3/files/multipart-upload", files=form)["part_id"]
        assert part_id == hashlib.sha256(content).hexdigest()
        parts.append({"number": number, "id": part_id})
    second.call("POST", "/v3/files/multipart-complete", json={"file_id": file_id, "parts": parts})
    return file_id


def test_parts_of_one_upload_arrive_at_two_replicas(pair: Pair) -> None:
    """An upload begins at one replica, gets a part from each, is completed at the other, and is published."""
    first, second = pair
    file_id = upload_in_parts(first, second)
    model_id = first.create_model(event_ts_col=None)
    job = second.wait_for(first.publish(model_id, {"type": "FILE", "file_id": file_id})["job"]["id"])
    assert (job["status"], job["info"]["created"]) == ("SUCCESS", 2)
    assert [event["values"]["number"] for event in first.read_all(model_id)] == [1, 2]


def test_a_dataset_of_two_replicas_is_one(pair: Pair) -> None:
    """Two publishes to a new dataset, at two replicas at once, create it once."""
    first, second = pair
    for number in range(5):
        model_id = first.create_model(event_ts_col=None)

        def send(server: Server, name: str, model_id: str = model_id) -> Any:
            source = {"type": "EVENTS", "events": [{"id": name, "number": 1}]}
            return server.publish(model_id, source, dataset="train")

        at_once(lambda: send(first, "a"), lambda: send(second, "b"))
        found = second.call("GET", f"/v3/models/{model_id}/environments")["items"]
        assert [one["name"] for one in found].count("train") == 1, number
        assert {event["event_id"] for event in second.read_all(model_id, "train")} == {"a", "b"}


@pytest.mark.parametrize(
    ("end", "seconds"),
    [
        # It waits for the end of a lease, which takes half a minute.
        pytest.param(Fleet.kill, CONTINUES_AFTER_KILL, marks=pytest.mark.faults, id="kill"),
        pytest.param(Fleet.stop, CONTINUES_AFTER_STOP, id="stop"),
    ],
)
def test_a_job_continues_at_another_replica(
    shared: Fleet, end: Callable[[Fleet, Program], object], seconds: float
) -> None:
    """A job goes on soon after the replica that runs it was killed or stopped, and no row is lost or doubled."""
    running, other = shared.cluster.replicas
    shared.stop(other)
    model_id = shared.create_model(event_ts_col=None)
    job_id = shared.publish(model_id, {"type": "FILE", "file_id": upload(shared, ROWS)})["job"]["id"]
    await_progress(shared, job_id, 0, 30)
    shared.cluster.add_replica()
    end(shared, running)
    before = shared.job(job_id)
    assert before["status"] == "STARTED", "the job ended too early for this test"
    await_progress(shared, job_id, before["progress"], seconds)
    shared.cluster.add_replica()
    job = shared.wait_for(job_id, 120)
    assert (job["status"], job["info"]["created"]) == ("SUCCESS", ROWS), job
    assert stored_numbers(shared, model_id) == list(range(ROWS))


def await_progress(server: Server, job_id: str, beyond: float, seconds: float) -> None:
    """Wait until a job has come further than some percent."""
    deadline = time.monotonic() + seconds
    while server.job(job_id)["progress"] <= beyond:
        assert time.monotonic() < deadline, f"the job does not get further within {seconds} s"
        time.sleep(0.02)


def upload(server: Server, rows: int) -> str:
    numbers = np.arange(rows)
    written = io.BytesIO()
    ids = [f"e{number}" for number in range(rows)]
    pq.write_table(pa.table({"id": ids, "number": numbers}), written)
    uploaded: str = server.call("POST", "/v3/files/upload", files={"file": ("rows.parquet", written.getvalue())})["id"]
    return uploaded


def stored_numbers(server: Server, model_id: str) -> list[int]:
    query = {"model_id": model_id, "csv": False, "num_samples": 10 * ROWS, "env_type": "PRODUCTION"}
    response: httpx.Response = server.client.post("/v3/analytics/download-slice-data", json=query)
    assert response.is_success, response.text
    return sorted(pq.read_table(io.BytesIO(response.content))["number"].to_pylist())
