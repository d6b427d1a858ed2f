"""A clock that is set forwards and back changes no stored event."""

import os
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.recording_client import RecordingClient
from tests.faults.server_under_test import server_under_test

NAME = "libfaketimeMT.so.1"
PLACES = [os.environ.get("LIBFAKETIME", ""), *map(str, Path("/usr/lib").glob(f"**/faketime/{NAME}"))]
LIBRARY = next((place for place in PLACES if place and Path(place).exists()), None)
STEPS = ["+0", "-2d", "+40d", "-400d", "+1", "+36500d", "+0"]


@pytest.mark.faults
@pytest.mark.skipif(LIBRARY is None, reason="libfaketime is not installed (in Debian: faketime), nor in LIBFAKETIME")
def test_steps_of_the_clock_lose_nothing(tmp_path: Path, counts: Counter[str]) -> None:
    """Over steps of days and years, also with kills between: nothing is lost, and a repeated request is recognised."""
    clock = tmp_path / "clock"
    clock.write_text("+0")
    environment = {
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        # No step of the clock moves this one.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    with server_under_test(tmp_path / "data", environment) as server:
        recorder = RecordingClient(server, tmp_path)
        for number, step in enumerate(STEPS):
            clock.write_text(step)
            assert recorder.publish(200).json()["data"]["created"] == 200
            body = {"name": f"project_{number}"}
            key = {"Idempotency-Key": f"key-{number}"}
            first = server.call("POST", "/v3/projects", json=body, headers=key)
            assert server.call("POST", "/v3/projects", json=body, headers=key) == first
            assert recorder.label(recorder.state.present[-150:]).is_success
            recorder.delete(recorder.state.present[-20:])
            counts["steps of the clock"] += 1
            if number % 3 == 2:
                server.kill()
                server.start()
        recorder.audit(counts)
        now = server.call("POST", "/v3/projects", json={"name": "now"})["created_at"]
        assert now[:4] == time.strftime("%Y", time.gmtime())
