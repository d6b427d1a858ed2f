"""Drift against a baseline: exact, sorted, explained, and reached by keys."""

import json
import math
import os
import subprocess
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.browsing import SERVER_PYTHON, Visit, visiting
from tests.console.data import Client
from tests.console.measured import Event, Measured, delete_day, publish
from tests.program import Program

ROOT = Path(__file__).parents[2]
# The environment with SciPy and scikit-learn.
REFERENCE_PYTHON = os.environ.get("REFERENCE_PYTHON", SERVER_PYTHON)


@pytest.fixture(scope="module")
def measured(server: Program) -> Iterator[Measured]:
    """Give a model with events that nobody changes."""
    client = Client(server.url)
    yield publish(client, "drifting")
    client.close()


def reference(asked: dict[str, Any]) -> Any:
    """Return what `references` computes."""
    command = [REFERENCE_PYTHON, "-m", "tests.console.references"]
    done = subprocess.run(command, cwd=ROOT, input=json.dumps(asked), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def fact(page: Page, name: str) -> float:
    """Return a fact of the page in full."""
    cell = page.locator("dl.facts > div").filter(has=page.get_by_text(name, exact=True)).locator("dd [title]")
    cell.wait_for()
    return float(cell.get_attribute("title") or "")


def numbers(events: list[Event], column: str) -> list[float]:
    return [one[column] for one in events if one[column] is not None]


def as_table(page: Page, title: str) -> None:
    """Show the numbers of a picture."""
    page.get_by_label(f"Options of {title}", exact=True).click()
    page.locator(".menu-box").get_by_role("button", name="Table", exact=True).click()


def index(before: list[int], now: list[int]) -> float:
    """Return the population stability index after one event more in each bin."""
    sizes = sum(before) + len(before), sum(now) + len(now)
    shares = [((b + 1) / sizes[0], (n + 1) / sizes[1]) for b, n in zip(before, now, strict=True)]
    return sum((actual - expected) * math.log(actual / expected) for expected, actual in shares)


def edges_of(page: Page) -> list[float]:
    """Return the edges that the page says it used."""
    page.get_by_text("How is this computed?").click()
    text = page.locator("details[open] code").filter(has_text=", ").last.inner_text()
    return [float(edge) for edge in text.split(", ")]


def counted(edges: list[float], values: list[float]) -> list[int]:
    """Return how many values are below the edges, in each bin, and above."""
    inside = Counter(len(edges) - 1 if value == edges[-1] else bisect_right(edges, value) for value in values)
    return [inside[place] for place in range(len(edges) + 1)]


def assert_exact(visit: Visit, measured: Measured) -> None:
    """Compare the drift of a column of numbers with SciPy and with a count by hand on the edges of the page."""
    visit.open(measured.link("drift/distance"))
    page = visit.page
    before, now = numbers(measured.trained, "distance"), numbers(measured.events, "distance")
    expect(page.locator("dl.facts")).to_contain_text(f"{len(now):,}")
    edges = edges_of(page)
    assert fact(page, "JSD") == pytest.approx(reference({"edges": edges, "before": before, "now": now}), rel=1e-9)
    bins = zip(counted(edges, before), counted(edges, now), strict=True)
    used = [pair for place, pair in enumerate(bins) if 0 < place < len(edges) or any(pair)]
    assert fact(page, "PSI") == pytest.approx(index([b for b, _ in used], [n for _, n in used]), rel=1e-9)
    as_table(page, "Both distributions")
    shown = page.get_by_role("region", name="Both distributions, numbers").locator("tbody tr")
    assert [int(row.locator("td").nth(2).inner_text().replace(",", "")) for row in shown.all()[:-1]] == [
        n for _, n in used
    ]


def test_drift_equals_references(browser: Browser, server: Program, measured: Measured) -> None:
    """The distance is SciPy's, the index one counted by hand, both on the edges that the page names."""
    with visiting(browser, server.url) as visit:
        assert_exact(visit, measured)
        visit.open(measured.link("drift/carrier"))
        as_table(visit.page, "Both distributions")
        table = visit.page.get_by_role("region", name="Both distributions, numbers")
        now = Counter(one["carrier"] for one in measured.events)
        for name, label in (("AA", "AA"), ("UA", "UA"), ("XX", "other")):
            row = table.get_by_role("row", name=label, exact=False).first
            expect(row.locator("td").nth(2)).to_have_text(str(now[name]))


def test_drift_after_a_day_is_deleted(browser: Browser, server: Program) -> None:
    """A day that is deleted leaves the open page by itself, and the drift is that of what is left."""
    client = Client(server.url)
    measured = publish(client, "shrinking")
    with visiting(browser, server.url) as visit:
        assert_exact(visit, measured)
        delete_day(client, measured, "2026-03-03")
        left = len(numbers(measured.events, "distance"))
        expect(visit.page.locator("dl.facts")).to_contain_text(f"{left:,}", timeout=10_000)
        visit.page.reload()
        assert_exact(visit, measured)
    client.close()


def test_columns_are_sorted_by_drift(browser: Browser, server: Program, measured: Measured) -> None:
    """Columns come with the greatest drift first; a limit, another metric and a search are part of the link."""
    with visiting(browser, server.url) as visit:
        visit.open(measured.link("drift"))
        page = visit.page
        rows = page.get_by_role("region", name="Drift of columns").locator("tbody tr")
        expect(rows).to_have_count(6)
        values = [row.locator("td").first.inner_text() for row in rows.all()]
        drifts = [float(value) for value in values if value != "\u2013"]
        assert drifts == sorted(drifts, reverse=True)
        assert len(drifts) == 4
        distance = page.get_by_role("row", name="distance")
        expect(distance).to_contain_text("drifted")
        missing = sum(one["distance"] is None for one in measured.events) / len(measured.events)
        expect(distance).to_contain_text(f"{100 * missing:.2f}".rstrip("0")[:3])
        page.get_by_label("Drifted from").fill("0.9")
        page.get_by_label("Drifted from").press("Enter")
        expect(distance).to_contain_text("ok")
        page.get_by_label("Metric").select_option("psi")
        expect(page.get_by_role("columnheader", name="PSI")).to_have_attribute("aria-sort", "descending")
        page.get_by_role("searchbox").fill("carr")
        expect(rows).to_have_count(1)
        with visiting(browser, server.url) as other:
            other.page.goto(page.url)
            other.page.reload()
            same = other.page.get_by_role("region", name="Drift of columns").locator("tbody tr")
            expect(same).to_have_count(1)
            assert same.inner_text() == rows.inner_text()


def test_a_rolling_baseline_moves_along(browser: Browser, server: Program, measured: Measured) -> None:
    """A rolling baseline has the events of the window before the range."""
    with visiting(browser, server.url) as visit:
        visit.open(f"/models/{measured.model_id}/drift/distance?from=2026-03-03T00:00:00Z&to=2026-03-04T00:00:00Z")
        visit.page.get_by_label("Baseline").select_option("day_before")
        facts = visit.page.locator("dl.facts")
        expect(facts).to_contain_text("moves along, 1 day back")
        before = [one for one in measured.events if one["departure"].startswith("2026-03-02")]
        expect(facts.get_by_text("Values of the baseline").locator("xpath=..")).to_contain_text(
            str(len(numbers(before, "distance")))
        )


def test_one_column_by_keys(browser: Browser, server: Program, measured: Measured) -> None:
    """A row opens by Enter; arrow keys read each bin with both shares and what it adds, and name bins of few events."""
    with visiting(browser, server.url) as visit:
        visit.open(measured.link("drift"))
        page = visit.page
        page.get_by_role("link", name="carrier").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Drift / carrier")).to_be_visible()
        chart = page.get_by_role("application", name="Both distributions, ")
        chart.focus()
        said = page.locator("figure", has=chart).locator("[aria-live]")
        page.keyboard.press("ArrowRight")
        share = 100 * sum(one["carrier"] == "AA" for one in measured.events) / len(measured.events)
        expect(said).to_contain_text("AA: training")
        expect(said).to_contain_text(f"Now {share:.1f}".removesuffix(".0") + "%")
        expect(said).to_contain_text("of the drift")
        page.keyboard.press("End")
        expect(said).to_contain_text("null: training 0%, Now 0% of all events, which is not part of the drift")
        over_time = page.get_by_role("application", name="JSD over time")
        over_time.focus()
        page.keyboard.press("End")
        announced = page.locator("figure", has=over_time).locator("[aria-live]")
        expect(announced).to_contain_text("2026-03-05")
        expect(announced).to_contain_text("little data")


def test_nothing_has_three_reasons(browser: Browser, server: Program, client: Client, measured: Measured) -> None:
    """A model without a baseline, a range without events and a search without a match each say so, with a way out."""
    without = client.call("GET", "/v3/models?search=fraud")["items"][0]["id"]
    with visiting(browser, server.url) as visit:
        visit.open(f"/models/{without}/drift")
        expect(visit.page.locator(".empty")).to_contain_text("no baseline")
        visit.open(f"/models/{measured.model_id}/drift?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z")
        expect(visit.page.locator(".empty")).to_contain_text("no event in this range")
        visit.open(measured.link("drift", search="nothing"))
        expect(visit.page.locator(".empty")).to_contain_text("No column has")
        visit.page.get_by_role("button", name="Show all columns").click()
        expect(visit.page.get_by_role("row", name="distance")).to_be_visible()


def test_many_columns_are_not_sorted_by_drift(browser: Browser, server: Program, client: Client) -> None:
    """A model with more columns than can be sorted by drift shows 50 of them, and says how to find others."""
    columns = [{"name": f"column_{n:03}", "data_type": "float" if n == 0 else "str"} for n in range(120)]
    project_id = client.call("POST", "/v3/projects", {"name": "many_columns"})["id"]
    spec = {"inputs": [one["name"] for one in columns]}
    body = {"project_id": project_id, "name": "many", "schema": {"columns": columns}, "spec": spec}
    model_id = client.call("POST", "/v3/models", body)["id"]
    source = {"type": "EVENTS", "events": [{"column_000": 1.0}]}
    for environment in ({"env_type": "PRODUCTION"}, {"env_type": "PRE_PRODUCTION", "env_name": "training"}):
        client.call("POST", "/v3/events", {"model_id": model_id, "source": source} | environment)
    with visiting(browser, server.url) as visit:
        visit.open(f"/models/{model_id}/drift")
        rows = visit.page.get_by_role("region", name="Drift of columns").locator("tbody tr")
        expect(rows).to_have_count(50)
        expect(visit.page.get_by_text("120 columns are too many to sort by drift")).to_be_visible()
        visit.page.get_by_role("searchbox").fill("column_11")
        expect(rows).to_have_count(10)
