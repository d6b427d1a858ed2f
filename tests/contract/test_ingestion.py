"""The ingestion of the last hour over HTTP: what counts, for which model, and who sees it."""

import time
from collections.abc import Iterator

import httpx
import pytest
from pydantic import SecretStr

from inference_events.app import create_app
from inference_events.settings import Settings
from tests.contract.definitions import UNKNOWN_ID, Api, Data
from tests.contract.serving import serve

INGESTION = "/v3/monitoring/ingestion"
CSV = b"id,age\n1,30\n2,31\n,32\n"


@pytest.fixture(scope="module")
def server_url(tmp_path_factory: pytest.TempPathFactory, token: str) -> Iterator[str]:
    """Give a server of these tests alone: in a list of the busiest models, those of other tests displace others."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("ingestion"), admin_token=SecretStr(token))
    with serve(create_app(settings, validate_responses=True)) as url:
        yield url


@pytest.fixture
def api(server_url: str, token: str) -> Iterator[Api]:
    with httpx.Client(base_url=server_url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        yield Api(client)


def of_model(api: Api, model_id: str) -> Data:
    """Return the counts of a model."""
    (found,) = api.get(INGESTION, model_id=model_id)["models"]
    assert found["model"]["id"] == model_id
    counted: Data = found["counted"]
    return counted


def events_of(counted: Data) -> dict[str, int]:
    """Return the numbers of events that are not zero."""
    names = ("created", "replaced", "unchanged", "updated", "unknown", "rejected")
    return {name: counted[name] for name in names if counted[name]}


def publish_file(api: Api, model_id: str) -> None:
    """Publish a CSV file in which one of three rows has no id, and wait for the job."""
    uploaded = api.client.post("/v3/files/upload", files={"file": ("rows.csv", CSV)})
    file_id = uploaded.json()["data"]["id"]
    source = {"type": "FILE", "file_id": file_id}
    job_id = api.post("/v3/events", {"model_id": model_id, "env_type": "PRODUCTION", "source": source})["job"]["id"]
    for _ in range(300):
        if api.get(f"/v3/jobs/{job_id}")["status"] not in ("PENDING", "STARTED"):
            return
        time.sleep(0.1)
    raise AssertionError("the job does not end")


def test_what_requests_do_is_counted(api: Api) -> None:
    """Each request, its bytes, what became of its events and its latency count for its model, in the current minute."""
    model_id = api.model("counted")
    assert api.get(INGESTION, model_id=model_id)["models"] == []
    api.publish(model_id, {"id": "1", "age": 30}, {"id": "2", "age": 31})
    api.publish(model_id, {"id": "1", "age": 30}, {"id": "2", "age": 32})
    labels = {"type": "EVENTS", "events": [{"id": "1", "churn": 1}, {"id": "9", "churn": 1}]}
    update = {"model_id": model_id, "env_type": "PRODUCTION", "source": labels}
    assert api.client.patch("/v3/events", json=update).status_code == 200
    counted = of_model(api, model_id)
    assert events_of(counted) == {"created": 2, "replaced": 1, "unchanged": 1, "updated": 1, "unknown": 1}
    assert (counted["requests"], counted["refused"]) == (3, [])
    assert counted["bytes"] > 200
    latency = counted["latency"]
    assert 0 < latency["p50_ms"] <= latency["p90_ms"] <= latency["p99_ms"] < 60_000
    report = api.get(INGESTION, model_id=model_id)
    assert sum(one["counted"]["requests"] for one in report["minutes"]) == 3
    assert report["started_at"] < report["read_at"]
    assert "other" not in report


def test_refused_requests_count_by_their_reason(api: Api) -> None:
    """A refused request counts for its model if it exists, and else beside the models."""
    model_id = api.model("refused")
    before = api.get(INGESTION)["other"]["requests"]
    source = {"type": "EVENTS", "events": [{"age": 1}]}
    request = {"model_id": model_id, "env_type": "PRODUCTION", "source": source}
    api.refused(400, "POST", "/v3/events", json=request)
    api.refused(404, "POST", "/v3/events", json=request | {"model_id": UNKNOWN_ID})
    api.refused(400, "POST", "/v3/events", json={"model_id": model_id})
    api.refused(401, "POST", "/v3/events", json=request, headers={"Authorization": "Bearer wrong"})
    counted = of_model(api, model_id)
    assert (counted["requests"], counted["refused"]) == (1, [{"reason": "BadRequest", "requests": 1}])
    other = api.get(INGESTION)["other"]
    assert other["requests"] == before + 3
    assert {"ObjectNotFound", "BadRequest", "Unauthorized"} <= {one["reason"] for one in other["refused"]}


def test_rows_of_files_are_counted(api: Api) -> None:
    """A file's rows count when they are committed, rejected ones too; the request that started the job counts once."""
    model_id = api.model("filed")
    publish_file(api, model_id)
    counted = of_model(api, model_id)
    assert events_of(counted) == {"created": 2, "rejected": 1}
    assert counted["requests"] == 1


