"""If a disk is full or read-only, requests and starts fail, and no acknowledged event is lost."""

import os
import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.process import TOKEN
from tests.envelope import assert_error_envelope
from tests.faults.recording_client import RecordingClient
from tests.faults.server_under_test import ServerUnderTest, refusal, server_under_test
from tests.program import Ended, Program

DISK_MIB = 48
# So that there is room for a write-ahead log, but not for much more: then checkpoints fail as well as commits.
BALLAST_MIB = 30
REFUSALS = 3
MIB = 1024 * 1024


def mount(*arguments: str | Path) -> None:
    done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small disk can only be mounted by root: {done.stderr.strip()}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Return the directory of a small disk, with a file on it that can be removed."""
    path = tmp_path / "disk"
    path.mkdir()
    mount("-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", path)
    try:
        (path / "ballast").write_bytes(bytes(BALLAST_MIB * MIB))
        yield path
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)


def assert_full(response: httpx.Response) -> None:
    assert response.status_code == 503, response.text
    assert "disk is full" in assert_error_envelope(response.json(), 503)["message"]
    assert int(response.headers["Retry-After"]) > 0


def fill(server: ServerUnderTest, recorder: RecordingClient, counts: Counter[str]) -> None:
    """Publish and change events until the disk has been full for a while."""
    refusals = 0
    while refusals < REFUSALS:
        for response in (recorder.publish(note="x" * 1500), recorder.label(recorder.state.present[-2000:-1000])):
            if not response.is_success:
                assert_full(response)
                refusals += 1
    counts["requests refused by a full disk"] += refusals
    leave(server.data_dir.parent, room=0)


def leave(disk: Path, room: int) -> None:
    """Fill the disk but for some bytes."""
    rest = os.statvfs(disk)
    (disk / "rest").write_bytes(bytes(rest.f_bavail * rest.f_frsize - room))


def readiness(server: ServerUnderTest) -> tuple[str, int]:
    """Return the status of the readiness and its metric."""
    response = server.client.get("/readyz")
    assert response.status_code == 200, response.text
    [value] = re.findall(r"^inference_events_writable (\d)", server.client.get("/metrics").text, re.MULTILINE)
    return response.json()["data"]["status"], int(value)


def wait_until_writable(server: ServerUnderTest) -> None:
    """Wait until the probe finds room."""
    until = time.monotonic() + 60
    while readiness(server) != ("ok", 1):
        assert time.monotonic() < until, "no probe found room"
        time.sleep(0.2)


# In the long form only: it waits for two probes, 10 s each.
@pytest.mark.faults
def test_a_disk_that_fills_up_without_a_write_is_noticed(tmp_path: Path, disk: Path) -> None:
    """A probe finds a full disk, and another one finds room, if nothing else is written."""
    with server_under_test(disk / "data", log=tmp_path / "log") as server:
        assert readiness(server) == ("ok", 1)
        leave(disk, room=0)
        until = time.monotonic() + 60
        while readiness(server) != ("read_only", 0):
            assert time.monotonic() < until, "no probe failed"
            time.sleep(0.2)
        (disk / "rest").unlink()
        wait_until_writable(server)


def test_a_full_disk_refuses_and_goes_on_when_there_is_room(tmp_path: Path, disk: Path, counts: Counter[str]) -> None:
    """With a full disk every change is a 503 that changes nothing, reads go on, and freeing room is enough.

    The server stays ready meanwhile, but says that it only reads.
    """
    with server_under_test(disk / "data", log=tmp_path / "log") as server:
        recorder = RecordingClient(server, tmp_path)
        fill(server, recorder, counts)
        for change in (
            server.client.post("/v3/projects", json={"name": "one_too_many"}),
            server.client.post("/v3/files/upload", files={"file": ("rows.csv", bytes(MIB))}),
            recorder.replace(recorder.state.present[:500]),
        ):
            assert_full(change)
        assert not list((disk / "data" / "incoming").iterdir())
        assert readiness(server) == ("read_only", 0)
        assert server.client.get("/healthz").json()["data"] == {"status": "ok"}
        query = {"model_id": recorder.model.id, "env_type": "PRODUCTION", "limit": 10}
        assert len(server.call("POST", "/v3/events/query", json=query)["items"]) == 10
        (disk / "ballast").unlink()
        (disk / "rest").unlink()
        assert recorder.publish().is_success
        # Send the failed requests again: no trace of them may make the server skip them or count them as done.
        assert recorder.replace(recorder.state.present[:500]).json()["data"]["replaced"] == 500
        assert recorder.label(recorder.state.present[-3000:-2000]).json()["data"]["updated"] == 1000
        recorder.delete(recorder.state.present[:100])
        wait_until_writable(server)
        recorder.audit(counts)
        server.kill()
        server.start()
        assert recorder.publish().is_success
        recorder.audit(counts)


@pytest.mark.faults
def test_a_job_waits_for_room(tmp_path: Path, disk: Path, counts: Counter[str]) -> None:
    """A file that was accepted is published when the disk has room for it, over nothing that came meanwhile."""
    rows = tmp_path / "rows.csv"
    rows.write_text("id,number\n" + "".join(f"{number:0>100},{number}\n" for number in range(50_000)))
    with server_under_test(disk / "data", log=tmp_path / "log", file_chunk_rows=10_000) as server:
        model_id = server.create_model(event_ts_col=None)
        file_id = server.upload(rows)
        leave(disk, room=256 * 1024)
        job_id = server.publish(model_id, {"type": "FILE", "file_id": file_id})["job"]["id"]
        later = {"id": f"{49_999:0>100}", "number": -1}
        server.publish(model_id, {"type": "EVENTS", "events": [later]})
        until = time.monotonic() + 30
        while b"job_waits_for_room" not in (tmp_path / "log").read_bytes():
            assert time.monotonic() < until, "the disk is not full"
            time.sleep(0.1)
        assert server.job(job_id)["status"] == "STARTED"
        (disk / "ballast").unlink()
        job = server.wait_for(job_id)
        assert (job["status"], job["info"]["rows"]) == ("SUCCESS", 50_000)
        stored = {event["event_id"]: event["values"]["number"] for event in server.read_all(model_id)}
        assert stored == {f"{number:0>100}": number for number in range(49_999)} | {later["id"]: -1}
    counts["jobs that waited for room"] += 1


def test_a_log_that_cannot_be_written_is_no_failure(tmp_path: Path, counts: Counter[str]) -> None:
    """With the log on a full disk everything is served as before."""
    with server_under_test(tmp_path / "data", log=Path("/dev/full")) as server:
        recorder = RecordingClient(server, tmp_path)
        assert recorder.publish().is_success
        assert_error_envelope(server.client.get("/v3/nothing").json(), 404)
        assert recorder.label(recorder.state.present).is_success
        recorder.audit(counts)


def test_a_directory_that_takes_no_writes_is_refused(disk: Path) -> None:
    """A server on a read-only directory ends at once and says why."""
    (disk / "data").mkdir()
    mount("-o", "remount,ro", disk)
    ended = refusal(disk / "data")
    assert ended.returncode == 1
    assert "cannot be the data directory: Read-only file system" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("is_new", [True, False])
@pytest.mark.parametrize("room", [0, 65536])
def test_a_start_on_a_full_disk_says_so(tmp_path: Path, disk: Path, room: int, is_new: bool) -> None:
    """A server that cannot start because its disk is full says that, and does not take its files for damaged."""
    if not is_new:
        with server_under_test(disk / "data", log=tmp_path / "log") as server:
            assert RecordingClient(server, tmp_path).publish().is_success
            server.kill()
    leave(disk, room)
    program = Program(disk / "data", TOKEN, log=tmp_path / "start")
    try:
        program.start()
        program.kill()
    except Ended:
        log = (tmp_path / "start").read_text()
        assert f"The disk of {disk / 'data'} is full" in log, log
        assert "Traceback" not in log
    else:
        assert room or not is_new


def test_files_are_private(tmp_path: Path) -> None:
    """Only the server's user can read the files that the server creates."""
    with server_under_test(tmp_path / "data") as server:
        assert RecordingClient(server, tmp_path).publish().is_success
        for path in (tmp_path / "data").rglob("*"):
            assert path.stat().st_mode & 0o077 == 0, path
