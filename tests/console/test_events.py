"""Events on their pages: found by filters, shown as they are, corrected and deleted, and left alone while one reads."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.console.browsing import Visit, serving, visiting
from tests.console.data import Client

OVERRIDE = "\u202e"
MEGABYTE = "x" * 1_000_000
COLUMNS: list[dict[str, Any]] = [
    {"name": "id", "data_type": "str"},
    {"name": "at", "data_type": "timestamp"},
    {"name": "whole", "data_type": "int"},
    {"name": "real", "data_type": "float"},
    {"name": "zero", "data_type": "float"},
    {"name": "endless", "data_type": "float"},
    {"name": "text", "data_type": "str"},
    {"name": "long", "data_type": "str"},
    {"name": "nothing", "data_type": "str"},
    {"name": "script", "data_type": "str"},
    {"name": "distance", "data_type": "int", "min": 0, "max": 5000},
    {"name": f"carrier{OVERRIDE}", "data_type": "str"},
    {"name": "carrier", "data_type": "category", "categories": ["AA", "UA"]},
    {"name": "late", "data_type": "bool"},
]
SPEC = {
    "inputs": ["whole", "real", "zero", "endless", "text", "long", "nothing", "script", "distance", "carrier"],
    "targets": ["late"],
    "metadata": ["id", "at"],
}
ODD = {
    "id": "✈️/?#%",
    "whole": 9223372036854775807,
    "real": 1e-320,
    "zero": -0.0,
    "endless": "Infinity",
    "text": "",
    "long": MEGABYTE,
    "nothing": None,
    "script": "<script>document.title = 'run'</script>",
    f"carrier{OVERRIDE}": "other",
    "carrier": "UA",
    "distance": "far",
}
NOW = datetime.now(UTC)


def model_of(client: Client, name: str, columns: list[dict[str, Any]], spec: dict[str, Any]) -> str:
    """Create a model and return its id."""
    found = client.call("GET", "/v3/projects?search=events")["items"]
    project_id = found[0]["id"] if found else client.call("POST", "/v3/projects", {"name": "events"})["id"]
    body = {
        "project_id": project_id,
        "name": name,
        "task": "not_set",
        "schema": {"columns": columns},
        "spec": spec,
        "event_id_col": "id",
        "event_ts_col": "at",
    }
    model_id: str = client.call("POST", "/v3/models", body)["id"]
    return model_id


def at(minutes: float) -> str:
    """Return a time so many minutes ago."""
    return (NOW - timedelta(minutes=minutes)).isoformat()


class Served:
    """A server with a model of odd values and 120 plain events, the newest of them first."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = Client(url)
        self.model_id = model_of(self.client, "odd", COLUMNS, SPEC)
        self.client.publish(self.model_id, ODD | {"at": at(200)})
        plain = [{"id": f"E{n}", "at": at(10 + n), "distance": n, "carrier": "AA", "text": "a"} for n in range(120)]
        for n in range(0, 120, 40):
            plain[n]["distance"] = 9000 + n
        self.client.publish(self.model_id, *plain)
        self.path = f"/models/{self.model_id}/events"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("events") / "data") as program:
        served = Served(program.url)
        yield served
        served.client.close()


@pytest.fixture
def events(browser: Browser, served: Served) -> Iterator[Visit]:
    """Give a visit of the list of events."""
    with visiting(browser, served.url) as visit:
        visit.open(served.path)
        yield visit


def rows(page: Page) -> Locator:
    return page.get_by_role("region", name="Events", exact=True).locator("tbody tr")


def ids(page: Page) -> list[str]:
    texts: list[str] = rows(page).locator("th").all_inner_texts()
    return texts


