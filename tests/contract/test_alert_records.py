"""Records of alerts and evaluations over HTTP, stored as the evaluator stores them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from inference_events.alerts.judgements import LEARNING, Severity
from inference_events.app import Services
from inference_events.catalog import Catalog
from tests.contract.alerts import BIN, CONFIGS, GREATER, HOUR, RULES, TOKEN, judge, judgement, rule, served, where
from tests.contract.definitions import UNKNOWN_ID, Api, Data

pytestmark = pytest.mark.in_process
DEFAULT, WARNING, CRITICAL = Severity
RECORDS, SUMMARY, STATS = "/v3/monitoring/alert-records", f"{RULES}/summary", f"{RULES}/stats"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Services]]:
    with served(tmp_path_factory.mktemp("alerts")) as server:
        yield server


@pytest.fixture(scope="module")
def api(server: tuple[str, Services]) -> Iterator[Api]:
    with httpx.Client(base_url=server[0], headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as client:
        yield Api(client)


@pytest.fixture(scope="module")
def catalog(server: tuple[str, Services]) -> Catalog:
    return server[1].catalog


@pytest.fixture(scope="module")
def judged(api: Api, catalog: Catalog) -> Data:
    """Give a rule about two columns with records of three bins, the middle one of which was withdrawn."""
    fields = GREATER | {"metric_id": "range_violation_count", "feature_names": ["age", "p"]}
    created = rule(api, api.model("judged"), name="judged", **fields)
    judge(
        catalog,
        created["id"],
        judgement(3, WARNING, column="age"),
        judgement(7, CRITICAL, column="age"),
        judgement(0, DEFAULT, column="p"),
        judgement(9, CRITICAL, hours=1, column="p"),
        judgement(0, DEFAULT, hours=1, column="p"),
        judgement(None, None, hours=2, column="age", reason="no_rows"),
        judgement(8, CRITICAL, hours=3, column="age", revision=2, thresholds=(6, None)),
    )
    return created


def bucket(hours: int) -> int:
    return int((BIN + hours * HOUR).timestamp() * 1000)


def test_records_as_the_vendors_clients_read_them(api: Api, judged: Data) -> None:
    """The newest bin comes first; each record has the thresholds and the revision that it was made with."""
    newest, withdrawn, *_ = items = api.get(f"{CONFIGS}/{judged['id']}/records")["items"]
    assert [(one["alert_time_bucket"], one["severity"]) for one in items] == [
        (bucket(3), "CRITICAL"),
        (bucket(1), "DEFAULT"),
        (bucket(1), "CRITICAL"),
        (bucket(0), "CRITICAL"),
        (bucket(0), "WARNING"),
    ]
    expected = {
        "alert_config_uuid": judged["id"],
        "alert_config_revision": 2,
        "alert_run_start_time": bucket(5),
        "alert_value": 8,
        "baseline_time_bucket": None,
        "baseline_value": None,
        "critical_threshold": 6,
        "warning_threshold": None,
        "is_alert": True,
        "failure_reason": "NA",
        "message": "the value is 8",
        "feature_name": "age",
        "alert_record_main_version": 1,
        "alert_record_sub_version": 1,
    }
    assert {name: newest[name] for name in expected} == expected
    assert newest["created_at"] == newest["updated_at"]
    versions = (withdrawn["alert_record_main_version"], withdrawn["alert_record_sub_version"])
    assert (withdrawn["is_alert"], versions) == (False, (2, 1))


def test_both_versions_of_the_call_agree(api: Api, judged: Data) -> None:
    """The records have the same facts under other names for the ids."""
    old = api.get(f"{CONFIGS}/{judged['id']}/records")["items"]
    new = api.get(f"{RULES}/{judged['id']}/records")["items"]
    assert len(new) == 5
    for one, other in zip(old, new, strict=True):
        assert (one.pop("uuid"), one.pop("alert_config_uuid")) == (other.pop("id"), other.pop("alert_rule_id"))
        del one["id"]
        assert one == other


def test_ordering_may_be_repeated(api: Api, judged: Data) -> None:
    """The client repeats the parameter; joined by commas it means the same. A number of the record breaks ties."""
    path = f"{CONFIGS}/{judged['id']}/records"
    repeated = api.get(path, ordering=["alert_time_bucket", "-id"])["items"]
    assert repeated == api.get(path, ordering="alert_time_bucket,-id")["items"]
    assert [one["alert_value"] for one in repeated] == [7, 3, 0, 9, 8]
    by_value = api.get(path, ordering="-alert_value", limit=2, offset=1)
    assert ([one["alert_value"] for one in by_value["items"]], by_value["total"]) == ([8, 7], 5)
    (message,) = api.refused(400, "GET", path, params={"ordering": "nope"})
    assert message.startswith("/query/ordering: unknown field; known fields: id, uuid, alert_time_bucket")


@pytest.mark.parametrize(
    ("query", "hours"),
    [
        ("start_time=2026-11-25+06:00:00&end_time=2026-11-25+07:00:00.000000", [1, 1, 0, 0]),
        ("start_time=2026-11-25+06:00:00.000001&end_time=2026-11-25+08:59:59.999999", [1, 1]),
        ("start_time=2026-11-25+09:00:00%2B02:00", [3, 1, 1]),
        ("start_time=2026-11-25T07:00:00Z&end_time=2026-11-25T07:00:00Z", [1, 1]),
        ("end_time=2026-11-25", []),
        ("start_time=1795593600", [3]),
    ],
)
def test_times_select_by_the_start_of_the_bin(api: Api, judged: Data, query: str, hours: list[int]) -> None:
    """Both ends are included; a space, T, an offset, a date and a number are taken; no offset means UTC."""
    for path in (f"{CONFIGS}/{judged['id']}/records", f"{RULES}/{judged['id']}/records"):
        found = api.client.get(f"{path}?{query}").json()["data"]["items"]
        assert [one["alert_time_bucket"] for one in found] == [bucket(hour) for hour in hours]


def test_a_clock_behind_utc_does_not_hide_new_records(api: Api, catalog: Catalog) -> None:
    """For the vendor's client an end without an offset near to now is now; elsewhere and far from now it is UTC."""
    created = rule(api, api.model("west"))
    now = datetime.now(UTC)
    hours = (now - BIN) // HOUR
    judge(catalog, created["id"], judgement(1, CRITICAL, hours=hours))
    local = now - timedelta(hours=8)
    old, new = f"{CONFIGS}/{created['id']}/records", f"{RULES}/{created['id']}/records"
    assert (
        api.get(old, start_time=str(local.replace(tzinfo=None)), end_time=str(local.replace(tzinfo=None)))["total"] == 1
    )
    assert api.get(old, end_time=str((local - timedelta(hours=8)).replace(tzinfo=None)))["total"] == 0
    assert api.get(old, end_time=str(local))["total"] == 0
    assert api.get(new, end_time=str(local.replace(tzinfo=None)))["total"] == 0


