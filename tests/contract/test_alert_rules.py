"""Alert rules over HTTP: what they accept, what they refuse and why, their revisions, and whom they notify."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contract.alerts import AUTO, GREATER, RULES, TRAFFIC, body, rule, where
from tests.contract.definitions import METRIC, SEGMENT, UNKNOWN_ID, Api, Data, columns

AGE: Data = GREATER | {"metric_id": "range_violation_count", "feature_names": ["age"]}
DRIFT: Data = GREATER | {
    "metric_id": "jsd",
    "feature_names": ["age"],
    "critical_threshold": 0.2,
    "warning_threshold": 0.1,
}
AVERAGE: Data = GREATER | {"metric_id": "average", "feature_names": ["age", "Age"]}
FREQUENCY: Data = GREATER | {"metric_id": "frequency", "feature_names": ["place"], "category": "Texas"}
CHANGE: Data = GREATER | {"compare_to": "time_period", "compare_bin_delta": 24}
FALL: Data = CHANGE | {"condition": "lesser"}


@pytest.fixture(scope="module")
def api(server_url: str, token: str) -> Iterator[Api]:
    with httpx.Client(base_url=server_url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        yield Api(client)


@pytest.fixture(scope="module")
def model_id(api: Api) -> str:
    """Give a model with a dataset, whose baseline has the same name."""
    model_id = api.model("watched")
    source = {"type": "EVENTS", "events": [{"id": "1", "age": 30}]}
    api.post("/v3/events", {"model_id": model_id, "env_type": "PRE_PRODUCTION", "env_name": "train", "source": source})
    return model_id


def made(api: Api, model_id: str, name: str, fields: Data) -> Data:
    """Create a rule, and expect the list and its own path to show it alike."""
    created = rule(api, model_id, name=name, **fields)
    shown = api.get(f"{RULES}/{created['id']}")
    assert shown == created | {"next_evaluation_at": shown["next_evaluation_at"]}
    assert api.get(RULES, filter=where(("id", "equal", created["id"])))["items"] == [shown]
    return created


def test_a_rule_is_shown_as_it_was_made(api: Api, model_id: str) -> None:
    """A rule has the defaults of the contract, its metric, model and project, and notifies nobody."""
    created = made(api, model_id, " shown ", TRAFFIC)
    expected = TRAFFIC | {
        "name": "shown",
        "metric": {
            "id": "traffic",
            "display_name": "Traffic",
            "type": "service_metrics",
            "type_display_name": "Traffic",
        },
        "threshold_type": "manual",
        "evaluation_delay": 0,
        "feature_names": None,
        "auto_threshold_params": None,
        "compare_bin_delta": None,
        "category": None,
        "baseline": None,
        "segment": None,
        "enable_notification": True,
        "alert_config_revision": 1,
        "version": "rule_v3",
    }
    del expected["metric_id"]
    assert {name: created[name] for name in expected} == expected
    assert (created["model"]["id"], created["project"]["id"]) == (model_id, api.project_id)
    config = api.get(f"{RULES}/{created['id']}/notification")
    assert config == {"emails": [], "webhooks": [], "pagerduty_services": [], "pagerduty_severity": ""}


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        (AGE, {"feature_names": ["age"]}),
        (AGE | {"feature_names": []}, {"feature_names": ["__ANY__"]}),
        (AGE | {"feature_names": ["__ANY__"]}, {"feature_names": ["__ANY__"]}),
        (AVERAGE, {"feature_names": ["age", "Age"]}),
        (FREQUENCY, {"category": "Texas"}),
        (TRAFFIC | {"category": "traffic"}, {"category": "traffic"}),
        (AGE | {"category": "data_integrity"}, {"category": "data_integrity"}),
        (AUTO, {"critical_threshold": None, "auto_threshold_params": AUTO["auto_threshold_params"]}),
        (CHANGE | {"evaluation_delay": 8760}, {"compare_bin_delta": 24, "evaluation_delay": 8760}),
        (CHANGE | {"bin_size": "Month", "compare_bin_delta": 1}, {"bin_size": "Month"}),
        (FALL | {"warning_threshold": 0.05, "critical_threshold": 0.1}, {"critical_threshold": 0.1}),
        (FALL | {"warning_threshold": -0.05, "critical_threshold": -0.1}, {"critical_threshold": -0.1}),
        (TRAFFIC | {"compare_bin_delta": 7}, {"compare_bin_delta": None}),
        (GREATER | {"warning_threshold": None, "metric_id": "precision"}, {"warning_threshold": None}),
    ],
)
def test_what_is_accepted(api: Api, model_id: str, fields: Data, shown: Data) -> None:
    """Metrics of every type, thresholds of both types and both comparisons are stored."""
    created = made(api, model_id, f"accepted {fields} {shown}"[:255], fields)
    assert {name: created[name] for name in shown} == shown
    assert "warnings" not in created


def test_a_drift_compares_with_a_baseline(api: Api, model_id: str) -> None:
    """A drift has the baseline that it names, and without one the oldest over a dataset."""
    assert made(api, model_id, "default drift", DRIFT)["baseline"]["name"] == "train"
    window = {"type": "ROLLING", "env_type": "PRODUCTION", "offset_delta": 1, "window_bin_size": "Day"}
    rolling = api.post("/v3/baselines", window | {"model_id": model_id, "name": "yesterday"})["id"]
    named = made(api, model_id, "named drift", DRIFT | {"baseline_id": rolling.upper()})
    assert named["baseline"] == {"id": rolling, "name": "yesterday"}
    bare = api.model("bare")
    (message,) = api.refused(400, "POST", RULES, json=body(bare, **DRIFT))
    assert message == "/baseline_id: is needed, because the model has no dataset"


def test_a_custom_metric_and_a_segment(api: Api, model_id: str) -> None:
    """A rule names a custom metric by its id, and a segment of the model; it shows their names."""
    metric = api.define(METRIC, model_id, "Lost Revenue")["id"]
    segment = api.define(SEGMENT, model_id, "Old")["id"]
    created = made(api, model_id, "lost", TRAFFIC | {"metric_id": metric.upper(), "segment_id": segment.upper()})
    assert created["metric"] == {
        "id": metric,
        "display_name": "Lost Revenue",
        "type": "custom",
        "type_display_name": "Custom Metric",
    }
    assert created["segment"] == {"id": segment, "name": "Old"}


@pytest.mark.parametrize(
    ("fields", "place", "says"),
    [
        ({"metric_id": "drift_score"}, "/metric_id", "is neither a metric of this model nor"),
        ({"metric_id": UNKNOWN_ID}, "/metric_id", "is neither a metric of this model nor"),
        ({"metric_id": "rmse"}, "/metric_id", "is neither a metric of this model nor"),
        ({"metric_id": "mae"}, "/metric_id", "a model of the task binary_classification has no mae; the metrics"),
        ({"baseline_id": UNKNOWN_ID}, "/baseline_id", "only a drift metric takes one, and traffic is none; remove it"),
        (DRIFT | {"baseline_id": UNKNOWN_ID}, "/baseline_id", "is no baseline of this model"),
        (DRIFT | {"feature_names": None}, "/feature_names", "jsd needs at least one column"),
        (AVERAGE | {"feature_names": []}, "/feature_names", "average needs at least one column"),
        (
            AVERAGE | {"feature_names": ["age", "place"]},
            "/feature_names/1",
            'needs a column of numbers, and "place" is',
        ),
        (AVERAGE | {"feature_names": ["age", "age"]}, "/feature_names/1", 'names "age" again; remove it'),
        (AGE | {"feature_names": ["agee"]}, "/feature_names/0", 'no such column, did you mean "age"?'),
        ({"feature_names": ["age"]}, "/feature_names", "traffic takes no columns; remove them"),
        ({"metric_id": "precision", "feature_names": ["age"]}, "/feature_names", "precision takes no columns"),
        (FREQUENCY | {"category": None}, "/category", "frequency needs a category: the value to count"),
        (FREQUENCY | {"feature_names": ["place", "is new"]}, "/feature_names", "frequency takes one column"),
        ({"segment_id": UNKNOWN_ID}, "/segment_id", "is no segment of this model; create one, or remove it"),
        (CHANGE | {"compare_bin_delta": None}, "/compare_bin_delta", "must be one of 1, 24, 168, 720, 2160 for bins"),
        (CHANGE | {"bin_size": "Day"}, "/compare_bin_delta", "must be one of 1, 7, 30, 90 for bins of the size Day"),
        (CHANGE | {"bin_size": "Week", "compare_bin_delta": 2}, "/compare_bin_delta", "must be one of 1 for bins"),
        ({"critical_threshold": None}, "/critical_threshold", "is needed with the threshold_type manual"),
        (
            {"warning_threshold": 1},
            "/warning_threshold",
            "must not be below critical_threshold with the condition lesser",
        ),
        (GREATER | {"warning_threshold": 6}, "/warning_threshold", "must not be above critical_threshold"),
        (FALL | {"warning_threshold": -6}, "/warning_threshold", "must not be further from 0 than critical_threshold"),
        ({"auto_threshold_params": AUTO["auto_threshold_params"]}, "/auto_threshold_params", "must be null with the"),
        (AUTO | {"critical_threshold": 1}, "/critical_threshold", "must be null with the threshold_type standard"),
        (AUTO | {"auto_threshold_params": None}, "/auto_threshold_params", "send warning_multiplier and critical_mult"),
        (AUTO | {"compare_to": "time_period", "compare_bin_delta": 1}, "/compare_to", "must be raw_value with the"),
        (
            AUTO | {"auto_threshold_params": {"warning_multiplier": 0, "critical_multiplier": 1}},
            "/auto_threshold_params/warning_multiplier",
            "must be above 0",
        ),
        (
            AUTO | {"auto_threshold_params": {"warning_multiplier": 2, "critical_multiplier": 1}},
            "/auto_threshold_params/warning_multiplier",
            "must not be above critical_multiplier",
        ),
        ({"priority": "URGENT"}, "/priority", ""),
        ({"bin_size": "Quarter"}, "/bin_size", ""),
        ({"evaluation_delay": 8761}, "/evaluation_delay", ""),
        ({"name": "  "}, "/name", "must have 1 to 255 characters besides white space at its ends"),
    ],
)
def test_what_is_refused(api: Api, model_id: str, fields: Data, place: str, says: str) -> None:
    """A rule that no bin could be judged by is a 400 that names the field and how to correct it."""
    messages = api.refused(400, "POST", RULES, json=body(model_id, name="refused") | fields)
    assert any(message.startswith(f"{place}: ") and says in message for message in messages), messages
    assert api.get(RULES, filter=where(("name", "equal", "refused")))["total"] == 0


def test_what_belongs_to_another_model_is_refused(api: Api, model_id: str) -> None:
    """Neither a segment nor a metric of another model can be watched."""
    other = api.model("other")
    segment, metric = api.define(SEGMENT, other)["id"], api.define(METRIC, other)["id"]
    (message,) = api.refused(400, "POST", RULES, json=body(model_id, name="x", segment_id=segment))
    assert message.startswith("/segment_id: is no segment of this model")
    (message,) = api.refused(400, "POST", RULES, json=body(model_id, name="x", metric_id=metric))
    assert message.startswith("/metric_id: is neither a metric of this model")
    api.refused(404, "POST", RULES, json=body(UNKNOWN_ID))


def test_a_name_is_taken_once(api: Api, model_id: str) -> None:
    """Two rules of a model cannot have one name, also after a change; those of other models can."""
    first, second = (rule(api, model_id, name=name) for name in ("once", "twice"))
    says = ["Alert rule with the same name already exists for this model"]
    assert api.refused(409, "POST", RULES, json=body(model_id, name="once ")) == says
    assert api.refused(409, "PATCH", f"{RULES}/{second['id']}", json={"name": "once"}) == says
    rule(api, api.model("namesake"), name="once")
    api.delete(f"{RULES}/{first['id']}")
    api.refused(404, "GET", f"{RULES}/{first['id']}")
    api.refused(404, "DELETE", f"{RULES}/{first['id']}")
    rule(api, model_id, name="once")


def test_a_change_of_a_threshold_is_a_revision(api: Api, model_id: str) -> None:
    """All four keys of the vendor's client are taken, null clears, and only new thresholds raise the revision."""
    path = f"{RULES}/{rule(api, model_id, name='revised')['id']}"
    sent = {"critical_threshold": 1, "warning_threshold": None, "evaluation_delay": 3, "auto_threshold_params": None}
    changed = patched(api, path, sent)
    assert {name: changed[name] for name in sent} == sent
    assert changed["alert_config_revision"] == 2
    assert patched(api, path, sent | {"evaluation_delay": 4})["alert_config_revision"] == 2
    quiet = patched(api, path, {"enable_notification": False, "priority": "LOW", "name": " renamed "})
    assert (quiet["enable_notification"], quiet["priority"], quiet["name"]) == (False, "LOW", "renamed")
    assert quiet["alert_config_revision"] == 2
    api.refused(400, "PATCH", path, json=sent | {"critical_threshold": None})
    api.refused(400, "PATCH", path, json={"warning_threshold": 0})
    api.refused(400, "PATCH", path, json={"bin_size": "Day"})
    api.refused(400, "PATCH", path, json={})
    assert api.get(path) | quiet == api.get(path)