def add_filter(page: Page, column: str, condition: str, value: str) -> None:
    """Add a filter by its form."""
    page.get_by_label("Add a filter").click()
    page.get_by_label("Column", exact=True).fill(column)
    page.get_by_label("Condition").select_option(condition)
    field = page.locator(".filter-form label").filter(has_text=re.compile("^Value")).locator("input, select")
    if field.evaluate("(field) => field.tagName") == "SELECT":
        field.select_option(value)
    else:
        field.fill(value)
    page.get_by_role("button", name="Add filter").click()


def test_values_are_shown_as_they_are(events: Visit, served: Served) -> None:
    """No value is rounded, run or mistaken for another: extreme numbers, empty and missing texts, markup."""
    page = events.page
    page.get_by_role("link").filter(has=page.locator("time")).last.wait_for()
    add_filter(page, "whole", "eq", "9223372036854775807")
    expect(page.get_by_text("1 match")).to_be_visible()
    row = rows(page)
    expect(row).to_have_count(1)
    expect(row).to_contain_text(ODD["id"])
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", name=ODD["id"])).to_be_visible()
    values = page.get_by_role("region", name="Values")
    for column, shown in {
        "whole": "9223372036854775807",
        "real": "1e-320",
        "zero": "-0",
        "endless": "Infinity",
        "text": "empty text",
        "nothing": "null",
        "script": ODD["script"],
        "distance": "null",
    }.items():
        cell = values.get_by_role("row").filter(has=page.get_by_role("rowheader", name=column, exact=True))
        expect(cell.get_by_role("cell").nth(1)).to_have_text(shown)
    distance = values.get_by_role("row").filter(has=page.get_by_role("rowheader", name="distance"))
    expect(distance).to_contain_text("type sent: far")
    page.get_by_role("button", name="Show all 1000000 characters").click()
    assert values.get_by_text("xxxx").last.inner_text() == MEGABYTE
    assert "run" not in page.title()


def test_a_column_cannot_pass_for_another(events: Visit, served: Served) -> None:
    """A character that reverses the text in a column's name is shown as its code, in the list and in the event."""
    page = events.page
    page.get_by_label("Columns").first.click()
    page.get_by_label("Search columns").fill("carrier")
    expect(page.locator(".chooser label")).to_have_count(2)
    page.get_by_label("carrier\\u202e").check()
    expect(page.get_by_role("columnheader", name="carrier\\u202e")).to_be_visible()
    visit_event(page, served, "E0")
    expect(page.get_by_role("rowheader", name="carrier", exact=True)).to_be_visible()
    expect(page.get_by_role("rowheader", name="carrier\\u202e")).to_be_visible()


def visit_event(page: Page, served: Served, id: str) -> None:
    page.evaluate("(target) => { location.href = target; }", f"{served.url}/console/#{served.path}/{id}")
    page.get_by_role("heading", name=id).wait_for()


def test_pages_follow_a_cursor(events: Visit, served: Served) -> None:
    """The pages hold all events once, the newest first, and lead back; the other order is a click."""
    page = events.page
    expect(page.get_by_text("121 in this range")).to_be_visible()
    expect(rows(page)).to_have_count(50)
    seen = ids(page)
    for count in (50, 21):
        page.get_by_role("button", name="Next").click()
        expect(rows(page).first).not_to_contain_text(seen[-50])
        expect(rows(page)).to_have_count(count)
        seen += ids(page)
    assert seen == [*(f"E{n}" for n in range(120)), ODD["id"]]
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    page.get_by_role("button", name="Previous").click()
    expect(rows(page).first).to_contain_text("E50")
    page.get_by_role("button", name="Event time").click()
    expect(rows(page).first).to_contain_text(ODD["id"])


