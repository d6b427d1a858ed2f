"""A model whose events are watched: 40 days of them, a dataset, and a receiver of messages."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.console.data import COLUMNS, SPEC, Client

DAY = timedelta(days=1)
DAYS = 40
USUAL, FEW = 24, 6
# Days, counted back from today, with few events.
QUIET_DAYS = (3, 9, 10, 27, 35)


def midnight() -> datetime:
    """Return the start of today in UTC."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True)
class Watched:
    """The model at `url`, with a dataset `training`."""

    url: str
    model_id: str

    def path(self, part: str) -> str:
        """Return the address of a page of the model."""
        return f"/models/{self.model_id}/{part}"


def watched(url: str, client: Client) -> Watched:
    """Create the model."""
    project_id = client.call("POST", "/v3/projects", {"name": "watched"})["id"]
    body = {
        "project_id": project_id,
        "name": "arrivals",
        "task": "binary_classification",
        "task_params": {"binary_classification_threshold": 0.5, "target_class_order": [False, True]},
        "schema": {"columns": [*COLUMNS, {"name": "take off", "data_type": "timestamp"}]},
        "spec": SPEC | {"metadata": ["flight", "take off"]},
        "event_id_col": "flight",
        "event_ts_col": "take off",
    }
    model_id = client.call("POST", "/v3/models", body)["id"]
    events = [event for back in range(1, DAYS + 1) for event in _day(back)]
    publish(client, model_id, events, env_type="PRODUCTION")
    publish(client, model_id, events[:100], env_type="PRE_PRODUCTION", env_name="training")
    client.call("POST", "/v3/models", body | {"name": "unwatched"})
    return Watched(url, model_id)


def watch(client: Client, model: Watched) -> None:
    """Define segments, a custom metric and alert rules of the model, and judge the last days by them."""
    owner = {"model_id": model.model_id}
    for name, definition in (
        ("Long flights of UA", "carrier == 'UA' and distance > 1000"),
        ("Short", "distance < 500"),
    ):
        client.call("POST", "/v3/segments", owner | {"name": name, "definition": definition})
    metric = owner | {"name": "Cost of false alarms", "definition": "sum(if(fp(), 120, 0)) / traffic()"}
    client.call("POST", "/v3/custom-metrics", metric)
    of_rules = {
        "Few flights": {"metric_id": "traffic", "critical_threshold": 10, "warning_threshold": 20},
        "Wrong too often": {"metric_id": "accuracy", "critical_threshold": 0.2, "warning_threshold": 0.6},
        "Short flights": {"metric_id": "average", "feature_names": ["distance"], "critical_threshold": 500},
    }
    daily = owner | {"priority": "HIGH", "compare_to": "raw_value", "condition": "lesser", "bin_size": "Day"}
    for name, fields in of_rules.items():
        rule_id = client.call("POST", "/v3/alert-rules", daily | {"name": name} | fields)["id"]
        for back in range(14, 0, -1):
            start = {"bin_start": (midnight() - back * DAY).isoformat()}
            client.call("POST", f"/v3/monitoring/alert-rules/{rule_id}/evaluate", start)


def publish(client: Client, model_id: str, events: list[dict[str, Any]], **environment: str) -> None:
    """Publish events."""
    source = {"type": "EVENTS", "events": events}
    client.call("POST", "/v3/events", {"model_id": model_id, "source": source} | environment)


def _day(back: int) -> Iterator[dict[str, Any]]:
    start = midnight() - back * DAY
    for number in range(FEW if back in QUIET_DAYS else USUAL):
        yield {
            "flight": f"UA{back}-{number}",
            "carrier": "UA" if number % 2 else "DL",
            "distance": 100 * number,
            "late_probability": number / USUAL,
            "arrived_late": number % 3 == 0,
            "take off": (start + timedelta(hours=number % 24)).isoformat(),
        }


@contextmanager
def receiver(status: int) -> Iterator[str]:
    """Run a receiver of messages that responds with a status. Give its URL, whose path is a secret."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/secret-path"
    finally:
        server.shutdown()
        server.server_close()
