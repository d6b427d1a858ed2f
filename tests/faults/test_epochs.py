"""Requests and jobs change the same few events while the server is killed: what is stored has an order."""

import threading
import time
from collections import Counter
from contextlib import suppress
from itertools import count
from math import inf
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from tests.e2e.process import TOKEN
from tests.faults.conftest import Extent
from tests.faults.defective import DEFECTS
from tests.faults.history import Change, History
from tests.faults.load import EVENTS_PATH
from tests.faults.subject import Subject

IDS = [f"e{number}" for number in range(8)]
COLUMNS = ("a", "b", "label", "note")
UPDATABLE = ("label", "note")
CLIENTS = 5
# A request that arrives as the server dies may be acknowledged or not; nobody waits for it for long.
TIMEOUT = 20
MODEL: dict[str, Any] = {
    "schema": {"columns": [{"name": "id", "data_type": "str"}, *({"name": c, "data_type": "int"} for c in COLUMNS)]},
    "spec": {"inputs": ["a", "b"], "targets": ["label"], "metadata": ["id", "note"]},
    "event_ts_col": None,
}


class Client:
    """Change random events in random ways, one request after another, until it is told to stop."""

    def __init__(self, race: "Race", seed: list[int]) -> None:
        self._race = race
        self._rng = np.random.default_rng(seed)

    def run(self) -> None:
        while not self._race.is_over.is_set():
            kind = str(self._rng.choice(["publish", "update", "file", "delete"], p=[0.4, 0.3, 0.2, 0.1]))
            rows = self._rows(kind)
            began = time.monotonic()
            ended = inf
            try:
                with httpx.Client(base_url=self._race.url, timeout=TIMEOUT) as http:
                    http.headers["Authorization"] = f"Bearer {TOKEN}"
                    self._send(http, kind, rows)
                    ended = time.monotonic()
            except httpx.HTTPError:
                time.sleep(0.05)
            self._race.history.note(Change(kind, rows, began, ended))

    def _rows(self, kind: str) -> dict[str, dict[str, int | None]]:
        ids = self._rng.choice(IDS, int(self._rng.integers(1, 6)), replace=False).tolist()
        return {one: {} if kind == "delete" else self._row(kind) for one in ids}

    def _row(self, kind: str) -> dict[str, int | None]:
        columns = UPDATABLE if kind == "update" else COLUMNS
        chosen = [column for column in columns if self._rng.random() < 0.6] or [columns[0]]
        clears = kind == "update" and self._rng.random() < 0.2
        return {column: None if clears else self._race.new_value() for column in chosen}

    def _send(self, http: httpx.Client, kind: str, rows: dict[str, dict[str, int | None]]) -> None:
        if kind == "delete":
            answer = http.request(
                "DELETE", EVENTS_PATH, json={"model_id": self._race.model_id, "event_ids": list(rows)}
            )
        else:
            source = self._file(http, rows) if kind == "file" else _events(rows)
            body = {"model_id": self._race.model_id, "env_type": "PRODUCTION", "source": source}
            answer = http.request("PATCH" if kind == "update" else "POST", EVENTS_PATH, json=body)
        assert answer.is_success, answer.text

    def _file(self, http: httpx.Client, rows: dict[str, dict[str, int | None]]) -> dict[str, str]:
        lines = [",".join(["id", *COLUMNS])]
        lines += [",".join([one, *(str(row.get(column, "")) for column in COLUMNS)]) for one, row in rows.items()]
        files = {"file": ("rows.csv", "\n".join([*lines, ""]))}
        uploaded = http.post("/v3/files/upload", files=files)
        assert uploaded.is_success, uploaded.text
        return {"type": "FILE", "file_id": uploaded.json()["data"]["id"]}


