"""What each chart over time promises, shown on the traffic of a model whose events are known."""

import base64
import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console import timed
from tests.console.browsing import Visit, serving, visiting
from tests.console.data import Client

ZONES = ["Asia/Tokyo", "UTC", "America/New_York"]
# The number of dark pixels in a part of a picture, as shares of its height.
INK = """
async ([data, from, to]) => {
  const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const [top, bottom] = [Math.floor(from * image.height), Math.floor(to * image.height)];
  const { data: pixels } = context.getImageData(0, top, image.width, bottom - top);
  let dark = 0;
  for (let n = 0; n < pixels.length; n += 4) dark += pixels[n] < 128 ? 1 : 0;
  return dark;
}
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Give the URL of a server and the id of its model."""
    with serving(tmp_path_factory.mktemp("charts") / "data") as program:
        client = Client(program.url)
        yield program.url, timed.publish(client, "airline", "timed")
        client.close()


def traffic(visit: Visit, model_id: str, query: str = timed.QUERY) -> Page:
    """Open the traffic of a model, and wait for its chart."""
    visit.open(f"/models/{model_id}/traffic?{query}")
    visit.page.get_by_role("application", name=re.compile("^Events, ")).wait_for()
    return visit.page


def menu(page: Page, item: str) -> None:
    """Choose from the menu of the chart."""
    page.get_by_label("Options of Events").click()
    page.locator(".menu-box").get_by_role("button", name=item, exact=True).click()


def table(page: Page) -> dict[str, int]:
    """Return the table of the chart: numbers by bin."""
    cells = page.get_by_role("region", name="Numbers of Events").locator("tbody tr").all_inner_texts()
    return {line.split("\t")[0].removesuffix(" not ended"): int(line.split("\t")[1]) for line in cells}


def test_a_chart_is_read_by_keys(browser: Browser, place: tuple[str, str]) -> None:
    """A chart has a name that states what and when; arrow keys announce each bin; the table has the same numbers."""
    url, model_id = place
    with visiting(browser, url) as visit:
        page = traffic(visit, model_id)
        chart = page.get_by_role("application", name=re.compile("^Events, "))
        expect(chart).to_have_accessible_name(re.compile("Events, 2013-03-08 to 2013-03-15 UTC"))
        expect(page.get_by_role("figure", name="Events")).to_have_accessible_description(
            re.compile(r"latest 3, lowest 0 at 2013-03-10 02:00, highest 5 at")
        )
        chart.focus()
        said = page.get_by_role("figure", name="Events").locator("p[aria-live=polite]")
        for keys, text in {
            "Home": "2013-03-08 00:00, 1 event",
            "ArrowRight ArrowRight": "2013-03-08 02:00, 3 events",
            "End": f"2013-03-14 23:00, {timed.count(timed.HOURS - 1)} events",
            "ArrowLeft": f"2013-03-14 22:00, {timed.count(timed.HOURS - 2)} events",
        }.items():
            for key in keys.split():
                page.keyboard.press(key)
            expect(said).to_have_text(text)
        menu(page, "Table")
        assert table(page) == timed.counts_by(lambda at: f"{at:%Y-%m-%d %H:%M}")


@pytest.mark.parametrize("zone", ZONES)
def test_table_csv_and_picker_agree_on_the_zone(browser: Browser, place: tuple[str, str], zone: str) -> None:
    """Over a change of the clock, days, table, CSV and the picker are those of the chosen zone."""
    url, model_id = place
    local = ZoneInfo(zone)
    with visiting(browser, url, timezone_id="America/New_York") as visit:
        page = traffic(visit, model_id, "from=2013-03-09&to=2013-03-12&tz=" + zone)
        expect(page.get_by_label("Range: 2013-03-09 to 2013-03-13")).to_be_visible()
        menu(page, "Table")
        with page.expect_download() as download:
            menu(page, "CSV")
        lines = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
        edges = [datetime.fromisoformat(line["bin_start"]) for line in lines]
        edges.append(datetime.fromisoformat(lines[-1]["bin_end"]))
        assert edges[0] == datetime(2013, 3, 9, tzinfo=local)
        assert edges[-1] == datetime(2013, 3, 13, tzinfo=local)
        assert [at.utcoffset() for at in edges] == [at.astimezone(local).utcoffset() for at in edges]
        counts = [timed.between(first, end) for first, end in pairwise(edges)]
        assert [int(line["events"]) for line in lines] == counts
        assert list(table(page).items()) == [
            (f"{at.astimezone(local):%Y-%m-%d %H:%M}", events) for at, events in zip(edges, counts, strict=False)
        ]


