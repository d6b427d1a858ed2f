"""Judgements survive the death of the server: no bin is skipped, and none is recorded twice."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from tests.contract.definitions import Api, Data
from tests.program import Program

TOKEN = "admin-token-of-the-alerts"
HOUR = timedelta(hours=1)
PATIENCE_SECONDS = 60
KILLS = 4
TRAFFIC: Data = {
    "metric_id": "traffic",
    "priority": "HIGH",
    "compare_to": "raw_value",
    "condition": "lesser",
    "bin_size": "Hour",
    "critical_threshold": 5,
}


def server(data_dir: Path) -> Program:
    return Program(data_dir, TOKEN, {"alert_debounce_seconds": 0})


def connect(program: Program) -> httpx.Client:
    return httpx.Client(base_url=program.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)


def events(name: str, count: int, hour: datetime) -> list[Data]:
    return [{"id": f"{name}{n}", "timestamp": (hour + timedelta(minutes=n)).isoformat()} for n in range(count)]


def records(client: httpx.Client, rule_id: str) -> list[tuple[Any, ...]]:
    """Return the severity, value and versions of a rule's records, in the order of their creation."""
    response = client.get(f"/v3/alert-rules/{rule_id}/records", params={"ordering": "created_at"})
    names = ("severity", "alert_value", "alert_record_main_version", "alert_record_sub_version")
    return [tuple(one[name] for name in names) for one in response.json()["data"]["items"]]


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def make_rules(api: Api, models: int, rules: int, hour: datetime) -> tuple[list[str], list[str]]:
    """Create models with three events in an hour, and rules about their traffic. Return the ids of both."""
    model_ids = [api.model(f"model_{number}", event_ts_col="timestamp") for number in range(models)]
    for model_id in model_ids:
        api.publish(model_id, *events("first", 3, hour))
    bodies = [TRAFFIC | {"name": f"rule {n}", "model_id": model_id} for model_id in model_ids for n in range(rules)]
    return model_ids, [api.post("/v3/alert-rules", body)["id"] for body in bodies]


def closed_hour() -> datetime:
    """Return the start of the newest hour that is over, in a minute that is not the last of an hour."""
    now = datetime.now(UTC)
    if now.minute == 59:
        time.sleep(61)
        now = datetime.now(UTC)
    return now.replace(minute=0, second=0, microsecond=0) - HOUR


def test_the_server_judges_by_itself(tmp_path: Path) -> None:
    """A bin that is over is judged without a request, and again after a late event, and the queue gets empty."""
    program = server(tmp_path / "data")
    program.start()
    with connect(program) as client:
        hour = closed_hour()
        [model_id], [rule_id] = make_rules(api := Api(client), 1, 1, hour)
        eventually(lambda: records(client, rule_id) == [("CRITICAL", 3, 1, 1)])
        api.publish(model_id, *events("late", 4, hour))
        eventually(lambda: records(client, rule_id) == [("CRITICAL", 3, 1, 1), ("DEFAULT", 7, 2, 1)])
        metrics = client.get("/metrics").text
    assert "inference_events_alert_bins_waiting 0.0" in metrics
    assert 'inference_events_alert_bins_total{status="judged"} 2.0' in metrics
    program.stop()


@pytest.mark.faults
@pytest.mark.timeout(900)
def test_kills_lose_no_judgement(tmp_path: Path) -> None:
    """Whenever the server is killed, each bin is judged in the end, and each of its records exists once."""
    random, program = Random(16), server(tmp_path / "data")
    program.start()
    hour = closed_hour()
    with connect(program) as client:
        model_ids, rule_ids = make_rules(Api(client), 3, 10, hour)
    expected: list[tuple[Any, ...]] = []
    for name, count, record in (("none", 0, ("CRITICAL", 3, 1, 1)), ("late", 4, ("DEFAULT", 7, 2, 1))):
        expected.append(record)
        with connect(program) as client:
            api = Api(client)
            for model_id in model_ids if count else ():
                api.publish(model_id, *events(name, count, hour))
        for _ in range(KILLS):
            time.sleep(random.uniform(0, 2))
            program.kill()
            program.start()
        with connect(program) as client:
            eventually(lambda: all(records(client, rule_id) == expected for rule_id in rule_ids))
    program.stop()
