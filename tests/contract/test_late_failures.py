"""A job that fails late reports the rows that it kept, for any cause of the failure."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from inference_events.catalog import idempotency_records as idempotency_records
from inference_events.errors import Conflict
from inference_events.events.ingest.chunks import FileChunk
from inference_events.events.ingest.readers import FileReaders
from inference_events.events.ingest.unreadable import Unreadable
from inference_events.jobs import JobFailed
from inference_events.stores.duckdb import DuckDBEventStore
from tests.stores.server import Server, csv_file

ROWS: list[dict[str, Any]] = [{"id": str(number), "x": number, "y": number} for number in range(20)]
NO_ID: list[dict[str, Any]] = [*ROWS[:3], {"id": None, "x": 0}, *ROWS[4:]]
COLUMNS = [{"name": "id", "data_type": "str"}, {"name": "x", "data_type": "int", "max": 1}]
# The server of these tests reads two rows at a time.
READ_ROWS = 6
KEPT = {"rows": READ_ROWS, "rejected_rows": 1, "undeclared_columns": ["y"]}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "data")
    yield server
    server.stop()


@pytest.fixture
def project_id(server: Server) -> str:
    return str(server.call("create_project", body={"name": "bank"})["id"])


@pytest.fixture
def model_id(server: Server, project_id: str) -> str:
    return server.model(project_id, name="m1", schema={"columns": COLUMNS}, spec={}, event_id_col="id")


def break_after(monkeypatch: pytest.MonkeyPatch, rows: int, act: Callable[[], object]) -> None:
    """Call `act` once a file's reader has returned a number of rows; then it continues."""

    read_chunks = FileReaders.read_chunks

    def read_and_act(readers: FileReaders, *arguments: Any, **more: Any) -> Iterator[FileChunk]:
        for chunk in read_chunks(readers, *arguments, **more):
            if chunk.start >= rows:
                act()
            yield chunk

    monkeypatch.setattr(FileReaders, "read_chunks", read_and_act)


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: object) -> None:
        raise error

    return fail


def send(server: Server, model_id: str, kind: str = "publish_events", name: str = "rows.csv") -> Any:
    file_id = server.upload(name, csv_file(NO_ID, ["id", "x", "y"]))
    body = {"model_id": model_id, "env_type": "PRODUCTION", "source": {"type": "FILE", "file_id": file_id}}
    return server.call(kind, body=body)["job"]


def kept(info: dict[str, Any]) -> dict[str, Any]:
    return {name: info[name] for name in KEPT}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Unreadable("The file is damaged"), "BadRequest"),
        (JobFailed("BadRequest", "m"), "BadRequest"),
        (Conflict("m"), "Conflict"),
        (RuntimeError("secret"), "InternalError"),
        (OSError("secret"), "InternalError"),
    ],
)
def test_a_failure_shows_the_rows_that_were_kept(
    server: Server, model_id: str, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    """The counts and the quality report are those of the stored rows, including the chunk in flight."""
    break_after(monkeypatch, READ_ROWS, raising(error))
    job = server.finished(send(server, model_id))
    assert (job["status"], job["error_reason"]) == ("FAILURE", reason)
    assert kept(job["info"]) == KEPT
    assert job["info"]["created"] == len(server.events(model_id)) == READ_ROWS - 1
    assert job["info"]["violations"] == [{"column": "x", "kind": "range", "count": READ_ROWS - 3}]


def test_an_update_that_fails_shows_its_rows(server: Server, model_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An update counts the events that it changed and those that are unknown."""
    events = {"type": "EVENTS", "events": [{"id": "0"}, {"id": "1"}]}
    server.call("publish_events", body={"model_id": model_id, "env_type": "PRODUCTION", "source": events})
    break_after(monkeypatch, READ_ROWS, raising(RuntimeError("secret")))
    info = server.finished(send(server, model_id, "update_events"))["info"]
    assert (info["updated"], info["unknown"]) == (2, READ_ROWS - 3)
    assert kept(info) == KEPT


@pytest.mark.parametrize("what", ["model", "project"])
def test_a_deletion_shows_the_rows_that_were_kept(
    server: Server, project_id: str, model_id: str, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """A job whose model or project is deleted while it runs counts its rows once it has left."""
    deletion: Future[Any] = Future()

    def delete() -> None:
        place = {"model_id": model_id} if what == "model" else {"project_id": project_id}
        deletion.set_result(server.call(f"delete_{what}", **place)["job"])

    break_after(monkeypatch, READ_ROWS, delete)
    job = send(server, model_id)
    assert server.finished(job)["error_message"] == f"The {what} was deleted"
    assert server.finished(deletion.result(10))["status"] == "SUCCESS"
    assert kept(server.call("get_job", job_id=job["id"])["info"]) == KEPT


def test_a_job_that_kept_nothing_says_so(server: Server, model_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that fails before its first row counts none, and so does one that has not begun."""
    was_read = Event()
    break_after(monkeypatch, 0, lambda: was_read.wait(10))
    job = send(server, model_id)
    info = server.call("get_job", job_id=job["id"])["info"]
    was_read.set()
    assert (info["rows"], info["created"], info["violations"]) == (0, 0, [])
    assert server.finished(job)["info"]["rows"] == len(ROWS)
    break_after(monkeypatch, 0, raising(RuntimeError()))
    info = server.finished(send(server, model_id))["info"]
    assert (info["rows"], info["created"], info["rejected_rows"]) == (0, 0, 0)


def no_job_is_open(server: Server) -> bool:
    """Return whether no job is open in the store. A job that has just ended is open for a moment."""
    store = server._services.store
    assert isinstance(store, DuckDBEventStore)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with store._database.cursor() as cursor:
            if not cursor.execute("SELECT job_id FROM open_jobs").fetchall():
                return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize("error", [RuntimeError("secret"), JobFailed("BadRequest", "m"), MemoryError()])
def test_a_job_that_breaks_does_not_stay_open(
    server: Server, model_id: str, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Later publishes to its model are as fast as before."""
    break_after(monkeypatch, READ_ROWS, raising(error))
    assert server.finished(send(server, model_id))["status"] == "FAILURE"
    assert no_job_is_open(server)


def test_a_job_that_is_not_accepted_does_not_stay_open(
    server: Server, model_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the catalog fails after the epoch was raised, the job is closed."""
    job = {"model_id": model_id, "event_ids": ["a"]}
    monkeypatch.setattr(idempotency_records, "record", raising(RuntimeError("secret")))
    with pytest.raises(RuntimeError):
        server.call("delete_events", body=job)
    assert no_job_is_open(server)
