"""Uploads to a bucket through the whole server: the same as to its own disk, also while the bucket fails."""

import hashlib
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import httpx
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from tests.catalogs import Databases
from tests.e2e.process import ServerProcess
from tests.envelope import assert_error_envelope
from tests.program import Program
from tests.servers.s3 import S3, Fault, FaultyProxy, environment

ROWS = 200_000
MIB = 1024 * 1024
MAX_GROWTH_MIB = 100


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    server = S3()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def proxy(s3: S3) -> Iterator[FaultyProxy]:
    proxy = FaultyProxy(s3)
    proxy.start()
    yield proxy
    proxy.stop()


@contextmanager
def running(
    data_dir: Path, s3: S3, endpoint: str, database_url: str, module: str = "inference_events"
) -> Iterator[ServerProcess]:
    """Run a replica that keeps its files in a new bucket."""
    url = s3.make_bucket(f"bucket-{uuid4()}")
    variables = environment(endpoint) | {"INFERENCE_EVENTS_DATABASE_URL": database_url}
    server = ServerProcess(data_dir, variables, [module], files_url=f"{url}/prefix")
    server.start()
    try:
        yield server
        assert server.stop() == -signal.SIGTERM
        assert list((data_dir / "files").iterdir()) == []
    finally:
        server.close()


def rows() -> pa.Table:
    return pa.table(
        {
            "id": [f"e{number}" for number in range(ROWS)],
            "number": list(range(ROWS)),
            "label": [number % 3 == 0 for number in range(ROWS)],
        }
    )


