"""Datasette, through its JSON API for writes."""

import sqlite3
from contextlib import closing
from pathlib import Path

import orjson

from tests.bench import workload
from tests.bench.load import message
from tests.bench.peers.peer import Effort
from tests.bench.peers.process import Environment, Process, free_port, responds

LOCK_SECONDS = 60
COLUMNS = {
    "id": "TEXT PRIMARY KEY",
    "time": "TEXT",
    "label": "INTEGER",
    "score": "REAL",
    "carrier": "TEXT",
    "note": "TEXT",
}
COLUMNS |= dict.fromkeys(workload.FLOATS, "REAL") | dict.fromkeys(workload.INTEGERS, "INTEGER")


class Datasette:
    name = "Datasette"
    about = (
        "its JSON API on a table with the id as its primary key, its defaults but for 1,000 rows an insert and the "
        "permission to insert: SQLite with a rollback journal and synchronous=FULL, a commit before each response"
    )
    effort = Effort(batches=40, singles=640)
    environment = Environment(Path(".venv/peers/datasette"))

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self._url = f"http://127.0.0.1:{port}"
        self._database = folder / "events.db"
        with closing(sqlite3.connect(self._database)) as database:
            columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
            database.execute(f"CREATE TABLE events ({columns})")
        (folder / "datasette.yaml").write_text("permissions:\n  insert-row: true\n")
        command = [self.environment.program("datasette"), "serve", "events.db", "--port", f"{port}"]
        command += ["--config", "datasette.yaml", "--setting", "max_insert_rows", "1000"]
        self.processes = [Process(command, folder)]

    def start(self) -> str:
        self.processes[0].start(lambda: responds(f"{self._url}/-/versions.json"))
        return self._url

    def publish_requests(self, start: int, requests: int, size: int) -> list[bytes]:
        headers = {"Content-Type": "application/json"}
        return [
            message("POST", "/events/events/-/insert", headers, orjson.dumps({"rows": events}))
            for events in workload.events(start, requests, size)
        ]

    def stored(self) -> int:
        with closing(sqlite3.connect(self._database, timeout=LOCK_SECONDS)) as database:
            count: int = database.execute("SELECT count(*) FROM events").fetchone()[0]
        return count
