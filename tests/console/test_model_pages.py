"""Overview, traffic, integrity and one column of a model whose events are known."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console import timed
from tests.console.browsing import serving, visiting
from tests.console.data import Client

MORE = 9_993
PAGES = ["", "/integrity", "/integrity/distance", "/traffic", "/schema"]


class Place:
    """A server with a model of known events, and one with the same events and 10,000 columns."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = Client(url)
        self.timed = timed.publish(self.client, "airline", "timed")
        more: list[dict[str, Any]] = [{"name": f"column_{n:05}", "data_type": "float"} for n in range(MORE)]
        self.wide = timed.publish(self.client, "broad", "wide", *more, events=50)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Give the server and its models."""
    with serving(tmp_path_factory.mktemp("pages") / "data") as program:
        place = Place(program.url)
        yield place
        place.client.close()


def events_total() -> int:
    return sum(timed.count(number) for number in range(timed.HOURS))


OUT_OF_RANGE = sum(row["distance"] == timed.OUT_OF_RANGE for row in timed.rows())
WRONG_TYPE = sum(row["distance"] == timed.WRONG_TYPE for row in timed.rows())


def figure(page: Page, name: str) -> str:
    """Return what the overview says of a figure."""
    row = page.get_by_role("region", name="Figures").get_by_role("row", name=re.compile(f"^{name}"))
    expect(row.locator("td").first).not_to_have_text("…")
    text: str = row.locator("td").first.inner_text()
    return text


def test_the_overview_has_the_figures_of_the_range(browser: Browser, place: Place) -> None:
    """Traffic, violations and accuracy of the range equal a recount, each with its course; links keep the range."""
    with visiting(browser, place.url) as visit:
        page = visit.page
        visit.open(f"/models/{place.timed}?{timed.QUERY}")
        assert figure(page, "Traffic") == f"{events_total()} events"
        assert figure(page, "Violations") == f"{100 * (OUT_OF_RANGE + WRONG_TYPE) / events_total():.2f}%"
        labelled = [number for number in timed.LABELLED for _ in range(timed.count(number))]
        right = sum(number % 2 == 1 for number in labelled) / len(labelled)
        assert figure(page, "Accuracy").startswith(f"{right:.4g}")
        assert figure(page, "Worst drift") == "no baseline"
        expect(page.get_by_role("region", name="Last events").get_by_role("row")).to_have_count(12)
        page.get_by_role("link", name="Traffic", exact=True).first.click()
        expect(page).to_have_url(re.compile("/traffic.from=2013-03-08"))


def test_the_overview_of_a_model_with_a_baseline_names_the_worst_drift(browser: Browser, place: Place) -> None:
    """With a baseline, the overview names the column that drifted most, and the baseline."""
    source = {"type": "EVENTS", "events": [{**row, "distance": 5} for row in timed.rows() if row["carrier"] == "AA"]}
    body = {"model_id": place.timed, "env_type": "PRE_PRODUCTION", "env_name": "training", "source": source}
    place.client.call("POST", "/v3/events", body)
    with visiting(browser, place.url) as visit:
        visit.open(f"/models/{place.timed}?{timed.QUERY}")
        row = visit.page.get_by_role("row", name=re.compile("^Worst drift"))
        expect(row).to_contain_text("JSD of distance against training", timeout=10_000)


def test_a_cell_of_the_heat_map_counts_the_events_behind_it(browser: Browser, place: Place) -> None:
    """A cell, its link's filter in the API, and the table of values count the same violations."""
    with visiting(browser, place.url) as visit:
        page = visit.page
        visit.open(f"/models/{place.timed}/integrity?{timed.QUERY}&kind=range")
        heat = page.get_by_role("region", name="Violations by column and time")
        cell = heat.get_by_role("cell", name=re.compile("^distance, 2013-03-09 03:00: 1 event$"))
        link = cell.get_by_role("link").get_attribute("href") or ""
        query = parse_qs(urlsplit("/" + link.lstrip("#")).query)
        request = {
            "model_id": place.timed,
            "env_type": "PRODUCTION",
            "time_range": {"start_time": query["from"][0], "end_time": query["to"][0]},
            "filters": [{"operator": "any_violation", "column": "distance", "kind": "range"}],
        }
        assert len(place.client.call("POST", "/v3/events/query", request)["items"]) == 1
        expect(heat.get_by_role("row", name=re.compile("^distance"))).to_contain_text(str(OUT_OF_RANGE))
        heat.get_by_role("link", name="distance", exact=True).click()
        values = page.get_by_role("region", name="Values that violate the column")
        expect(values.get_by_role("row", name=re.compile("99999"))).to_contain_text(str(OUT_OF_RANGE))
        expect(values.get_by_role("row", name=re.compile("far"))).to_contain_text(str(WRONG_TYPE))


