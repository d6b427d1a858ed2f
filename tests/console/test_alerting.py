"""Alert rules, their records, webhooks and messages in the console."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.browsing import Visit, visiting
from tests.console.data import Client
from tests.console.watching import DAY, Watched, midnight, receiver

BELOW = {
    "metric_id": "traffic",
    "priority": "HIGH",
    "compare_to": "raw_value",
    "condition": "lesser",
    "bin_size": "Day",
    "critical_threshold": 10,
    "warning_threshold": 20,
}


@pytest.fixture
def client(model: Watched) -> Iterator[Client]:
    client = Client(model.url)
    yield client
    client.close()


@pytest.fixture
def visit(browser: Browser, model: Watched) -> Iterator[Visit]:
    with visiting(browser, model.url) as visit:
        yield visit


def make_rule(client: Client, model: Watched, name: str, **fields: Any) -> str:
    body = {"name": name, "model_id": model.model_id} | BELOW | fields
    rule_id: str = client.call("POST", "/v3/alert-rules", body)["id"]
    return rule_id


def evaluate(client: Client, rule_id: str, days_back: int) -> Any:
    body = {"bin_start": (midnight() - days_back * DAY).isoformat()}
    return client.call("POST", f"/v3/monitoring/alert-rules/{rule_id}/evaluate", body)


def records(client: Client, rule_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.call("GET", f"/v3/alert-rules/{rule_id}/records?limit=1000")["items"]
    return found


def fill_in(page: Page, name: str, *, critical: str, warning: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Metric").select_option("traffic")
    page.get_by_label("Fires if").select_option("lesser")
    page.get_by_label("Critical", exact=True).fill(critical)
    page.get_by_label("Warning", exact=True).fill(warning)


def fault_of(page: Page, label: str) -> str:
    """Return the text of the fault that describes a field."""
    field = page.get_by_label(label, exact=True)
    expect(field).to_have_attribute("aria-invalid", "true")
    ids = (field.get_attribute("aria-describedby") or "").split()
    return " ".join(page.locator(f'[id="{id}"]').inner_text() for id in ids)


def test_a_preview_fires_as_often_as_there_are_records(visit: Visit, model: Watched, client: Client) -> None:
    """The form says how often the rule would have fired in the last 30 days; judging them makes as many records.

    The table of its chart has the numbers of the API.
    """
    page = visit.page
    visit.open(model.path("rules/new"))
    fill_in(page, "few flights", critical="10", warning="30")
    verdict = page.get_by_role("region", name="Preview").get_by_role("status").first
    expect(verdict).to_contain_text("30 times: 4 critical, 26 warning")
    page.get_by_label("Warning", exact=True).fill("")
    expect(verdict).to_contain_text("4 times: 4 critical, 0 warning")
    page.locator("summary", has_text="⋯").click()
    page.get_by_role("button", name="Table", exact=True).click()
    cells = page.get_by_role("region", name="Numbers of").locator("tbody tr td:nth-child(2)").all_inner_texts()
    page.get_by_role("button", name="Create").click()
    page.get_by_role("heading", name="few flights").wait_for()
    rule_id = page.url.rsplit("/", 1)[1]
    values = [evaluate(client, rule_id, back)["evaluations"][0]["value"] for back in range(30, 0, -1)]
    assert [int(cell) for cell in cells] == values
    assert len(records(client, rule_id)) == 4
    page.reload()
    expect(page.get_by_role("region", name="Records").locator("tbody tr")).to_have_count(4)


def test_what_is_wrong_with_a_rule_stands_at_its_field(visit: Visit, model: Watched, client: Client) -> None:
    """A threshold that does not fit, a taken name and an address that is none are named at their fields."""
    visit.refused = {400, 409}
    page = visit.page
    make_rule(client, model, "taken")
    visit.open(model.path("rules/new"))
    fill_in(page, "taken", critical="10", warning="5")
    assert "threshold" in fault_of(page, "Warning")
    page.get_by_label("Warning", exact=True).fill("20")
    expect(page.get_by_label("Warning", exact=True)).to_have_attribute("aria-invalid", "false")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("same name already exists")).to_be_visible()
    assert "same name already exists" in fault_of(page, "Name")
    page.get_by_label("Name").fill("not taken")
    page.get_by_label("Mail to").fill("nobody")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_label("Mail to")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Mail to").fill("ops@airline.example")
    page.get_by_role("button", name="Create").click()
    page.get_by_role("heading", name="not taken").wait_for()
    expect(page.get_by_text("to ops@airline.example")).to_be_visible()


def test_a_rule_is_evaluated_changed_silenced_and_deleted(visit: Visit, model: Watched, client: Client) -> None:
    """A rule shows its last and next evaluation; each change is one of the API; a deletion asks first."""
    page = visit.page
    rule_id = make_rule(client, model, "to change", critical_threshold=100, warning_threshold=None)
    path = f"/v3/alert-rules/{rule_id}"
    visit.open(model.path(f"rules/{rule_id}"))
    page.get_by_role("button", name="Evaluate now").click()
    expect(page.get_by_text("Judged the newest bin that is over: 1 critical; 1 record made.")).to_be_visible()
    expect(page.locator(".page-head .severity")).to_contain_text("critical")
    tomorrow = (midnight() + DAY).strftime("%Y-%m-%d 00:00:00")
    expect(page.locator(".facts")).to_contain_text(tomorrow)
    page.get_by_role("button", name="Switch messages off").click()
    expect(page.get_by_role("button", name="Switch messages on")).to_be_visible()
    assert client.call("GET", path)["enable_notification"] is False
    page.get_by_role("link", name="Change").click()
    page.get_by_label("Critical", exact=True).fill("3")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".facts")).to_contain_text("below 3")
    assert client.call("GET", path)["alert_config_revision"] == 2
    page.get_by_role("button", name="Delete").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Delete")).to_be_focused()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_role("heading", name="Alert rules", exact=True).wait_for()
    expect(page.get_by_role("link", name="to change")).to_have_count(0)


def test_records_lead_to_their_charts(visit: Visit, model: Watched, client: Client) -> None:
    """Open alerts are counted at the page's name; a record leads to a chart with a range that stays."""
    page = visit.page
    rule_id = make_rule(client, model, "recorded", warning_threshold=30)
    for back in (9, 2, 1):
        evaluate(client, rule_id, back)
    visit.open(model.path("alerts"))
    expect(page.get_by_role("region", name="Open alerts").get_by_role("row", name="recorded")).to_contain_text(
        "warning"
    )
    counts = client.call("GET", f"/v3/monitoring/pulse?model_id={model.model_id}")["open_alerts"]
    badge = page.get_by_role("navigation", name="Pages").get_by_role("link", name=re.compile("^Alerts"))
    expect(badge).to_contain_text(str(counts["warning"] + counts["critical"]))
    page.get_by_label("Severity of the records").select_option("CRITICAL")
    mine = page.get_by_role("region", name="Records").locator("tbody tr", has_text="recorded")
    expect(mine).to_have_count(1)
    expect(mine).to_contain_text("critical")
    expect(mine).to_contain_text((midnight() - 9 * DAY).strftime("%Y-%m-%d 00:00:00"))
    mine.get_by_role("link", name="Chart of recorded").click()
    page.get_by_role("heading", name="recorded").wait_for()
    assert "from=20" in page.url
    assert "now" not in page.url
    expect(page.locator("figure.chart")).to_be_visible()


