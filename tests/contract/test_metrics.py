"""`/metrics` counts the server's work, without showing users' names."""

import re
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy import Engine, event

from inference_events import __version__
from inference_events.app import create_app
from inference_events.database_use import CountedPool, DatabaseUse
from inference_events.http.contract import load_contract
from inference_events.jobs.worker import CLAIMED, LOST
from inference_events.metrics import ALERT_BINS, ATTEMPT_STATES, EVENT_STATUSES, JOB_KINDS, REQUEST_KINDS, Metrics
from inference_events.notifications.composing import CHANNELS
from inference_events.settings import Settings
from tests.contract.serving import serve
from tests.contract.test_quality_report import Api

MAX_SERIES = 320
LABELS = {"channel", "env_type", "kind", "status", "le", "version"}
# 0 stands for a client that left before the response.
STATUSES = (0, 200, 202, 400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 431, 500, 501, 503)
NAME = "inference_events"

Counts = Mapping[tuple[str, str], float] | Mapping[tuple[str], float]
UNITS = "total|seconds|bytes|events|requests|depth|jobs|info|writable|connections|limit|waiting|notifications"


class Scrape:
    """One reading of `/metrics`."""

    def __init__(self, text: str) -> None:
        self.families = list(text_string_to_metric_families(text))
        self.samples = [sample for family in self.families for sample in family.samples]

    def value(self, name: str, **labels: str) -> float:
        """Return one series, without the prefix that all names have; 0 if it is missing."""
        values = [s.value for s in self.samples if s.name == f"{NAME}_{name}" and s.labels == labels]
        return values[0] if values else 0


class Watched(Api):
    """A client of a server whose metrics are read."""

    def scrape(self) -> Scrape:
        response = self.client.get("/metrics")
        assert response.status_code == 200
        return Scrape(response.text)

    @contextmanager
    def added(self, name: str, expected: Counts, *labels: str) -> Iterator[None]:
        """Expect that these series of a metric grow by these amounts, and no other series of it."""
        before = self.scrape()
        yield
        after = self.scrape()
        grown: dict[tuple[str, ...], float] = {}
        for sample in (one for one in after.samples if one.name == f"{NAME}_{name}"):
            growth = sample.value - before.value(name, **sample.labels)
            if growth:
                grown[tuple(sample.labels[label] for label in labels)] = growth
        assert grown == expected

    def finished(self, job_id: str) -> Any:
        while (job := self.call("GET", f"/v3/jobs/{job_id}"))["status"] in ("PENDING", "STARTED"):
            pass
        return job

    def delete(self, path: str, **request: Any) -> None:
        response = self.client.request("DELETE", path, **request)
        assert response.status_code == 202, response.text
        assert self.finished(response.json()["data"]["job"]["id"])["status"] == "SUCCESS"


@contextmanager
def watched(data_dir: Path, **settings: Any) -> Iterator[Watched]:
    token = "token-of-the-metrics"
    app = create_app(Settings(data_dir=data_dir, admin_token=SecretStr(token), **settings), validate_responses=True)
    with (
        serve(app) as url,
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client,
    ):
        yield Watched(client)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with watched(tmp_path_factory.mktemp("metrics") / "data") as client:
        yield client


def events(*ids: str, **values: Any) -> dict[str, Any]:
    return {
        "type": "EVENTS",
        "events": [{"id": id, "carrier": "UA", "distance": 1, "late": True} | values for id in ids],
    }


def test_events_are_counted_by_environment_type_and_status(api: Watched) -> None:
    """Each event that was published, updated or deleted is counted once, by its status."""
    model = api.model()
    counted = ("events_total", "env_type", "status")

    @contextmanager
    def grows(**expected: int) -> Iterator[None]:
        with api.added(counted[0], {("PRODUCTION", status): n for status, n in expected.items()}, *counted[1:]):
            yield

    with grows(created=3):
        api.send(model, events("a", "b", "c"))
    with grows(unchanged=1, created=1):
        api.send(model, events("a", "d"))
    with grows(replaced=1):
        api.send(model, events("a", distance=7))
    with grows(updated=1, unknown=1):
        api.send(model, {"type": "EVENTS", "events": [{"id": id, "late": False} for id in ("a", "z")]}, "PATCH")
    with grows(deleted=2):
        api.delete("/v3/events", json={"model_id": model, "event_ids": ["a", "b", "never"]})
    with grows(created=1, rejected=1):
        api.send_file(model, "rows.csv", b"id,carrier\ne,UA\n,UA\n")
    with api.added(counted[0], {("PRE_PRODUCTION", "created"): 2}, *counted[1:]):
        api.send(model, events("a", "b"), dataset="training")
    with grows():
        assert api.client.post("/v3/events", json={"model_id": model, "env_type": "PRODUCTION"}).status_code == 400


