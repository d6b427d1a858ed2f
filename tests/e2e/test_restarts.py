"""Promises when the server ends, by a signal to stop or by a crash."""

import socket
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from inference_events import __version__
from tests.e2e.process import TOKEN, ServerProcess, running
from tests.program import Program

ROWS = 60_000
CHUNK_ROWS = 2_000


@pytest.fixture(scope="module")
def parquet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with one row in a thousand that cannot be an event."""
    path = tmp_path_factory.mktemp("files") / "events.parquet"
    numbers = list(range(ROWS))
    ids = [None if n % 1000 == 7 else f"e{n}" for n in numbers]
    mistyped = [n % 3 == 0 for n in numbers]
    table = pa.table({"id": ids, "number": numbers, "time": [1_700_000_000 + n for n in numbers], "labell": mistyped})
    pq.write_table(table, path)
    return path


def wait_until_under_way(server: ServerProcess, job_id: str) -> None:
    deadline = time.monotonic() + 30
    while not server.job(job_id)["info"].get("rows"):
        assert time.monotonic() < deadline, "the job does not begin"


def expected_ids() -> list[str]:
    return [f"e{n}" for n in range(ROWS) if n % 1000 != 7]


def test_a_killed_file_job_completes(tmp_path: Path, parquet: Path) -> None:
    """Kill the server in the middle of a file, start it again, and every row is stored and counted once."""
    with running(tmp_path, file_chunk_rows=CHUNK_ROWS) as server:
        model_id = server.create_model()
        file_id = server.upload(parquet)
        job_id = server.publish(model_id, {"type": "FILE", "file_id": file_id})["job"]["id"]
        for _ in range(2):
            wait_until_under_way(server, job_id)
            server.kill()
            server.start()
        job = server.wait_for(job_id)
        assert job["status"] == "SUCCESS"
        assert job["info"]["rows"] == ROWS
        assert job["info"]["created"] == len(expected_ids())
        assert job["info"]["rejected_rows"] == ROWS - len(expected_ids())
        assert job["info"]["violations"] == [{"column": "label", "kind": "missing", "count": len(expected_ids())}]
        assert job["info"]["undeclared_columns"] == ["labell"]
        rejected = server.call("GET", f"/v3/jobs/{job_id}/rejected-rows?limit=1000")
        assert [row["row"] for row in rejected["items"]] == list(range(7, ROWS, 1000))
        assert [event["event_id"] for event in server.read_all(model_id)] == expected_ids()


def test_a_killed_update_job_completes(tmp_path: Path, parquet: Path) -> None:
    """Kill the server while a file brings labels: every label arrives, but none over one that was sent later."""
    labels = tmp_path / "labels.csv"
    labels.write_text("id,label\n" + "".join(f"e{n},true\n" for n in range(0, ROWS, 2)) + "nobody,true\n")
    with running(tmp_path / "data", file_chunk_rows=CHUNK_ROWS) as server:
        model_id = server.create_model()
        published = server.publish(model_id, {"type": "FILE", "file_id": server.upload(parquet)})
        server.wait_for(published["job"]["id"])
        file_id = server.upload(labels)
        job_id = server.publish(model_id, {"type": "FILE", "file_id": file_id}, "PATCH")["job"]["id"]
        later = [{"id": f"e{ROWS - 2}", "label": False}]
        server.publish(model_id, {"type": "EVENTS", "events": later}, "PATCH")
        wait_until_under_way(server, job_id)
        server.kill()
        server.start()
        job = server.wait_for(job_id)
        assert job["status"] == "SUCCESS"
        assert job["info"]["updated"] + job["info"]["unknown"] == ROWS // 2 + 1
        known = {event["event_id"]: event["values"]["label"] for event in server.read_all(model_id)}
        assert {id_ for id_, label in known.items() if label is False} == {f"e{ROWS - 2}"}
        assert {id_ for id_, label in known.items() if label} == {
            id_ for id_ in expected_ids()[:-1] if int(id_[1:]) % 2 == 0 and id_ != f"e{ROWS - 2}"
        }


def test_a_stop_leaves_a_job_at_a_safe_point(tmp_path: Path, parquet: Path) -> None:
    """SIGTERM ends the server soon, in the middle of a file; the next start finishes the job."""
    with running(tmp_path, file_chunk_rows=CHUNK_ROWS) as server:
        model_id = server.create_model()
        file_id = server.upload(parquet)
        job_id = server.publish(model_id, {"type": "FILE", "file_id": file_id}, dataset="train")["job"]["id"]
        wait_until_under_way(server, job_id)
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 10
        server.start()
        assert server.wait_for(job_id)["info"]["created"] == ROWS
        assert len(server.read_all(model_id, "train")) == ROWS


def test_a_stop_gives_jobs_back_before_requests_end(tmp_path: Path, parquet: Path) -> None:
    """At SIGTERM a running job can be claimed at once, although the server still waits for a slow request."""
    with running(tmp_path, file_chunk_rows=CHUNK_ROWS) as server, ThreadPoolExecutor(1) as thread:
        model_id = server.create_model()
        job_id = server.publish(model_id, {"type": "FILE", "file_id": server.upload(parquet)})["job"]["id"]
        wait_until_under_way(server, job_id)
        url = server.client.base_url
        head = f"POST /v3/events HTTP/1.1\r\nHost: {url.host}\r\nAuthorization: Bearer {TOKEN}\r\n"
        with socket.create_connection((url.host, url.port)) as slow:
            slow.sendall(f"{head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{".encode())
            stopped = thread.submit(server.stop)
            deadline = time.monotonic() + 5
            while (state := lease(tmp_path, job_id)) != ("STARTED", None, None):
                assert time.monotonic() < deadline, state
            assert not stopped.done()
        stopped.result()
        server.start()
        assert server.wait_for(job_id)["status"] == "SUCCESS"


def lease(data_dir: Path, job_id: str) -> tuple[str, str | None, str | None]:
    """Return status, owner and end of the lease of a job."""
    with closing(sqlite3.connect(data_dir / "catalog.sqlite")) as catalog:
        [row] = catalog.execute("SELECT status, owner, lease_until FROM jobs WHERE id = ?", [job_id])
    status, owner, until = row
    return status, owner, until


def test_acknowledged_events_survive_a_kill(tmp_path: Path) -> None:
    """Events that were acknowledged are stored after a kill, with their last acknowledged values, and none twice."""
    with running(tmp_path) as server:
        model_id = server.create_model()
        for round_ in range(3):
            events: list[dict[str, Any]] = [
                {"id": f"r{round_}e{n}", "number": n, "time": 1_700_000_000 + n} for n in range(500)
            ]
            server.publish(model_id, {"type": "EVENTS", "events": events})
            labels = [{"id": event["id"], "label": event["number"] % 2 == 0} for event in events[:100]]
            server.publish(model_id, {"type": "EVENTS", "events": labels}, "PATCH")
            server.kill()
            server.start()
            stored = {event["event_id"]: event for event in server.read_all(model_id)}
            assert len(stored) == 500 * (round_ + 1)
            assert all(stored[label["id"]]["values"]["label"] is label["label"] for label in labels)


def test_a_retry_after_a_kill_gets_the_first_response(tmp_path: Path) -> None:
    """A request whose response was lost in a crash is recognised by the next process: same ids, stored once."""
    source = {"type": "EVENTS", "events": [{"number": n} for n in range(20)]}
    with running(tmp_path) as server:
        model_id = server.create_model(event_id_col=None)
        body = {"model_id": model_id, "env_type": "PRODUCTION", "source": source}
        first = server.call("POST", "/v3/events", json=body)
        server.kill()
        server.start()
        again = server.call("POST", "/v3/events", json=body, headers={"X-Fiddler-Client-Retry": "1"})
        assert again == first
        assert len(server.read_all(model_id)) == 20


def test_a_deletion_spares_what_came_later(tmp_path: Path, parquet: Path) -> None:
    """A deletion waits for the file before it, and keeps events that were acknowledged after it was accepted."""
    with running(tmp_path, file_chunk_rows=CHUNK_ROWS) as server:
        model_id = server.create_model()
        published = server.publish(model_id, {"type": "FILE", "file_id": server.upload(parquet)})
        time_range = {"start_time": 1_700_000_000, "end_time": 1_700_000_000 + ROWS}
        deletion = server.call("DELETE", "/v3/events", json={"model_id": model_id, "time_range": time_range})
        later = [{"id": "later", "number": 1, "time": 1_700_000_001}, {"id": f"e{ROWS - 1}", "number": -1}]
        server.publish(model_id, {"type": "EVENTS", "events": later})
        server.wait_for(published["job"]["id"])
        server.wait_for(deletion["job"]["id"])
        kept = {event["event_id"]: event["values"]["number"] for event in server.read_all(model_id)}
        assert kept == {"later": 1, f"e{ROWS - 1}": -1}


def test_one_process_owns_the_data_directory(tmp_path: Path) -> None:
    """A second server on the same directory is refused with a message that names the process that uses it."""
    with running(tmp_path):
        second = subprocess.run(
            [sys.executable, "-m", "inference_events", "serve", "--port", "0", "--data-dir", str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert second.returncode == 1
    assert "is in use by another server (process " in second.stderr
    assert "Traceback" not in second.stderr


def test_a_start_and_a_stop_are_logged_and_make_no_other_noise(tmp_path: Path) -> None:
    """The log says which version serves and that it stopped; SIGINT, as Ctrl-C sends it, leaves no trace."""
    program = Program(tmp_path / "data", TOKEN, log=tmp_path / "log")
    program.start()
    assert program.interrupt() == 130  # A shell's exit code for a process that Ctrl-C ended.
    lines = [orjson.loads(line) for line in (tmp_path / "log").read_bytes().splitlines()]
    assert [line["event"] for line in lines] == ["server_started", "server_stopped"]
    assert lines[0]["version"] == __version__


@pytest.mark.parametrize(("next_row", "status"), [(0, "FAILURE"), (CHUNK_ROWS, "SUCCESS")])
def test_a_job_that_ends_the_server_is_not_run_for_ever(
    tmp_path: Path, parquet: Path, next_row: int, status: str
) -> None:
    """After three starts that ended with the process, a job fails and says so, unless it made progress. Others run."""
    with running(tmp_path / "data", file_chunk_rows=CHUNK_ROWS) as server:
        model_id = server.create_model()
        file_id = server.upload(parquet)
        publish = {"type": "FILE", "file_id": file_id}
        job_id = server.publish(model_id, publish)["job"]["id"]
        server.wait_for(job_id)
        server.kill()
        with closing(sqlite3.connect(tmp_path / "data" / "catalog.sqlite")) as catalog, catalog:
            catalog.execute(
                "UPDATE jobs SET status = 'STARTED', completed_at = NULL, starts = 3, started_row = ? WHERE id = ?",
                # The file was read to its end. That is progress, unless the last start also reached the end.
                [ROWS - next_row, job_id],
            )
        with duckdb.connect(str(tmp_path / "data" / "events.duckdb")) as events:
            # The server ended the job in the catalog first; a job that the catalog has not ended is open here.
            events.execute("INSERT INTO open_jobs VALUES (?, ?, 1, 1, 0)", [job_id, model_id])
        server.start()
        job = server.wait_for(job_id)
        assert job["status"] == status
        if status == "FAILURE":
            assert "ended unexpectedly 3 times while it ran this job" in job["error_message"]
            assert job["info"]["rows"] == ROWS
        assert server.wait_for(server.publish(model_id, publish)["job"]["id"])["status"] == "SUCCESS"