def upload_in_parts(server: ServerProcess, filename: str, content: bytes) -> str:
    """Upload content in three parts, the last first and one of them twice."""
    file_id: str = server.call("POST", "/v3/files/multipart-init", json={"filename": filename})["id"]
    cuts = [0, len(content) // 3 + 1, len(content) - 7, len(content)]
    parts = [content[start:end] for start, end in pairwise(cuts)]
    named = []
    for number in (3, 1, 2, 1):
        part = parts[number - 1]
        form = {"file": ("part", part), "file_id": (None, file_id), "part_number": (None, str(number))}
        part_id = server.call("POST", "/v3/files/multipart-upload", files=form)["part_id"]
        assert part_id == hashlib.sha256(part).hexdigest()
        named.append({"number": number, "id": part_id})
    server.call("POST", "/v3/files/multipart-complete", json={"file_id": file_id, "parts": named[:3]})
    return file_id


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_file_in_parts_is_published_from_a_bucket(tmp_path: Path, s3: S3, databases: Databases, suffix: str) -> None:
    """Every row of a file that was uploaded in parts arrives, and its columns are proposed as from the disk."""
    path = tmp_path / f"rows.{suffix}"
    if suffix == "csv":
        pyarrow.csv.write_csv(rows(), path)
    else:
        pq.write_table(rows(), path, row_group_size=30_000)
    with running(tmp_path / "data", s3, s3.url, databases.migrated()) as server:
        file_id = upload_in_parts(server, path.name, path.read_bytes())
        model_id = server.create_model(event_ts_col=None)
        job = server.wait_for(server.publish(model_id, {"type": "FILE", "file_id": file_id})["job"]["id"])
        assert (job["status"], job["info"]["created"]) == ("SUCCESS", ROWS)
        proposed = server.call("POST", "/v3/model-factory", json=factory_request(server, file_id))
        assert {"id", "number", "label"} <= {column["name"] for column in proposed["schema"]["columns"]}
        server.call("DELETE", f"/v3/files/{file_id}")


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_job_reads_its_file_once(
    tmp_path: Path, s3: S3, databases: Databases, proxy: FaultyProxy, suffix: str
) -> None:
    """A job gets about as many bytes from the bucket as its file has, and leaves nothing on the replica's disk."""
    path = tmp_path / f"rows.{suffix}"
    if suffix == "csv":
        pyarrow.csv.write_csv(rows(), path)
    else:
        pq.write_table(rows(), path, row_group_size=30_000)
    with running(tmp_path / "data", s3, proxy.url, databases.migrated()) as server:
        model_id = server.create_model(event_ts_col=None)
        file_id = server.upload(path)
        before = proxy.bytes_read
        job = server.wait_for(server.publish(model_id, {"type": "FILE", "file_id": file_id})["job"]["id"])
        assert (job["status"], job["info"]["created"]) == ("SUCCESS", ROWS)
        assert path.stat().st_size <= proxy.bytes_read - before < 1.01 * path.stat().st_size
        assert list((tmp_path / "data" / "incoming").iterdir()) == []


def factory_request(server: ServerProcess, file_id: str) -> dict[str, object]:
    project_id = server.call("POST", "/v3/projects", json={"name": f"project_{time.time_ns()}"})["id"]
    return {"name": "model", "project_id": project_id, "file_id": file_id}


def test_an_upload_is_refused_while_the_bucket_fails(
    tmp_path: Path, s3: S3, databases: Databases, proxy: FaultyProxy
) -> None:
    """The response is 503 with Retry-After, no file is listed, and the same upload succeeds afterwards."""
    with running(tmp_path / "data", s3, proxy.url, databases.migrated()) as server:
        proxy.choose = lambda method, path: Fault(status=503)
        form = {"file": ("rows.csv", b"id,number,label\na,1,true\n")}
        refused = server.client.post("/v3/files/upload", files=form)
        assert refused.status_code == 503
        assert refused.headers["Retry-After"] == "5"
        assert_error_envelope(refused.json(), 503)
        assert server.call("GET", "/v3/files")["items"] == []
        proxy.choose = lambda method, path: Fault()
        server.call("POST", "/v3/files/upload", files=form)


# Of the requests of a job: its file is copied. Without room for a copy its parts are compared with their hashes, its
# columns are read, its rows are read.
@pytest.mark.parametrize(
    ("module", "first"),
    [
        ("inference_events", 2),
        pytest.param("tests.e2e.crowded", 2, marks=pytest.mark.faults),
        pytest.param("tests.e2e.crowded", 4, marks=pytest.mark.faults),
        pytest.param("tests.e2e.crowded", 5, marks=pytest.mark.faults),
    ],
)
def test_a_job_waits_for_its_bucket(
    tmp_path: Path, s3: S3, databases: Databases, proxy: FaultyProxy, module: str, first: int
) -> None:
    """A bucket that fails while a file is read ends no job: it goes on with the rows that are missing."""
    path = tmp_path / "rows.parquet"
    table = rows().append_column("noise", [[os.urandom(30).hex() for _ in range(ROWS)]])
    pq.write_table(table, path, row_group_size=10_000)
    with running(tmp_path / "data", s3, proxy.url, databases.migrated(), module) as server:
        model_id = server.create_model(event_ts_col=None)
        file_id = server.upload(path)
        asked = len(proxy.requests)
        failing = range(first, first + 9)
        proxy.choose = lambda *_: Fault(status=503 if len(proxy.requests) - asked in failing else None)
        job = server.wait_for(server.publish(model_id, {"type": "FILE", "file_id": file_id})["job"]["id"])
        assert (job["status"], job["info"]["created"]) == ("SUCCESS", ROWS)
        assert len(proxy.requests) - asked > failing[-1]


@pytest.mark.faults
def test_a_large_upload_takes_little_memory(tmp_path: Path, s3: S3, databases: Databases) -> None:
    """An upload of 300 MiB to a bucket lets the server's memory grow by at most 100 MiB."""
    url = s3.make_bucket(f"bucket-{uuid4()}")
    program = Program(
        tmp_path / "data",
        "t" * 20,
        {"files_url": url, "database_url": databases.migrated()},
        environment=environment(s3.url),
    )
    program.start()
    try:
        with httpx.Client(base_url=program.url, headers={"Authorization": f"Bearer {'t' * 20}"}, timeout=300) as client:
            small = client.post("/v3/files/upload", files={"file": ("rows.csv", b"id\na\n")})
            assert small.is_success, small.text
            before = reset_peak_mib(program.pid)
            path = tmp_path / "rows.csv"
            with path.open("wb") as file:
                for _ in range(300):
                    file.write(os.urandom(MIB))
            with path.open("rb") as file:
                uploaded = client.post("/v3/files/upload", files={"file": (path.name, file)})
            assert uploaded.json()["data"]["size"] == 300 * MIB
            assert peak_mib(program.pid) - before <= MAX_GROWTH_MIB
    finally:
        assert program.stop() == -signal.SIGTERM


def reset_peak_mib(pid: int) -> float:
    """Forget how much memory a process has held at most. Return what it holds now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return peak_mib(pid)


def peak_mib(pid: int) -> float:
    """Return the most memory that a process has held."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
