"""Performance: exact, with the labels that it rests on, at any threshold, for each task."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.console.browsing import TOKEN, visiting
from tests.console.data import Client
from tests.console.measured import Measured, delete_day, label, publish
from tests.console.test_drift import as_table, reference
from tests.program import Program


@pytest.fixture(scope="module")
def measured(server: Program) -> Iterator[Measured]:
    """Give a model with events that nobody changes."""
    client = Client(server.url)
    yield publish(client, "performing")
    client.close()


def metric(page: Page, name: str) -> float:
    """Return a metric of the page in full."""
    cell = page.get_by_role("region", name="Metrics").get_by_role("row").filter(has_text=name).locator("td").first
    return float((cell.get_attribute("title") or "").partition(",")[0])


def confusion(page: Page) -> list[int]:
    """Return the numbers of the confusion matrix, row by row."""
    cells = page.get_by_role("region", name="Confusion matrix").locator("tbody td").all_inner_texts()
    return [int(re.split(r"\s", text)[0].replace(",", "")) for text in cells]


def cells(measured: Measured, threshold: float) -> list[int]:
    """Count the labelled events by label and prediction."""
    labelled = [one for one in measured.events if one.get("arrived_late") is not None]
    found = Counter((one["arrived_late"], one["late_probability"] >= threshold) for one in labelled)
    return [found[actual, predicted] for actual in (False, True) for predicted in (False, True)]


def assert_exact(page: Page, server: Program, measured: Measured) -> None:
    """Compare the page with what scikit-learn finds in the downloaded rows."""
    found = reference({"url": server.url, "token": TOKEN, "model_id": measured.model_id})
    assert metric(page, "Accuracy") == pytest.approx(found["accuracy"], rel=1e-12)
    assert metric(page, "AUROC") == pytest.approx(found["auroc"], rel=1e-9)
    assert confusion(page) == cells(measured, 0.5)
    labelled = sum(one.get("arrived_late") is not None for one in measured.events)
    assert found["coverage"] == pytest.approx(labelled / len(measured.events))
    expect(page.get_by_text(f"Of {len(measured.events):,} events, {labelled:,} have a label")).to_be_visible()


def test_labels_move_the_open_page(browser: Browser, server: Program, client: Client) -> None:
    """Labels that arrive, and a day that is deleted, move coverage and metrics of the open page to the exact values."""
    measured = publish(client, "learning")
    with visiting(browser, server.url) as visit:
        visit.open(measured.link("performance"))
        page = visit.page
        expect(page.get_by_role("region", name="Confusion matrix")).to_be_visible()
        assert_exact(page, server, measured)
        awaited = [one for one in measured.events if one.get("arrived_late") is None]
        label(client, measured, awaited[:50], value=False)
        labelled = len(measured.events) - len(awaited) + 50
        # 3 s, if the figures take no more than 0.1 s: a panel rests ten times as long as its last response took.
        expect(page.get_by_text(f"{labelled:,} have a label")).to_be_visible(timeout=10_000)
        assert_exact(page, server, measured)
        delete_day(client, measured, "2026-03-03")
        expect(page.get_by_text(f"Of {len(measured.events):,} events")).to_be_visible(timeout=10_000)
        assert_exact(page, server, measured)


def test_any_threshold_without_a_request(browser: Browser, server: Program, measured: Measured) -> None:
    """The slider counts again at once and asks nothing; a threshold can be used for all figures, and is in the link."""
    with visiting(browser, server.url) as visit:
        visit.open(measured.link("performance"))
        page = visit.page
        slider = page.get_by_role("slider", name="Positive from a score of")
        slider.wait_for()
        page.wait_for_load_state("networkidle")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "pulse" not in request.url else None)
        slider.focus()
        for threshold, key in ((0.501, "ArrowRight"), (0, "Home"), (0.999, "End")):
            page.keyboard.press(key)
            expect(page.locator(".threshold output")).to_have_text(str(threshold))
            assert confusion(page) == cells(measured, threshold)
        slider.fill("0.3")
        assert confusion(page) == cells(measured, 0.3)
        assert asked == []
        page.get_by_role("button", name="Use it for all figures").click()
        tn, fp, fn, tp = cells(measured, 0.3)
        expect(page.get_by_role("region", name="Metrics").get_by_role("row", name="Accuracy")).to_contain_text(
            f"{(tp + tn) / (tn + fp + fn + tp):.4f}".rstrip("0")
        )
        assert "threshold=0.3" in page.url
        assert confusion(page) == [tn, fp, fn, tp]


def test_coverage_is_always_under_the_metric(browser: Browser, server: Program, measured: Measured) -> None:
    """Each metric over time has the share of labels under it, and names the bins that have few."""
    with visiting(browser, server.url) as visit:
        visit.open(measured.link("performance"))
        page = visit.page
        for name in ("Accuracy", "Precision"):
            page.get_by_role("region", name="Metrics").get_by_role("button", name=name, exact=True).click()
            chart = page.get_by_role("application", name=f"{name}, ")
            said = said_by(page, chart)
            page.keyboard.press("End")
            expect(said).to_contain_text("2026-03-05")
            expect(said).to_contain_text("little data")
            strip = page.get_by_role("application", name="Label coverage, ")
            covered = said_by(page, strip)
            page.keyboard.press("End")
            last = [one for one in measured.events if one["departure"].startswith("2026-03-05")]
            share = 100 * sum("arrived_late" in one for one in last) / len(last)
            expect(covered).to_contain_text(f"{share:.1f}".removesuffix(".0") + "%")


def test_awaited_labels_are_marked(browser: Browser, server: Program, client: Client) -> None:
    """The page says how long labels take, and marks from when on some are still awaited."""
    model_id = client.model("airline", "landing", 40)
    changes = [{"flight": f"UA{n}", "arrived_late": n % 2 == 0} for n in range(30)]
    source = {"type": "EVENTS", "events": changes}
    client.call("PATCH", "/v3/events", {"model_id": model_id, "env_type": "PRODUCTION", "source": source})
    with visiting(browser, server.url) as visit:
        visit.open(f"/models/{model_id}/performance?from=now-1h")
        page = visit.page
        expect(page.get_by_text("Of 40 events, 30 have a label (75%)")).to_be_visible()
        expect(page.get_by_text("90% of the 30 labels came within")).to_contain_text("To the right of the line")
        said = said_by(page, page.get_by_role("application", name="Accuracy, "))
        page.keyboard.press("End")
        expect(said).to_contain_text("labels usually complete up to here")


def said_by(page: Page, chart: Locator) -> Locator:
    """Focus a chart, and return what it announces."""
    chart.focus()
    return page.locator("figure", has=chart).locator("[aria-live]")


def test_curves_by_keys(browser: Browser, server: Program, measured: Measured) -> None:
    """Arrow keys read the points of each curve, and a table has all of them."""
    with visiting(browser, server.url) as visit:
        visit.open(measured.link("performance"))
        page = visit.page
        for name, words in (("ROC", "Threshold 0.00: 1 of the positive found"), ("Precision and recall", "recall 1")):
            said = said_by(page, page.get_by_role("application", name=f"{name}, "))
            page.keyboard.press("Home")
            expect(said).to_contain_text(words)
        said = said_by(page, page.get_by_role("application", name="Calibration, "))
        page.keyboard.press("Home")
        lowest = [
            one for one in measured.events if one.get("arrived_late") is not None and one["late_probability"] < 0.1
        ]
        expect(said).to_contain_text(f"of {len(lowest)} events")
        as_table(page, "ROC")
        row = (
            page.get_by_role("region", name="ROC, numbers")
            .get_by_role("row", name="0.50", exact=False)
            .filter(has=page.get_by_role("rowheader", name="0.50", exact=True))
        )
        *_, fn, tp = cells(measured, 0.5)
        expect(row.locator("td").nth(1)).to_have_text(f"{tp / (tp + fn):.4f}".rstrip("0"))


@pytest.fixture(scope="module")
def others(server: Program) -> Iterator[dict[str, str]]:
    """Give models of other tasks by the task, each with a few events."""
    client = Client(server.url)
    project_id = client.call("POST", "/v3/projects", {"name": "tasks"})["id"]
    numbers = [{"name": name, "data_type": "float"} for name in ("p_a", "p_b", "p_c")]
    kind = {"name": "kind", "data_type": "category", "categories": ["a", "b", "c"]}
    models: dict[str, dict[str, Any]] = {
        "regression": {
            "schema": {"columns": numbers},
            "spec": {"inputs": ["p_c"], "outputs": ["p_a"], "targets": ["p_b"]},
        },
        "multiclass_classification": {
            "schema": {"columns": [*numbers, kind]},
            "spec": {"outputs": ["p_a", "p_b", "p_c"], "targets": ["kind"]},
            "task_params": {"target_class_order": ["a", "b", "c"]},
        },
        "not_set": {"schema": {"columns": numbers}, "spec": {"inputs": ["p_a"]}},
    }
    events = [{"p_a": 0.6, "p_b": 0.3, "p_c": 0.1, "kind": kind} for kind in "aab"]
    found = {}
    for task, fields in models.items():
        body = {"project_id": project_id, "name": task, "task": task} | fields
        found[task] = client.call("POST", "/v3/models", body)["id"]
        source = {"type": "EVENTS", "events": events}
        client.call("POST", "/v3/events", {"model_id": found[task], "env_type": "PRODUCTION", "source": source})
    yield found
    client.close()


def test_other_tasks(browser: Browser, server: Program, others: dict[str, str]) -> None:
    """A regression has its errors, several classes a matrix and figures of each, and other models none."""
    with visiting(browser, server.url) as visit:
        page = visit.page
        visit.open(f"/models/{others['regression']}/performance")
        assert metric(page, "Mean absolute error") == pytest.approx(0.3)
        said = said_by(page, page.get_by_role("application", name="Errors, "))
        page.keyboard.press("Home")
        expect(said).to_contain_text("3 events, 100%")
        visit.open(f"/models/{others['multiclass_classification']}/performance")
        expect(page.get_by_role("region", name="Confusion matrix")).to_be_visible()
        assert confusion(page) == [2, 0, 0, 1, 0, 0, 0, 0, 0]
        classes = page.get_by_role("region", name="Metrics by class").locator("tbody tr")
        expect(classes.first).to_contain_text("0.6667")
        visit.open(f"/models/{others['not_set']}/performance")
        expect(page.locator(".empty")).to_contain_text("no metrics of performance")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_are_accessible(browser: Browser, server: Program, measured: Measured, theme: str) -> None:
    """With data and opened in full, no page violates WCAG 2.1 A or AA, and none scrolls sideways at 320 pixels."""
    with visiting(browser, server.url, color_scheme=theme, viewport={"width": 320, "height": 640}) as visit:
        page = visit.page
        for path, title in (("drift", None), ("drift/distance", "Both distributions"), ("performance", "ROC")):
            visit.open(measured.link(path))
            if title is None:
                page.get_by_role("region", name="Drift of columns").wait_for()
            else:
                as_table(page, title)
            for hidden in page.locator("details:not(.menu) > summary").all():
                hidden.click()
            page.wait_for_load_state("networkidle")
            assert visit.axe() == [], path
            assert page.evaluate("() => document.documentElement.scrollWidth") <= 320, path


def test_nothing_has_reasons(browser: Browser, server: Program, measured: Measured) -> None:
    """A range without events, and one without labels, each say so."""
    with visiting(browser, server.url) as visit:
        visit.open(f"/models/{measured.model_id}/performance?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z")
        expect(visit.page.locator(".empty")).to_contain_text("no event in this range")
        client = Client(server.url)
        model_id = client.call("GET", "/v3/models?search=arrival_delay")["items"][0]["id"]
        client.close()
        visit.open(f"/models/{model_id}/performance")
        expect(visit.page.get_by_text("has a label yet")).to_be_visible()
        expect(visit.page.get_by_role("row", name="Accuracy")).to_contain_text("no labels")
