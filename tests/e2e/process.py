"""A real server process on a data directory, to be stopped, killed and started again."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from tests.program import Program

TOKEN = "token-of-the-end-to-end-tests"
PROGRAM = ("inference_events",)


def client_of(url: str) -> httpx.Client:
    """Return a client of an administrator for a server at a URL."""
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)


class Server:
    """Send requests to a server with `client`."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def call(self, method: str, path: str, **arguments: Any) -> Any:
        """Return the `data` of a response that must be a success."""
        response = self.client.request(method, path, **arguments)
        assert response.is_success, response.text
        return response.json()["data"]

    def job(self, job_id: str) -> Any:
        return self.call("GET", f"/v3/jobs/{job_id}")

    def wait_for(self, job_id: str, seconds: float = 60) -> Any:
        """Return a job when it has ended."""
        deadline = time.monotonic() + seconds
        while (job := self.job(job_id))["status"] in ("PENDING", "STARTED"):
            assert time.monotonic() < deadline, "the job does not end"
            time.sleep(0.05)
        return job

    def upload(self, path: Path) -> str:
        with path.open("rb") as file:
            uploaded: str = self.call("POST", "/v3/files/upload", files={"file": (path.name, file)})["id"]
        return uploaded

    def create_model(self, **fields: Any) -> str:
        """Create a model in a project of its own, with an id, a number and a label, and return its id."""
        project_id = self.call("POST", "/v3/projects", json={"name": f"project_{time.time_ns()}"})["id"]
        body = {
            "name": "model",
            "project_id": project_id,
            "schema": {
                "columns": [
                    {"name": "id", "data_type": "str"},
                    {"name": "number", "data_type": "int"},
                    {"name": "label", "data_type": "bool"},
                ]
            },
            "spec": {"inputs": ["number"], "targets": ["label"], "metadata": ["id"]},
            "event_id_col": "id",
            "event_ts_col": "time",
        }
        created: str = self.call("POST", "/v3/models", json=body | fields)["id"]
        return created

    def publish(self, model_id: str, source: dict[str, Any], method: str = "POST", dataset: str | None = None) -> Any:
        """Publish, or update with PATCH, and return the `data` of the response."""
        environment = {"env_type": "PRE_PRODUCTION" if dataset else "PRODUCTION", "env_name": dataset}
        return self.call(method, "/v3/events", json={"model_id": model_id, **environment, "source": source})

    def read_all(self, model_id: str, dataset: str | None = None) -> list[dict[str, Any]]:
        """Read every event of an environment, page by page."""
        query = {
            "model_id": model_id,
            "env_type": "PRE_PRODUCTION" if dataset else "PRODUCTION",
            "env_name": dataset,
            "limit": 1000,
        }
        events: list[dict[str, Any]] = []
        while True:
            page = self.call("POST", "/v3/events/query", json=query)
            events += page["items"]
            if page["next_cursor"] is None:
                return events
            query["cursor"] = page["next_cursor"]


class ServerProcess(Server):
    """Talk to a server process. Settings are given by their names, `environment` is added to that of the caller."""

    def __init__(
        self,
        data_dir: Path,
        environment: Mapping[str, str] = {},
        module: Sequence[str] = PROGRAM,
        **settings: str | int,
    ) -> None:
        super().__init__(httpx.Client())
        self._program = Program(data_dir, TOKEN, settings, environment=environment, module=module)

    def start(self) -> None:
        """Start and wait until the server is ready."""
        self._program.start()
        self.client.close()
        self.client = client_of(self._program.url)
        assert self.client.get("/readyz").status_code == 200

    def stop(self) -> int:
        """Stop the server as a supervisor would and return its exit code."""
        self.client.close()
        return self._program.stop()

    def kill(self) -> None:
        """End the server at once, as a crash would."""
        self.client.close()
        self._program.kill()

    def close(self) -> None:
        self.client.close()
        if self._program.is_running:
            self._program.kill()


@contextmanager
def running(data_dir: Path, **settings: str | int) -> Iterator[ServerProcess]:
    """Run a server for the length of a test."""
    server = ServerProcess(data_dir, {}, PROGRAM, **settings)
    server.start()
    try:
        yield server
    finally:
        with suppress(httpx.HTTPError):
            server.close()
