"""Promises of `inference-events compact`: a smaller file with the same content, and no loss by a crash."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from inference_events.compaction import Space, compact_directory, plan_compaction
from inference_events.data_directory import DataDirectory, DataDirectoryError
from inference_events.stores.duckdb import compaction
from tests.e2e.process import running

ROWS = 100_000
KEPT = ROWS // 10
START = 1_700_000_000
KEY = {"Idempotency-Key": "compacted"}
# Sends itself SIGKILL before or after a step of a compaction.
KILLED = """
import os, signal, sys
from pathlib import Path
from inference_events import compaction as of_directory
from inference_events.stores.duckdb import compaction

step, moment, directory = sys.argv[1:]
module = of_directory if step == "merge_log" else compaction
real = getattr(module, step)

def killed(*arguments):
    if moment == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    real(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(module, step, killed)
of_directory.compact_directory(Path(directory), print)
"""
MOMENTS = [
    ("merge_log", "after"),
    ("_copy", "after"),
    ("_replace", "before"),
    ("sync_directory", "before"),
    ("_replace", "after"),
]


class Prepared(SimpleNamespace):
    """A data directory whose server was killed after most events were deleted, and the content of its events file."""

    path: Path
    model_id: str
    content: Any
    published: Any


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Publish a file, delete most of its events, and leave another event in the write-ahead log."""
    path = tmp_path_factory.mktemp("prepared") / "data"
    parquet = path.with_name("events.parquet")
    numbers = list(range(ROWS))
    times = [START + number for number in numbers]
    pq.write_table(pa.table({"id": [f"e{n}" for n in numbers], "number": numbers, "time": times}), parquet)
    with running(path, checkpoint_bytes="1MiB") as server:
        model_id = server.create_model()
        file_id = server.upload(parquet)
        server.wait_for(server.publish(model_id, {"type": "FILE", "file_id": file_id})["job"]["id"])
        labels = [{"id": f"e{ROWS - 1}", "label": True}]
        server.publish(model_id, {"type": "EVENTS", "events": labels}, "PATCH")
        deletion = {"model_id": model_id, "time_range": {"start_time": START, "end_time": START + ROWS - KEPT}}
        server.wait_for(server.call("DELETE", "/v3/events", json=deletion)["job"]["id"])
        published = server.call("POST", "/v3/events", json=one_event(model_id), headers=KEY)
        server.kill()
    assert (path / "events.duckdb.wal").exists()
    merged = shutil.copytree(path, path.with_name("merged"))
    compaction.merge_log(merged / "events.duckdb")
    content = compaction._content(merged / "events.duckdb")
    return Prepared(path=path, model_id=model_id, content=content, published=published)


@pytest.fixture
def directory(prepared: Prepared, tmp_path: Path) -> Path:
    """Give a copy of the prepared data directory."""
    return Path(shutil.copytree(prepared.path, tmp_path / "data"))


def one_event(model_id: str) -> dict[str, Any]:
    events = {"type": "EVENTS", "events": [{"id": "one", "number": 1, "time": START + ROWS}]}
    return {"model_id": model_id, "env_type": "PRODUCTION", "source": events}


def compact(directory: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "inference_events", "compact", "--data-dir", str(directory), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def start_compacting(directory: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "inference_events", "compact", "--data-dir", str(directory)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def assert_whole(directory: Path, prepared: Prepared) -> None:
    """Check that a start finds the old or the new events file, with all its content, and removes leftovers."""
    DataDirectory(directory).close()
    assert list(directory.glob("*compacting*")) == []
    compaction.merge_log(directory / "events.duckdb")
    assert compaction._content(directory / "events.duckdb") == prepared.content


def hashes(directory: Path) -> dict[str, str]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {str(path): sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_compacted_file_is_smaller_and_serves_the_same(directory: Path, prepared: Prepared) -> None:
    """The file shrinks; events, labels, idempotency records and epochs are as before, and writes continue."""
    before = plan_compaction(directory).used
    done = compact(directory)
    assert done.returncode == 0, done.stderr
    assert "A copy needs up to" in done.stdout.splitlines()[0]
    assert (directory / "events.duckdb").stat().st_size < before / 2
    assert (directory / "events.duckdb").stat().st_mode & 0o077 == 0
    assert_whole(directory, prepared)
    with running(directory) as server:
        events = server.read_all(prepared.model_id)
        assert [event["event_id"] for event in events] == [*(f"e{n}" for n in range(ROWS - KEPT, ROWS)), "one"]
        assert events[-2]["values"]["label"] is True
        request = {"json": one_event(prepared.model_id), "headers": KEY}
        assert server.call("POST", "/v3/events", **request) == prepared.published
        deletion = {"model_id": prepared.model_id, "event_ids": ["one"]}
        job = server.wait_for(server.call("DELETE", "/v3/events", json=deletion)["job"]["id"])
        assert job["info"]["deleted_events"] == 1


def test_a_directory_in_use_is_refused(tmp_path: Path) -> None:
    """While a server runs, neither a compaction nor its dry run begins."""
    with running(tmp_path) as server:
        for options in ([], ["--dry-run"]):
            refused = compact(tmp_path, *options)
            assert refused.returncode == 1
            assert "is in use by another server" in refused.stderr
        assert server.client.get("/readyz").status_code == 200


def test_a_dry_run_changes_nothing(directory: Path) -> None:
    """A dry run reports the space that a compaction needs, and leaves every file as it is."""
    before = hashes(directory)
    done = compact(directory, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("The events file has ")
    assert hashes(directory) == before


def test_a_disk_without_the_space_is_refused(
    directory: Path, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the disk has less than a copy may need, the need is reported and no copy begins."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    monkeypatch.setattr(compaction, "_copy", pytest.fail)
    spaces: list[Space] = []
    with pytest.raises(DataDirectoryError, match="not enough free space"):
        compact_directory(directory, spaces.append)
    assert spaces[0].free == 1_000_000 < spaces[0].needed
    assert_whole(directory, prepared)


def test_a_copy_needs_no_more_than_was_reported(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy, with the engine's temporary files, stays within the reported space."""
    taken: list[int] = []

    def measured(path: Path, draft: Path) -> None:
        copy(path, draft)
        taken.append(sum(file.stat().st_size for file in directory.glob("*compacting*")))

    copy: Callable[[Path, Path], None] = compaction._copy
    monkeypatch.setattr(compaction, "_copy", measured)
    spaces: list[Space] = []
    compact_directory(directory, spaces.append)
    assert 0 < taken[0] <= spaces[0].needed


def test_a_disk_that_fills_up_costs_nothing(
    directory: Path, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the disk fills up during the copy, the message says so, and the old file stays."""

    def full(_: Path, draft: Path) -> None:
        draft.write_text("half")
        raise duckdb.IOException("Could not write file: No space left on device")

    monkeypatch.setattr(compaction, "_copy", full)
    with pytest.raises(DataDirectoryError, match="became full"):
        compact_directory(directory, lambda _: None)
    assert list(directory.glob("*compacting*")) == []
    assert_whole(directory, prepared)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE columns SET name = 'x' WHERE number = 0",
        "DELETE FROM format",
        "CREATE TABLE other (x INT)",
        "INSERT INTO rejected_rows VALUES ('j', 1, 'r', 'm')",
    ],
)
def test_a_copy_that_differs_is_refused(
    directory: Path, prepared: Prepared, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """A copy that differs in one value, row or table does not replace the file."""

    def changed(path: Path, draft: Path) -> None:
        copy(path, draft)
        with duckdb.connect(str(draft)) as db:
            db.execute(change)

    copy: Callable[[Path, Path], None] = compaction._copy
    monkeypatch.setattr(compaction, "_copy", changed)
    with pytest.raises(DataDirectoryError, match="not equal"):
        compact_directory(directory, lambda _: None)
    assert_whole(directory, prepared)


@pytest.mark.parametrize(("step", "moment"), MOMENTS)
def test_a_kill_at_a_step_leaves_a_whole_file(directory: Path, prepared: Prepared, step: str, moment: str) -> None:
    """Killed before or after each step, a compaction leaves the old file or the new one, and can be repeated."""
    killed = subprocess.run([sys.executable, "-c", KILLED, step, moment, str(directory)], timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert_whole(directory, prepared)
    compact_directory(directory, lambda _: None)
    assert_whole(directory, prepared)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9])
def test_a_kill_during_the_copy_leaves_a_whole_file(directory: Path, prepared: Prepared, share: float) -> None:
    """Killed while its copy grows, a compaction leaves the old file or the new one."""
    compacted = Path(shutil.copytree(directory, directory.with_name("compacted")))
    compact_directory(compacted, lambda _: None)
    limit = share * (compacted / "events.duckdb").stat().st_size
    draft = directory / "events.duckdb.compacting"
    compacting = start_compacting(directory)
    while compacting.poll() is None and not (draft.exists() and size(draft) >= limit):
        time.sleep(0.0005)
    compacting.send_signal(signal.SIGKILL)
    compacting.wait(60)
    assert_whole(directory, prepared)


def size(path: Path) -> int:
    """Return the size of a file, 0 if it has just gone."""
    try:
        return os.stat(path).st_size  # noqa: PTH116
    except FileNotFoundError:
        return 0