def patched(api: Api, path: str, change: Data) -> Data:
    response = api.client.patch(path, json=change)
    assert response.status_code == 200, response.text
    data: Data = response.json()["data"]
    return data


def test_an_automatic_rule_changes_its_multipliers(api: Api, model_id: str) -> None:
    """New multipliers are a revision, and the thresholds stay null."""
    path = f"{RULES}/{rule(api, model_id, name='automatic', **AUTO)['id']}"
    fixed = {"critical_threshold": None, "warning_threshold": None, "evaluation_delay": 0}
    wider = {"warning_multiplier": 3, "critical_multiplier": 4.5}
    changed = patched(api, path, fixed | {"auto_threshold_params": wider})
    assert (changed["auto_threshold_params"], changed["alert_config_revision"]) == (wider, 2)
    api.refused(400, "PATCH", path, json=fixed | {"critical_threshold": 3, "auto_threshold_params": wider})


def test_a_threshold_like_a_share_gets_a_warning(api: Api, model_id: str) -> None:
    """The threshold of a percentage is from 0 to 100; between 0 and 1 it is accepted, with a warning."""
    share = AGE | {"metric_id": "null_violation_percentage", "critical_threshold": 0.1, "warning_threshold": 0.05}
    created = rule(api, model_id, name="share", **share)
    assert [one["reason"] for one in created["warnings"]] == ["threshold_like_share"] * 2
    assert "warnings" not in patched(
        api, f"{RULES}/{created['id']}", {"critical_threshold": 10, "warning_threshold": 5}
    )


