"""Segments, custom metrics and baselines in the console: checked and tried before they are saved."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.browsing import Visit, visiting
from tests.console.data import Client
from tests.console.watching import DAY, DAYS, FEW, QUIET_DAYS, USUAL, Watched, midnight

TOTAL = USUAL * (DAYS - len(QUIET_DAYS)) + FEW * len(QUIET_DAYS)
EVERYTHING = "?from=all"


@pytest.fixture
def client(model: Watched) -> Iterator[Client]:
    client = Client(model.url)
    yield client
    client.close()


@pytest.fixture
def visit(browser: Browser, model: Watched) -> Iterator[Visit]:
    with visiting(browser, model.url) as visit:
        yield visit


def verdict(page: Page) -> Any:
    return page.get_by_role("region", name="Preview").get_by_role("status").first


def test_a_fault_is_marked_at_its_place(visit: Visit, model: Watched) -> None:
    """The server's check names the place of a fault, which leads there; a column that is offered mends it."""
    page = visit.page
    visit.open(model.path("segments/new"))
    text = page.get_by_label("Definition")
    text.fill("carrier == 'UA'\nand distanze > 100")
    expect(page.locator(".fql mark")).to_have_text("distanze")
    expect(text).to_have_attribute("aria-invalid", "true")
    place = page.get_by_role("button", name="Line 2, character 5")
    expect(page.locator(".fql-check")).to_contain_text("distance?")
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    place.click()
    assert text.evaluate("(area) => area.selectionStart") == len("carrier == 'UA'\nand ")
    page.keyboard.press("Shift+Control+ArrowRight")
    page.keyboard.type("dist")
    page.get_by_role("button", name="distance int").click()
    expect(text).to_have_value("carrier == 'UA'\nand distance > 100")
    expect(page.locator(".fql-check")).to_contain_text("Uses carrier, distance.")
    page.get_by_label("Definition").fill("take")
    page.keyboard.press("End")
    page.get_by_role("button", name="take off").click()
    expect(text).to_have_value('"take off"')


def test_a_segment_is_tried_saved_and_deleted(visit: Visit, model: Watched, client: Client) -> None:
    """Its events are counted before it is saved; a rule that uses it is named, and keeps it from being deleted."""
    visit.refused = {409}
    page = visit.page
    visit.open(model.path(f"segments/new{EVERYTHING}"))
    page.get_by_label("Name").fill("Long flights")
    page.get_by_label("Definition").fill("distance >= 1200")
    long = (USUAL - 12) * (DAYS - len(QUIET_DAYS))
    expect(verdict(page)).to_contain_text(f"{long} of {TOTAL} events ({100 * long / TOTAL:.1f}%) are in the segment")
    expect(page.locator("figure.chart")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Long flights", level=1).wait_for()
    (made,) = client.call("GET", f"/v3/models/{model.model_id}/segments?search=Long")["items"]
    assert made["definition"] == "distance >= 1200"
    rule = {
        "name": "watches long flights",
        "model_id": model.model_id,
        "metric_id": "traffic",
        "priority": "LOW",
        "compare_to": "raw_value",
        "condition": "greater",
        "bin_size": "Day",
        "critical_threshold": 1e6,
        "segment_id": made["id"],
    }
    rule_id = client.call("POST", "/v3/alert-rules", rule)["id"]
    visit.open(model.path(f"segments{EVERYTHING}"))
    row = page.get_by_role("row", name="Long flights")
    expect(row).to_contain_text("watches long flights")
    expect(row).to_contain_text(f"{100 * long / TOTAL:.1f}%")
    row.get_by_role("link", name="Long flights", exact=True).click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("watches long flights")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Delete")).to_be_focused()
    client.call("DELETE", f"/v3/alert-rules/{rule_id}")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_role("heading", name="Segments", exact=True).wait_for()
    assert client.call("GET", f"/v3/models/{model.model_id}/segments?search=Long")["items"] == []


def test_a_custom_metric_has_its_figure_before_it_is_saved(visit: Visit, model: Watched, client: Client) -> None:
    """The preview has the figure, by bins too, that the saved metric has; a taken name stands at the name."""
    visit.refused = {409}
    page = visit.page
    since, until = (midnight() - 2 * DAY).isoformat(), midnight().isoformat()
    visit.open(model.path("metrics/new") + f"?from={since[:19]}Z&to={until[:19]}Z")
    page.get_by_label("Name").fill("Average distance")
    page.get_by_label("Definition").fill("average(distance)")
    expect(verdict(page)).to_contain_text(f"1,150 for {2 * USUAL} events")
    page.locator("figure.chart summary", has_text="⋯").click()
    page.get_by_role("button", name="Table", exact=True).click()
    numbers = page.get_by_role("region", name="Numbers of")
    values = [text for text in numbers.locator("tbody tr td:nth-child(2)").all_inner_texts() if text != "no rows"]
    assert values[:3] == ["0", "100", "200"]
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Average distance", level=1).wait_for()
    expect(verdict(page)).to_contain_text(f"1,150 for {2 * USUAL} events")
    visit.open(model.path("metrics/new"))
    page.get_by_label("Name").fill("Average distance")
    page.get_by_label("Definition").fill("sum(distance)")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert")).to_contain_text("same name")


def test_a_segment_is_made_by_keyboard(visit: Visit, model: Watched, client: Client) -> None:
    """Without a mouse: a column that is offered is taken with Tab and Enter, and the text goes on behind it."""
    page = visit.page
    visit.open(model.path("segments/new"))
    page.get_by_label("Name").focus()
    page.keyboard.type("by keyboard")
    page.keyboard.press("Tab")
    page.keyboard.type("dist")
    offer = page.get_by_role("button", name="distance int")
    expect(offer).to_have_count(1)
    page.keyboard.press("Tab")
    while not offer.evaluate("(button) => button === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Definition")).to_be_focused()
    page.keyboard.type(" > 5")
    expect(page.get_by_role("button", name="Save")).to_be_enabled()
    page.get_by_label("Description").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="by keyboard", level=1).wait_for()
    (made,) = client.call("GET", f"/v3/models/{model.model_id}/segments?search=keyboard")["items"]
    assert made["definition"] == "distance > 5"