def test_a_heat_map_is_walked_by_keys(browser: Browser, place: Place) -> None:
    """The map is one stop of the Tab key; arrow keys move between its cells; the choice of share writes percentages."""
    with visiting(browser, place.url) as visit:
        page = visit.page
        visit.open(f"/models/{place.timed}/integrity?{timed.QUERY}")
        heat = page.get_by_role("region", name="Violations by column and time")
        heat.get_by_role("row", name=re.compile("^distance")).get_by_role("link", name="distance", exact=True).focus()
        page.keyboard.press("Tab")
        expect(page.locator(":focus")).to_have_text(re.compile("^distance, 2013-03-08 03:00: 1 event"))
        page.keyboard.press("ArrowRight")
        expect(page.locator(":focus")).to_have_text(re.compile("^distance, 2013-03-08 06:00: 1 event"))
        page.get_by_text("share", exact=True).click()
        share = re.compile(r"^distance, 2013-03-08 03:00: [\d.]+% of the events")
        expect(heat.get_by_role("cell", name=share)).to_be_visible()


def test_missing_labels_are_no_violation(browser: Browser, place: Place) -> None:
    """Events that await their label are hidden at first, and can be shown; a target's page has its coverage."""
    with visiting(browser, place.url) as visit:
        page = visit.page
        visit.open(f"/models/{place.timed}/integrity?{timed.QUERY}")
        row = page.get_by_role("row", name=re.compile("^arrived_late"))
        expect(page.get_by_role("row", name=re.compile("^distance"))).to_be_visible()
        expect(row).to_have_count(0)
        page.get_by_label("Events that await a label").check()
        expect(row).to_be_visible()
        visit.open(f"/models/{place.timed}/integrity/arrived_late?{timed.QUERY}")
        labelled = sum(timed.count(number) for number in timed.LABELLED)
        expect(page.get_by_text(f"{labelled} of {events_total()} events have a label.")).to_be_visible()
        page.get_by_label("Options of Label coverage").click()
        page.get_by_role("button", name="Table").click()
        numbers = page.get_by_role("region", name="Numbers of Label coverage")
        expect(numbers.get_by_role("row", name=re.compile("^2013-03-10 03:00"))).to_contain_text("no events")


def test_a_distribution_equals_a_recount(browser: Browser, place: Place) -> None:
    """The bins of a category equal a recount of its values, beside those of the range before."""
    with visiting(browser, place.url) as visit:
        page = visit.page
        visit.open(f"/models/{place.timed}/integrity/carrier?from=2013-03-11T00:00:00Z&to=2013-03-12T00:00:00Z")
        rows = page.get_by_role("region", name="Bins").locator("tbody tr")
        events = [row for row in timed.rows() if row["at"].startswith("2013-03-11")]
        expected = [f"{name}\t{sum(row['carrier'] == name for row in events)}" for name in ("AA", "B6", "DL", "UA")]
        expect(rows).to_have_count(4)
        assert rows.all_inner_texts() == expected
        page.get_by_label("Compare with the range before").check()
        expect(page.get_by_role("columnheader", name="range before")).to_be_visible()


def test_traffic_by_a_column_adds_up(browser: Browser, place: Place) -> None:
    """Events by carrier are those of all, and the hours of the week are means of the range."""
    with visiting(browser, place.url) as visit:
        page = visit.page
        visit.open(f"/models/{place.timed}/traffic?{timed.QUERY}&by=column:carrier")
        chart = page.get_by_role("figure", name="Events by value")
        expect(chart).to_contain_text(f"{events_total()} events")
        for name in ("AA", "B6", "DL", "UA"):
            expect(chart.get_by_role("button", name=name)).to_be_visible()
        week = page.get_by_role("region", name="Hours of the week").first
        expect(week.get_by_title(f"Friday, 04:00: {timed.count(4)} events an hour")).to_be_visible()


def test_new_and_deleted_events_move_the_open_page(browser: Browser, place: Place) -> None:
    """Without a reload, a publish moves the numbers within seconds, and after a day is deleted they equal a recount."""
    client = place.client
    model_id = timed.publish(client, "changing", "changing")
    with visiting(browser, place.url) as visit:
        page = visit.page
        visit.open(f"/models/{model_id}/traffic?{timed.QUERY}")
        chart = page.get_by_role("figure", name="Events")
        expect(chart).to_contain_text(f"{events_total()} events")
        page.evaluate("() => { window.isSamePage = true; }")
        page.get_by_role("application").focus()
        late = {"flight": "late", "at": "2013-03-10T03:30:00Z", "carrier": "AA", "distance": 1, "late_probability": 0.5}
        timed.add(client, model_id, [late])
        expect(chart).to_contain_text(f"{events_total() + 1} events", timeout=10_000)
        expect(page.get_by_role("application")).to_be_focused()
        day = {"start_time": "2013-03-11 00:00:00", "end_time": "2013-03-12 00:00:00"}
        body = {"model_id": model_id, "time_range": day}
        client.call("DELETE", "/v3/events", body)
        left = events_total() + 1 - sum(timed.count(number) for number in range(72, 96))
        expect(chart).to_contain_text(f"{left} events", timeout=10_000)
        assert page.evaluate("() => window.isSamePage")


