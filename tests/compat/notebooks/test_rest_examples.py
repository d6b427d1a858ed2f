"""The vendor's notebook of REST examples: a file, a stream, an update, and a publisher that tries again."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fiddler as fdl
import pytest
import requests

from tests.compat.notebooks import churn, steps
from tests.compat.stored import done, stored_by_id

CSV = """\
customer_id,creditscore,geography,gender,age,tenure,balance,numofproducts,hascrcard,isactivemember,estimatedsalary,\
predicted_churn,churn,timestamp
27c349a2,559,California,Male,52,2,0.0,1,1,0,129013.59,0.007447,no,2025-12-28T12:00:00Z
27c35cee,482,California,Male,55,5,97318.25,1,0,1,78416.14,0.804852,yes,2025-12-27T12:01:00Z
27c364f0,651,Florida,Female,46,4,89743.05,1,1,0,156425.57,0.012754,no,2025-12-29T12:02:00Z
"""
FIRST: dict[str, Any] = {
    "customer_id": "27c349a2",
    "creditscore": 559,
    "geography": "California",
    "gender": "Male",
    "age": 52,
    "tenure": 2,
    "balance": 0.0,
    "numofproducts": 1,
    "hascrcard": 1,
    "isactivemember": 0,
    "estimatedsalary": 129013.59,
    "predicted_churn": 0.007447,
    "churn": "no",
}
SECOND = FIRST | {
    "customer_id": "27c35cee",
    "creditscore": 482,
    "age": 55,
    "tenure": 5,
    "balance": 97318.25,
    "hascrcard": 0,
    "isactivemember": 1,
    "estimatedsalary": 78416.14,
    "predicted_churn": 0.804852,
    "churn": "yes",
}


def now() -> str:
    return datetime.now(UTC).isoformat()


def upload(path: Path) -> str:
    with path.open("rb") as file:
        headers = {"Authorization": f"Bearer {fdl.conn.token}"}
        response = requests.post(f"{fdl.conn.url}/v3/files/upload", headers=headers, files={"file": file}, timeout=60)
    file_id: str = response.json()["data"]["id"]
    return file_id


def send(method: str, model: fdl.Model, source: dict[str, Any], **headers: str) -> requests.Response:
    """Send events or the id of a file as the notebook does: JSON as text, with its content type."""
    return requests.request(
        method,
        f"{fdl.conn.url}/v3/events",
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {fdl.conn.token}", **headers},
        data=json.dumps({"model_id": str(model.id), "env_type": "PRODUCTION", "source": source}),
        timeout=30,
    )


def publish_with_retry(model: fdl.Model, events: list[dict[str, Any]], retries: int = 2) -> list[str]:
    """Publish events again, with the vendor's header, as long as the server is busy."""
    for attempt in range(retries + 1):
        headers = {"X-Fiddler-Client-Retry": "true"} if attempt else {}
        response = send("POST", model, {"type": "EVENTS", "events": events}, **headers)
        if response.status_code in (200, 202):
            ids: list[str] = response.json()["data"].get("event_ids", [])
            return ids
        assert response.status_code in (429, 500, 502, 503, 504), response.text
        time.sleep(2.0**attempt)
    pytest.fail("the server stayed busy")


def test_requests_of_the_notebook(project_name: str, tmp_path: Path) -> None:
    """The file, the events and the update are stored, and responses have the fields that the notebook reads."""
    model = churn.churn_model("rest", steps.open_project(project_name), churn.customers(500, seed=6))
    path = tmp_path / "churn_events.csv"
    path.write_text(CSV)
    response = send("POST", model, {"type": "FILE", "file_id": upload(path)})
    job = fdl.Job.get(response.json()["data"]["job"]["id"])
    assert done(job)["created"] == 3
    streamed = send("POST", model, {"type": "EVENTS", "events": [FIRST | {"timestamp": now()}]})
    event_ids = streamed.json()["data"]["event_ids"]
    update = {"customer_id": "27c349a2", "churn": "yes"}
    updated = send("PATCH", model, {"type": "EVENTS", "events": [update]})

    assert (event_ids, updated.status_code) == (["27c349a2"], 200)
    stored = stored_by_id(model)
    assert {id: event["values"]["churn"] for id, event in stored.items()} == {
        "27c349a2": "yes",
        "27c35cee": "yes",
        "27c364f0": "no",
    }
    assert stored["27c364f0"]["timestamp"] == "2025-12-29T12:02:00.000000Z"
    assert stored["27c364f0"]["values"]["balance"] == 89743.05
    again = [event | {"timestamp": now()} for event in (FIRST, SECOND)]
    assert publish_with_retry(model, again) == ["27c349a2", "27c35cee"]
    assert steps.figures(model, "traffic") == [3]
    assert stored_by_id(model)["27c35cee"]["timestamp"][:19] == again[1]["timestamp"][:19]