def test_a_replayed_request_adds_no_events(api: Api) -> None:
    """A repeated request that gets its first response again counts as a request only."""
    model_id = api.model("replayed")
    source = {"type": "EVENTS", "events": [{"id": "1", "age": 30}]}
    body = {"model_id": model_id, "env_type": "PRODUCTION", "source": source}
    for _ in range(2):
        api.post("/v3/events", body, headers={"Idempotency-Key": f"once-{model_id}"})
    counted = of_model(api, model_id)
    assert (counted["requests"], events_of(counted)) == (2, {"created": 1})


def test_all_models(api: Api) -> None:
    """Without a model, the minutes are the sums of all models and of the rest; the busiest model comes first."""
    model_id = api.model("busy")
    api.publish(model_id, *({"id": str(n), "age": n} for n in range(900)))
    report = api.get(INGESTION)
    busy = [one["counted"]["requests"] + sum(events_of(one["counted"]).values()) for one in report["models"]]
    assert busy == sorted(busy, reverse=True)
    parts = [one["counted"] for one in report["models"]] + [report["other"]]
    for name in ("requests", "created", "bytes"):
        assert sum(one["counted"][name] for one in report["minutes"]) == sum(part[name] for part in parts)
    assert report["waiting_requests"] == 0


def test_a_deleted_model_is_counted_beside_the_models(api: Api) -> None:
    """What was ingested for a model that is deleted counts as other."""
    model_id = api.model("gone")
    api.publish(model_id, {"id": "1", "age": 30})
    before = api.get(INGESTION)["other"]["created"]
    api.delete(f"/v3/models/{model_id}")
    assert api.get(INGESTION)["other"]["created"] == before + 1
    api.refused(404, "GET", INGESTION, params={"model_id": model_id})


def test_who_sees_it(api: Api) -> None:
    """A token for ingesting sees all; one that is limited to projects only their models, and nothing beside them."""
    model_id, other = api.model("seen"), Api(api.client)
    hidden_id = other.model("hidden")
    for one in (model_id, hidden_id):
        api.publish(one, {"id": "1", "age": 30})
    secrets = [
        api.post("/v3/tokens", {"name": "limited", "scopes": ["ingest"], "project_ids": projects})["token"]
        for projects in (None, [api.project_id])
    ]
    free, limited = (
        api.client.get(INGESTION, headers={"Authorization": f"Bearer {secret}"}).json()["data"] for secret in secrets
    )
    for one in (model_id, hidden_id):
        # The list of all models has the busiest only.
        headers = {"Authorization": f"Bearer {secrets[0]}"}
        found = api.client.get(INGESTION, params={"model_id": one}, headers=headers).json()["data"]
        assert [each["model"]["id"] for each in found["models"]] == [one]
    assert [one["model"]["id"] for one in limited["models"]] == [model_id]
    assert sum(one["counted"]["requests"] for one in limited["minutes"]) == 1
    assert ["other" in one for one in (free, limited)] == [True, False]
    headers = {"Authorization": f"Bearer {secrets[1]}"}
    api.refused(404, "GET", INGESTION, params={"model_id": hidden_id}, headers=headers)
