"""Arize Phoenix, through OTLP."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.bench.peers import otlp
from tests.bench.peers.peer import Effort
from tests.bench.peers.process import Environment, Process, free_port, responds


class Phoenix:
    name = "Arize Phoenix"
    about = (
        "OTLP in protobuf to `/v1/traces`, its defaults but for telemetry (off): SQLite with WAL and synchronous=OFF; "
        "spans are acknowledged before they are stored, from a queue in memory; more than 8 requests of 1,000 in a "
        "round would only lengthen that queue, so its acknowledged rate is that of a burst"
    )
    effort = Effort(batches=8, singles=640)
    environment = Environment(Path(".venv/peers/phoenix"))

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self._url = f"http://127.0.0.1:{port}"
        self._database = folder / "phoenix.db"
        variables = {
            "PHOENIX_WORKING_DIR": str(folder.absolute()),
            "PHOENIX_HOST": "127.0.0.1",
            "PHOENIX_PORT": f"{port}",
            "PHOENIX_GRPC_PORT": f"{free_port()}",
            "PHOENIX_TELEMETRY_ENABLED": "false",
        }
        self.processes = [Process([self.environment.program("phoenix"), "serve"], folder, variables)]

    def start(self) -> str:
        self.processes[0].start(lambda: responds(f"{self._url}/healthz"))
        return self._url

    def publish_requests(self, start: int, requests: int, size: int) -> list[bytes]:
        return otlp.trace_requests(start, requests, size)

    def stored(self) -> int:
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as database:
            count: int = database.execute("SELECT count(*) FROM spans").fetchone()[0]
        return count
