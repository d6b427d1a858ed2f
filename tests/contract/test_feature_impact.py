"""Feature impacts over HTTP: uploaded, replaced, read, and multiplied with drift."""

from collections.abc import Iterator

import httpx
import pytest

from inference_events_client import InferenceEvents
from tests.contract.definitions import UNKNOWN_ID, Api
from tests.contract.figures import EVENTS, WHOLE_DAY, dataset, model

UPLOAD, READ = "/v3/analytics/upload-feature-impact", "/v3/analytics/feature-impact/precomputed"
FIGURES = "/v3/analytics/metrics"
IMPACT = "prediction_drift_impact"


@pytest.fixture(scope="module")
def api(server_url: str, token: str) -> Iterator[Api]:
    with httpx.Client(base_url=server_url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        yield Api(client)


def test_an_impact_is_stored_replaced_and_deleted_with_its_model(api: Api) -> None:
    """A second upload is refused, a replacement leaves nothing of the first, and a deleted model has none."""
    model_id = model(api, "impact", events=[])
    named = {"model_id": model_id}
    api.refused(404, "POST", READ, json=named)
    stored = api.post(UPLOAD, named | {"feature_impact_map": {"place": 0.5, "age": -2}})
    assert stored == api.post(READ, named)
    assert (stored["feature_names"], stored["feature_impact_scores"]) == (["place", "age"], [0.5, -2.0])
    kind = (stored["system_generated"], stored["model_task"], stored["model_input_type"])
    assert kind == (False, "BINARY_CLASSIFICATION", "STRUCTURED")
    api.refused(409, "POST", UPLOAD, json=named | {"feature_impact_map": {"age": 1}})
    response = api.client.put(UPLOAD, json=named | {"feature_impact_map": {"age": 1}})
    assert response.json()["data"] == api.post(READ, named)
    assert api.post(READ, named)["feature_names"] == ["age"]
    api.delete(f"/v3/models/{model_id}")
    api.refused(404, "POST", READ, json=named)


def test_a_wrong_impact_is_refused_with_its_place(api: Api) -> None:
    """A name that is no input, no number, nothing, and an unknown model are refused."""
    named = {"model_id": model(api, "refused", events=[])}
    found = api.refused(400, "POST", UPLOAD, json=named | {"feature_impact_map": {"age": 1, "p": 1, "a/b": 1}})
    assert found == [
        "/feature_impact_map/p: is not an input of the model",
        "/feature_impact_map/a~1b: is not an input of the model",
    ]
    api.refused(400, "POST", UPLOAD, json=named | {"feature_impact_map": {}})
    api.refused(400, "POST", UPLOAD, json=named | {"feature_impact_map": {"age": "1"}})
    api.refused(404, "PUT", UPLOAD, json={"model_id": UNKNOWN_ID, "feature_impact_map": {"age": 1}})
    api.refused(404, "POST", READ, json=named)


def test_the_impact_of_drift_is_the_impact_times_the_distance(api: Api) -> None:
    """`prediction_drift_impact` is listed once there are impacts, and is impact times `jsd` in cards and charts."""
    model_id = model(api, "moved")
    _, baseline_id = dataset(api, model_id, *EVENTS[:2], {"id": "9", "ts": EVENTS[0]["ts"], "place": "Texas"})
    asked = {
        "model_id": model_id,
        "env_type": "PRODUCTION",
        "metrics": [{"id": id, "column": "place", "baseline_id": baseline_id} for id in ("jsd", IMPACT)],
    }
    assert [one["reason"] for one in api.client.post(FIGURES, json=asked).json()["figures"]] == [None, "no_impact"]
    listed = {one["id"]: one["columns"] for one in api.get(f"/v3/models/{model_id}/metrics")["metrics"]}
    assert IMPACT not in listed
    api.post(UPLOAD, {"model_id": model_id, "feature_impact_map": {"place": -0.5}})
    listed = {one["id"]: one["columns"] for one in api.get(f"/v3/models/{model_id}/metrics")["metrics"]}
    assert listed[IMPACT] == ["place"]
    distance, impact = api.client.post(FIGURES, json=asked).json()["data"]
    assert distance > 0
    assert impact == pytest.approx(-0.5 * distance)
    chart = {
        "query_key": "5b1b1c62-5f4d-4c53-9f3e-0f6a2f0b7a11",
        "model_id": model_id,
        "metric": IMPACT,
        "columns": ["place"],
        "baseline_id": baseline_id,
    }
    filters = {"time_range": WHOLE_DAY, "bin_size": "Day"}
    body = {"project_id": api.project_id, "query_type": "MONITORING", "filters": filters, "queries": [chart]}
    ((_, charted),) = api.post("/v3/queries", body)["results"][chart["query_key"]]["data"]
    assert charted == pytest.approx(impact)


def test_the_client_stores_and_reads_an_impact(api: Api, server_url: str, token: str) -> None:
    """The Python client replaces the impact of a model, and gets back what it stored."""
    model_id = model(api, "clients", events=[])
    with InferenceEvents(server_url, token) as client:
        for impacts in ({"age": 1.0}, {"place": 0.5, "age": 2.0}):
            assert client.models.set_feature_impact(model_id, impacts).feature_names == list(impacts)
        assert client.models.feature_impact(model_id).feature_impact_scores == [0.5, 2.0]
