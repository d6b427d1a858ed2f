"""Files made to stop the server: each ends as rows or as a clear failure, and other clients hardly notice."""

import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.envelope import assert_error_envelope
from tests.faults.attack import Figures, withstand
from tests.faults.server_under_test import ServerUnderTest, server_under_test

MIB = 1024 * 1024
SECONDS = 120
# The process that reads has a limit of its own, which is also the most by which memory may grow.
READER_MIB = 512
MALFORMED = 300_000


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerUnderTest]:
    limits: dict[str, Any] = {"file_reader_memory_bytes": READER_MIB * MIB, "max_rejected_rows": MALFORMED // 2}
    with server_under_test(tmp_path / "data", **limits) as one:
        yield one


def list_of_numbers(path: Path) -> None:
    """Write less than 1 KB of Parquet that stands for one list of 100 million numbers."""
    numbers = pa.ListArray.from_arrays([0, 100_000_000], pa.array(np.zeros(100_000_000, np.int32)))
    pq.write_table(pa.table({"id": ["a"], "number": numbers}), path, compression="zstd")


def text_for_every_row(path: Path) -> None:
    """Write 150 KB of Parquet that stand for 4 GiB: one text for 65,536 rows."""
    texts = pa.DictionaryArray.from_arrays(np.zeros(65_536, np.int32), ["x" * 65_536])
    table = pa.table({"id": [str(number) for number in range(65_536)], "text": texts})
    pq.write_table(table, path, compression="zstd", store_schema=False)


def long_text(path: Path, mib: int = READER_MIB) -> None:
    """Write some KB of Parquet that stand for one text of `mib` MiB."""
    table = pa.table({"id": ["a", "b"], "text": ["x" * (mib * MIB), "short"]})
    pq.write_table(table, path, compression="zstd", use_dictionary=False)


def malformed_rows(path: Path) -> None:
    path.write_text("id,number\n" + "x\n" * MALFORMED)


def million_columns(path: Path) -> None:
    path.write_text(",".join(f"c{number}" for number in range(1_000_000)) + "\n")


def publish(server: ServerUnderTest, path: Path) -> Any:
    model_id = server.create_model(event_ts_col=None)
    job = server.publish(model_id, {"type": "FILE", "file_id": server.upload(path)})["job"]
    return server.wait_for(job["id"], SECONDS)


def propose(server: ServerUnderTest, path: Path) -> Any:
    response = server.client.post("/v3/model-factory", json={"file_id": server.upload(path)}, timeout=SECONDS)
    return response.json()


def attacked(server: ServerUnderTest, name: str, attack: Any) -> tuple[Any, Figures]:
    """Withstand an attack, and return the response to the attacker and the figures."""
    got: list[Any] = []
    figures = withstand(server, name, lambda: got.append(attack()))
    assert not server.alarms()
    return got[0], figures


TOO_MUCH_MEMORY = f"it needs more than {READER_MIB} MiB of memory to be read"
EXPANDING: list[tuple[Any, str, str]] = [
    (list_of_numbers, "parquet", TOO_MUCH_MEMORY),
    (long_text, "parquet", TOO_MUCH_MEMORY),
    (million_columns, "csv", "The file has more than 10,000 columns"),
    (malformed_rows, "csv", f"More than {MALFORMED // 2:,} rows were rejected; row 0: has too few or too many cells"),
]


@pytest.mark.parametrize(("write", "suffix", "message"), EXPANDING, ids=[write.__name__ for write, *_ in EXPANDING])
def test_files_that_expand(
    server: ServerUnderTest, tmp_path: Path, counts: Counter[str], write: Any, suffix: str, message: str
) -> None:
    """A small file that needs too much of a resource is a failed job that says so."""
    path = tmp_path / f"file.{suffix}"
    write(path)
    job, figures = attacked(server, write.__name__, partial(publish, server, path))
    assert job["status"] == "FAILURE"
    assert message in job["error_message"]
    figures.check(counts, growth=READER_MIB + 300)


@pytest.mark.parametrize(
    ("write", "suffix", "message"), EXPANDING[:3], ids=[each[0].__name__ for each in EXPANDING[:3]]
)
def test_the_model_factory_reads_files_that_expand(
    server: ServerUnderTest, tmp_path: Path, counts: Counter[str], write: Any, suffix: str, message: str
) -> None:
    """The same file is a 400 with the same message in the model factory."""
    path = tmp_path / f"file.{suffix}"
    write(path)
    response, figures = attacked(server, f"{write.__name__}, factory", partial(propose, server, path))
    assert_error_envelope(response, 400)
    assert message in response["error"]["message"]
    figures.check(counts, growth=READER_MIB + 300)


def test_a_value_of_more_than_8_mib_is_a_rejected_row(
    server: ServerUnderTest, tmp_path: Path, counts: Counter[str]
) -> None:
    """A row whose value is too large is rejected on its own. The other rows of the file are published."""
    long_text(path := tmp_path / "file.parquet", mib=100)
    job, figures = attacked(server, "long value", partial(publish, server, path))
    assert (job["status"], job["info"]["created"], job["info"]["rejected_rows"]) == ("SUCCESS", 1, 1)
    figures.check(counts, growth=READER_MIB + 300)


@pytest.mark.faults
def test_a_long_text_in_every_row(server: ServerUnderTest, tmp_path: Path, counts: Counter[str]) -> None:
    """150 KB that stand for 4 GiB are read in pieces of bounded size, even if the file announces other sizes."""
    text_for_every_row(path := tmp_path / "file.parquet")
    job, figures = attacked(server, "text for every row", partial(publish, server, path))
    assert (job["status"], job["info"]["rows"]) == ("SUCCESS", 65_536)
    figures.check(counts, growth=2 * READER_MIB)


@pytest.mark.parametrize("rows", [MALFORMED, pytest.param(900_000, marks=pytest.mark.faults)])
@pytest.mark.parametrize("how", ["delete", "stop"])
def test_a_job_of_malformed_rows_can_be_ended(tmp_path: Path, how: str, rows: int) -> None:
    """A deletion of the project, or SIGTERM, ends a job that reads malformed rows. The next start goes on with it."""
    path = tmp_path / "file.csv"
    path.write_text("id,number\n" + "x\n" * rows)
    with server_under_test(tmp_path / "data") as server:
        model_id = server.create_model(event_ts_col=None)
        project_id = server.call("GET", f"/v3/models/{model_id}")["project"]["id"]
        job_id = server.publish(model_id, {"type": "FILE", "file_id": server.upload(path)})["job"]["id"]
        while server.job(job_id)["status"] == "PENDING":
            time.sleep(0.01)
        began = time.monotonic()
        if how == "delete":
            server.call("DELETE", f"/v3/projects/{project_id}")
            assert server.job(job_id)["status"] == "FAILURE"
            # The only worker is free for another job.
            path.write_text("id,number\na,1\n")
            assert publish(server, path)["status"] == "SUCCESS"
        else:
            server.stop()
        assert time.monotonic() - began < 3
        if how == "stop":
            server.start()
            assert server.wait_for(job_id)["status"] == "FAILURE"
        assert not server.alarms()


@pytest.mark.parametrize(
    ("models", "pauses"), [(3, (0, 0, 1)), pytest.param(5, (0, 0, 1, 1.2, 1.4), marks=pytest.mark.faults)]
)
def test_a_storm_of_restarts_with_many_jobs(tmp_path: Path, models: int, pauses: tuple[float, ...]) -> None:
    """Killed again and again with many jobs to do, and twice at once, the server does each of them once."""
    path = tmp_path / "file.csv"
    path.write_text("id,number\n" + "".join(f"e{number},{number}\n" for number in range(2000)))
    with server_under_test(tmp_path / "data", file_chunk_rows=500) as server:
        model_ids = [server.create_model(event_ts_col=None) for _ in range(models)]
        file_id = server.upload(path)
        source = {"type": "FILE", "file_id": file_id}
        job_ids = [server.publish(model_id, source)["job"]["id"] for model_id in model_ids * 2]
        # A third kill before the job at the front gets further would fail it, as it might be what ends the server.
        for pause in pauses:
            time.sleep(pause)
            server.kill()
            server.start()
        jobs = [server.wait_for(job_id, SECONDS) for job_id in job_ids]
        assert [(job["status"], job["info"]["rows"]) for job in jobs] == [("SUCCESS", 2000)] * len(jobs)
        assert sum(job["info"]["created"] for job in jobs) == models * 2000
        assert not server.alarms()


def test_a_schema_changes_and_a_project_is_deleted_in_the_middle_of_jobs(tmp_path: Path) -> None:
    """A job goes on when its model gets a column, and ends when its project is deleted; nothing else is disturbed."""
    path = tmp_path / "file.csv"
    path.write_text("id,number,more\n" + "".join(f"e{number},{number},x\n" for number in range(60_000)))
    with server_under_test(tmp_path / "data", file_chunk_rows=1000) as server:
        file_id = server.upload(path)
        kept, deleted = (server.create_model(event_ts_col=None) for _ in range(2))
        source = {"type": "FILE", "file_id": file_id}
        kept_job, deleted_job, last_job = (
            server.publish(model_id, source)["job"]["id"] for model_id in (kept, deleted, kept)
        )
        while not server.job(kept_job)["info"].get("rows"):
            time.sleep(0.01)
        model = server.call("GET", f"/v3/models/{kept}")
        columns = [*model["schema"]["columns"], {"name": "more", "data_type": "str"}]
        spec = model["spec"] | {"metadata": [*model["spec"]["metadata"], "more"]}
        server.call("PATCH", f"/v3/models/{kept}", json={"schema": {"columns": columns}, "spec": spec})
        assert server.wait_for(kept_job, SECONDS)["status"] == "SUCCESS"
        while server.job(deleted_job)["status"] == "PENDING":
            time.sleep(0.01)
        project_id = server.call("GET", f"/v3/models/{deleted}")["project"]["id"]
        server.call("DELETE", f"/v3/projects/{project_id}")
        assert server.job(deleted_job)["status"] == "FAILURE"
        last = server.wait_for(last_job, SECONDS)
        assert (last["status"], last["info"]["rows"]) == ("SUCCESS", 60_000)
        assert not server.alarms()
