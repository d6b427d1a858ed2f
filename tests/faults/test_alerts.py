"""Judgements survive the death of the server: no bin is skipped, and none is recorded twice."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from tests.contract.definitions import Api, Data
from tests.faults.alerts import MOMENTS, SETTINGS, AlertWork, closed_hour
from tests.notifications.receivers import receiving
from tests.program import Program

TOKEN = "admin-token-of-the-alerts"
PATIENCE_SECONDS = 60
KILLS = int(os.environ.get("KILLS", "10"))
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


class Single:
    """One server with a data directory."""

    def __init__(self, data_dir: Path) -> None:
        self._program = Program(data_dir, TOKEN, SETTINGS)
        self._program.start()

    def client(self) -> httpx.Client:
        return connect(self._program)

    def kill(self) -> None:
        self._program.kill()
        self._program.start()

    def stop(self) -> None:
        self._program.stop()


@contextmanager
def single(data_dir: Path) -> Iterator[Single]:
    target = Single(data_dir)
    try:
        yield target
    finally:
        target.stop()


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
@pytest.mark.timeout(0)
def test_kills_lose_no_alert(tmp_path: Path, seed: int, counts: Counter[str]) -> None:
    """Whenever the server is killed, between events, judgement, record and delivery, no bin and no message is lost.

    Each record exists once, with the newest value, and is sent once, or again if the kill lost the response.
    """
    random = Random(seed)
    with receiving() as receiver, single(tmp_path / "data") as target:
        work = AlertWork(target, receiver, models=3, rules=10)
        work.await_all()
        for number in range(KILLS):
            moment = MOMENTS[number % len(MOMENTS)]
            work.kill_at(moment, random)
            counts[f"kills with alerts: {moment}"] += 1
        assert work.faults() == []
    counts.update(work.counts())