def test_a_hidden_tab_sends_nothing(browser: Browser, place: Place) -> None:
    """While the tab is hidden or the page is paused, it asks for nothing; after that it goes on."""
    with visiting(browser, place.url) as visit:
        page = visit.page
        visit.open(f"/models/{place.timed}/traffic?{timed.QUERY}")
        page.get_by_role("application").wait_for()
        page.wait_for_timeout(500)
        page.evaluate("() => Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true})")
        page.wait_for_timeout(2200)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.wait_for_timeout(3000)
        assert asked == []
        with page.expect_request("**/pulse*"):
            page.evaluate(
                "() => { delete document.visibilityState; document.dispatchEvent(new Event('visibilitychange')); }"
            )
        page.get_by_role("button", name="Live").click()
        page.wait_for_timeout(2200)
        asked.clear()
        page.wait_for_timeout(2500)
        assert asked == []


def test_nothing_has_three_meanings(browser: Browser, place: Place) -> None:
    """No event in the range, and no event at all, say different things, each with the way out."""
    project = place.client.call("POST", "/v3/projects", {"name": "silent"})["id"]
    body = {"project_id": project, "name": "silent", "schema": {"columns": [{"name": "x", "data_type": "float"}]}}
    silent = place.client.call("POST", "/v3/models", {**body, "spec": {"inputs": ["x"]}})["id"]
    with visiting(browser, place.url) as visit:
        page = visit.page
        visit.open(f"/models/{place.timed}/integrity?from=2012-01-01T00:00:00Z&to=2012-01-02T00:00:00Z")
        expect(page.get_by_text("There are no events in this range")).to_be_visible()
        page.get_by_role("button", name="Show the newest events").click()
        expect(page.get_by_role("region", name="Violations by column and time")).to_be_visible()
        visit.open(f"/models/{place.timed}/integrity?{timed.QUERY}&kind=missing")
        page.get_by_role("button", name="Show all kinds").click()
        expect(page.get_by_role("region", name="Violations by column and time")).to_be_visible()
        visit.open(f"/models/{silent}/traffic")
        expect(page.get_by_role("heading", name="No events yet")).to_be_visible()


def test_ten_thousand_columns_stay_on_the_server(browser: Browser, place: Place) -> None:
    """Each page of a model of 10,000 columns draws some of them, and every one is found by a part of its name."""
    with visiting(browser, place.url) as visit:
        page = visit.page
        for part in PAGES:
            visit.open(f"/models/{place.wide}{part}?{timed.QUERY}")
            page.wait_for_timeout(300)
            assert page.evaluate("() => document.querySelectorAll('*').length") < 4000, part
        visit.open(f"/models/{place.wide}/integrity/distance?{timed.QUERY}")
        page.get_by_label("Another column").fill("column_04242")
        expect(page.get_by_role("heading", name="column_04242")).to_be_visible()


def test_colours_of_the_system_keep_the_heat_map(browser: Browser, place: Place) -> None:
    """With the colours of the system forced, cells keep their tone."""
    with visiting(browser, place.url, forced_colors="active") as visit:
        visit.open(f"/models/{place.timed}/integrity?{timed.QUERY}")
        hot = visit.page.locator("td.hot").first
        hot.wait_for()
        ground = "(cell) => [cell, document.body].map((one) => getComputedStyle(one).backgroundColor)"
        cell, body = hot.evaluate(ground)
        assert cell != body


def test_pages_keep_what_the_target_understands(browser: Browser, place: Place) -> None:
    """Links from page to page keep range, environment and zone; the way to another model drops the environment."""
    with visiting(browser, place.url) as visit:
        page = visit.page
        visit.open(f"/models/{place.timed}/traffic?{timed.QUERY}&tz=Asia/Tokyo&env=production&compare=previous")
        page.get_by_role("link", name="Integrity", exact=True).click()
        for part in ("from=2013-03-08", "tz=Asia", "env=production", "compare=previous"):
            expect(page).to_have_url(re.compile(part))
        page.get_by_role("link", name="Model", exact=True).click()
        expect(page).to_have_url(re.compile(r"/schema\?tz=Asia%2FTokyo$"))
        expect(page.locator("header")).to_contain_text("airline")
        expect(page.locator("header")).to_contain_text("timed")
