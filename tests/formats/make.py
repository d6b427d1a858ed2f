"""Make a data directory of an older version: `python -m tests.formats.make COMMIT DIRECTORY`.

The version runs from its own sources, but with the current dependencies. It is stopped in the middle of a file job.
Files that the server makes without a request are not kept. `0` was made by commit 1c5bf5d, the others by the commits
that name them.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.e2e.process import ServerProcess

START = 1_700_000_000
TRAIN_ROWS = 40
UNFINISHED_ROWS = 400
SOURCES = ("server", "generated/api", "generated/client")
LEFT_OUT = ("lock", "incoming", "outgoing", "parts")

NUMBERS: dict[str, Any] = {
    "name": "numbers",
    "schema": {
        "columns": [
            {"name": "id", "data_type": "int"},
            {"name": "amount", "data_type": "float"},
            {"name": "big", "data_type": "int"},
            {"name": "label", "data_type": "bool"},
            {"name": "note", "data_type": "str"},
        ]
    },
    "spec": {"inputs": ["amount", "big"], "targets": ["label"], "metadata": ["id", "note"]},
    "event_id_col": "id",
    "event_ts_col": "time",
}
WORDS: dict[str, Any] = {
    "name": "words",
    "schema": {
        "columns": [
            {"name": "id", "data_type": "str"},
            {"name": "color", "data_type": "category", "categories": ["1", "2", "True"]},
            {"name": "label", "data_type": "category", "categories": ["yes", "no"]},
        ]
    },
    "spec": {"inputs": ["color"], "targets": ["label"], "metadata": ["id"]},
    "event_id_col": "id",
    "event_ts_col": "time",
}
EARLIER_NUMBERS = f"""id,amount,note,time
7.0,7,early,{START}
 8,8,early,{START}
009,9,early,{START}
10,10,early,{START}
+11,11,early,{START}
"""
NUMBER_EVENTS = [
    {"id": 7, "amount": 70.5, "time": START + 7},
    {"id": 8, "note": "later", "gate": "B"},
    {"id": 12, "amount": 1, "note": "early", "gate": "A", "time": START + 12},
    {"id": "x1", "amount": 2, "time": START + 13},
]
LATER_NUMBERS = f"""id,amount,note,time
12.0,120,,{START + 20}
"""
NUMBER_LABELS = [{"id": 7, "label": True}, {"id": "009", "label": False}]
WORD_EVENTS: list[dict[str, Any]] = [
    {"id": 7.0, "color": 1.0, "time": START},
    {"id": "7.0", "color": "2", "time": START + 1},
    {"id": "a", "color": True, "label": "yes", "time": START + 2},
    {"id": "b", "color": "2.0", "note": {"k": [1]}, "time": START + 3},
    {"id": "c", "color": "1", "time": START + 4},
]
WORD_LABELS = [{"id": "b", "label": "no"}, {"id": "c", "label": "yes"}]


def train_file(directory: Path) -> Path:
    """Write the dataset of `numbers`, as a data frame whose ids became floats is written."""
    path = directory / "train.csv"
    rows = (f"{n}.0,{n / 2},{2**53 + 2 * n + 1},{n % 2 == 0},{START + n}" for n in range(TRAIN_ROWS))
    path.write_text("\n".join(["id,amount,big,label,time", *rows, ""]))
    return path


def test_file(directory: Path) -> Path:
    """Write the dataset of `words`, with a column of numbers that the schema does not know."""
    path = directory / "test.parquet"
    ids = [f"w{n}" for n in range(20)]
    ratios = [float("inf") if n % 2 else n / 4 for n in range(20)]
    colors = [1.0 + n % 3 for n in range(20)]
    pq.write_table(pa.table({"id": ids, "color": colors, "ratio": ratios, "time": [START] * 20}), path)
    return path


def unfinished_file(directory: Path) -> Path:
    """Write events of `words` for a job that is still under way."""
    path = directory / "unfinished.csv"
    rows = (f"u{n},{1 + n % 2},yes,{START + n}" for n in range(UNFINISHED_ROWS))
    path.write_text("\n".join(["id,color,label,time", *rows, ""]))
    return path


def fill(server: ServerProcess, files: Path) -> None:
    """Publish everything, and stop the server while the last file is read."""
    project_id = server.call("POST", "/v3/projects", json={"name": "stored"})["id"]
    numbers, words = (
        server.call("POST", "/v3/models", json={"project_id": project_id, **model})["id"] for model in (NUMBERS, WORDS)
    )
    publish_file(server, numbers, _text_file(files / "earlier.csv", EARLIER_NUMBERS))
    server.publish(numbers, {"type": "EVENTS", "events": NUMBER_EVENTS})
    publish_file(server, numbers, _text_file(files / "later.csv", LATER_NUMBERS))
    server.publish(numbers, {"type": "EVENTS", "events": NUMBER_LABELS}, "PATCH")
    publish_file(server, numbers, train_file(files), "train")
    server.publish(words, {"type": "EVENTS", "events": WORD_EVENTS})
    server.publish(words, {"type": "EVENTS", "events": WORD_LABELS}, "PATCH")
    publish_file(server, words, test_file(files), "test")
    source = {"type": "FILE", "file_id": server.upload(unfinished_file(files))}
    server.publish(words, source)
    while len(server.read_all(words)) < len(WORD_EVENTS) + 5:
        time.sleep(0.01)
    server.stop()


def publish_file(server: ServerProcess, model_id: str, path: Path, dataset: str | None = None) -> Any:
    """Publish a file, wait for its job and return it."""
    source = {"type": "FILE", "file_id": server.upload(path)}
    return server.wait_for(server.publish(model_id, source, dataset=dataset)["job"]["id"])


def _text_file(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """Give the sources of a commit."""
    with tempfile.TemporaryDirectory() as directory:
        archive = subprocess.run(["git", "archive", commit, *SOURCES], capture_output=True, check=True).stdout
        subprocess.run(["tar", "-x", "-C", directory], input=archive, check=True)
        yield Path(directory)


def make(commit: str, directory: Path) -> None:
    """Make a data directory with the code of a commit."""
    with checked_out(commit) as sources, tempfile.TemporaryDirectory() as files:
        path = os.pathsep.join(str(sources / source) for source in SOURCES)
        # One row at a time, to have time to stop in the middle.
        server = ServerProcess(directory, {"PYTHONPATH": path}, file_chunk_rows=1)
        server.start()
        fill(server, Path(files))
    for name in LEFT_OUT:
        left_out = directory / name
        left_out.rmdir() if left_out.is_dir() else left_out.unlink(missing_ok=True)


if __name__ == "__main__":
    make(sys.argv[1], Path(sys.argv[2]))