def test_times_that_are_none(api: Api, judged: Data) -> None:
    """A bound that is no time and a range that ends before it starts are refused; an unknown rule is a 404."""
    for path in (f"{CONFIGS}/{judged['id']}/records", f"{RULES}/{judged['id']}/records", SUMMARY, STATS, RECORDS):
        assert api.refused(400, "GET", path, params={"end_time": "2026-13-01"}) == [
            "/query/end_time: cannot be read as a time such as 2024-05-01T12:30:00Z"
        ]
        api.refused(400, "GET", path, params={"start_time": "2026-01-02", "end_time": "2026-01-01"})
    for name in ("records", "record-history"):
        api.refused(404, "GET", f"{RULES}/{UNKNOWN_ID}/{name}")
    api.refused(404, "GET", f"{CONFIGS}/{UNKNOWN_ID}/records")
    api.refused(404, "GET", f"/v3/monitoring/alert-rules/{UNKNOWN_ID}/evaluations")


def test_the_history_of_bins(api: Api, judged: Data) -> None:
    """Each bin with records has their number and the one made last; pages add up."""
    path = f"{RULES}/{judged['id']}/record-history"
    found = api.get(path)
    assert [
        (one["time_bucket"], one["alert_count"], one["alert_history_count"], one["latest_record"]["alert_value"])
        for one in found["items"]
    ] == [(bucket(3), 1, 0, 8), (bucket(1), 2, 1, 0), (bucket(0), 2, 1, 7)]
    second = api.get(path, limit=1, offset=1)
    assert (second["items"], second["total"]) == ([found["items"][1]], 3)
    assert api.get(path, start_time="2026-11-25T09:00Z")["total"] == 1


