"""MLflow's tracking server, through OTLP."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.bench.peers import otlp
from tests.bench.peers.peer import Effort
from tests.bench.peers.process import Environment, Process, free_port, responds

LOCK_SECONDS = 60
DEFAULT_EXPERIMENT = "0"


class MLflow:
    name = "MLflow tracking server"
    about = (
        "OTLP in protobuf to `/v1/traces`, its defaults but for telemetry (off): SQLite with a rollback journal and "
        "synchronous=FULL, four workers, a commit before each response"
    )
    effort = Effort(batches=8, singles=320)
    environment = Environment(Path(".venv/peers/mlflow"))

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self._url = f"http://127.0.0.1:{port}"
        self._database = folder / "mlflow.db"
        command = [self.environment.program("mlflow"), "server", "--host", "127.0.0.1", "--port", f"{port}"]
        self.processes = [Process(command, folder, {"MLFLOW_DISABLE_TELEMETRY": "true"})]

    def start(self) -> str:
        self.processes[0].start(lambda: responds(f"{self._url}/health"))
        return self._url

    def publish_requests(self, start: int, requests: int, size: int) -> list[bytes]:
        return otlp.trace_requests(start, requests, size, {"x-mlflow-experiment-id": DEFAULT_EXPERIMENT})

    def stored(self) -> int:
        with closing(sqlite3.connect(self._database, timeout=LOCK_SECONDS)) as database:
            count: int = database.execute("SELECT count(*) FROM spans").fetchone()[0]
        return count
