"""A success is sent only after its change is synced to the disk, as the system calls show."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tests.faults.recording_client import RecordingClient
from tests.faults.server_under_test import ServerUnderTest, server_under_test

STRACE = shutil.which("strace")
SENDS = re.compile(r'(?:write|writev|sendto|sendmsg)\(\d+<(?:TCP|socket).*"HTTP/1\.1 20')
SYNCED = re.compile(r"(?:fdatasync|fsync)(?:\(\d+<([^>]*)>| resumed).*= 0")
BEGUN = re.compile(r"(?:fdatasync|fsync)\(\d+<([^>]*)> <unfinished")


@contextmanager
def traced(server: ServerUnderTest, path: Path) -> Iterator[None]:
    """Record the server's syncs and responses, in their order, into a file."""
    calls = "trace=fsync,fdatasync,write,writev,sendto,sendmsg"
    command = [str(STRACE), "-f", "-yy", "-s", "32", "-e", calls, "-o", str(path), "-p", str(server.pid)]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert tracer.stderr is not None
    if "attached" not in tracer.stderr.readline():
        tracer.wait()
        tracer.stderr.close()
        pytest.skip("strace may not attach here")
    try:
        yield
        time.sleep(0.2)
    finally:
        tracer.terminate()
        tracer.wait()
        tracer.stderr.close()


def synced_before_responses(path: Path) -> list[set[str]]:
    """Return for each success the names of the files that were synced since the response before it."""
    responses: list[set[str]] = []
    synced: set[str] = set()
    begun: dict[str, str] = {}
    for line in path.read_text(errors="replace").splitlines():
        thread = line.split(maxsplit=1)[0]
        if SENDS.search(line):
            responses.append(synced)
            synced = set()
        elif unfinished := BEGUN.search(line):
            begun[thread] = unfinished[1]
        elif done := SYNCED.search(line):
            synced.add(Path(done[1] or begun.pop(thread, "?")).name)
    return responses


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
def test_responses_come_after_the_sync(tmp_path: Path) -> None:
    """Publishing and updating sync the events' log, uploads their file, jobs and models the catalog; then comes 20x."""
    with server_under_test(tmp_path / "data") as server:
        recorder = RecordingClient(server, tmp_path)
        rows = tmp_path / "rows.csv"
        rows.write_text("id,number\na,1\n")
        with traced(server, tmp_path / "calls"):
            assert recorder.publish(10).is_success
            assert recorder.label(np.arange(5)).is_success
            server.upload(rows)
            server.call("POST", "/v3/projects", json={"name": "synced"})
            request = {"model_id": recorder.model.id, "event_ids": ["recorder0-1"]}
            server.call("DELETE", "/v3/events", json=request)
        published, labelled, uploaded, created, accepted, *_ = synced_before_responses(tmp_path / "calls")
    assert "events.duckdb.wal" in published
    assert "events.duckdb.wal" in labelled
    assert {"files", "catalog.sqlite-wal"} <= uploaded
    assert any(name.endswith(".part") for name in uploaded)
    assert "catalog.sqlite-wal" in created
    assert "catalog.sqlite-wal" in accepted