def test_alerts_are_marks_on_charts(visit: Visit, model: Watched, client: Client) -> None:
    """A chart over time of the model names the alerts of its range, in its table too."""
    page = visit.page
    rule_id = make_rule(client, model, "marked")
    evaluate(client, rule_id, 10)
    span = f"from={quote((midnight() - 20 * DAY).isoformat())}&to={quote(midnight().isoformat())}"
    visit.open(f"{model.path('traffic')}?{span}")
    chart = page.get_by_role("figure", name="Events", exact=True)
    chart.locator("summary", has_text="⋯").click()
    chart.get_by_role("button", name="Table", exact=True).click()
    row = chart.get_by_role("row", name=(midnight() - 10 * DAY).strftime("%Y-%m-%d")).first
    expect(row).to_contain_text("critical: marked")


def test_a_webhook_is_made_tested_and_deleted(visit: Visit, model: Watched, client: Client) -> None:
    """Its secret is shown once and its URL only in part; a test shows the response; what a rule uses stays."""
    visit.refused = {400, 409}
    page = visit.page
    visit.open("/webhooks")
    with receiver(200) as good, receiver(500) as bad:
        for name, url in (("good", good), ("bad", bad)):
            page.get_by_role("button", name="New webhook").click()
            page.get_by_label("Name", exact=True).fill(name)
            page.get_by_label("Form of the messages").select_option("OTHER")
            page.get_by_label("URL").fill(url)
            page.get_by_role("button", name="Create").click()
            secret = page.get_by_role("dialog", name="Copy the signing secret now").locator("code.secret")
            expect(secret).not_to_be_empty()
            page.get_by_role("button", name="Done").click()
        expect(page.get_by_role("row", name="good")).to_contain_text("http://127.0.0.1:")
        assert "secret-path" not in page.content()
        for name, said in (("good", "Delivered."), ("bad", "status 500")):
            page.get_by_role("button", name=f"Test {name}").click()
            expect(page.get_by_role("dialog")).to_contain_text(said)
            page.get_by_role("button", name="Done").click()
        webhooks = {one["name"]: one["uuid"] for one in client.call("GET", "/v2/webhooks")["items"]}
        rule_id = make_rule(client, model, "notifies good")
        client.call("POST", f"/v3/alert-rules/{rule_id}/notification", {"webhooks": [webhooks["good"]]})
        evaluate(client, rule_id, 3)
        visit.open("/deliveries")
        expect(page.get_by_role("row", name="notifies good")).to_contain_text("delivered", timeout=20_000)
    visit.open("/webhooks")
    page.get_by_role("button", name="Delete good").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("notifies good")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Delete bad").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("row", name="bad")).to_have_count(0)