def test_from_a_violation_to_its_event(events: Visit, served: Served) -> None:
    """A link to a violation lists as many events as the API counts, and each leads to its value beside the rule."""
    page = events.page
    count = len(
        served.client.query(
            served.model_id, filters=[{"column": "distance", "operator": "any_violation", "kind": "range"}]
        )
    )
    events.open(f"{served.path}?f=any_violation:distance:range")
    expect(page.get_by_text(f"{count} match")).to_be_visible()
    expect(rows(page)).to_have_count(count)
    rows(page).first.get_by_role("link").click()
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="distance"))
    expect(row).to_contain_text("9000")
    expect(row).to_contain_text("range")
    expect(row).to_contain_text("0 to 5000")
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("heading", name="E40")).to_be_visible()
    page.get_by_label("Violations only").check()
    expect(page.get_by_role("region", name="Values").locator("tbody tr")).to_have_count(len(violations(served, "E40")))


def violations(served: Served, id: str) -> list[Any]:
    found: list[Any] = served.client.query(served.model_id, event_ids=[id])[0]["violations"]
    return found


def test_three_clicks_from_the_heat_map_to_an_event(events: Visit, served: Served) -> None:
    """A cell of the heat map, the list behind it and the API count the same; the event shows what was sent."""
    page = events.page
    events.open(f"/models/{served.model_id}/integrity?kind=range")
    cells = page.get_by_role("link", name=re.compile(r"^distance, .*: \d+ events?$"))
    cells.last.wait_for()
    counts = [int((cell.inner_text().rpartition(": ")[2]).split()[0]) for cell in cells.all()]
    assert sum(counts) == 3
    cells.last.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{counts[-1]} match")).to_be_visible()
    expect(rows(page)).to_have_count(counts[-1])
    rows(page).first.get_by_role("link").click()
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="distance"))
    expect(row).to_contain_text(re.compile("90[048]0"))


def test_filters_are_typed_and_lifted(events: Visit, served: Served) -> None:
    """A filter has the conditions of its column; a wrong value is named in place; each can be lifted."""
    page = events.page
    add_filter(page, "distance", "lt", "many")
    expect(page.get_by_role("alert")).to_contain_text("“many” is no number")
    page.locator(".filter-form").get_by_label("Value", exact=True).fill("5")
    page.get_by_role("button", name="Add filter").click()
    expect(page.get_by_text("4 match")).to_be_visible()
    add_filter(page, "carrier", "eq", "UA")
    expect(page.get_by_text("No event of this range fulfils all these filters.")).to_be_visible()
    page.get_by_role("button", name='Remove the filter carrier = "UA"').click()
    expect(rows(page)).to_have_count(4)
    page.go_back()
    expect(page.get_by_role("group", name="Filters")).to_contain_text("carrier")
    events.open(f"{served.path}?f=nonsense")
    expect(page.get_by_text("“nonsense” in the address is no filter")).to_be_visible()
    expect(rows(page)).to_have_count(50)


def test_three_kinds_of_empty(events: Visit, served: Served) -> None:
    """No events, none in a range and none for a filter have words of their own, and a way out."""
    page = events.page
    empty_id = model_of(served.client, "empty", COLUMNS, SPEC)
    events.open(f"/models/{empty_id}/events")
    expect(page.get_by_role("heading", name="No events yet")).to_be_visible()
    events.open(f"{served.path}?from=2001-01-01&to=2001-01-02")
    expect(page.get_by_text("There is no event in this range.")).to_be_visible()
    page.get_by_role("button", name="Go to the newest events").click()
    expect(rows(page)).to_have_count(50)
    events.open(f"{served.path}?f=eq:text:%22none%22")
    expect(page.get_by_text("No event of this range fulfils this filter.")).to_be_visible()
    page.get_by_role("button", name="Remove the filter", exact=True).click()
    expect(rows(page)).to_have_count(50)