def test_lists_find_rules_as_the_client_asks(api: Api) -> None:
    """Rules are found by model, metric, baseline and column, the column alone or in a list, and are ordered."""
    model_id = api.model("listed")
    rule(api, model_id, name="b", **AVERAGE)
    rule(api, model_id, name="a", **(AGE | {"priority": "LOW"}))
    rule(api, model_id, name="c")

    def names(*rules: tuple[str, str, Any], **query: Any) -> list[str]:
        found = api.get(RULES, filter=where(("model_id", "equal", model_id), *rules), **query)
        return [one["name"] for one in found["items"]]

    assert names() == ["a", "b", "c"]
    assert names(ordering="-name") == ["c", "b", "a"]
    assert names(ordering="priority,-created_at") == ["c", "b", "a"]
    assert names(("feature_names", "any", "age")) == ["a", "b"]
    assert names(("feature_names", "any", "age"), ("feature_names", "any", "Age")) == ["b"]
    assert names(("feature_names", "in", ["Age", "nope"])) == ["b"]
    assert names(("feature_names", "not_in", ["Age"])) == ["a", "c"]
    assert names(("metric_id", "equal", "traffic")) == ["c"]
    assert names(("baseline_id", "equal", UNKNOWN_ID)) == []
    assert names(search="B") == ["b"]
    api.refused(400, "GET", RULES, params={"filter": where(("feature_names", "equal", "age"))})
    api.refused(400, "GET", RULES, params={"filter": where(("feature_names", "any", 3))})
    api.refused(400, "GET", RULES, params={"ordering": "feature_names"})


