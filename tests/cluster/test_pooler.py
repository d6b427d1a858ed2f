"""Replicas behind PgBouncer in transaction mode are one server, but learn of each other's jobs only when they look."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from tests.cluster.fleet import Fleet
from tests.cluster.test_replicas import CONTINUES_AFTER_STOP, await_progress, upload
from tests.e2e.process import TOKEN, Server, client_of
from tests.program import Program
from tests.servers.pgbouncer import PgBouncer

ROWS = 20_000
# Replicas look for jobs every 5 s.
LOOKS = 5


@pytest.fixture
def pooled(shared: Fleet, tmp_path: Path) -> Iterator[list[Program]]:
    """Run two replicas that reach PostgreSQL through a pooler, on a database of their own."""
    pooler = PgBouncer(shared.cluster.postgres)
    database = f"pooled-{uuid4()}"
    shared.cluster.postgres.new_database(database)
    variables = shared.cluster.environment() | {"INFERENCE_EVENTS_DATABASE_URL": pooler.url(database)}
    settings = {"file_chunk_rows": 200}
    replicas = [Program(tmp_path / name, TOKEN, settings, environment=variables) for name in ("one", "other")]
    with ExitStack() as stack:
        stack.callback(pooler.stop)
        pooler.start()
        for replica in replicas:
            replica.start()
            stack.callback(end, replica)
        yield replicas


def test_replicas_behind_a_pooler_are_one_server(pooled: list[Program]) -> None:
    """What one replica stores the other reads, and a job goes on at the other one when its replica stops."""
    with client_of(pooled[0].url) as one, client_of(pooled[1].url) as other:
        first, second = Server(one), Server(other)
        model_id = first.create_model(event_ts_col=None)
        for number, server in enumerate((first, second, first)):
            source = {"type": "EVENTS", "events": [{"id": "a", "number": number}, {"id": f"b{number}"}]}
            server.publish(model_id, source)
        values = {event["event_id"]: event["values"] for event in second.read_all(model_id)}
        assert (len(values), values["a"]["number"]) == (4, 2)
        file_id = upload(first, ROWS)
        job_id = first.publish(model_id, {"type": "FILE", "file_id": file_id})["job"]["id"]
        await_progress(second, job_id, 0, 30)
        worker = pooled[0] if works(first) else pooled[1]
        left = second if worker is pooled[0] else first
        before = left.job(job_id)["progress"]
        worker.stop()
        if left.job(job_id)["status"] == "STARTED":
            await_progress(left, job_id, before, CONTINUES_AFTER_STOP + LOOKS)
        job = left.wait_for(job_id, 120)
        assert (job["status"], job["info"]["created"]) == ("SUCCESS", ROWS), job


def end(replica: Program) -> None:
    if replica.is_running:
        replica.stop()


def works(server: Server) -> bool:
    """Return whether a replica has leased a job."""
    lines = server.client.get("/metrics").text.splitlines()
    claimed = [line for line in lines if line.startswith("inference_events_job_leases_total{") and "claimed" in line]
    return any(not line.endswith(" 0.0") for line in claimed)