def test_the_typed_range_is_the_one_that_is_sent(browser: Browser, place: tuple[str, str]) -> None:
    """What is typed is read in the zone of the page, and sent as these instants; the other zone is shown, too."""
    url, model_id = place
    with visiting(browser, url, timezone_id="Asia/Tokyo") as visit:
        page = traffic(visit, model_id, f"{timed.QUERY}&tz=America/New_York")
        page.get_by_label(re.compile("^Range:")).click()
        page.get_by_label("From (America/New_York)").fill("2013-03-10 01:00")
        page.get_by_label("To (America/New_York)").fill("2013-03-10 05:00")
        expect(page.locator(".range-form [role=status]")).to_contain_text(
            "2013-03-10 06:00:00 to 2013-03-10 09:00:00 UTC"
        )
        with page.expect_request("**/v3/monitoring/series") as request:
            page.get_by_role("button", name="Show", exact=True).click()
        sent = request.value.post_data_json["time_range"]
        assert sent == {"start_time": "2013-03-10T06:00:00Z", "end_time": "2013-03-10T09:00:00Z"}
        page.get_by_label(re.compile("^Range:")).click()
        page.get_by_label("Range in words").fill("no range")
        expect(page.get_by_text("This is no range of time.")).to_be_visible()
        expect(page.get_by_role("button", name="Show", exact=True)).to_be_disabled()


def test_a_copied_link_shows_the_same_numbers_later(browser: Browser, place: tuple[str, str]) -> None:
    """A link copied from a range that moves on shows the same in another browser in another zone two hours later."""
    url, model_id = place
    permissions = ["clipboard-read", "clipboard-write"]
    with visiting(browser, url, permissions=permissions) as visit, visiting(browser, url, timezone_id="UTC") as other:
        visit.page.clock.set_fixed_time(datetime(2013, 3, 12, 9, 30, tzinfo=ZoneInfo("UTC")))
        page = traffic(visit, model_id, "from=now-1d&tz=Asia/Tokyo")
        menu(page, "Copy link")
        menu(page, "Table")
        numbers = table(page)
        assert len(numbers) > 24
        other.page.clock.set_fixed_time(datetime(2013, 3, 12, 11, 30, tzinfo=ZoneInfo("UTC")))
        other.page.goto(page.evaluate("() => navigator.clipboard.readText()"))
        other.page.reload()
        menu(other.page, "Table")
        assert table(other.page) == numbers


def test_a_drag_zooms_and_back_undoes_it(browser: Browser, place: tuple[str, str]) -> None:
    """A drag shows the selected bins; the browser's way back and a double click each restore the range before."""
    url, model_id = place
    with visiting(browser, url) as visit:
        page = traffic(visit, model_id)
        before = page.get_by_label(re.compile("^Range:")).inner_text()

        def drag() -> None:
            chart = page.get_by_role("application", name=re.compile("^Events, "))
            page.wait_for_timeout(500)
            # It waits until the chart stays in its place.
            chart.hover(position={"x": 300, "y": 60})
            box = chart.bounding_box()
            assert box
            page.mouse.down()
            page.mouse.move(box["x"] + 500, box["y"] + 60, steps=4)
            page.mouse.up()
            expect(page.get_by_label(re.compile("^Range:"))).not_to_have_text(before)

        drag()
        assert re.search(r"from=2013-03-\d\dT\d\d%3A00%3A00Z&to=2013-03-\d\dT\d\d%3A00%3A00Z", page.url)
        page.go_back()
        expect(page.get_by_label(re.compile("^Range:"))).to_have_text(before)
        drag()
        expect(page.get_by_role("application", name=re.compile("^Events, "))).to_have_count(1)
        page.get_by_role("application", name=re.compile("^Events, ")).dblclick(position={"x": 200, "y": 60})
        expect(page.get_by_label(re.compile("^Range:"))).to_have_text(before)