def test_the_summary_of_rules(api: Api, judged: Data) -> None:
    """A rule has its last record and their number; a rule without records, or none in the range, has nulls."""

    def found(**query: Any) -> Data:
        items: list[Data] = api.get(SUMMARY, limit=1000, **query)["items"]
        (one,) = [one for one in items if one["alert_rule_id"] == judged["id"]]
        return one

    last = api.get(f"{RULES}/{judged['id']}/records")["items"][0]
    assert (
        found()
        | {
            "id": last["id"],
            "alert_record_count": 5,
            "alert_value": 8,
            "severity": "CRITICAL",
            "latest_alert_time_bucket": bucket(3),
            "latest_alert_feature_name": "age",
            "latest_threshold": 6,
        }
        == found()
    )
    assert found()["metric"] == judged["metric"]
    nothing = found(start_time="2027-01-01")
    assert (nothing["id"], nothing["alert_record_count"], nothing["severity"]) == (None, 0, None)


def test_the_numbers_of_alerts(api: Api, catalog: Catalog, judged: Data) -> None:
    """Alerts that stand are counted by the type of the metric, by severity and by model; withdrawn ones are not."""
    day = {"start_time": "2026-11-24T12:00Z", "end_time": "2026-11-25T12:00Z"}
    before = api.get(STATS, **day)
    model_id = api.model("counted")
    counted = rule(api, model_id, name="counted")
    judge(
        catalog, counted["id"], judgement(4, WARNING), judgement(4, WARNING, hours=1), judgement(1, CRITICAL, hours=2)
    )
    judge(catalog, counted["id"], judgement(9, DEFAULT, hours=1))
    after = api.get(STATS, no_cache=True, **day)
    assert after["service_metrics"]["warning"] - before["service_metrics"]["warning"] == 1
    assert after["service_metrics"]["critical"] - before["service_metrics"]["critical"] == 1
    assert after["data_integrity"] == before["data_integrity"]
    assert after["last_modified"] > before["last_modified"]
    assert triggered(api, model_id) == 2
    assert triggered(api, judged["model"]["id"], start_time="2026-11-25T06:00Z", end_time="2026-11-25T09:00Z") == 1
    api.delete(f"{RULES}/{counted['id']}")
    assert triggered(api, model_id) == 0
    assert api.get(STATS, **day) == before


def triggered(api: Api, model_id: str, **query: Any) -> int:
    """Return the number of alerts of a model in the monitoring summary."""
    items = api.get("/v3/monitoring-summary", limit=1000, **query)["items"]
    (found,) = [one for one in items if one["model"]["id"] == model_id]
    return int(found["triggered_alerts"])


def test_the_records_of_all_rules(api: Api, judged: Data) -> None:
    """Records name their rule and model, and are found by rule, severity and time."""

    def found(*rules: tuple[str, str, Any], **query: Any) -> list[Data]:
        items: list[Data] = api.get(RECORDS, filter=where(("alert_rule_id", "equal", judged["id"]), *rules), **query)[
            "items"
        ]
        return items

    assert len(found()) == 5
    assert found()[0]["alert_rule"] == {"id": judged["id"], "name": "judged"}
    assert (found()[0]["model"], found()[0]["project"]) == (judged["model"], judged["project"])
    assert [one["alert_value"] for one in found(("severity", "equal", "WARNING"))] == [3]
    assert [one["alert_value"] for one in found(("feature_name", "equal", "p"), ordering="alert_value")] == [0, 9]
    assert [one["alert_value"] for one in found(("model_id", "equal", judged["model"]["id"]), limit=1)] == [8]
    assert found(search="nope") == []