class Race:
    """Clients against a server that is killed and started again."""

    def __init__(self, data_dir: Path, defect: str = "none") -> None:
        # Chunks of one row, so that a job of five rows stalls five times.
        self._server = Subject(data_dir, module=["tests.faults.defective", defect], file_chunk_rows=1)
        self._numbers = count(1)
        self._lock = threading.Lock()
        self.is_over = threading.Event()
        self.history = History()
        self.url = ""
        self.model_id = ""

    def new_value(self) -> int:
        with self._lock:
            return next(self._numbers)

    def run(self, seed: int, kills: int, seconds: float) -> list[str]:
        """Race, and return the faults that are found. Between two kills pass some `seconds`."""
        rng = np.random.default_rng([seed, 0])
        self._start()
        self.model_id = self._server.create_model(**MODEL)
        clients = [Client(self, [seed, number + 1]) for number in range(CLIENTS)]
        threads = [threading.Thread(target=client.run) for client in clients]
        for thread in threads:
            thread.start()
        try:
            for _ in range(kills):
                time.sleep(float(rng.uniform(0.5, 1.5)) * seconds)
                self._server.kill()
                self._start()
            time.sleep(seconds)
        finally:
            self.is_over.set()
            for thread in threads:
                thread.join()
        return self._faults()

    def close(self) -> None:
        with suppress(httpx.HTTPError):
            self._server.close()

    def _start(self) -> None:
        self._server.start()
        self.url = self._server.url

    def _faults(self) -> list[str]:
        deadline = time.monotonic() + 120
        while any(job["status"] in ("PENDING", "STARTED") for job in self._jobs()):
            assert time.monotonic() < deadline, "jobs do not end"
            time.sleep(0.1)
        failed = [job["error_message"] for job in self._jobs() if job["status"] == "FAILURE"]
        stored = {event["event_id"]: event["values"] for event in self._server.read_all(self.model_id)}
        return failed + self.history.faults(stored, COLUMNS)

    def _jobs(self) -> list[dict[str, Any]]:
        jobs: list[dict[str, Any]] = self._server.call("GET", "/v3/jobs?limit=1000")["items"]
        return jobs


def _events(rows: dict[str, dict[str, int | None]]) -> dict[str, Any]:
    return {"type": "EVENTS", "events": [{"id": one, **row} for one, row in rows.items()]}


def race(
    data_dir: Path, seed: int, kills: int, counts: Counter[str], defect: str = "none", seconds: float = 1.5
) -> list[str]:
    one = Race(data_dir, defect)
    try:
        faults = one.run(seed, kills, seconds)
        counts["kills amid jobs"] += kills
        counts["changes in order"] += sum(change.is_sure for change in one.history.changes)
        return faults
    finally:
        one.close()


def test_requests_and_jobs_have_an_order(tmp_path: Path, seed: int, counts: Counter[str]) -> None:
    """No value is lost, none comes back, and no job undoes what was acknowledged after the job was accepted."""
    assert race(tmp_path / "data", seed, 2, counts, seconds=0.8) == []


def test_the_race_finds_jobs_that_overwrite_later_values(tmp_path: Path, seed: int, counts: Counter[str]) -> None:
    """The check of the check: a server whose requests leave no notes is found out."""
    assert race(tmp_path / "data", seed, 0, counts, "no_notes")


@pytest.mark.faults
@pytest.mark.timeout(0)
def test_many_requests_and_jobs_have_an_order(tmp_path: Path, seed: int, counts: Counter[str], extent: Extent) -> None:
    """The same, with all kills of the long run."""
    for round_ in range(max(extent.kills // 10, 1)):
        assert race(tmp_path / str(round_), seed + round_, 10, counts) == []


@pytest.mark.faults
@pytest.mark.timeout(0)
@pytest.mark.parametrize("defect", sorted(DEFECTS.keys() - {"none"}))
def test_the_race_finds_each_defect(tmp_path: Path, seed: int, counts: Counter[str], defect: str) -> None:
    """Each defect is found in one of eight races."""
    assert any(race(tmp_path / str(round_), seed + round_, 2, counts, defect) for round_ in range(8))
