"""Clients that change the same few events at once, even while the server is killed."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from math import inf
from typing import Any

import httpx
import numpy as np

from tests.e2e.process import TOKEN
from tests.faults.history import Change, History
from tests.faults.load import EVENTS_PATH
from tests.faults.server_under_test import Target

IDS = [f"e{number}" for number in range(8)]
COLUMNS = ("a", "b", "label", "note")
UPDATABLE = ("label", "note")
CLIENTS = 5
# A request that arrives as the server dies may be acknowledged or not; its client does not wait for long.
TIMEOUT = 20
JOB_SECONDS = 120
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
            response = http.request(
                "DELETE", EVENTS_PATH, json={"model_id": self._race.model_id, "event_ids": list(rows)}
            )
        else:
            source = self._file(http, rows) if kind == "file" else _events(rows)
            body = {"model_id": self._race.model_id, "env_type": "PRODUCTION", "source": source}
            response = http.request("PATCH" if kind == "update" else "POST", EVENTS_PATH, json=body)
        _check(response)

    def _file(self, http: httpx.Client, rows: dict[str, dict[str, int | None]]) -> dict[str, str]:
        lines = [",".join(["id", *COLUMNS])]
        lines += [",".join([one, *(str(row.get(column, "")) for column in COLUMNS)]) for one, row in rows.items()]
        files = {"file": ("rows.csv", "\n".join([*lines, ""]))}
        uploaded = http.post("/v3/files/upload", files=files)
        _check(uploaded)
        return {"type": "FILE", "file_id": uploaded.json()["data"]["id"]}


class Race:
    """Let clients change the events of one model, and find out whether what is left has an order."""

    def __init__(self, server: Target) -> None:
        self._server = server
        self._numbers = count(1)
        self._lock = threading.Lock()
        self.is_over = threading.Event()
        self.history = History()
        self.model_id = server.create_model(**MODEL)

    @property
    def url(self) -> str:
        return self._server.url

    def new_value(self) -> int:
        with self._lock:
            return next(self._numbers)

    @contextmanager
    def running(self, seed: int) -> Iterator[None]:
        """Run the clients during a block."""
        clients = [Client(self, [seed, number + 1]) for number in range(CLIENTS)]
        threads = [threading.Thread(target=client.run) for client in clients]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.is_over.set()
            for thread in threads:
                thread.join()

    def faults(self) -> list[str]:
        """Wait for all jobs, and describe failed ones and what no order explains."""
        self._await_jobs()
        failed = [job["error_message"] for job in self._jobs() if job["status"] == "FAILURE"]
        stored = {event["event_id"]: event["values"] for event in self._server.read_all(self.model_id)}
        return failed + self.history.faults(stored, COLUMNS)

    def _await_jobs(self) -> None:
        """Wait until all jobs have ended. A job of the model must end every two minutes."""
        deadline, least = time.monotonic() + JOB_SECONDS, inf
        while waiting := [job["id"] for job in self._jobs() if job["status"] in ("PENDING", "STARTED")]:
            if len(waiting) < least:
                deadline, least = time.monotonic() + JOB_SECONDS, len(waiting)
            assert time.monotonic() < deadline, f"jobs do not end: {waiting}"
            time.sleep(0.1)

    def _jobs(self) -> list[dict[str, Any]]:
        jobs: list[dict[str, Any]] = []
        while page := self._server.call("GET", f"/v3/jobs?limit=1000&offset={len(jobs)}")["items"]:
            jobs += page
        return jobs


def _check(response: httpx.Response) -> None:
    """Check that a response is a success. Raises HTTPError if the result of the request is unknown."""
    if response.status_code in (502, 503):
        response.raise_for_status()
    assert response.is_success, response.text


def _events(rows: dict[str, dict[str, int | None]]) -> dict[str, Any]:
    return {"type": "EVENTS", "events": [{"id": one, **row} for one, row in rows.items()]}
