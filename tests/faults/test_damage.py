"""Damaged files on the disk are refused if the damage is detectable, and are never read as something else."""

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.envelope import assert_error_envelope
from tests.faults.audit import FAULTS, compare, download
from tests.faults.expected_state import ExpectedState
from tests.faults.load import Model
from tests.faults.recording_client import RecordingClient
from tests.faults.server_under_test import refusal, server_under_test
from tests.program import Ended
from tests.uploads import object_paths

Damage = Callable[[Path], None]


def cut(share: float) -> Damage:
    """Cut a file to a share of its length."""

    def damage(path: Path) -> None:
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * share)])

    return damage


def flip(share: float) -> Damage:
    """Flip all bits of sixteen bytes, which lie at a share of a file's length."""

    def damage(path: Path) -> None:
        content = bytearray(path.read_bytes())
        place = int(len(content) * share)
        content[place : place + 16] = bytes(byte ^ 0xFF for byte in content[place : place + 16])
        path.write_bytes(content)

    return damage


# The README names damage that is not detectable: bytes flipped within a value of the catalog, and a write-ahead log
# that lost its end, which looks like one without its last commit.
KNOWN = [
    pytest.param("catalog.sqlite", cut(0.5), id="catalog cut"),
    pytest.param("catalog.sqlite", flip(0), id="catalog flipped", marks=pytest.mark.faults),
    pytest.param("events.duckdb", cut(0), id="events gone", marks=pytest.mark.faults),
    pytest.param("events.duckdb", cut(0.5), id="events cut", marks=pytest.mark.faults),
    pytest.param("events.duckdb", flip(0), id="events flipped", marks=pytest.mark.faults),
    pytest.param("events.duckdb.wal", flip(0.3), id="log flipped"),
]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Model, ExpectedState]:
    """Return a data directory after a kill, partly in the write-ahead log, with its expected state."""
    folder = tmp_path_factory.mktemp("stored")
    with server_under_test(folder / "data") as server:
        recorder = RecordingClient(server, folder)
        for _ in range(20):
            assert recorder.publish().is_success
        server.stop()
        server.start()
        for _ in range(2):
            assert recorder.publish().is_success
        server.kill()
    return folder / "data", recorder.model, recorder.state


@pytest.mark.parametrize(("name", "damage"), KNOWN)
def test_damage_that_shows_refuses_the_start(
    tmp_path: Path, stored: tuple[Path, Model, ExpectedState], name: str, damage: Damage
) -> None:
    """The server ends at once, names the file, and says what to do."""
    shutil.copytree(stored[0], tmp_path / "data")
    damage(tmp_path / "data" / name)
    ended = refusal(tmp_path / "data")
    assert ended.returncode == 1
    assert f"{tmp_path / 'data' / name.removesuffix('.wal')} cannot be opened: " in ended.stderr
    assert "put back a backup" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.faults
@pytest.mark.parametrize("share", [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
def test_damaged_events_are_never_read_as_others(
    tmp_path: Path, stored: tuple[Path, Model, ExpectedState], counts: Counter[str], share: float
) -> None:
    """If the damage shows only when events are read, that is an error, and all readable events are right."""
    data, model, state = stored
    shutil.copytree(data, tmp_path / "data")
    flip(share)(tmp_path / "data" / "events.duckdb")
    try:
        with server_under_test(tmp_path / "data") as server:
            response = server.client.post("/v3/analytics/download-slice-data", json=everything(model))
            if response.status_code != 200:
                assert_error_envelope(response.json(), 500)
                counts["damage found in reading"] += 1
                return
            found = compare(download(server, model, False, tmp_path), [state], 0)
    except Ended:
        assert b"events.duckdb cannot be opened: " in (tmp_path / "data.log").read_bytes()
        counts["damage found at the start"] += 1
        return
    assert not any(found[fault] for fault in FAULTS), found
    counts["damage outside of stored data"] += 1


def everything(model: Model) -> dict[str, Any]:
    return {"model_id": model.id, "env_type": "PRODUCTION", "csv": False, "num_samples": 1_000_000}


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(flip(0.5), id="flipped"),
        pytest.param(cut(0.5), id="cut", marks=pytest.mark.faults),
        pytest.param(Path.unlink, id="gone", marks=pytest.mark.faults),
    ],
)
def test_a_damaged_upload_is_not_published(tmp_path: Path, damage: Damage) -> None:
    """A file that is no longer what was uploaded fails its job, which says so, before anything of it is stored."""
    rows = tmp_path / "rows.csv"
    rows.write_text("id,number\n" + "".join(f"e{number},{number}\n" for number in range(1000)))
    with server_under_test(tmp_path / "data") as server:
        model_id = server.create_model(event_ts_col=None)
        file_id = server.upload(rows)
        [path] = object_paths(tmp_path / "data", file_id)
        damage(path)
        job = server.wait_for(server.publish(model_id, {"type": "FILE", "file_id": file_id})["job"]["id"])
        assert job["status"] == "FAILURE"
        assert "The uploaded file" in job["error_message"]
        assert server.read_all(model_id) == []
