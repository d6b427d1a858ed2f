"""The case of alerts: many rules of many models judge hours, while events arrive and after a late label."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from inference_events.alerts.evaluator import POLL_SECONDS, AlertEvaluator
from inference_events.app import Services
from tests.bench.case import Bench
from tests.bench.load import request
from tests.bench.report import Row
from tests.bench.server import measured
from tests.contract.alerts import TOKEN, TRAFFIC, served
from tests.contract.definitions import Api
from tests.e2e.process import Server

BATCH = 1000
CONNECTIONS = 8
EVENTS_OF_HOUR = 10_000
RULES_OF_MODEL = 50
ROWS_OF_MODEL = 20_000
# Rules of one name come together, and only some watch the precision.
MAX_LISTED = 1000
BUDGET_SECONDS = 30
BUDGET_MODELS = 100
# The first hour is judged alone. Then each round has an hour of its own.
MAX_ROUNDS = 3
WARM_REQUESTS = 40
HOUR = timedelta(hours=1)
# One of each type of metric. Some are about a column.
WATCHED: tuple[dict[str, Any], ...] = (
    {"metric_id": "traffic"},
    {"metric_id": "range_violation_count", "feature_names": ["age"]},
    {"metric_id": "null_violation_percentage", "feature_names": ["Age"]},
    {"metric_id": "average", "feature_names": ["age"]},
    {"metric_id": "precision"},
)


def alerts(bench: Bench) -> Iterator[Row]:
    """Judge due hours of 50 rules on each of some models, which have 10,000 events in each of them."""
    models = max(1, min(BUDGET_MODELS, bench.rows // ROWS_OF_MODEL))
    share = models / BUDGET_MODELS
    rounds = min(bench.rounds, MAX_ROUNDS)
    rules = f"{models * RULES_OF_MODEL:,} alert rules on {models} models"
    with served(bench.folder / "alerts") as (url, services), _client(url) as client:
        watched = Watched(bench, services, client, url)
        watched.fill(models, 1 + rounds)
        with measured([os.getpid()]) as usage:
            seconds = watched.judge(-rounds)
        limit = BUDGET_SECONDS * share
        yield Row(f"one due hour of {rules}", seconds, "s", limit, "share of 30 s", "<= 1", usage=usage)
        without, judging = watched.publish_in_turns(rounds, seconds)
        work = "POST of 1,000 events, 8 connections, while alert rules judge an hour"
        yield Row(work, judging, "events/s", without, "without", ">= 0.9")
        yield Row(f"a late label corrects its record, {rules}", watched.correct(), "s", budget="<= 90")


def _client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)


@dataclass
class Watched:
    """A server whose models have rules, and an evaluator, which judges when the case says so."""

    bench: Bench
    services: Services
    client: httpx.Client
    url: str
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(minute=30, second=0, microsecond=0))
    _model_ids: list[str] = field(default_factory=list)
    _published: int = 0

    def fill(self, models: int, hours: int) -> None:
        """Create models with events in each of the last hours that are over, and with rules."""
        api, source = Api(self.client), self.bench.folder / "alerts.parquet"
        first = self.now.replace(minute=0) - hours * HOUR
        pq.write_table(_events(first, hours), source)
        for number in range(models):
            model_id = api.model(f"model_{number}", event_ts_col="timestamp")
            self._load(model_id, source)
            for place, watched in enumerate(islice(cycle(WATCHED), RULES_OF_MODEL)):
                api.post("/v3/alert-rules", TRAFFIC | watched | {"name": f"rule {place}", "model_id": model_id})
            self._model_ids.append(model_id)

    def judge(self, hours: int) -> float:
        """Return the seconds that a judgement of the hour takes that ended last some hours from now."""
        evaluator = self._evaluator(hours)
        began = time.perf_counter()
        evaluator.step()
        seconds = time.perf_counter() - began
        evaluator.stop()
        return seconds

    def publish_in_turns(self, rounds: int, seconds: float) -> tuple[float, float]:
        """Return the events a second that are published without judgements and during them, which take some seconds."""
        warm = self._publish(WARM_REQUESTS)
        requests = max(WARM_REQUESTS, int(seconds * warm / BATCH))
        without, judging = [], []
        for number in range(rounds):
            without.append(self._publish(requests))
            with ThreadPoolExecutor(1) as threads:
                judged = threads.submit(self.judge, number + 1 - rounds)
                judging.append(self._publish(requests))
                judged.result()
        return median(without), median(judging)

    def correct(self) -> float:
        """Return the seconds until a label of an hour that was judged has changed the record of that."""
        rules = self.client.get("/v3/alert-rules", params={"limit": MAX_LISTED}).json()["data"]["items"]
        rule = next(one for one in rules if one["metric"]["id"] == "precision")
        path = f"/v3/alert-rules/{rule['id']}/records"
        before = self.client.get(path).json()["data"]["total"]
        evaluator = self._evaluator(0, debounce_seconds=self.services.settings.alert_debounce_seconds)
        # The last events of the newest hour.
        last = (1 + min(self.bench.rounds, MAX_ROUNDS)) * EVENTS_OF_HOUR
        labels = [{"id": f"{number}", "churn": 1} for number in range(last - 100, last)]
        body = {"model_id": rule["model"]["id"], "env_type": "PRODUCTION"}
        began = time.perf_counter()
        changed = self.client.patch("/v3/events", json=body | {"source": {"type": "EVENTS", "events": labels}})
        assert changed.is_success, changed.text
        while self.client.get(path).json()["data"]["total"] == before:
            evaluator.step()
            time.sleep(POLL_SECONDS)
        seconds = time.perf_counter() - began
        evaluator.stop()
        return seconds

    def _evaluator(self, hours: int, debounce_seconds: float = 0) -> AlertEvaluator:
        services, now = self.services, self.now + hours * HOUR
        return AlertEvaluator(
            services.catalog,
            services.store,
            services.figure_service,
            services.announcer,
            debounce_seconds=debounce_seconds,
            now=lambda: now if debounce_seconds == 0 else datetime.now(UTC),
        )

    def _load(self, model_id: str, path: Path) -> None:
        server = Server(self.client)
        source = {"type": "FILE", "file_id": server.upload(path)}
        body = {"model_id": model_id, "env_type": "PRODUCTION", "source": source}
        job = server.call("POST", "/v3/events", json=body)["job"]
        assert server.wait_for(job["id"])["status"] == "SUCCESS"

    def _publish(self, count: int) -> float:
        """Publish events of the present hour to all models in turn. Return the events a second."""
        bodies = [self._body(number) for number in range(self._published, self._published + count)]
        self._published += count
        requests = [request("POST", "/v3/events", TOKEN, body) for body in bodies]
        return BATCH * self.bench.generator.run(self.url, requests, CONNECTIONS).rate

    def _body(self, number: int) -> bytes:
        model_id = self._model_ids[number % len(self._model_ids)]
        stamp = self.now.isoformat()
        events = [_values(place) | {"id": f"now {number} {place}", "timestamp": stamp} for place in range(BATCH)]
        source = {"type": "EVENTS", "events": events}
        return orjson.dumps({"model_id": model_id, "env_type": "PRODUCTION", "source": source})


def _events(first: datetime, hours: int) -> pa.Table:
    """Return the events of some hours."""
    moments = (first + HOUR * number / EVENTS_OF_HOUR for number in range(hours * EVENTS_OF_HOUR))
    return pa.Table.from_pylist(
        [_values(number) | {"id": f"{number}", "timestamp": moment} for number, moment in enumerate(moments)]
    )


def _values(number: int) -> dict[str, Any]:
    return {"age": number % 90, "p": number % 7 / 7, "churn": number % 2}