def test_whom_a_rule_notifies(api: Api, model_id: str) -> None:
    """PATCH changes what it names, empty values clear, and POST replaces everything."""
    path = f"{RULES}/{rule(api, model_id, name='loud')['id']}/notification"
    assert patched(api, path, {"emails": ["a@b.example", "me@here"]})["emails"] == ["a@b.example", "me@here"]
    both = patched(api, path, {"pagerduty_services": ["Flights"], "pagerduty_severity": "error"})
    assert both["emails"] == ["a@b.example", "me@here"]
    assert (both["pagerduty_services"], both["pagerduty_severity"]) == (["Flights"], "error")
    assert patched(api, path, {"pagerduty_severity": "", "emails": []})["emails"] == []
    assert api.get(path)["pagerduty_services"] == ["Flights"]
    assert api.post(path, {"emails": ["x@y.example"]})["pagerduty_services"] == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"emails": ["a@b.example", "nobody"]}, "/emails/1: is not one email address"),
        ({"emails": ["a@b.example\r\nBcc: c@d.example"]}, "/emails/0: is not one email address"),
        ({"emails": ["a@b.example,c@d.example"]}, "/emails/0: is not one email address"),
        ({"pagerduty_severity": "loud"}, "/pagerduty_severity: "),
        ({"webhooks": [UNKNOWN_ID]}, "/webhooks/0: is no webhook; create it first, or remove it"),
        ({}, ""),
    ],
)
def test_whom_a_rule_cannot_notify(api: Api, model_id: str, change: Data, place: str) -> None:
    """What is no address and an unknown webhook are a 400 with the place, and nothing changes."""
    path = f"{RULES}/{rule(api, model_id, name=f'silent {change}')['id']}/notification"
    before = api.get(path)
    for method in ("PATCH", "POST"):
        messages = api.refused(400, method, path, json=change)
        assert any(message.startswith(place) for message in messages), messages
    assert api.get(path) == before


