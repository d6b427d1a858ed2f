"""Alert rules in the form of the vendor's oldest clients."""

from collections.abc import Iterator

import httpx
import pytest

from tests.contract.alerts import AUTO, CONFIGS, RULES, TRAFFIC, rule, where
from tests.contract.definitions import UNKNOWN_ID, Api, Data

NOBODY = {"emails": {"email": ""}, "pagerduty": {"service": "", "severity": ""}, "webhooks": []}


@pytest.fixture(scope="module")
def api(server_url: str, token: str) -> Iterator[Api]:
    with httpx.Client(base_url=server_url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        yield Api(client)


def body(api: Api, model_name: str, **fields: object) -> Data:
    names = {"project_name": project_name(api), "model_name": model_name, "organization_name": "Inference Events"}
    return {"name": "old", "segment_id": None, "notifications": NOBODY} | names | TRAFFIC | fields


def project_name(api: Api) -> str:
    return str(api.get(f"/v3/projects/{api.project_id}")["name"])


def test_a_rule_made_by_name(api: Api) -> None:
    """It is the same rule in both forms, with the baseline of a name, and whom it notifies."""
    model_id = api.model("named")
    window = {"type": "ROLLING", "env_type": "PRODUCTION", "offset_delta": 1, "window_bin_size": "Day"}
    baseline = api.post("/v3/baselines", window | {"model_id": model_id, "name": "yesterday"})["id"]
    drift = {"metric_id": "psi", "feature_names": ["age"], "baseline_name": "yesterday", "condition": "greater"}
    notified = NOBODY | {"emails": {"email": "a@b.example, c@d.example"}, "pagerduty": {"service": "x", "severity": ""}}
    sent = body(api, "named", **drift, warning_threshold=1, notifications=notified)
    created = api.post(CONFIGS, sent)
    assert created["baseline"] == {"id": baseline, "name": "yesterday"}
    assert created["notifications"] == notified | {"emails": {"email": "a@b.example,c@d.example"}}
    assert (created["critical_threshold"], created["metric_id"]) == (2, "psi")
    assert api.get(f"{CONFIGS}/{created['uuid']}") == created
    new = api.get(f"{RULES}/{created['uuid']}")
    assert (new["metric"]["id"], new["updated_at"]) == ("psi", created["last_updated"])
    assert api.get(f"{RULES}/{created['uuid']}/notification")["emails"] == ["a@b.example", "c@d.example"]
    filter = where(("model_id", "equal", model_id), ("columns", "any", "age"))
    assert api.get(CONFIGS, filter=filter, organization_name="x")["items"] == [created]
    assert api.delete(f"{CONFIGS}/{created['uuid']}") == created
    api.refused(404, "GET", f"{RULES}/{created['uuid']}")


def test_changes_in_the_old_form(api: Api) -> None:
    """The parts that are sent replace what was there, and others stay."""
    api.model("changed")
    path = f"{CONFIGS}/{api.post(CONFIGS, body(api, 'changed'))['uuid']}"
    response = api.client.patch(path, json={"notifications": {"emails": {"email": "a@b.example"}}})
    assert response.json()["data"]["notifications"] == NOBODY | {"emails": {"email": "a@b.example"}}
    quiet = api.client.patch(path, json={"enable_notification": False}).json()["data"]
    assert (quiet["enable_notification"], quiet["notifications"]["emails"]) == (False, {"email": "a@b.example"})
    api.refused(400, "PATCH", path, json={"notifications": {"emails": {"email": "nobody"}}})
    api.refused(400, "PATCH", path, json={"notifications": {"webhooks": [{"uuid": UNKNOWN_ID}]}})
    assert api.get(path) == quiet


def test_what_the_old_form_cannot_name(api: Api) -> None:
    """Unknown names are refused, and so is the name of several versions; no wrong version gets the rule."""
    api.model("twice", version="v1")
    api.model("twice", version="v2")
    (message,) = api.refused(400, "POST", CONFIGS, json=body(api, "twice"))
    assert message.startswith("/model_name: is the name of several versions")
    api.refused(404, "POST", CONFIGS, json=body(api, "nope"))
    api.refused(404, "POST", CONFIGS, json=body(api, "twice", project_name="nope"))
    api.model("alone")
    (message,) = api.refused(400, "POST", CONFIGS, json=body(api, "alone", metric_id="jsd", baseline_name="nope"))
    assert message.startswith("/baseline_name: is the name of no baseline")


def test_automatic_rules_are_not_shown_in_the_old_form(api: Api) -> None:
    """The oldest clients cannot read a rule without a critical threshold, so none is listed or found."""
    model_id = api.model("automatic")
    created = rule(api, model_id, **AUTO)
    assert api.get(CONFIGS, filter=where(("model_id", "equal", model_id)))["total"] == 0
    api.refused(404, "GET", f"{CONFIGS}/{created['id']}")
    api.refused(404, "DELETE", f"{CONFIGS}/{created['id']}")
    assert api.get(f"{CONFIGS}/{created['id']}/records")["total"] == 0
