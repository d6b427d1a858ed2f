"""What the pages show in tests and screenshots: a few models with events, a few tokens."""

from typing import Any

import httpx

from tests.console.browsing import TOKEN

COLUMNS: list[dict[str, Any]] = [
    {"name": "flight", "data_type": "str"},
    {"name": "carrier", "data_type": "category", "categories": ["AA", "B6", "DL", "UA"]},
    {"name": "distance", "data_type": "int", "min": 0, "max": 5000},
    {"name": "late_probability", "data_type": "float", "min": 0, "max": 1},
    {"name": "arrived_late", "data_type": "bool"},
]
SPEC = {
    "inputs": ["carrier", "distance"],
    "outputs": ["late_probability"],
    "targets": ["arrived_late"],
    "metadata": ["flight"],
}
MODELS = {
    "airline": {"arrival_delay": 1204, "departure_delay": 640, "no_show": 0},
    "payments": {"chargeback": 88, "fraud": 1000},
    "retail": {"basket_value": 12},
}
TOKENS = {"airflow": ["ingest"], "notebooks": ["ingest", "manage", "read"], "grafana": ["read"]}


class Client:
    """Call a server as an administrator."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Return the `data` of a response that must be a success."""
        response = self._client.request(method, path, json=body)
        assert response.is_success, response.text
        return response.json()["data"]

    def close(self) -> None:
        self._client.close()

    def model(self, project: str, name: str, events: int) -> str:
        """Create a model with this many events, and return its id."""
        found = self.call("GET", f"/v3/projects?search={project}")["items"]
        project_id = found[0]["id"] if found else self.call("POST", "/v3/projects", {"name": project})["id"]
        body = {
            "project_id": project_id,
            "name": name,
            "task": "binary_classification",
            "schema": {"columns": COLUMNS},
            "spec": SPEC,
            "event_id_col": "flight",
        }
        model_id: str = self.call("POST", "/v3/models", body)["id"]
        rows = [{"flight": f"UA{n}", "carrier": "UA", "distance": n, "late_probability": 0.5} for n in range(events)]
        for first in range(0, events, 1000):
            source = {"type": "EVENTS", "events": rows[first : first + 1000]}
            self.call("POST", "/v3/events", {"model_id": model_id, "env_type": "PRODUCTION", "source": source})
        return model_id

    def publish(self, model_id: str, *events: dict[str, Any]) -> None:
        """Publish production events."""
        source = {"type": "EVENTS", "events": events}
        self.call("POST", "/v3/events", {"model_id": model_id, "env_type": "PRODUCTION", "source": source})

    def publish_file(self, model_id: str, name: str, content: bytes) -> str:
        """Upload a file, start the job that publishes it, and return the job's id."""
        uploaded = self._client.post("/v3/files/upload", files={"file": (name, content)})
        source = {"type": "FILE", "file_id": uploaded.json()["data"]["id"]}
        body = {"model_id": model_id, "env_type": "PRODUCTION", "source": source}
        job_id: str = self.call("POST", "/v3/events", body)["job"]["id"]
        return job_id

    def query(self, model_id: str, **more: Any) -> list[dict[str, Any]]:
        """Return production events."""
        body = {"model_id": model_id, "env_type": "PRODUCTION", "limit": 1000} | more
        items: list[dict[str, Any]] = self.call("POST", "/v3/events/query", body)["items"]
        return items

    def token(self, name: str, *scopes: str) -> tuple[str, str]:
        """Create a token and return its id and secret."""
        made = self.call("POST", "/v3/tokens", {"name": name, "scopes": scopes})
        return made["id"], made["token"]


def watch(client: Client, model_id: str) -> None:
    """Define a segment and a custom metric of a model, an alert rule that fires, and a webhook."""
    segment = {"model_id": model_id, "name": "Long flights", "definition": "carrier == 'UA' and distance > 1000"}
    segment_id = client.call("POST", "/v3/segments", segment)["id"]
    metric = {"model_id": model_id, "name": "Long and likely late", "definition": "sum(distance * late_probability)"}
    client.call("POST", "/v3/custom-metrics", metric)
    rule = {
        "name": "Few long flights",
        "model_id": model_id,
        "metric_id": "traffic",
        "segment_id": segment_id,
        "priority": "HIGH",
        "compare_to": "raw_value",
        "condition": "lesser",
        "bin_size": "Hour",
        "critical_threshold": 10,
        "warning_threshold": 100,
    }
    rule_id = client.call("POST", "/v3/alert-rules", rule)["id"]
    client.call("POST", f"/v3/monitoring/alert-rules/{rule_id}/evaluate", {})
    webhook = {"name": "on call", "provider": "SLACK", "url": "https://hooks.slack.com/services/T0/B0/secret"}
    client.call("POST", "/v2/webhooks", webhook)


def fill(url: str) -> None:
    """Create models with events, one of them with alerts, and tokens."""
    client = Client(url)
    for project, models in MODELS.items():
        for name, events in models.items():
            client.model(project, name, events)
    watch(client, client.call("GET", "/v3/models?search=arrival_delay")["items"][0]["id"])
    for name, scopes in TOKENS.items():
        client.token(name, *scopes)
    client.close()