def test_violations_are_counted_by_kind(api: Watched) -> None:
    """A violation counts with the event that it is stored with, so an event that is sent again adds none."""
    model = api.model()
    bad = events("a", "b", carrier="ZZ", distance="many", late=None)
    kinds = {("PRODUCTION", kind): 2 for kind in ("range", "type", "missing")}
    with api.added("event_violations_total", kinds, "env_type", "kind"):
        api.send(model, bad)
    with api.added("event_violations_total", {}, "env_type", "kind"):
        api.send(model, bad)
    with api.added("event_violations_total", {("PRE_PRODUCTION", "range"): 1}, "env_type", "kind"):
        api.send(model, events("a", carrier="ZZ"), dataset="training")
    with api.added("event_violations_total", {("PRODUCTION", "missing"): 3}, "env_type", "kind"):
        api.send_file(model, "rows.csv", b"id\nc\n")


def test_jobs_are_counted_by_kind_and_status_when_they_end(api: Watched) -> None:
    """Jobs of each kind are counted, those that fail, too, and a lease of each; afterwards none is unfinished."""
    model = api.model()
    project = api.call("GET", f"/v3/models/{model}")["project"]["id"]
    api.send(model, events("a"))
    expected = {
        ("publish_file", "SUCCESS"): 1,
        ("publish_file", "FAILURE"): 1,
        ("update_file", "SUCCESS"): 1,
        ("delete_events", "SUCCESS"): 1,
        ("delete_model", "SUCCESS"): 1,
        ("delete_project", "SUCCESS"): 1,
    }
    claimed = {(CLAIMED,): 6}
    with api.added("jobs_total", expected, "kind", "status"), api.added("job_leases_total", claimed, "status"):
        api.send_file(model, "rows.csv", b"id\nb\n")
        api.send_file(model, "rows.csv", b"nothing\nb\n")
        api.send_file(model, "rows.csv", b"id,late\na,true\n", method="PATCH")
        api.delete("/v3/events", json={"model_id": model, "event_ids": ["a"]})
        api.delete(f"/v3/models/{model}")
        api.delete(f"/v3/projects/{project}")
    unfinished = {s.value for s in api.scrape().samples if s.name == f"{NAME}_unfinished_jobs"}
    assert unfinished == {0}


def test_commits_and_batches_are_measured(api: Watched) -> None:
    """A request that is alone is one batch and one commit."""
    model = api.model()
    api.send(model, events("a"))
    before = api.scrape()
    api.send(model, events("b", "c", "d"))
    after = api.scrape()

    def growth(name: str) -> float:
        return after.value(name) - before.value(name)

    assert growth("commit_duration_seconds_count") == 1
    assert 0 < growth("commit_duration_seconds_sum") < 60
    assert (growth("batch_events_count"), growth("batch_events_sum")) == (1, 3)
    assert (growth("batch_requests_count"), growth("batch_requests_sum")) == (1, 1)
    assert after.value("queue_depth", kind="requests") == after.value("queue_depth", kind="commits") == 0


def test_checkpoints_are_counted_and_timed(tmp_path: Path, api: Watched) -> None:
    """With a tiny log each commit makes a checkpoint; with the usual one, a few events make none."""
    with watched(tmp_path / "data", checkpoint_bytes=1) as eager:
        for client, checkpoints in ((eager, 2), (api, 0)):
            model = client.model()
            before = client.scrape()
            client.send(model, events("a"))
            client.send(model, events("b"))
            after = client.scrape()
            name = "checkpoint_duration_seconds"
            assert after.value(f"{name}_count") - before.value(f"{name}_count") == checkpoints
            assert (after.value(f"{name}_sum") > before.value(f"{name}_sum")) is bool(checkpoints)


def test_disk_is_shown_in_bytes(tmp_path: Path) -> None:
    """The free space is the system's figure, and the sizes are those of the files."""
    directory = tmp_path / "data"
    with watched(directory) as api:
        before = api.scrape()
        api.call("POST", "/v3/files/upload", files={"file": ("rows.csv", b"id\n" + b"a\n" * 5000)})
        after = api.scrape()
        assert after.value("data_bytes", kind="files") - before.value("data_bytes", kind="files") == 10_003
        assert after.value("data_bytes", kind="events") == (directory / "events.duckdb").stat().st_size > 0
        assert after.value("data_bytes", kind="catalog") >= (directory / "catalog.sqlite").stat().st_size > 0
        assert after.value("data_bytes", kind="transfers") == 0
        free = shutil.disk_usage(directory).free
        assert free / 2 < after.value("disk_free_bytes") < free * 2


def test_requests_are_counted_and_timed_by_kind(api: Watched) -> None:
    """Each kind of request about events has its own counts; requests outside the contract are `other`."""
    model = api.model()
    with api.added(
        "http_requests_total", {("publish", "200"): 1, ("other", "404"): 1, ("other", "200"): 1}, "kind", "status"
    ):
        api.send(model, events("a"))
        api.client.get("/nothing/here")
    assert set(REQUEST_KINDS) <= set(load_contract().operations)


