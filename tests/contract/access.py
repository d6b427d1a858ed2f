"""A server on which to try every operation of `openapi.yaml` with any token, and fixtures for each of them."""

import io
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import httpx
import yaml
from pydantic import SecretStr

from inference_events.alerts.evaluator import AlertEvaluator
from inference_events.app import create_app
from inference_events.logging import configure_logging
from inference_events.settings import Settings
from tests.contract.alerts import TRAFFIC
from tests.contract.serving import serve

SPEC = yaml.load(
    (Path(__file__).parents[2] / "openapi.yaml").read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader)
)
FILTER = {"$ref": "#/components/parameters/Filter"}
METHODS = ("get", "put", "post", "patch", "delete")
NOTEBOOK = ("ingest", "manage", "read")
SCOPES = (*NOTEBOOK, "admin")
PRESET = "admin-token-of-the-access-tests"
SECONDS = 30
CSV = b"id,number\nrow,1\n"
DAY = {"start_time": "2026-01-01", "end_time": "2026-01-02"}

Headers = Mapping[bytes, bytes]


@dataclass(frozen=True)
class Operation:
    """An operation of the contract. `scopes` is None if no token is needed."""

    id: str
    method: str
    path: str
    scopes: frozenset[str] | None
    needs_all_projects: bool
    has_filter: bool

    @property
    def opening(self) -> list[str]:
        """List the scopes that open it, the least first."""
        return [scope for scope in SCOPES if scope in (self.scopes or ()) or scope == "admin"]

    @property
    def is_read(self) -> bool:
        """Return whether it changes nothing, so that other operations can use its fixtures."""
        return self.method == "GET" or self.scopes == frozenset({"read"})

    @property
    def is_for_projects(self) -> bool:
        """Return whether a token that is limited to projects can open it."""
        return self.scopes != frozenset({"admin"}) and not self.needs_all_projects


def read_operations() -> Iterator[Operation]:
    for path, item in SPEC["paths"].items():
        for method in METHODS:
            if method in item:
                described = item[method]
                needs_token = described.get("security", SPEC["security"]) != []
                scopes = frozenset(described["x-scopes"]) if needs_token else None
                yield Operation(
                    described["operationId"],
                    method.upper(),
                    path,
                    scopes,
                    described.get("x-all-projects", False),
                    FILTER in described.get("parameters", []),
                )


OPERATIONS = list(read_operations())
SECURED = [operation for operation in OPERATIONS if operation.scopes is not None]


class Access:
    """Call a server with any token, and read its stored state."""

    def __init__(self, url: str, data_dir: Path, log: io.BytesIO) -> None:
        self.client = httpx.Client(base_url=url, timeout=SECONDS)
        self.data_dir = data_dir
        self.log = log
        self.secrets = [PRESET]

    def send(self, method: str, path: str, secret: str = PRESET, **request: Any) -> httpx.Response:
        return self.client.request(method, path, headers={"Authorization": f"Bearer {secret}"}, **request)

    def call(self, method: str, path: str, **request: Any) -> Any:
        """Return the `data` of a successful request, with the admin token unless a `secret` is given."""
        response = self.send(method, path, **request)
        assert response.status_code == 200, response.text
        return response.json()["data"]

    def token(self, *scopes: str, **more: Any) -> tuple[str, str]:
        """Create a token and return its id and its secret."""
        return self.keep(self.call("POST", "/v3/tokens", json={"name": "tried", "scopes": scopes, **more}))

    def rotate(self, token_id: str, overlap_seconds: int) -> tuple[str, str]:
        path = f"/v3/tokens/{token_id}/rotate"
        return self.keep(self.call("POST", path, json={"overlap_seconds": overlap_seconds}))

    def keep(self, created: Mapping[str, Any]) -> tuple[str, str]:
        self.secrets.append(created["token"])
        return created["id"], created["token"]

    def listed(self, token_id: str) -> Any:
        (token,) = [one for one in self.call("GET", "/v3/tokens?limit=1000")["items"] if one["id"] == token_id]
        return token

    def is_known(self, secret: str) -> bool:
        status = self.send("GET", "/v3/projects", secret).status_code
        assert status in (200, 401)
        return status == 200

    def settle(self) -> None:
        """Wait until no job is open."""
        deadline = time.monotonic() + SECONDS
        while any(one["status"] in ("PENDING", "STARTED") for one in self.call("GET", "/v3/jobs?limit=1000")["items"]):
            assert time.monotonic() < deadline, "a job does not end"
            time.sleep(0.01)

    def kept(self, model_id: str) -> dict[str, Any]:
        """Return all stored state except the last use of tokens: the catalog, the files, and the events of a model."""
        tables: dict[str, Any] = {}
        with closing(sqlite3.connect(f"file:{self.data_dir / 'catalog.sqlite'}?mode=ro", uri=True)) as catalog:
            for (name,) in catalog.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                rows = catalog.execute(f'SELECT * FROM "{name}" ORDER BY rowid')
                columns = [column[0] for column in rows.description]
                tables[name] = [
                    {key: value for key, value in zip(columns, row, strict=True) if key != "last_used_at"}
                    for row in rows
                ]
        tables["on disk"] = sorted(
            (str(path), path.read_bytes())
            for room in ("files", "parts", "incoming", "outgoing")
            for path in (self.data_dir / room).rglob("*")
            if path.is_file()
        )
        body = {"model_id": model_id, "env_type": "PRODUCTION"}
        tables["events"] = self.call("POST", "/v3/events/query", json=body)["items"]
        return tables