def test_a_picture_has_title_range_and_legend(browser: Browser, place: tuple[str, str]) -> None:
    """The PNG is not the canvas alone: words stand above it, and the legend below."""
    url, model_id = place
    with visiting(browser, url, color_scheme="light") as visit:
        page = traffic(visit, model_id)
        with page.expect_download() as download:
            menu(page, "PNG")
        picture = base64.b64encode(Path(download.value.path()).read_bytes()).decode()
        assert download.value.suggested_filename == "events.png"
        for part in ((0, 0.08), (0.09, 0.17), (0.92, 1)):
            assert page.evaluate(INK, [picture, *part]) > 40, part


def test_a_chart_names_its_request(browser: Browser, place: tuple[str, str]) -> None:
    """The call for curl has this server's address, the model and the range; the data revision stands above."""
    url, model_id = place
    with visiting(browser, url) as visit:
        page = traffic(visit, model_id)
        menu(page, "As API call")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("data revision")
        for part in (f"{url}/v3/monitoring/series", model_id, "2013-03-08T00:00:00Z", "$TOKEN"):
            expect(dialog.locator("pre").first).to_contain_text(part)


def test_a_broken_range_is_named(browser: Browser, place: tuple[str, str]) -> None:
    """A range and an environment of a link that do not exist are named and ignored; the page is never blank."""
    url, model_id = place
    with visiting(browser, url) as visit:
        page = traffic(visit, model_id, "from=yesterdayish&env=staging")
        expect(page.get_by_text("“yesterdayish” to “now” is no range of time")).to_be_visible()
        expect(page.get_by_text("no environment “staging”")).to_be_visible()


def test_a_first_visit_shows_the_newest_events(browser: Browser, place: tuple[str, str]) -> None:
    """Without a range, the page shows the days that end with the newest event, and says so; the address stays."""
    url, model_id = place
    with visiting(browser, url) as visit:
        page = traffic(visit, model_id, "")
        expect(page.get_by_text("The newest event is of 2013-03-14 23:")).to_be_visible()
        total = sum(timed.count(number) for number in range(timed.HOURS))
        expect(page.get_by_role("figure", name="Events")).to_contain_text(f"{total} events")
        assert "from=" not in page.url
        page.get_by_role("button", name="Show all events").click()
        expect(page.get_by_label("Range: All events")).to_be_visible()


def test_ranges_move_by_keys(browser: Browser, place: tuple[str, str]) -> None:
    """`[` moves half a range back, `-` doubles it, `t a` writes fixed times into the address."""
    url, model_id = place
    with visiting(browser, url) as visit:
        page = traffic(visit, model_id, "from=2013-03-10T00:00:00Z&to=2013-03-12T00:00:00Z")
        page.keyboard.press("[")
        expect(page.get_by_label("Range: 2013-03-09 to 2013-03-11")).to_be_visible()
        page.keyboard.press("-")
        expect(page.get_by_label("Range: 2013-03-08 to 2013-03-12")).to_be_visible()
        visit.open(f"/models/{model_id}/traffic")
        page.keyboard.press("t")
        page.keyboard.press("a")
        expect(page).to_have_url(re.compile("from=2013-03-08T00%3A00%3A00Z"))
