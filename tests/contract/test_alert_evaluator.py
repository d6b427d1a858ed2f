"""The evaluator on a real server: which bins it judges, when it judges them again, and what happens in between."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from inference_events.alerts.evaluator import AlertEvaluator
from inference_events.app import Services
from inference_events.catalog import alert_queue
from inference_events.catalog.alert_queue import RuleBin
from inference_events.leased_work import LeaseLost
from tests.contract.alerts import AUTO, GREATER, HOUR, RULES, TOKEN, body, rule, served, where
from tests.contract.definitions import METRIC, SEGMENT, UNKNOWN_ID, Api, Data

pytestmark = pytest.mark.in_process
NOW = datetime.now(UTC).replace(minute=30, second=0, microsecond=0) - HOUR
LAST = NOW.replace(minute=0) - HOUR
DEBOUNCE = 60.0
EVALUATIONS = "/v3/monitoring/alert-rules/{}/evaluations"
PREVIEW = "/v3/monitoring/alert-rules/preview"
EVALUATE = "/v3/monitoring/alert-rules/{}/evaluate"


class Clock:
    """A clock that the tests set."""

    def __init__(self) -> None:
        self.now = NOW


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Services]]:
    with served(tmp_path_factory.mktemp("evaluator")) as server:
        yield server


@pytest.fixture
def api(server: tuple[str, Services]) -> Iterator[Api]:
    with httpx.Client(base_url=server[0], headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as client:
        yield Api(client)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def evaluator(server: tuple[str, Services], clock: Clock) -> Iterator[AlertEvaluator]:
    evaluator = make_evaluator(server[1], clock)
    yield evaluator
    evaluator.stop()


def make_evaluator(services: Services, clock: Clock, **options: Any) -> AlertEvaluator:
    return AlertEvaluator(
        services.catalog,
        services.store,
        services.figure_service,
        services.announcer,
        debounce_seconds=DEBOUNCE,
        now=lambda: clock.now,
        **options,
    )


def bucket(start: datetime) -> int:
    return int(start.timestamp() * 1000)


def events(count: int, start: datetime = LAST, **values: Any) -> list[Data]:
    """Return events spread over the hour from `start`."""
    step = HOUR / (count + 1)
    stamps = [(start + (place + 1) * step).isoformat() for place in range(count)]
    return [{"id": f"{start:%d%H%M}-{n}", "timestamp": stamp} | values for n, stamp in enumerate(stamps)]


def model(api: Api, name: str) -> str:
    return api.model(name, event_ts_col="timestamp")


def evaluations(api: Api, rule_id: str) -> list[tuple[int, str, float | None]]:
    """Return hours from LAST, states and values of a rule's bins, newest first."""
    items = api.get(EVALUATIONS.format(rule_id))["items"]
    return [((one["alert_time_bucket"] - bucket(LAST)) // 3_600_000, one["state"], one["value"]) for one in items]


def records(api: Api, rule_id: str) -> list[tuple[str, float, int, int]]:
    """Return severity, value and versions of a rule's records, in order of their creation."""
    items = api.get(f"{RULES}/{rule_id}/records", ordering="created_at")["items"]
    names = ("severity", "alert_value", "alert_record_main_version", "alert_record_sub_version")
    return [tuple(one[name] for name in names) for one in items]


def test_the_first_judgement_is_of_the_last_closed_bin(api: Api, evaluator: AlertEvaluator, clock: Clock) -> None:
    """A new rule judges the newest bin that is over; each later bin follows when it is over; no bin is left out."""
    model_id = model(api, "first")
    api.publish(model_id, *events(3, LAST - HOUR), *events(4), *events(9, LAST + HOUR))
    created = rule(api, model_id)
    evaluator.step()
    assert evaluations(api, created["id"]) == [(0, "warning", 4)]
    evaluator.step()
    assert records(api, created["id"]) == [("WARNING", 4, 1, 1)]
    clock.now += 3 * HOUR
    evaluator.step()
    assert evaluations(api, created["id"]) == [
        (3, "critical", 0),
        (2, "critical", 0),
        (1, "ok", 9),
        (0, "warning", 4),
    ]
    (newest, *_) = api.get(f"{RULES}/{created['id']}/records")["items"]
    assert newest["message"].startswith("traffic was 0 in ")
    assert newest["message"].endswith(" UTC, below critical 2 (0 events)")


def test_a_delay_is_waited_for(api: Api, evaluator: AlertEvaluator, clock: Clock) -> None:
    """A bin is judged once its delay after its end is over."""
    created = rule(api, model(api, "delayed"), evaluation_delay=2)
    evaluator.step()
    assert evaluations(api, created["id"]) == [(-2, "critical", 0)]
    clock.now += timedelta(minutes=29)
    evaluator.step()
    assert len(evaluations(api, created["id"])) == 1
    clock.now += timedelta(minutes=1)
    evaluator.step()
    assert [hour for hour, *_ in evaluations(api, created["id"])] == [-1, -2]


def test_late_labels_correct_a_record(api: Api, evaluator: AlertEvaluator, clock: Clock) -> None:
    """A label that arrives after the judgement changes the record once the changes have been collected."""
    model_id = model(api, "labelled")
    api.publish(model_id, *events(10, p=0.9, churn=0))
    created = rule(api, model_id, metric_id="precision", critical_threshold=0.5, warning_threshold=0.7)
    evaluator.step()
    patch(api, model_id, *[{"id": one["id"], "churn": 1} for one in events(6)])
    evaluator.step()
    clock.now += timedelta(seconds=DEBOUNCE - 1)
    evaluator.step()
    before = records(api, created["id"])
    clock.now += timedelta(seconds=2)
    evaluator.step()
    assert before == [("CRITICAL", 0, 1, 1)]
    assert records(api, created["id"]) == [*before, ("WARNING", 0.6, 2, 1)]


def patch(api: Api, model_id: str, *updates: Data) -> None:
    source = {"type": "EVENTS", "events": list(updates)}
    sent = {"model_id": model_id, "env_type": "PRODUCTION", "source": source}
    response = api.client.patch("/v3/events", json=sent)
    assert response.status_code == 200, response.text


def test_changes_reach_bins_that_are_compared(api: Api, evaluator: AlertEvaluator, clock: Clock) -> None:
    """A late event in a bin changes the judgement of a later bin that is compared with it; other bins stay."""
    model_id = model(api, "compared")
    api.publish(model_id, *events(4, LAST - 24 * HOUR), *events(5))
    fields = GREATER | {"compare_to": "time_period", "critical_threshold": 0.3, "warning_threshold": 0.2}
    created = rule(api, model_id, **fields, compare_bin_delta=24)
    evaluator.step()
    (first,) = api.get(f"{RULES}/{created['id']}/records")["items"]
    assert (first["severity"], first["baseline_value"]) == ("WARNING", 4)
    assert first["baseline_time_bucket"] == bucket(LAST - 24 * HOUR)
    api.publish(model_id, *[one | {"id": f"late {one['id']}"} for one in events(6, LAST - 24 * HOUR)])
    evaluator.step()
    clock.now += timedelta(seconds=DEBOUNCE)
    evaluator.step()
    assert records(api, created["id"]) == [("WARNING", 5, 1, 1), ("DEFAULT", 5, 2, 1)]


def test_missing_data_is_a_state(api: Api, evaluator: AlertEvaluator) -> None:
    """A bin without a figure is no alert, and says why; a rule with automatic thresholds learns first."""
    model_id = model(api, "empty")
    precise = rule(api, model_id, name="precise", metric_id="precision", critical_threshold=0.5, warning_threshold=0.7)
    learning = rule(api, model_id, name="learning", **(AUTO | {"metric_id": "average", "feature_names": ["age"]}))
    evaluator.step()
    assert evaluations(api, precise["id"]) == [(0, "no_data", None)]
    api.publish(model_id, *events(3, age=7))
    judged = api.post(EVALUATE.format(learning["id"]), {"bin_start": LAST.isoformat()})
    (one,) = judged["evaluations"]
    assert (one["state"], one["reason"], one["value"], judged["records"]) == ("learning", "learning", 7, [])
    assert api.get(EVALUATIONS.format(precise["id"]))["items"][0]["reason"] == "no_rows"


def test_automatic_thresholds_follow_earlier_bins(api: Api) -> None:
    """The record has the thresholds of the moment, made of the values of earlier bins."""
    model_id = model(api, "automatic")
    for hours, count in enumerate([8, 10, 9, 11, 12, 10], 1):
        api.publish(model_id, *events(count, LAST - hours * HOUR, age=1))
    api.publish(model_id, *events(14, age=1))
    # Not of the traffic, because that of hours without events is 0.
    created = rule(api, model_id, **(AUTO | {"metric_id": "sum", "feature_names": ["age"]}))
    (made,) = api.post(EVALUATE.format(created["id"]), {"bin_start": LAST.isoformat()})["records"]
    thresholds = (made["warning_threshold"], made["critical_threshold"])
    assert thresholds == (pytest.approx(12.581989, abs=1e-6), pytest.approx(13.872983, abs=1e-6))
    assert (made["severity"], made["alert_value"]) == ("CRITICAL", 14)


def test_rules_about_columns_segments_and_custom_metrics(api: Api, evaluator: AlertEvaluator) -> None:
    """Each column of a rule has its own judgement; a segment limits the events; a custom metric is computed."""
    model_id = model(api, "kinds")
    api.publish(model_id, *events(3, age="x", p=0.9, churn=0), *events(2, LAST + HOUR / 60, age=40, p=0.9, churn=0))
    columns = rule(
        api, model_id, name="columns", **GREATER | {"metric_id": "type_violation_count", "feature_names": ["age", "p"]}
    )
    any_column = rule(api, model_id, name="any", **GREATER | {"metric_id": "any_violation_count"})
    segment = api.define(SEGMENT, model_id)["id"]
    old = rule(api, model_id, name="old", segment_id=segment)
    loss = rule(
        api,
        model_id,
        name="loss",
        metric_id=api.define(METRIC, model_id)["id"],
        critical_threshold=-400,
        warning_threshold=None,
    )
    evaluator.step()
    found = api.get(EVALUATIONS.format(columns["id"]))["items"]
    assert [(one["feature_name"], one["state"], one["value"]) for one in found] == [
        ("age", "warning", 3),
        ("p", "ok", 0),
    ]
    (any_one,) = api.get(EVALUATIONS.format(any_column["id"]))["items"]
    assert (any_one["feature_name"], any_one["value"] >= 3) == ("__ANY__", True)
    assert evaluations(api, old["id"]) == [(0, "warning", 2)]
    assert evaluations(api, loss["id"]) == [(0, "critical", -500)]


def test_judging_on_demand(api: Api) -> None:
    """The bin that holds a time is judged at once, without its delay; again it makes no record; open bins are a 400."""
    model_id = model(api, "demanded")
    api.publish(model_id, *events(4))
    created = rule(api, model_id, evaluation_delay=48)
    path = EVALUATE.format(created["id"])
    judged = api.post(path, {"bin_start": (LAST + HOUR / 3).isoformat()})
    (one,), (made,) = judged["evaluations"], judged["records"]
    assert (one["alert_time_bucket"], one["state"], one["value"]) == (bucket(LAST), "warning", 4)
    assert made == api.get(f"{RULES}/{created['id']}/records")["items"][0]
    again = api.post(path, {"bin_start": LAST.timestamp()})
    assert (again["records"], again["evaluations"][0]["state"]) == ([], "warning")
    assert api.post(path, {})["evaluations"][0]["state"] == "critical"
    for moment in ("2999-01-01", datetime.now(UTC).isoformat()):
        assert api.refused(400, "POST", path, json={"bin_start": moment}) == [
            "/bin_start: lies in a bin that is not over yet; try again once it is"
        ]
    api.refused(400, "POST", path, json={"bin_start": "1969-12-31"})
    api.refused(404, "POST", EVALUATE.format(UNKNOWN_ID), json={})


def test_nothing_deleted_is_judged(
    api: Api, evaluator: AlertEvaluator, clock: Clock, server: tuple[str, Services]
) -> None:
    """Queued bins of a deleted model or rule leave the queue, and those of others are judged."""
    gone, kept = model(api, "gone"), model(api, "kept")
    rule(api, gone)
    lost, created = rule(api, kept, name="lost"), rule(api, kept)
    evaluator.step()
    for model_id in (gone, kept):
        api.publish(model_id, *events(9))
    evaluator.step()
    assert (len(queued(server[1], gone)), len(queued(server[1], kept))) == (1, 2)
    api.delete(f"/v3/models/{gone}")
    api.delete(f"{RULES}/{lost['id']}")
    clock.now += timedelta(seconds=DEBOUNCE)
    evaluator.step()
    assert not queued(server[1], gone)
    assert not queued(server[1], kept)
    assert records(api, created["id"]) == [("CRITICAL", 0, 1, 1), ("DEFAULT", 9, 2, 1)]


def queued(services: Services, model_id: str) -> Sequence[RuleBin]:
    far = NOW + 999 * HOUR
    return services.catalog.read(lambda session: alert_queue.due_of_model(session, model_id, far, 99))


def test_one_process_judges_at_a_time(api: Api, server: tuple[str, Services], clock: Clock) -> None:
    """While one process holds the lease, another judges nothing; after its release, the other does."""
    created = rule(api, model(api, "leased"))
    first, second = (make_evaluator(server[1], clock) for _ in range(2))
    rule(api, model(api, "another"))
    first.step()
    late = rule(api, model(api, "late"))
    second.step()
    assert (len(evaluations(api, created["id"])), evaluations(api, late["id"])) == (1, [])
    first.stop()
    second.step()
    assert len(evaluations(api, late["id"])) == 1
    second.stop()


def test_a_process_that_lost_its_lease_changes_nothing(api: Api, server: tuple[str, Services], clock: Clock) -> None:
    """It notices at its next change, and the process that holds the lease judges what is due."""
    stalled, other = make_evaluator(server[1], clock, lease_seconds=0), make_evaluator(server[1], clock)
    rule(api, model(api, "stalled"))
    stalled.step()
    created = rule(api, model(api, "taken"))
    other.step()
    assert len(evaluations(api, created["id"])) == 1
    late = rule(api, model(api, "left"))
    with pytest.raises(LeaseLost):
        stalled.step()
    assert evaluations(api, late["id"]) == []
    stalled.stop()
    other.step()
    other.stop()
    assert len(evaluations(api, late["id"])) == 1


def test_a_preview_shows_what_a_rule_would_have_found(api: Api) -> None:
    """It judges bins of the past and stores nothing; what is wrong with the rule has its place in the request."""
    model_id = model(api, "previewed")
    for hours, count in enumerate([14, 8, 10, 9, 11, 12, 10]):
        api.publish(model_id, *events(count, LAST - hours * HOUR, age=1))
    manual = {"rule": body(model_id), "bin_count": 3, "bin_start": (LAST + HOUR).isoformat()}
    found = api.post(PREVIEW, manual)["bins"]
    assert [(one["alert_time_bucket"], one["state"], one["value"]) for one in found] == [
        (bucket(LAST - HOUR), "ok", 8),
        (bucket(LAST), "ok", 14),
        (bucket(LAST + HOUR), "critical", 0),
    ]
    assert [one["critical_threshold"] for one in found] == [2, 2, 2]
    automatic = body(model_id, **(AUTO | {"metric_id": "sum", "feature_names": ["age"]}))
    (last,) = api.post(PREVIEW, {"rule": automatic, "bin_count": 1, "bin_start": LAST.isoformat()})["bins"]
    assert (last["feature_name"], last["state"]) == ("age", "critical")
    assert last["critical_threshold"] == pytest.approx(13.872983, abs=1e-6)
    learning = api.post(PREVIEW, {"rule": automatic, "bin_start": LAST.isoformat()})["bins"]
    assert [one["state"] for one in learning][-4:] == ["learning", "learning", "ok", "critical"]
    period = {"compare_to": "time_period", "compare_bin_delta": 1, "critical_threshold": 0.7, "warning_threshold": None}
    growing = body(model_id, **(GREATER | period))
    (compared,) = api.post(PREVIEW, manual | {"rule": growing, "bin_count": 1})["bins"]
    assert (compared["baseline_value"], compared["state"]) == (14, "ok")
    for wrong, place in (
        ({"feature_names": ["age"]}, "feature_names"),
        ({"critical_threshold": None}, "critical_threshold"),
    ):
        (message,) = api.refused(400, "POST", PREVIEW, json={"rule": body(model_id, **wrong)})
        assert message.startswith(f"/rule/{place}: ")
    api.refused(404, "POST", PREVIEW, json={"rule": body(UNKNOWN_ID)})
    assert api.get(RULES, filter=where(("model_id", "equal", model_id)))["total"] == 0
