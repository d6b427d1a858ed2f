"""Processes that read files return the same rows as this process, and do no harm if one ends."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from inference_events.errors import ServiceUnavailable
from inference_events.events.ingest import files
from inference_events.events.ingest.chunks import CHUNK_BYTES
from inference_events.events.ingest.parquet_files import BATCH_BYTES, MAX_VALUE_BYTES
from inference_events.events.ingest.readers import FileReaders
from inference_events.events.ingest.unreadable import Unreadable
from tests.uploads import source_of

MIB = 1024 * 1024
ORPHAN = """
import sys, time
from inference_events.events.ingest.readers import FileReaders
readers = FileReaders(256 * 1024 * 1024, 60)
readers.start()
print(readers._idle[0]._process.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def readers() -> Iterator[FileReaders]:
    readers = FileReaders(1024 * MIB, 60)
    yield readers
    readers.close()


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    path = tmp_path / "file.parquet"
    table = pa.table({"a": range(10_000), "b": [f"text {number}" for number in range(10_000)]})
    pq.write_table(table, path, row_group_size=3000)
    return path


def pids(readers: FileReaders) -> list[int]:
    return [process._process.pid for process in [*readers._idle, *readers._busy]]


def is_running(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.parametrize("start", [0, 2999, 3000, 9999, 10_000])
def test_rows_are_those_of_the_file(readers: FileReaders, parquet: Path, start: int) -> None:
    """Chunks are the same as if the file was read here, and one process reads one file after another."""
    assert readers.column_names(source_of(parquet), "PARQUET") == ["a", "b"]
    [process] = pids(readers)
    theirs = list(readers.read_chunks(source_of(parquet), "PARQUET", start=start, size=1000))
    ours = list(files.read_chunks(source_of(parquet), "PARQUET", start=start, size=1000))
    assert [(c.start, c.end, c.fraction) for c in theirs] == [(c.start, c.end, c.fraction) for c in ours]
    for their, our in zip(theirs, ours, strict=True):
        assert their.table.equals(our.table)
        assert np.array_equal(their.rows, our.rows)
    assert pids(readers) == [process]


def test_faults_are_those_of_the_file(readers: FileReaders, tmp_path: Path) -> None:
    """A file that cannot be read gives the same message, and the process continues with the next one."""
    path = tmp_path / "file.csv"
    path.write_bytes(b"")
    with pytest.raises(Unreadable, match="The file cannot be read as CSV: it is empty"):
        readers.column_names(source_of(path), "CSV")
    path.write_text("a,b\nx\ny\n")
    assert [c.malformed.tolist() for c in readers.read_chunks(source_of(path), "CSV", start=0, size=10)] == [[0, 1]]


def test_a_process_that_ends_is_replaced_once(readers: FileReaders, parquet: Path) -> None:
    """A process that ends in the middle is replaced, and reading continues after the last row that arrived."""
    rows: list[int] = []
    for chunk in readers.read_chunks(source_of(parquet), "PARQUET", start=0, size=1000):
        rows += chunk.rows.tolist()
        if len(rows) == 1000:
            os.kill(pids(readers)[0], signal.SIGKILL)
    assert rows == list(range(10_000))


def test_a_file_that_ends_each_process_is_unreadable(readers: FileReaders, parquet: Path, tmp_path: Path) -> None:
    """If the next process ends, too, the file is unreadable, and others can still be read."""
    # More than the socket holds, because a process that has sent everything may end.
    large = tmp_path / "large.parquet"
    pq.write_table(pa.table({"a": range(2_000_000)}), large)

    def end_all() -> None:
        for chunk in readers.read_chunks(source_of(large), "PARQUET", start=0, size=1000):
            os.kill(max(process._process.pid for process in readers._busy), signal.SIGKILL)
            assert len(chunk.rows)

    with pytest.raises(Unreadable, match="the process that read it ended"):
        end_all()
    assert readers.column_names(source_of(parquet), "PARQUET") == ["a", "b"]


def test_a_checkpoint_leaves_at_once(readers: FileReaders, parquet: Path) -> None:
    """An exception of `checkpoint` ends the process at once, and is raised by the reader."""
    readers.start()
    [pid] = pids(readers)
    os.kill(pid, signal.SIGSTOP)

    def stop() -> None:
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        readers.column_names(source_of(parquet), "PARQUET", stop)
    assert time.monotonic() - began < 5
    assert not is_running(pid)


def test_a_process_that_does_not_get_further_is_ended(parquet: Path) -> None:
    """After `seconds` without a sign of life the file is unreadable."""
    readers = FileReaders(512 * MIB, 0.5)
    readers.start()
    [pid] = pids(readers)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(Unreadable, match=r"none of its rows could be read in 0\.5 s"):
        readers.column_names(source_of(parquet), "PARQUET")
    assert not is_running(pid)
    readers.close()


def test_a_close_ends_those_that_read(readers: FileReaders, parquet: Path) -> None:
    """A close ends every process, and a thread that waits for one gets the error of a stopping server."""
    readers.start()
    [pid] = pids(readers)
    os.kill(pid, signal.SIGSTOP)
    closing = threading.Timer(0.3, readers.close)
    closing.start()
    with pytest.raises(ServiceUnavailable, match="stopping"):
        readers.column_names(source_of(parquet), "PARQUET")
    closing.join()
    assert not is_running(pid)


def test_no_process_outlives_the_server() -> None:
    """A process ends when the one that started it is killed."""
    with subprocess.Popen([sys.executable, "-c", ORPHAN], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert is_running(pid)
        process.kill()
    until = time.monotonic() + 10
    while is_running(pid):
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_process_knows_no_secrets(readers: FileReaders, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process gets only the variables that an interpreter needs, and only three of the server's descriptors."""
    monkeypatch.setenv("INFERENCE_EVENTS_ADMIN_TOKEN", "secret-of-the-admin")
    with Path(os.devnull).open() as file:
        os.set_inheritable(file.fileno(), True)
        readers.start()
        [pid] = pids(readers)
        readers.column_names(source_of(Path(__file__)), "CSV")
        assert b"secret" not in Path(f"/proc/{pid}/environ").read_bytes()
        links = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
    assert sorted(link.split(":")[0] for link in links) == [os.devnull, os.devnull, "pipe", "socket"]


def test_rows_with_large_values_are_malformed(readers: FileReaders, tmp_path: Path) -> None:
    """Rows with a value of more than 8 MiB, in texts and in lists, are malformed, and the others are read."""
    path = tmp_path / "file.parquet"
    large = MAX_VALUE_BYTES
    lists = pa.array([[1], None, np.zeros(large // 8, np.int8), [2]], pa.list_(pa.int8()))
    pq.write_table(pa.table({"text": ["x" * large, "y", "z", None], "list": lists}), path)
    [chunk] = readers.read_chunks(source_of(path), "PARQUET", start=0, size=10)
    assert (chunk.rows.tolist(), chunk.malformed.tolist(), chunk.end) == ([1, 3], [0, 2], 4)
    assert chunk.table.to_pylist() == [{"text": "y", "list": None}, {"text": None, "list": [2]}]


def test_chunks_are_cut_by_their_decoded_size(readers: FileReaders, tmp_path: Path) -> None:
    """A long text of a dictionary counts for each row, even if it is small in the file."""
    path = tmp_path / "file.parquet"
    texts = pa.DictionaryArray.from_arrays(np.zeros(4000, np.int32), ["x" * 65_536])
    pq.write_table(pa.table({"text": texts}), path)
    sizes = [chunk.table.nbytes for chunk in readers.read_chunks(source_of(path), "PARQUET", start=0, size=100_000)]
    assert sum(sizes) > 4000 * 65_536
    assert max(sizes) < CHUNK_BYTES + 2 * BATCH_BYTES