def test_no_label_shows_a_name_or_an_id(api: Watched) -> None:
    """Labels have only the few values that the server knows, for any request."""
    columns = [{"name": "id", "data_type": "str"}, {"name": "secret_column", "data_type": "int"}]
    model = api.model(columns, name="secret_model", spec={"inputs": ["secret_column"], "metadata": ["id"]})
    api.send(model, {"type": "EVENTS", "events": [{"id": "secret_id", "secret_column": "secret_value"}]})
    api.send(model, {"type": "EVENTS", "events": [{"id": "secret_id"}]}, dataset="secret_dataset")
    api.client.get("/v3/jobs/secret_job")
    scrape = api.scrape()
    assert {name for sample in scrape.samples for name in sample.labels} <= LABELS
    texts = {text for sample in scrape.samples for name, text in sample.labels.items() if name not in ("le", "version")}
    known = {"PRODUCTION", "PRE_PRODUCTION", "SUCCESS", "FAILURE", "PENDING", "STARTED", "missing", "type", "range"}
    known |= {*JOB_KINDS, *REQUEST_KINDS.values(), "other", "requests", "commits", CLAIMED, LOST}
    known |= {status for statuses in EVENT_STATUSES.values() for status in statuses}
    known |= {*CHANNELS, *ATTEMPT_STATES, *ALERT_BINS, *map(str, STATUSES)}
    known |= {"events", "events_log", "catalog", "files", "transfers"}
    assert texts <= known
    assert scrape.value("build_info", version=__version__) == 1


def test_heavy_use_leaves_few_series(api: Watched) -> None:
    """After many models, tokens, environments and failures of every operation there are fewer than 320 series."""
    for number in range(20):
        model = api.model()
        api.send(model, events("a", carrier="ZZ", distance="many"), dataset=f"training_{number}")
        api.send_file(model, "rows.csv", b"id\nb\n")
        api.call("POST", "/v3/tokens", json={"name": f"token_{number}", "scopes": ["read"]})
    for operation in load_contract().operations.values():
        path = re.sub(r"\{[^}]*\}", str(UUID(int=0)), operation.path)
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            for body in (b"{", b"[]", b"{}"):
                sent = {"Content-Type": "application/json", **headers}
                api.client.request(operation.method, path, content=body, headers=sent)
        api.client.request(operation.method, path, content=b"x", headers={"Content-Type": "text/plain"})
    assert len(api.scrape().samples) < MAX_SERIES


def test_the_number_of_series_has_a_bound() -> None:
    """Even if each kind of request had each status that the server knows, there are fewer than 320 series."""
    metrics = Metrics()
    metrics.show_bodies_in_flight(int)
    metrics.show_state(
        is_writable=bool,
        queue_depths=lambda: {"requests": 1, "commits": 1},
        unfinished_jobs=dict,
        due_alert_bins=int,
        undelivered=dict,
        data_bytes=lambda: dict.fromkeys(("events", "events_log", "catalog", "files", "transfers"), 1),
        free_bytes=int,
    )
    for operation_id in (*load_contract().operations, None):
        for status in STATUSES:
            metrics.observe_request(operation_id, status, 1.0)
    scrape = Scrape(generate_latest(metrics.registry).decode())
    assert len(scrape.samples) < MAX_SERIES


def test_a_scrape_asks_the_catalog_little_and_waits_for_no_writer(tmp_path: Path) -> None:
    """A scrape costs a query of jobs, bins and messages each, however many models there are, so it may be frequent."""
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        # Other threads of the server ask, too.
        if threading.current_thread().name.startswith("metrics"):
            statements.append(statement)

    with watched(tmp_path / "data") as api, closing(sqlite3.connect(tmp_path / "data" / "catalog.sqlite")) as writer:
        writer.execute("BEGIN IMMEDIATE")
        event.listen(Engine, "before_cursor_execute", note)
        try:
            api.scrape()
        finally:
            event.remove(Engine, "before_cursor_execute", note)
    assert len([statement for statement in statements if not statement.startswith("BEGIN")]) == 3


def of_databases() -> list[Any]:
    """Return the metrics that only a replica has."""
    metrics = Metrics()
    metrics.show_databases({"events": DatabaseUse(CountedPool(lambda: None), 1)}, "a")
    families = Scrape(generate_latest(metrics.registry).decode()).families
    return [family for family in families if family.name.startswith(f"{NAME}_database")]


def test_the_readme_lists_every_metric(api: Watched) -> None:
    """The README's table has the name, the labels and the meaning of each metric that `/metrics` shows."""
    model = api.model()
    api.send_file(model, "rows.csv", b"id\nb\n")
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    rows = [line.strip("| ").split(" | ") for line in readme.splitlines() if line.startswith(f"| `{NAME}_")]
    listed = {name.strip("`"): (labels.replace("`", ""), meaning) for name, labels, meaning in rows}
    shown = {}
    for family in [*api.scrape().families, *of_databases()]:
        labels = sorted({label for sample in family.samples for label in sample.labels} - {"le", "replica"})
        name = f"{family.name}_total" if family.type == "counter" else family.name
        shown[name] = (", ".join(labels) or "none", family.documentation)
    assert listed == shown
    for name in listed:
        assert re.fullmatch(rf"{NAME}(_[a-z]+)*_({UNITS})", name)
