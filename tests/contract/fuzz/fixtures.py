"""Fixtures of the fuzz: models of every kind, with events, files and jobs."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import uuid4

import httpx

from tests.contract.fuzz import TOKEN

ID_COLUMN = "flight_id"
TIME_COLUMN = "timestamp"
EVENT_IDS = tuple(f"event-{number}" for number in range(20))
COLUMNS: list[dict[str, Any]] = [
    {"name": ID_COLUMN, "data_type": "str"},
    {"name": "carrier", "data_type": "category", "categories": ["AA", "DL", "UA"]},
    {"name": "level", "data_type": "category", "categories": [1, 2]},
    {"name": "distance", "data_type": "int", "min": 0, "max": 5000},
    {"name": "late_probability", "data_type": "float", "min": 0, "max": 1},
    {"name": "arrived_late", "data_type": "bool", "categories": [False, True]},
    {"name": "note", "data_type": "str"},
    {"name": "booked", "data_type": "timestamp"},
    {"name": "route", "data_type": "vector", "n_dimensions": 2},
]
SPEC = {"inputs": ["carrier", "distance"], "outputs": ["late_probability"], "targets": ["arrived_late"]}
WITH_IDS = {"event_id_col": ID_COLUMN, "event_ts_col": TIME_COLUMN}
RANKING = {"task": "ranking", "task_params": {"group_by": ID_COLUMN}}
CSV = f"{ID_COLUMN},distance,gate\n{EVENT_IDS[0]},7,A1\n,8,A2\nrow-2,far,\n"


@dataclass(frozen=True)
class Fixtures:
    """Ids of the fixtures. `own_token_id` is the token of the fuzz itself, `changing_model_id` a model that
    may change its schema."""

    project_id: str
    model_ids: tuple[str, ...]
    changing_model_id: str
    file_ids: tuple[str, ...]
    job_ids: tuple[str, ...]
    own_token_id: str

    @property
    def kept_ids(self) -> frozenset[str]:
        """Return the ids that the fuzz must not delete."""
        return frozenset({self.own_token_id, self.project_id, *self.model_ids})


def connect(url: str) -> httpx.Client:
    """Return a client with an admin token."""
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)


@lru_cache
def prepare(url: str) -> Fixtures:
    """Fill the server at `url`, once."""
    with connect(url) as client:
        project_id = _send(client, "/v3/projects", {"name": f"fuzz_{uuid4().hex[:12]}"})["id"]
        kinds: list[dict[str, Any]] = [WITH_IDS, {}, WITH_IDS | RANKING, WITH_IDS]
        models = [_model(client, project_id, f"fuzz_{number}", kind) for number, kind in enumerate(kinds)]
        model_ids = tuple(model["id"] for model in models)
        file_ids = tuple(_upload(client, name) for name in ("rows.csv", "rows.parquet", "rows.tar.gz"))
        job_ids = tuple(
            _publish(client, model_ids[0], {"type": "FILE", "file_id": file_id})["job"]["id"]
            for file_id in file_ids[:2]
        )
        events = [{ID_COLUMN: event_id} for event_id in EVENT_IDS]
        for model_id in model_ids:
            _publish(client, model_id, {"type": "EVENTS", "events": events})
    return Fixtures(project_id, model_ids, model_ids[-1], file_ids, job_ids, models[0]["created_by"]["id"])


def _model(client: httpx.Client, project_id: str, name: str, kind: dict[str, Any]) -> Any:
    described = {"name": name, "project_id": project_id, "schema": {"columns": COLUMNS}, "spec": SPEC}
    return _send(client, "/v3/models", described | kind)


def _upload(client: httpx.Client, name: str) -> str:
    """Upload the same rows under any name: as Parquet they are a file with the wrong content."""
    response = client.post("/v3/files/upload", files={"file": (name, CSV.encode())}).raise_for_status()
    return str(response.json()["data"]["id"])


def _publish(client: httpx.Client, model_id: str, source: dict[str, Any]) -> Any:
    return _send(client, "/v3/events", {"model_id": model_id, "env_type": "PRODUCTION", "source": source})


def _send(client: httpx.Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(path, json=body).raise_for_status().json()["data"]
