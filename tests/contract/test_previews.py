"""Previews of definitions: what one gives before it is stored, exact after changes."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contract.definitions import UNKNOWN_ID, Api
from tests.contract.figures import EVENTS, WHOLE_DAY, dataset, delete, model, update

CHECK = "/v3/monitoring/definitions/check"


@pytest.fixture(scope="module")
def api(server_url: str, token: str) -> Iterator[Api]:
    with httpx.Client(base_url=server_url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        yield Api(client)


def body(model_id: str, kind: str, definition: str, **preview: Any) -> dict[str, Any]:
    """Return the request of a check with a preview."""
    return {"model_id": model_id, "kind": kind, "definition": definition, "preview": preview}


def test_a_preview_is_exact_after_changes(api: Api) -> None:
    """A preview counts the events of a segment and computes a metric, over the events that it names."""
    model_id = model(api, "previewed")
    segment, metric = body(model_id, "segment", "churn == 1"), body(model_id, "metric", "sum(churn) / traffic()")
    first = api.post(CHECK, segment)["preview"]
    assert (first["rows"], first["matching"], "figure" in first) == (5, 2, False)
    assert api.post(CHECK, metric)["preview"]["figure"]["value"] == 0.4
    update(api, model_id, id="5", churn=1)
    delete(api, model_id, "2")
    after = api.post(CHECK, segment)["preview"]
    assert (after["rows"], after["matching"]) == (4, 3)
    assert after["data_revision"] != first["data_revision"]
    found = api.post(CHECK, metric)["preview"]
    assert (found["figure"]["value"], found["figure"]["reason"], "matching" in found) == (0.75, None, False)
    before = {"start_time": "2026-01-01", "end_time": "2026-01-02"}
    empty = api.post(CHECK, body(model_id, "metric", "sum(churn) / traffic()", time_range=before))["preview"]
    assert (empty["rows"], empty["figure"]["reason"]) == (0, "no_rows")
    dataset_id, _ = dataset(api, model_id, EVENTS[0], EVENTS[1])
    trained = api.post(CHECK, body(model_id, "segment", "churn == 1", environment_id=dataset_id))["preview"]
    assert (trained["rows"], trained["matching"]) == (2, 1)


def test_a_preview_needs_a_valid_definition_and_known_events(api: Api) -> None:
    """An invalid definition has no preview, unknown events are a 404, and a wrong range a 400 with its place."""
    model_id = model(api, "no_preview", events=EVENTS[:1])
    assert "preview" not in api.post(CHECK, body(model_id, "segment", "churn =="))
    assert "preview" not in api.post(CHECK, {"model_id": model_id, "kind": "segment", "definition": "churn == 1"})
    api.refused(404, "POST", CHECK, json=body(model_id, "segment", "churn == 1", environment_id=UNKNOWN_ID))
    turned = {"start_time": WHOLE_DAY["end_time"], "end_time": WHOLE_DAY["start_time"]}
    (message,) = api.refused(400, "POST", CHECK, json=body(model_id, "segment", "churn == 1", time_range=turned))
    assert message == "/preview/time_range: start_time must be before end_time"
