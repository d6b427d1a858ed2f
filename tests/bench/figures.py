"""Charts of 30 days: computed for the first time, from what is kept, and after a change of one hour."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from tests.bench import workload
from tests.bench.case import Bench
from tests.bench.report import Row
from tests.bench.server import Server, serving
from tests.servers.postgres import Postgres

DAYS = 30
DAY_SECONDS = 24 * 3600
RANGE = {"start_time": "2025-01-01T00:00:00Z", "end_time": "2025-01-31T00:00:00Z"}
# Of the embedded engine, the first two and the third are made in different ways. The cluster's budget is for sums.
METRICS: dict[str, dict[str, Any]] = {
    "accuracy": {"metric": "accuracy"},
    "drift": {"metric": "jsd", "columns": ["score"]},
    "AUC": {"metric": "auc"},
}
FILE_ROWS = 1_000_000
BASELINE_ROWS = 100_000
MAX_ATTEMPTS = 60
KEY = "9c9a1d1c-0a1b-4a2c-8d3e-4f5061728394"


@dataclass
class Times:
    """Seconds until the figures were there: at first, with nothing changed, and with one hour changed."""

    cold: float
    attempts: int
    kept: list[float] = field(default_factory=list)
    dirty: list[float] = field(default_factory=list)


def figures(bench: Bench) -> Iterator[Row]:
    """Compute charts with the embedded engine."""
    with serving(bench.folder / "figures") as server:
        model = stored(bench, server)
        for name, query in METRICS.items():
            times = _measure(bench, server, model, query)
            work = f"30-day chart of {name} at {bench.rows:,} events"
            yield Row(f"{work}, first time", times.cold, "s", budget="<= 1")
            yield Row(f"{work}, nothing changed", 1000 * median(times.kept), "ms p50", budget="<= 100")
            yield Row(f"{work}, one hour changed", 1000 * median(times.dirty), "ms p50")


def figures_cluster(bench: Bench) -> Iterator[Row]:
    """Compute charts with a replica on PostgreSQL."""
    postgres = Postgres()
    with ExitStack() as stack:
        postgres.create()
        stack.callback(postgres.remove)
        stack.callback(postgres.stop)
        files = bench.folder.resolve() / "bucket"
        settings = {"database_url": postgres.url(), "files_url": f"file://{files}"}
        server = stack.enter_context(serving(bench.folder / "replica", **settings))
        model = stored(bench, server)
        for name in ("accuracy", "drift"):
            times = _measure(bench, server, model, METRICS[name])
            work = f"PostgreSQL: 30-day chart of {name} at {bench.rows:,} events"
            yield Row(f"{work}, first time", times.cold, "s")
            yield Row(f"{work}, first time: requests until it is ready", times.attempts, "requests")
            yield Row(f"{work}, nothing changed", 1000 * median(times.kept), "ms p50")
            yield Row(f"{work}, one hour changed", median(times.dirty), "s p50", budget="<= 2")


@dataclass
class Model:
    id: str
    project_id: str
    rows: int


def stored(bench: Bench, server: Server) -> Model:
    """Store a dataset, and events that are spread over the days."""
    fields = workload.model_fields()
    fields |= {"task": "binary_classification", "task_params": {"target_class_order": [False, True]}}
    model_id = server.create_model(**fields)
    source = bench.folder / "spread.parquet"
    workload.write_file(source, 0, min(bench.rows, BASELINE_ROWS))
    server.publish_file(model_id, server.upload(source), dataset="training")
    step = DAYS * DAY_SECONDS * 1_000_000 // bench.rows
    for start in range(0, bench.rows, FILE_ROWS):
        workload.write_file(source, start, min(FILE_ROWS, bench.rows - start), step)
        server.publish_file(model_id, server.upload(source))
    source.unlink()
    return Model(model_id, server.call("GET", f"/v3/models/{model_id}")["project"]["id"], bench.rows)


def _measure(bench: Bench, server: Server, model: Model, query: dict[str, Any]) -> Times:
    times = Times(*_chart(server, model, query))
    for number in range(bench.repeats):
        times.kept.append(_chart(server, model, query)[0])
        row = model.rows * (number + 1) // (bench.repeats + 2)
        server.call("PATCH", "/v3/events", content=workload.label_body(model.id, [row], f"{query} {number}"))
        times.dirty.append(_chart(server, model, query)[0])
    return times


def _chart(server: Server, model: Model, query: dict[str, Any]) -> tuple[float, int]:
    """Return the seconds until the figures are there, and how many requests that took."""
    body = {
        "project_id": model.project_id,
        "query_type": "MONITORING",
        "filters": {"time_range": RANGE, "bin_size": "Day"},
        "queries": [{"query_key": KEY, "model_id": model.id, "viz_type": "line", **query}],
    }
    started = time.perf_counter()
    attempts = 1
    while (response := server.client.post("/v3/queries", json=body)).status_code == 503 and attempts < MAX_ATTEMPTS:
        attempts += 1
    assert response.is_success, response.text
    rows = response.json()["data"]["results"][KEY]["bins"]
    assert sum(bin["rows"] for bin in rows) == model.rows, rows
    return time.perf_counter() - started, attempts