def test_reading_is_not_disturbed(events: Visit, served: Served) -> None:
    """While events arrive, counts move; rows, scroll and a half-typed filter stay; a hidden tab asks for nothing."""
    page = events.page
    live_id = model_of(served.client, "live", COLUMNS, SPEC)
    old = [{"id": f"O{n}", "at": at(60 + n), "distance": n} for n in range(60)]
    served.client.publish(live_id, *old)
    events.open(f"/models/{live_id}/events")
    expect(page.get_by_text("60 in this range")).to_be_visible()
    before = ids(page)
    page.get_by_label("Add a filter").click()
    page.get_by_label("Column", exact=True).fill("dista")
    page.mouse.wheel(0, 300)
    page.wait_for_function("() => scrollY > 100")
    scroll = page.evaluate("() => scrollY")
    for n in range(5):
        served.client.publish(live_id, *({"id": f"N{n}-{m}", "at": at(5)} for m in range(100)))
        time.sleep(0.3)
    expect(page.get_by_text("560 in this range")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("button", name="500 new events: show")).to_be_attached()
    assert ids(page) == before
    assert page.evaluate("() => scrollY") == scroll
    expect(page.get_by_label("Column", exact=True)).to_have_value("dista")
    expect(page.get_by_label("Column", exact=True)).to_be_focused()
    page.get_by_role("button", name="500 new events: show").click()
    expect(rows(page).first).to_contain_text("N")
    hide(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    served.client.publish(live_id, {"id": "last", "at": at(1)})
    page.wait_for_timeout(4500)
    assert asked == []


def hide(page: Page) -> None:
    """Let the tab be hidden, and let what it has asked for come."""
    page.evaluate("""() => {
      Object.defineProperty(document, "visibilityState", {get: () => "hidden"});
      document.dispatchEvent(new Event("visibilitychange"));
    }""")
    page.wait_for_timeout(2500)


def test_a_label_is_corrected_and_an_event_deleted(events: Visit, served: Served) -> None:
    """A corrected label is stored and shown at once with its time; a deletion asks first, and the event is gone."""
    page = events.page
    visit_event(page, served, "E7")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="late", exact=True))
    expect(row).to_contain_text("no label yet")
    row.get_by_role("button", name="Correct late").click()
    page.get_by_role("dialog").get_by_label("Value", exact=True).select_option("true")
    page.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("true")
    expect(row).to_contain_text("labelled")
    assert served.client.query(served.model_id, event_ids=["E7"])[0]["values"]["late"] is True
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert served.client.query(served.model_id, event_ids=["E7"])
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete 1 event").click()
    expect(rows(page).first).to_be_visible()
    assert served.client.query(served.model_id, event_ids=["E7"]) == []
    served.client.publish(served.model_id, {"id": "E7", "at": at(17), "distance": 7, "carrier": "AA", "text": "a"})
    visit_missing(page, served)


def visit_missing(page: Page, served: Served) -> None:
    page.evaluate("(target) => { location.href = target; }", f"{served.url}/console/#{served.path}/not-there")
    expect(page.get_by_text("There is no event “not-there” in production.")).to_be_visible()


def test_a_reading_token_changes_nothing(browser: Browser, served: Served) -> None:
    """A token that may only read sees no control that writes, and a request that is forced is refused."""
    _, secret = served.client.token("reader", "read")
    with visiting(browser, served.url, token=secret) as visit:
        visit.refused = {403}
        visit.open(f"{served.path}/E9")
        visit.page.get_by_role("region", name="Values").wait_for()
        for name in ("Delete", "Correct late"):
            expect(visit.page.get_by_role("button", name=name)).to_have_count(0)
        visit.open(f"/models/{served.model_id}/ingestion")
        expect(visit.page.get_by_role("heading", name="Ingestion")).to_be_visible()
        expect(visit.page.get_by_role("button", name="Publish a file")).to_have_count(0)
        status = visit.page.evaluate(
            """async ([url, body]) => (await fetch(url, {method: "DELETE", body, headers:
            {"X-Console": "1", "Content-Type": "application/json"}})).status""",
            [
                f"{served.url}/v3/events",
                f'{{"model_id": "{served.model_id}", "env_type": "PRODUCTION", "event_ids": ["E9"]}}',
            ],
        )
        assert status == 403
    assert served.client.query(served.model_id, event_ids=["E9"])


