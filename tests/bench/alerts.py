"""The case of alerts: many rules of many models judge one hour."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import Any

import httpx

from inference_events.alerts.evaluator import AlertEvaluator
from tests.bench.case import Bench
from tests.bench.report import Row
from tests.contract.alerts import TOKEN, TRAFFIC, served
from tests.contract.definitions import Api

BATCH = 1000
RULES_OF_MODEL = 50
ROWS_OF_MODEL = 20_000
BUDGET_SECONDS = 30
BUDGET_MODELS = 100
# One of each type of metric. Some are about a column.
WATCHED: tuple[dict[str, Any], ...] = (
    {"metric_id": "traffic"},
    {"metric_id": "range_violation_count", "feature_names": ["age"]},
    {"metric_id": "null_violation_percentage", "feature_names": ["Age"]},
    {"metric_id": "average", "feature_names": ["age"]},
    {"metric_id": "precision"},
)


def alerts(bench: Bench) -> Iterator[Row]:
    """Judge the first due hour of 50 rules on each of some models, which have 10,000 events in it."""
    models = max(1, min(BUDGET_MODELS, bench.rows // ROWS_OF_MODEL))
    with served(bench.folder / "alerts") as (url, services):
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
            _fill(Api(client), models, bench.rows)
        evaluator = AlertEvaluator(
            services.catalog, services.store, services.figure_service, services.announcer, debounce_seconds=0
        )
        began = time.perf_counter()
        evaluator.step()
        seconds = time.perf_counter() - began
        evaluator.stop()
    work = f"one due hour of {models * RULES_OF_MODEL:,} alert rules on {models} models"
    yield Row(work, seconds, "s", BUDGET_SECONDS * models / BUDGET_MODELS, "share of 30 s", "<= 1")


def _fill(api: Api, models: int, rows: int) -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    for number in range(models):
        model_id = api.model(f"model_{number}", event_ts_col="timestamp")
        for first in range(0, rows // 2 // models, BATCH):
            api.publish(model_id, *(_event(first + place, hour) for place in range(BATCH)))
        for place, watched in enumerate(islice(cycle(WATCHED), RULES_OF_MODEL)):
            api.post("/v3/alert-rules", TRAFFIC | watched | {"name": f"rule {place}", "model_id": model_id})


def _event(number: int, hour: datetime) -> dict[str, Any]:
    moment = (hour + timedelta(milliseconds=300 * (number % 10_000))).isoformat()
    return {"id": f"{number}", "timestamp": moment, "age": number % 90, "p": number % 7 / 7, "churn": number % 2}
