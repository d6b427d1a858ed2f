"""Custom metrics over HTTP: which definitions they may have."""

from collections.abc import Iterator

import httpx
import pytest

from tests.contract.definitions import METRIC, SEGMENT, Api, Kind

DRIFT = "jsd(age, 'train')"


@pytest.fixture(scope="module")
def api(server_url: str, token: str) -> Iterator[Api]:
    with httpx.Client(base_url=server_url, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
        yield Api(client)


@pytest.fixture(scope="module")
def model_id(api: Api) -> str:
    return api.model("measured")


@pytest.mark.parametrize(
    "definition",
    [
        "sum(if(fp(), 1, 0) * -100)",
        "average(if(fn(), -40, if(fp(), -400, 250)))",
        'sum(if("churn"==1, "age", 0))',
        "count(age) / traffic()",
        "precision()",
        "sum(fp()) / 0",
        "quantile(age, level=0.5)",
    ],
)
def test_definitions_of_the_vendors_notebooks_are_valid(api: Api, model_id: str, definition: str) -> None:
    """An aggregate, a metric of the task, or a combination of these is a custom metric."""
    assert api.define(METRIC, model_id, definition, definition=definition)["definition"] == definition


@pytest.mark.parametrize(
    ("kind", "definition"),
    [
        (METRIC, "age > 1"),
        (METRIC, "age + 1"),
        (METRIC, "mae()"),
        (METRIC, "average(age) < 5"),
        (METRIC, "1 + 1"),
        (SEGMENT, "sum(age)"),
        (SEGMENT, "age"),
        (SEGMENT, "traffic() > 1"),
    ],
)
def test_each_kind_has_its_own_definitions(api: Api, model_id: str, kind: Kind, definition: str) -> None:
    """A custom metric is a number made of many events, and a segment a yes or no about one."""
    body = {"model_id": model_id, "name": "mine", "definition": definition}
    [message] = api.refused(400, "POST", kind.path, json=body)
    assert message.startswith("/definition: ")


def test_drift_needs_a_baseline_of_the_model(api: Api) -> None:
    """A definition may name the baselines of its own model, and no others. A baseline that one names stays."""
    model_id = api.model("drifting")
    body = {"model_id": model_id, "name": "drift", "definition": DRIFT}
    [message] = api.refused(400, "POST", METRIC.path, json=body)
    assert "train" in message
    source = {"type": "EVENTS", "events": [{"id": "1", "age": 5}]}
    api.post("/v3/events", {"model_id": model_id, "env_type": "PRE_PRODUCTION", "env_name": "train", "source": source})
    made = api.post(METRIC.path, body)
    assert made["definition"] == DRIFT
    assert api.refused(400, "POST", METRIC.path, json=body | {"model_id": api.model("without")})
    [baseline] = api.get(f"/v3/models/{model_id}/baselines")["items"]
    path = f"/v3/baselines/{baseline['id']}"
    [message] = api.refused(409, "DELETE", path)
    assert message.startswith('custom metric "drift" would not be valid any more: ')
    assert api.get(path) == baseline
    api.delete(f"{METRIC.path}/{made['id']}")
    assert api.delete(path) == baseline