def test_an_ingesting_token_is_told_what_it_lacks(browser: Browser, served: Served) -> None:
    """A token that may only ingest follows ingestion and jobs; at events it is told in place which scope they need."""
    _, secret = served.client.token("publisher", "ingest")
    with visiting(browser, served.url, token=secret) as visit:
        visit.refused = {403}
        visit.open("/ingestion")
        expect(visit.page.get_by_role("heading", name="Jobs")).to_be_visible()
        expect(visit.page.get_by_role("alert")).to_have_count(0)
        visit.open(served.path)
        expect(visit.page.get_by_role("alert").first).to_contain_text("scope")


def test_a_failing_part_leaves_the_others(events: Visit, served: Served) -> None:
    """A panel whose request fails or breaks off says so, with the request's id; the rest works."""
    page = events.page
    events.refused = {500, 503}
    expect(rows(page)).to_have_count(50)
    chart = "**/v3/monitoring/series"
    failure = '{"error": {"message": "The server failed"}}'
    headers = {"X-Request-ID": "abc123", "Content-Type": "application/json"}
    page.route(chart, lambda route: route.fulfill(status=500, headers=headers, body=failure))
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("abc123")
    expect(rows(page)).to_have_count(50)
    expect(page.get_by_text("in this range")).to_be_visible()
    page.unroute(chart)
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_role("alert")).to_have_count(0)

    def break_off(route: Route) -> None:
        route.abort("connectionreset")

    page.route("**/v3/events/query", break_off)
    add_filter(page, "distance", "gt", "1")
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    expect(page.get_by_role("heading", name="Events of the range, without the filters")).to_be_visible()
    page.unroute("**/v3/events/query", break_off)
    expect(page.get_by_role("alert")).to_have_count(0, timeout=12_000)
    expect(rows(page)).to_have_count(50)
    events.faults = [fault for fault in events.faults if "ERR_CONNECTION" not in fault]


def test_a_slow_request_is_cancelled(events: Visit, served: Served) -> None:
    """After two seconds a slow part shows how long it takes; *Cancel* ends its request, and it can be loaded later."""
    page = events.page
    expect(rows(page)).to_have_count(50)
    held: list[Route] = []
    page.route("**/v3/events/query", lambda route: held.append(route))
    page.get_by_role("button", name="Event time").click()
    with page.expect_event("requestfailed", lambda request: "query" in request.url):
        page.get_by_role("button", name="Cancel").click()
    page.unroute("**/v3/events/query")
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    page.get_by_role("button", name="Event time").click()
    expect(rows(page).first).to_contain_text("E0")


def test_ten_thousand_columns(browser: Browser, served: Served) -> None:
    """A model of 10,000 columns lists its events with a few of them, and finds any column by a part of its name."""
    names = [f"column_{n}" for n in range(9998)]
    columns = [*COLUMNS[:2], *({"name": name, "data_type": "float"} for name in names)]
    wide_id = model_of(served.client, "wide", columns, {"inputs": names, "metadata": ["id", "at"]})
    served.client.publish(wide_id, *({"id": str(n), "at": at(n)} | dict.fromkeys(names[:50], n) for n in range(3)))
    with visiting(browser, served.url) as visit:
        page = visit.page
        visit.open(f"/models/{wide_id}/events")
        expect(rows(page)).to_have_count(3)
        page.get_by_label("Columns").first.click()
        page.get_by_label("Search columns").fill("column_977")
        page.locator(".chooser").get_by_label("column_9777").check()
        expect(page.get_by_role("columnheader", name="column_9777")).to_be_visible()
        rows(page).first.get_by_role("link").click()
        expect(page.get_by_role("region", name="Values").locator("tbody tr")).to_have_count(100)
        page.get_by_label("Search columns").fill("column_9777")
        expect(page.get_by_role("region", name="Values").locator("tbody tr")).to_have_count(1)
