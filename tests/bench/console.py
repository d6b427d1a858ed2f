"""The case of the console: how fast its pages get their figures, and what open pages cost those who publish."""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from statistics import median
from threading import Event
from typing import Any

import httpx

from tests.bench import workload
from tests.bench.case import Bench
from tests.bench.figures import RANGE, Model, stored
from tests.bench.load import request
from tests.bench.report import Row
from tests.bench.server import Server, serving
from tests.bench.stored_events import BATCH
from tests.e2e.process import TOKEN

TABS = 5
POLL_SECONDS = 2.0
# A page that follows a model rests so many times as long as its last figures took.
REST = 10
CONNECTIONS = 8
MAX_ATTEMPTS = 60

# Requests of a page: path and body.
Page = Sequence[tuple[str, Mapping[str, Any]]]


def console(bench: Bench) -> Iterator[Row]:
    """Show the drift of a column and an overview, then publish with and without five open overviews."""
    with serving(bench.folder / "console") as server:
        model = stored(bench, server)
        for name, (page, budget) in _pages(server, model).items():
            first, *others = [_show(server.client, page) for _ in range(1 + bench.repeats)]
            work = f"console, {name} at {bench.rows:,} events"
            yield Row(f"{work}, first time", first, "s", budget=f"<= {budget}")
            yield Row(f"{work}, shown again", median(others), "s", budget=f"<= {budget}")
        page, _ = _pages(server, model)["overview"]
        without, watched = _publish_in_turns(bench, server, model, page)
        work = f"POST of 1,000 events, {CONNECTIONS} connections, with {TABS} overviews open"
        yield Row(work, watched, "events/s", without, "without", ">= 0.95")


def _pages(server: Server, model: Model) -> dict[str, tuple[Page, float]]:
    """Return the requests of pages, and the seconds that they may take."""
    baseline_id = server.call("GET", f"/v3/models/{model.id}/baselines")["items"][0]["id"]
    shown = {"model_id": model.id, "time_range": RANGE}
    column = shown | {"column": "score", "compare": [{"baseline_id": baseline_id}]}
    measures = [{"measure": "count"}, {"measure": "violations"}, {"measure": "performance", "metric": "accuracy"}]
    overview: Page = [
        ("/v3/monitoring/series", shown | {"measures": measures, "max_bins": 93}),
        ("/v3/monitoring/performance", shown),
        ("/v3/monitoring/columns", shown | {"sort": "drift", "limit": 1}),
    ]
    return {"drift of a column": ([("/v3/monitoring/distribution", column)], 0.5), "overview": (overview, 1)}


def _show(client: httpx.Client, page: Page) -> float:
    """Return the seconds until a page has its figures. What is not ready is asked for again, as the console does."""
    began = time.perf_counter()
    for path, body in page:
        attempts = count(1)
        while (response := client.post(path, json=body)).status_code == 503 and next(attempts) < MAX_ATTEMPTS:
            time.sleep(float(response.headers["Retry-After"]))
        assert response.is_success, response.text
    return time.perf_counter() - began


def _publish_in_turns(bench: Bench, server: Server, model: Model, page: Page) -> tuple[float, float]:
    """Return the events a second that are published without and with open pages, in turns."""
    without, watched = [], []
    starts = count(bench.rows, bench.publishes * BATCH)
    for _ in range(bench.rounds):
        without.append(_publish(bench, server, model, next(starts)))
        closed = Event()
        with ThreadPoolExecutor(TABS) as tabs:
            open_pages = [tabs.submit(_follow, server, model, page, closed) for _ in range(TABS)]
            watched.append(_publish(bench, server, model, next(starts)))
            closed.set()
            for one in open_pages:
                one.result()
    return median(without), median(watched)


def _publish(bench: Bench, server: Server, model: Model, start: int) -> float:
    bodies = workload.publish_bodies(model.id, start, bench.publishes, BATCH)
    requests = [request("POST", "/v3/events", TOKEN, body) for body in bodies]
    return BATCH * bench.generator.run(server.url, requests, CONNECTIONS).rate


def _follow(server: Server, model: Model, page: Page, closed: Event) -> None:
    """Poll a model, and show the page again if it has changed, until it is closed."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=120) as client:
        etag, rests_until = "", 0.0
        while not closed.wait(POLL_SECONDS):
            unchanged = {"If-None-Match": etag} if etag else {}
            pulse = client.get("/v3/monitoring/pulse", params={"model_id": model.id}, headers=unchanged)
            if pulse.status_code == 304 or time.monotonic() < rests_until:
                continue
            etag = pulse.headers["ETag"]
            rests_until = REST * _show(client, page) + time.monotonic()