def test_what_a_rule_uses_stays(api: Api) -> None:
    """A baseline, a segment, a custom metric and a column that a rule uses are kept: 409 with the rule's name."""
    model_id = api.model("used")
    window = {"type": "ROLLING", "env_type": "PRODUCTION", "offset_delta": 1, "window_bin_size": "Day"}
    baseline = api.post("/v3/baselines", window | {"model_id": model_id, "name": "yesterday"})["id"]
    metric, segment = api.define(METRIC, model_id)["id"], api.define(SEGMENT, model_id, definition="p > 0")["id"]
    drift = rule(api, model_id, name="drift", **(DRIFT | {"baseline_id": baseline, "feature_names": ["place"]}))
    custom = rule(api, model_id, name="custom", metric_id=metric, segment_id=segment)
    for path, what, name in (
        (f"/v3/baselines/{baseline}", "baseline", "drift"),
        (f"/v3/segments/{segment}", "segment", "custom"),
        (f"/v3/custom-metrics/{metric}", "custom metric", "custom"),
    ):
        message = f'Alert rules use the {what}; change or delete them first: "{name}"'
        assert api.refused(409, "DELETE", path) == [message]
        api.get(path)
    change = f"/v3/models/{model_id}"
    (message,) = api.refused(409, "PATCH", change, json=without("place"))
    assert message == 'alert rule "drift" uses "place", which would be removed'
    (message,) = api.refused(409, "PATCH", change, json={"schema": {"columns": columns(place="str")}})
    assert message == 'alert rule "drift" uses "place", which would get another type'
    for one in (drift, custom):
        api.delete(f"{RULES}/{one['id']}")
    patched(api, change, without("place"))
    for path in (f"/v3/baselines/{baseline}", f"/v3/segments/{segment}", f"/v3/custom-metrics/{metric}"):
        api.delete(path)


def test_the_metric_of_a_rule_stays(api: Api) -> None:
    """A change of the task that takes the metric of a rule away is a 409."""
    model_id = api.model("tasked")
    created = rule(api, model_id, name="precise", metric_id="precision")
    (message,) = api.refused(409, "PATCH", f"/v3/models/{model_id}", json={"task": "regression"})
    assert message.startswith('alert rule "precise" would not be valid any more: a model of the task regression')
    api.delete(f"{RULES}/{created['id']}")
    patched(api, f"/v3/models/{model_id}", {"task": "regression"})


def without(name: str) -> Data:
    """Return the change of a model that removes one of its inputs."""
    inputs = [one for one in ("age", "Age", "place", "is new") if one != name]
    spec = {"inputs": inputs, "outputs": ["p"], "targets": ["churn"], "metadata": ["id"]}
    return {"schema": {"columns": columns(name)}, "spec": spec}


def test_rules_go_with_their_model(api: Api) -> None:
    """A rule of a deleted model is a 404, and in no list."""
    model_id = api.model("doomed")
    path = f"{RULES}/{rule(api, model_id)['id']}"
    api.delete(f"/v3/models/{model_id}")
    for method, place in (("GET", path), ("DELETE", path), ("GET", f"{path}/records"), ("GET", f"{path}/notification")):
        api.refused(404, method, place)
    assert api.get(RULES, filter=where(("model_id", "equal", model_id)))["total"] == 0
