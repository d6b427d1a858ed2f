"""A disk that is full, or takes no writes, costs requests and starts, but nothing that was acknowledged."""

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
from tests.faults.scribe import Scribe
from tests.faults.subject import Subject, refusal, subject
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
    """Give a small disk of its own, with a ballast on it that can be removed."""
    path = tmp_path / "disk"
    path.mkdir()
    mount("-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", path)
    try:
        (path / "ballast").write_bytes(bytes(BALLAST_MIB * MIB))
        yield path
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)


def assert_full(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert "disk is full" in assert_error_envelope(answer.json(), 503)["message"]
    assert int(answer.headers["Retry-After"]) > 0


def fill(server: Subject, scribe: Scribe, counts: Counter[str]) -> None:
    """Publish and change events until the disk has been full for a while."""
    refusals = 0
    while refusals < REFUSALS:
        for answer in (scribe.publish(note="x" * 1500), scribe.label(scribe.ledger.present[-2000:-1000])):
            if not answer.is_success:
                assert_full(answer)
                refusals += 1
    counts["requests refused by a full disk"] += refusals
    leave(server.data_dir.parent, room=0)


def leave(disk: Path, room: int) -> None:
    """Fill the disk but for some bytes."""
    rest = os.statvfs(disk)
    (disk / "rest").write_bytes(bytes(rest.f_bavail * rest.f_frsize - room))


def readiness(server: Subject) -> tuple[str, int]:
    """Return what the server says it takes, and its metric for that."""
    answer = server.client.get("/readyz")
    assert answer.status_code == 200, answer.text
    [value] = re.findall(r"^inference_events_writable (\d)", server.client.get("/metrics").text, re.MULTILINE)
    return answer.json()["data"]["status"], int(value)


def wait_until_writable(server: Subject) -> None:
    """Wait for the probe that finds room."""
    until = time.monotonic() + 60
    while readiness(server) != ("ok", 1):
        assert time.monotonic() < until, "no probe found room"
        time.sleep(0.2)


# In the long form only: it waits for two probes, 10 s each.
@pytest.mark.faults
def test_a_disk_that_fills_up_without_a_write_is_noticed(tmp_path: Path, disk: Path) -> None:
    """A probe finds a full disk, and another one finds room, if nothing else is written."""
    with subject(disk / "data", log=tmp_path / "log") as server:
        assert readiness(server) == ("ok", 1)
        leave(disk, room=0)
        until = time.monotonic() + 60
        while readiness(server) != ("read_only", 0):
            assert time.monotonic() < until, "no probe failed"
            time.sleep(0.2)
        (disk / "rest").unlink()
        wait_until_writable(server)


def test_a_full_disk_refuses_and_goes_on_when_there_is_room(tmp_path: Path, disk: Path, counts: Counter[str]) -> None:
    """With a full disk every change is a 503 that changes nothing, reads go on, and room is all that is needed.

    The server stays ready meanwhile, but says that it only reads.
    """
    with subject(disk / "data", log=tmp_path / "log") as server:
        scribe = Scribe(server, tmp_path)
        fill(server, scribe, counts)
        for change in (
            server.client.post("/v3/projects", json={"name": "one_too_many"}),
            server.client.post("/v3/files/upload", files={"file": ("rows.csv", bytes(MIB))}),
            scribe.replace(scribe.ledger.present[:500]),
        ):
            assert_full(change)
        assert not list((disk / "data" / "incoming").iterdir())
        assert readiness(server) == ("read_only", 0)
        assert server.client.get("/healthz").json()["data"] == {"status": "ok"}
        query = {"model_id": scribe.model.id, "env_type": "PRODUCTION", "limit": 10}
        assert len(server.call("POST", "/v3/events/query", json=query)["items"]) == 10
        (disk / "ballast").unlink()
        (disk / "rest").unlink()
        assert scribe.publish().is_success
        # What failed is done again: nothing of it may have left a trace by which it is missed, or taken for done.
        assert scribe.replace(scribe.ledger.present[:500]).json()["data"]["replaced"] == 500
        assert scribe.label(scribe.ledger.present[-3000:-2000]).json()["data"]["updated"] == 1000
        scribe.delete(scribe.ledger.present[:100])
        wait_until_writable(server)
        scribe.audit(counts)
        server.kill()
        server.start()
        assert scribe.publish().is_success
        scribe.audit(counts)


@pytest.mark.faults
def test_a_job_waits_for_room(tmp_path: Path, disk: Path, counts: Counter[str]) -> None:
    """A file that was accepted is published when the disk has room for it, over nothing that came meanwhile."""
    rows = tmp_path / "rows.csv"
    rows.write_text("id,number\n" + "".join(f"{number:0>100},{number}\n" for number in range(50_000)))
    with subject(disk / "data", log=tmp_path / "log", file_chunk_rows=10_000) as server:
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
    with subject(tmp_path / "data", log=Path("/dev/full")) as server:
        scribe = Scribe(server, tmp_path)
        assert scribe.publish().is_success
        assert_error_envelope(server.client.get("/v3/nothing").json(), 404)
        assert scribe.label(scribe.ledger.present).is_success
        scribe.audit(counts)


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
        with subject(disk / "data", log=tmp_path / "log") as server:
            assert Scribe(server, tmp_path).publish().is_success
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
    """Whatever the server creates, only its user can read."""
    with subject(tmp_path / "data") as server:
        assert Scribe(server, tmp_path).publish().is_success
        for path in (tmp_path / "data").rglob("*"):
            assert path.stat().st_mode & 0o077 == 0, path
