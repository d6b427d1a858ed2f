"""What the tests of figures share: models with events, datasets, and changes of them."""

import math
import time
from collections.abc import Mapping
from typing import Any

from tests.contract.definitions import Api

DAY = "2026-03-02T"
EVENTS: list[dict[str, Any]] = [
    {"id": "1", "ts": f"{DAY}01:00:00Z", "age": 25, "Age": 1.5, "place": "Hawaii", "churn": 1, "p": 0.9},
    {"id": "2", "ts": f"{DAY}02:00:00Z", "age": 35, "Age": 2.5, "place": "Hawaii", "churn": 0, "p": 0.6},
    {"id": "3", "ts": f"{DAY}03:00:00Z", "age": 45, "Age": None, "place": "Texas", "churn": 1, "p": 0.2},
    {"id": "4", "ts": f"{DAY}04:00:00Z", "age": 55, "Age": 4.5, "place": "Hawaii", "churn": 0, "p": 0.1},
    {"id": "5", "ts": f"{DAY}05:00:00Z", "age": None, "Age": None, "place": "Texas", "p": 0.7},
]
WHOLE_DAY = {"start_time": f"{DAY}00:00:00Z", "end_time": "2026-03-03T00:00:00Z"}


def model(api: Api, name: str, *, events: list[dict[str, Any]] = EVENTS) -> str:
    """Create a model with a time column and publish events."""
    model_id = api.model(name, event_ts_col="ts")
    if events:
        api.publish(model_id, *events)
    return model_id


def dataset(api: Api, model_id: str, *events: Mapping[str, Any], name: str = "training") -> tuple[str, str]:
    """Publish a dataset and return its id and that of its baseline."""
    source = {"type": "EVENTS", "events": events}
    api.post("/v3/events", {"model_id": model_id, "env_type": "PRE_PRODUCTION", "env_name": name, "source": source})
    (baseline,) = [one for one in api.get(f"/v3/models/{model_id}/baselines")["items"] if one["name"] == name]
    return baseline["environment"]["id"], baseline["id"]


def update(api: Api, model_id: str, **event: Any) -> None:
    """Change an event by its id."""
    source = {"type": "EVENTS", "events": [event]}
    response = api.client.patch("/v3/events", json={"model_id": model_id, "env_type": "PRODUCTION", "source": source})
    assert response.status_code == 200, response.text


def delete(api: Api, model_id: str, *ids: str) -> None:
    """Delete events and wait until they are gone."""
    body = {"model_id": model_id, "event_ids": ids, "update_metrics": False}
    response = api.client.request("DELETE", "/v3/events", json=body)
    assert response.status_code in (200, 202), response.text
    job_id = response.json()["data"]["job"]["id"]
    deadline = time.monotonic() + 30
    while api.get(f"/v3/jobs/{job_id}")["status"] != "SUCCESS":
        assert time.monotonic() < deadline
        time.sleep(0.02)


def distance(before: list[float], now: list[float]) -> float:
    """Return the Jensen-Shannon distance of two distributions, with logarithms of base 2."""
    middle = [(one + other) / 2 for one, other in zip(before, now, strict=True)]
    return math.sqrt(_entropy(middle) - (_entropy(before) + _entropy(now)) / 2)


def _entropy(shares: list[float]) -> float:
    return -sum(share * math.log2(share) for share in shares if share)
