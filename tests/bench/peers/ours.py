"""The server of this repository."""

from pathlib import Path
from typing import Any

import httpx

from tests.bench import workload
from tests.bench.load import request
from tests.bench.peers.peer import Effort
from tests.bench.peers.process import Environment, Process, free_port, responds

TOKEN = "token-of-the-benchmark"


class InferenceEvents:
    name = "Inference Events"
    about = (
        "this repository, its defaults: DuckDB, a commit synced before each response; events checked against a schema"
    )
    effort = Effort(batches=80, singles=1600)
    environment = Environment(Path(".venv/peers/ours"))

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self._url = f"http://127.0.0.1:{port}"
        self._model_id = ""
        command = [self.environment.program("inference-events"), "serve", "--port", f"{port}"]
        self.processes = [Process(command, folder, {"INFERENCE_EVENTS_ADMIN_TOKEN": TOKEN})]

    def start(self) -> str:
        self.processes[0].start(lambda: responds(f"{self._url}/readyz"))
        self._model_id = self._model_id or self._create_model()
        return self._url

    def publish_requests(self, start: int, requests: int, size: int) -> list[bytes]:
        bodies = workload.publish_bodies(self._model_id, start, requests, size)
        return [request("POST", "/v3/events", TOKEN, body) for body in bodies]

    def stored(self) -> int:
        environments = self._call("GET", f"/v3/models/{self._model_id}/environments")["items"]
        return sum(environment["row_count"] for environment in environments)

    def _create_model(self) -> str:
        project_id = self._call("POST", "/v3/projects", {"name": "peers"})["id"]
        columns = {"event_id_col": "id", "event_ts_col": "time"}
        body = {"name": "model", "project_id": project_id, **columns, **workload.model_fields()}
        model_id: str = self._call("POST", "/v3/models", body)["id"]
        return model_id

    def _call(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        response = httpx.request(method, self._url + path, headers=headers, json=body, timeout=60)
        return response.raise_for_status().json()["data"]