def test_baselines_are_made_and_deleted(visit: Visit, model: Watched, client: Client) -> None:
    """A baseline is a dataset, a range or a window; one that a rule uses stays, and the rule is named."""
    visit.refused = {400, 409}
    page = visit.page
    visit.open(model.path("baselines"))
    expect(page.get_by_role("row", name="training")).to_contain_text("100")

    def create(name: str, kind: str) -> None:
        page.get_by_role("button", name="New baseline").click()
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_label(kind).check()

    create("all of it", "All events of a dataset")
    page.get_by_label("Dataset", exact=True).select_option(index=1)
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("row", name="all of it")).to_contain_text("dataset training")
    create("week before", "The same span of production, earlier")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("row", name="week before")).to_contain_text("production, the week a week before")
    create("two days", "A range of production")
    page.get_by_label("From").fill("yesterday's")
    page.get_by_label("Up to").fill((midnight() - DAY).isoformat())
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_label("From")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("From").fill((midnight() - 3 * DAY).isoformat())
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("row", name="two days")).to_contain_text(str(USUAL + FEW))
    found = client.call("GET", f"/v3/models/{model.model_id}/baselines")["items"]
    ids = {one["name"]: one["id"] for one in found}
    rule = {
        "name": "drifts",
        "model_id": model.model_id,
        "metric_id": "jsd",
        "feature_names": ["distance"],
        "baseline_id": ids["week before"],
        "priority": "LOW",
        "compare_to": "raw_value",
        "condition": "greater",
        "bin_size": "Day",
        "critical_threshold": 0.9,
    }
    rule_id = client.call("POST", "/v3/alert-rules", rule)["id"]
    page.get_by_role("button", name="Delete week before").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("drifts")
    page.keyboard.press("Escape")
    client.call("DELETE", f"/v3/alert-rules/{rule_id}")
    for name in ("week before", "two days", "all of it"):
        page.get_by_role("button", name=f"Delete {name}").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(page.get_by_role("row", name=name)).to_have_count(0)


def test_a_range_without_events_is_said(visit: Visit, model: Watched) -> None:
    """A definition is tried on the chosen range: one without events says so, and is no error."""
    visit.open(model.path("metrics/new") + "?from=2001-01-01&to=2001-01-03")
    visit.page.get_by_label("Definition").fill("average(distance)")
    expect(verdict(visit.page)).to_contain_text("No value: no rows for 0 events")