@dataclass(frozen=True)
class Fixtures:
    """Fixtures for each operation: `ids` by their names in paths, and requests by operation.

    All of it belongs to one project, and `secret` is that of a token limited to this project.
    """

    secret: str
    ids: Mapping[str, str]
    requests: Mapping[str, Mapping[str, Any]]

    def send(self, access: Access, operation: Operation, headers: Headers) -> httpx.Response:
        """Send a request that succeeds with a fitting token."""
        path = operation.path.format_map(self.ids)
        return access.client.request(operation.method, path, headers=headers, **self.requests.get(operation.id, {}))

    def names(self, operation: Operation) -> bool:
        """Return whether the request of an operation names anything of the fixtures."""
        request = self.requests.get(operation.id, {})
        return "{" in operation.path or replaced(request, dict.fromkeys(self.ids.values(), "")) != request

    def with_other_ids(self) -> "Fixtures":
        """Return the same requests for things that do not exist."""
        others = {value: str(uuid4()) for value in self.ids.values()}
        return Fixtures(self.secret, replaced(self.ids, others), replaced(self.requests, others))


def replaced(value: Any, others: Mapping[str, str]) -> Any:
    """Return a value in which each text that is a key of `others` is replaced."""
    if isinstance(value, Mapping):
        return {key: replaced(item, others) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(replaced(item, others) for item in value)
    return others.get(value, value) if isinstance(value, str) else value


def prepare(access: Access) -> Fixtures:
    """Create one of each resource in a new project, with a token that is limited to it."""
    mark = uuid4().hex[:12]
    project_id = access.call("POST", "/v3/projects", json={"name": f"p{mark}"})["id"]
    _, secret = access.token(*NOTEBOOK, project_ids=[project_id])
    call = partial(access.call, secret=secret)
    columns = [{"name": "id", "data_type": "str"}, {"name": "number", "data_type": "int"}]
    model = {"name": "model", "project_id": project_id, "schema": {"columns": columns}, "spec": {"inputs": ["number"]}}
    model_id = call("POST", "/v3/models", json=model | {"event_id_col": "id"})["id"]
    columns = [*columns, {"name": "guess", "data_type": "float"}]
    regression = {"task": "regression", "spec": {"inputs": ["id"], "outputs": ["guess"], "targets": ["number"]}}
    scored = model | regression | {"name": "scored", "schema": {"columns": columns}}
    scored_id = call("POST", "/v3/models", json=scored)["id"]
    file_id = call("POST", "/v3/files/upload", files={"file": ("rows.csv", CSV)})["id"]
    begun_id = call("POST", "/v3/files/multipart-init", json={"filename": "rows.csv"})["id"]
    numbered = {"file_id": (None, begun_id), "part_number": (None, "1")}
    part = call("POST", "/v3/files/multipart-upload", files={**numbered, "file": ("part", CSV)})
    dataset = {"model_id": model_id, "env_type": "PRE_PRODUCTION", "env_name": "training"}
    rows = {"type": "FILE", "file_id": file_id}
    job_id = call("POST", "/v3/events", json={**dataset, "source": rows})["job"]["id"]
    production = {"model_id": model_id, "env_type": "PRODUCTION"}
    call("POST", "/v3/events", json={**production, "source": events(id="kept", number=1)})
    window = {"type": "STATIC", "start_time": 0, "end_time": 1}
    baseline = {**production, **window, "name": "fixed"}
    baseline_id = call("POST", "/v3/baselines", json=baseline)["id"]
    # Nothing is sent to it: a server without the setting refuses a private address.
    webhook = {"name": f"hook {mark}", "url": "https://127.0.0.1:1/", "provider": "SLACK"}
    segment = {"model_id": model_id, "name": "large", "definition": "number > 1"}
    rule = {"name": "alarming", **TRAFFIC}
    metric = {"model_id": model_id, "name": "total", "definition": "sum(number)"}
    impact = {"model_id": model_id, "feature_impact_map": {"number": 0.5}}
    call("POST", "/v3/analytics/upload-feature-impact", json=impact)
    access.settle()
    (environment,) = [
        one for one in call("GET", f"/v3/models/{model_id}/environments")["items"] if one["name"] == "training"
    ]
    ids = {
        "project_id": project_id,
        # The oldest client names projects.
        "project_name": f"p{mark}",
        "model_id": model_id,
        "scored_id": scored_id,
        "job_id": job_id,
        "environment_id": environment["id"],
        "baseline_id": baseline_id,
        "segment_id": call("POST", "/v3/segments", json=segment)["id"],
        "custom_metric_id": call("POST", "/v3/custom-metrics", json=metric)["id"],
        "alert_rule_id": call("POST", "/v3/alert-rules", json=rule | {"model_id": model_id})["id"],
        "file_id": call("POST", "/v3/files/upload", files={"file": ("rows.csv", CSV)})["id"],
        "used_file_id": file_id,
        "upload_id": begun_id,
        "token_id": access.token("read")[0],
        "webhook_id": access.call("POST", "/v2/webhooks", json=webhook)["uuid"],
    }
    bodies: dict[str, dict[str, Any]] = {
        "publish_events": {**production, "source": events(id="new", number=2)},
        "update_events": {**production, "source": events(id="kept", number=3)},
        "delete_events": {"model_id": model_id, "event_ids": ["kept"]},
        "read_events": production,
        "download_events": {**production, "csv": True},
        "begin_multipart_upload": {"filename": "more.csv"},
        "complete_multipart_upload": {"file_id": begun_id, "parts": [{"number": 1, "id": part["part_id"]}]},
        "generate_model": {"file_id": file_id},
        "create_project": {"name": f"q{mark}"},
        "create_model": model | {"name": "another"},
        "update_model": {"description": "changed"},
        "upload_feature_impact": {"model_id": scored_id, "feature_impact_map": {"id": 0.5}},
        "replace_feature_impact": impact,
        "get_feature_impact": {"model_id": model_id},
        "create_baseline": baseline | {"name": "another"},
        "create_segment": segment | {"name": "another"},
        "create_custom_metric": metric | {"name": "another"},
        "create_alert_rule": rule | {"model_id": model_id, "name": "another"},
        "update_alert_rule": {"enable_notification": False},
        "evaluate_alert_rule": {},
        "preview_alert_rule": {"rule": rule | {"model_id": model_id, "name": "previewed"}},
        "create_notification_config": {"emails": ["a@b.example"]},
        "update_notification_config": {"emails": ["c@d.example"]},
        "create_alert_config": rule | {"name": "third", "project_name": f"p{mark}", "model_name": "model"},
        "update_alert_config": {"enable_notification": True},
        "compute_metrics": {**production, "metrics": [{"id": "traffic"}]},
        "compute_histograms": {
            "baseline_id": baseline_id,
            "start_time": "2026-01-01",
            "bin_size": "Day",
            "column_id": "number",
        },
        "compute_series": {"model_id": model_id, "time_range": DAY, "measures": [{"measure": "count"}]},
        "compute_violations": {"model_id": model_id, "time_range": DAY},
        "compute_labels": {"model_id": scored_id, "time_range": DAY},
        "compute_distribution": {"model_id": model_id, "column": "number"},
        "compute_columns": {"model_id": model_id},
        "compute_performance": {"model_id": scored_id},
        "compute_scores": {"model_id": scored_id, "data_source": {"env_type": "PRODUCTION"}, "metrics": ["MAE"]},
        "query_metrics": {
            "project_id": project_id,
            "query_type": "MONITORING",
            "filters": {"time_label": "today", "bin_size": "Day"},
            "queries": [{"query_key": str(uuid4()), "model_id": model_id, "metric": "traffic"}],
        },
        "check_definition": {"model_id": model_id, "kind": "segment", "definition": "number > 2"},
        "create_webhook": webhook | {"name": f"another {mark}"},
        "update_webhook": {"name": f"changed {mark}"},
        "create_token": {"name": "another", "scopes": ["admin"]},
        "rotate_token": {"overlap_seconds": 0},
        "create_session": {"token": secret},
    }
    requests: dict[str, dict[str, Any]] = {name: {"json": body} for name, body in bodies.items()}
    requests["upload_file"] = {"files": {"file": ("more.csv", CSV)}}
    requests["upload_part"] = {"files": {**numbered, "file": ("part", CSV + b"more,2\n")}}
    requests["get_pulse"] = {"params": {"model_id": model_id}}
    requests["check_version_compatibility"] = {"params": {"client_version": "3.14.1", "client_name": "python-sdk"}}
    return Fixtures(secret, ids, requests)


def events(**event: Any) -> dict[str, Any]:
    return {"type": "EVENTS", "events": [event]}


@contextmanager
def served(data_dir: Path) -> Iterator[Access]:
    """Serve an empty data directory, with the log at its lowest level."""
    log = io.BytesIO()
    configure_logging("debug", log)
    settings = Settings(data_dir=data_dir, admin_token=SecretStr(PRESET), log_level="debug")
    # What the server judges by itself is no effect of a request.
    with (
        patch.object(AlertEvaluator, "start"),
        serve(create_app(settings, validate_responses=True)) as url,
    ):
        access = Access(url, data_dir, log)
        yield access
        access.client.close()
    configure_logging("error")


def bearer(secret: str) -> Headers:
    return {b"Authorization": f"Bearer {secret}".encode()}
