"""Uploads in parts survive the end of the server, at any step."""

import hashlib
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.e2e.process import ServerProcess, running
from tests.uploads import object_paths

HEAD, TAIL = b"id,number,label\n", b"a,1,true\nb,2,false\n"


def begin(server: ServerProcess) -> str:
    file_id: str = server.call("POST", "/v3/files/multipart-init", json={"filename": "rows.csv"})["id"]
    return file_id


def add(server: ServerProcess, file_id: str, number: int, content: bytes) -> str:
    form = {"file": ("part", content), "file_id": (None, file_id), "part_number": (None, str(number))}
    part_id: str = server.call("POST", "/v3/files/multipart-upload", files=form)["part_id"]
    assert part_id == hashlib.sha256(content).hexdigest()
    return part_id


def test_an_upload_continues_after_a_crash(tmp_path: Path) -> None:
    """Acknowledged parts are stored after kill -9, and so is the file that was made of them."""
    with running(tmp_path) as server:
        file_id = begin(server)
        tail = add(server, file_id, 2, TAIL)
        server.kill()
        server.start()
        named = [{"number": 1, "id": add(server, file_id, 1, HEAD)}, {"number": 2, "id": tail}]
        completed = server.call("POST", "/v3/files/multipart-complete", json={"file_id": file_id, "parts": named})
        server.kill()
        server.start()
        assert completed["size"] == len(HEAD + TAIL)
        model_id = server.create_model(event_ts_col=None)
        job = server.wait_for(server.publish(model_id, {"type": "FILE", "file_id": file_id})["job"]["id"])
        assert (job["status"], job["info"]["created"]) == ("SUCCESS", 2)
        assert [event["values"]["number"] for event in server.read_all(model_id)] == [1, 2]
    kept = {path for room in ("files", "incoming") for path in (tmp_path / room).iterdir()}
    assert kept == set(object_paths(tmp_path, file_id))
    assert len(kept) == 2


@pytest.mark.parametrize("delay", [0.02, 0.1, 0.3])
def test_no_acknowledged_part_is_lost(tmp_path: Path, delay: float) -> None:
    """A server that is killed while parts arrive, some of them again, has every part that it acknowledged.

    The upload continues with the other parts. Unfinished parts are gone at the next start, or are orphans.
    """
    rows = [f"e{number},{number},true\n".encode() for number in range(40)]
    contents = dict(enumerate([HEAD, *rows], 1))
    acknowledged: dict[int, str] = {}
    with running(tmp_path) as server:
        file_id = begin(server)

        def send() -> None:
            for number in (number for number in contents for _ in range(2)):
                acknowledged[number] = add(server, file_id, number, contents[number])

        during(server, send, delay)
        assert not list((tmp_path / "incoming").iterdir())
        for number in contents.keys() - acknowledged.keys():
            acknowledged[number] = add(server, file_id, number, contents[number])
        named = [{"number": number, "id": one} for number, one in acknowledged.items()]
        server.call("POST", "/v3/files/multipart-complete", json={"file_id": file_id, "parts": named})
        kept = object_paths(tmp_path, file_id)
        assert b"".join(path.read_bytes() for path in kept) == b"".join(contents.values())
        assert len(set((tmp_path / "files").iterdir()) - set(kept)) <= 1
        model_id = server.create_model(event_ts_col=None)
        job = server.wait_for(server.publish(model_id, {"type": "FILE", "file_id": file_id})["job"]["id"])
        assert (job["status"], job["info"]["created"]) == ("SUCCESS", len(rows))


def during(server: ServerProcess, work: Callable[[], None], delay: float) -> None:
    """Kill a server a while after some work has begun, and start it again when the work has failed."""

    def ending() -> None:
        # A request of a client that `kill` has closed is a RuntimeError.
        with suppress(httpx.HTTPError, RuntimeError):
            work()

    working = threading.Thread(target=ending)
    working.start()
    time.sleep(delay)
    server.kill()
    working.join()
    server.start()


def test_expired_files_and_jobs_are_removed(tmp_path: Path) -> None:
    """A purge removes a file and then a job after the time that the settings give them; unused files stay."""
    hour = 1e-6
    with running(tmp_path) as server:
        unused, used = begin(server), begin(server)
        for file_id in (unused, used):
            parts = [{"number": 1, "id": add(server, file_id, 1, HEAD + TAIL)}]
            server.call("POST", "/v3/files/multipart-complete", json={"file_id": file_id, "parts": parts})
        model_id = server.create_model(event_ts_col=None)
        job_id = server.publish(model_id, {"type": "FILE", "file_id": used})["job"]["id"]
        server.wait_for(job_id)
        server.kill()
    with running(tmp_path, used_file_hours=str(hour)) as server:
        await_end(server, f"/v3/files/{used}")
        assert server.job(job_id)["status"] == "SUCCESS"
        server.kill()
    with running(tmp_path, used_file_hours=str(hour), job_days=str(hour / 24)) as server:
        await_end(server, f"/v3/jobs/{job_id}")
        assert [event["values"]["number"] for event in server.read_all(model_id)] == [1, 2]
        assert [file["id"] for file in server.call("GET", "/v3/files")["items"]] == [unused]
        assert list((tmp_path / "files").iterdir()) == object_paths(tmp_path, unused)


def await_end(server: ServerProcess, path: str) -> None:
    deadline = time.monotonic() + 60
    while server.client.get(path).status_code != 404:
        assert time.monotonic() < deadline, "nothing is removed"
        time.sleep(0.05)