def test_who_may_only_read_changes_nothing(browser: Browser, model: Watched, client: Client) -> None:
    """A token with the scope read sees no control that changes anything; a change by force is refused in place."""
    rule_id = make_rule(client, model, "only read")
    segment = {"model_id": model.model_id, "name": "only read", "definition": "distance > 1"}
    segment_id = client.call("POST", "/v3/segments", segment)["id"]
    _, secret = client.token("reader", "read")
    parts = ("rules", f"rules/{rule_id}", "alerts", "segments", f"segments/{segment_id}", "metrics", "baselines")
    with visiting(browser, model.url, token=secret) as visit:
        page = visit.page
        for path in (*map(model.path, parts), "/webhooks"):
            visit.open(path)
            page.wait_for_load_state("networkidle")
            for name in ("New", "Delete", "Evaluate", "Switch", "Change", "Test"):
                assert page.locator("main").get_by_role("button", name=name).count() == 0, (path, name)
                assert page.locator("main").get_by_role("link", name=re.compile(f"^{name}")).count() == 0, (path, name)
        visit.refused = {403}
        visit.open(model.path("segments/new"))
        page.get_by_label("Name").fill("forced")
        page.get_by_label("Definition").fill("distance > 1")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("alert")).to_contain_text("scope")


def test_a_rule_is_made_by_keyboard(visit: Visit, model: Watched, client: Client) -> None:
    """Without a mouse: from the list to the form, through its fields, to the rule, whose heading is read next."""
    page = visit.page
    visit.open(model.path("rules"))
    page.get_by_role("link", name="New alert rule").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Name").focus()
    page.keyboard.type("by keyboard")
    page.keyboard.press("Tab")
    page.keyboard.type("Traffic")
    page.get_by_label("Critical", exact=True).focus()
    page.keyboard.type("1000")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="by keyboard").wait_for()
    assert page.evaluate("() => document.activeElement.localName") == "main"
    query = json.dumps({"field": "name", "operator": "equal", "value": "by keyboard"})
    (made,) = client.call("GET", f"/v3/alert-rules?filter={quote(query)}")["items"]
    assert (made["metric"]["id"], made["critical_threshold"]) == ("traffic", 1000)


def test_nothing_at_all_and_nothing_like_this_are_not_the_same(visit: Visit, model: Watched, client: Client) -> None:
    """A model without rules says so; a search without match offers the way out."""
    page = visit.page
    others = client.call("GET", "/v3/models?search=unwatched")["items"]
    visit.open(f"/models/{others[0]['id']}/rules")
    expect(page.get_by_text("This model has no alert rule yet.")).to_be_visible()
    make_rule(client, model, "found again")
    visit.open(f"{model.path('rules')}?search=nothing")
    page.get_by_role("button", name="Show all alert rules").click()
    expect(page.get_by_role("link", name="found again")).to_be_visible()
    visit.open(f"/models/{others[0]['id']}/alerts")
    expect(page.get_by_text("No bin was an alert.")).to_be_visible()
    visit.open(f"{model.path('alerts')}?from=2001-01-01&to=2001-01-02")
    expect(page.get_by_role("button", name="Show all records")).to_be_visible()
