"""The service of `service.py`, on SQLite and on PostgreSQL."""

from collections.abc import Sequence
from pathlib import Path

import httpx
import orjson

from tests.bench import workload
from tests.bench.load import message
from tests.bench.peers.cluster import Cluster
from tests.bench.peers.peer import Effort
from tests.bench.peers.process import Environment, Process, free_port, responds

ROOT = Path(__file__).parents[3]


class Service:
    """The service on an existing database."""

    effort = Effort(batches=80, singles=1600)
    environment = Environment(Path(".venv/peers/fastapi"))

    def __init__(self, folder: Path, database_url: str) -> None:
        port = free_port()
        self._url = f"http://127.0.0.1:{port}"
        command = [self.environment.program("uvicorn"), "tests.bench.peers.service:create_app", "--factory"]
        command += ["--app-dir", str(ROOT), "--port", f"{port}", "--no-access-log"]
        self._service = Process(command, folder, {"DATABASE_URL": database_url})

    @property
    def processes(self) -> Sequence[Process]:
        return [self._service]

    def start(self) -> str:
        self._service.start(lambda: responds(f"{self._url}/events/count"))
        return self._url

    def publish_requests(self, start: int, requests: int, size: int) -> list[bytes]:
        headers = {"Content-Type": "application/json"}
        return [
            message("POST", "/events", headers, orjson.dumps({"events": events}, option=orjson.OPT_NAIVE_UTC))
            for events in workload.events(start, requests, size)
        ]

    def stored(self) -> int:
        count: int = httpx.get(f"{self._url}/events/count", timeout=60).raise_for_status().json()
        return count


class OnSQLite(Service):
    name = "FastAPI + SQLite"
    about = (
        "FastAPI, pydantic and SQLAlchemy, written for this (`service.py`), one uvicorn worker without access log; "
        "SQLite with WAL and synchronous=FULL, a commit before each response"
    )

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, f"sqlite:///{folder.absolute()}/events.sqlite")


class OnPostgreSQL(Service):
    name = "FastAPI + PostgreSQL"
    about = (
        "the same on a private PostgreSQL with its defaults (fsync on), COPY through psycopg 3, "
        "a commit before each response; install size without PostgreSQL"
    )

    def __init__(self, folder: Path) -> None:
        self._cluster = Cluster(folder / "cluster")
        super().__init__(folder, self._cluster.url)

    @property
    def processes(self) -> Sequence[Process]:
        return [self._service, self._cluster.process]

    def start(self) -> str:
        self._cluster.start()
        return super().start()