def test_a_token_of_another_project_sees_no_records(api: Api, judged: Data) -> None:
    """The records of its project are all that a limited token lists or counts, whatever it filters by."""
    own = api.get(RECORDS, filter=where(("alert_rule_id", "equal", judged["id"])))["total"]
    seen = []
    for project_id in (judged["project"]["id"], api.post("/v3/projects", {"name": "elsewhere"})["id"]):
        token = {"name": "limited", "scopes": ["read"], "project_ids": [project_id]}
        headers = {"Authorization": f"Bearer {api.post('/v3/tokens', token)['token']}"}
        query = {"filter": where(("alert_rule_id", "equal", judged["id"])), "search": "judged"}
        page = api.client.get(RECORDS, params=query, headers=headers).json()["data"]
        seen.append((page["total"], len(page["items"])))
    assert seen == [(own, own), (0, 0)]


def test_how_bins_were_judged(api: Api, catalog: Catalog, judged: Data) -> None:
    """Each column of each bin has its last judgement, also one without a value, with the reason."""
    path = f"/v3/monitoring/alert-rules/{judged['id']}/evaluations"
    assert [(one["alert_time_bucket"], one["feature_name"], one["state"]) for one in api.get(path)["items"]] == [
        (bucket(3), "age", "critical"),
        (bucket(2), "age", "no_data"),
        (bucket(1), "p", "ok"),
        (bucket(0), "age", "critical"),
        (bucket(0), "p", "ok"),
    ]
    missing = api.get(path, limit=1, offset=1)["items"][0]
    assert (missing["value"], missing["reason"], missing["data_revision"]) == (None, "no_rows", "1.1")
    assert api.get(path, end_time="2026-11-25T06:00Z")["total"] == 2
    shown = api.get(f"{RULES}/{judged['id']}")["last_evaluation"]
    assert shown == api.get(path, limit=1)["items"][0]
    young = rule(api, judged["model"]["id"], name="young")["id"]
    judge(catalog, young, judgement(4, None, reason=LEARNING))
    (one,) = api.get(f"/v3/monitoring/alert-rules/{young}/evaluations")["items"]
    assert api.get(RULES, filter=where(("id", "equal", young)))["items"][0]["last_evaluation"] == one
    assert (one["state"], one["value"], one["feature_name"]) == ("learning", 4, None)


def test_the_worst_column_stands_for_a_bin(api: Api, catalog: Catalog, judged: Data) -> None:
    """A rule shows the worst of its columns in the newest judged bin, and nothing before its first judgement."""
    fields = GREATER | {"metric_id": "range_violation_count", "feature_names": ["age", "p"]}
    id = rule(api, judged["model"]["id"], name="two columns", **fields)["id"]
    assert "last_evaluation" not in api.get(f"{RULES}/{id}")
    judge(catalog, id, judgement(9, CRITICAL, column="p"), judgement(0, DEFAULT, hours=1, column="p"))
    judge(catalog, id, judgement(3, WARNING, hours=1, column="age"))
    last = api.get(f"{RULES}/{id}")["last_evaluation"]
    assert (last["state"], last["feature_name"], last["alert_time_bucket"]) == ("warning", "age", bucket(1))


def test_the_next_judgement_waits_for_the_delay(api: Api, judged: Data) -> None:
    """A rule says when the bin that is not over yet, or waits for its delay, will be judged."""
    id = rule(api, judged["model"]["id"], name="delayed", **(GREATER | {"evaluation_delay": 3}))["id"]
    due = datetime.fromisoformat(api.get(f"{RULES}/{id}")["next_evaluation_at"])
    assert timedelta(0) < due - datetime.now(UTC) <= HOUR
    assert (due.minute, due.second) == (0, 0)
