"""Take the screenshots of docs/console.md, or of every page in both themes and two widths with --all."""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, sync_playwright

from tests.console import timed
from tests.console.browsing import NARROW, WIDE, Visit, launch, serving, visiting
from tests.console.data import Client, fill
from tests.console.measured import Measured, publish
from tests.console.watching import Watched, watch, watched

TIMED = "departures"
SMALL = {"width": 1040, "height": 560}
PAGES = {
    "models": "/",
    "tokens": "/tokens",
    "settings": "/settings?search=max",
    "first-event": "/first-event",
    "webhooks": "/webhooks",
    "deliveries": "/deliveries",
}
# Of a model whose events are of 40 days.
WATCHED = ["alerts", "rules", "segments", "metrics", "baselines"]

# Of the model with events of known times.
MODEL_PAGES = {
    "overview": "",
    "traffic": "/traffic",
    "integrity": "/integrity",
    "column": "/integrity/distance",
}


def take(visit: Visit, folder: Path, mark: str, *, every: bool) -> None:
    """Take a picture of each page."""
    for name, path in PAGES.items():
        visit.open(path)
        visit.page.wait_for_timeout(700)
        visit.page.screenshot(path=folder / f"{name}{mark}.png")
    visit.open("/")
    timed_model = visit.page.get_by_role("link", name=TIMED).get_attribute("href") or ""
    for name, path in MODEL_PAGES.items():
        visit.open(timed_model.removeprefix("#") + path)
        visit.page.wait_for_timeout(2000)
        visit.page.screenshot(path=folder / f"{name}{mark}.png")
    visit.open("/")
    visit.page.get_by_role("link", name="arrival_delay").click()
    visit.page.get_by_role("link", name="Model", exact=True).click()
    visit.page.get_by_role("heading", name="Columns").wait_for()
    visit.page.wait_for_timeout(500)
    visit.page.screenshot(path=folder / f"model{mark}.png")
    _take_events(visit, folder, mark)
    if not every:
        return
    visit.open("/")
    visit.page.get_by_role("link", name="no_show", exact=True).click()
    visit.page.get_by_text("No events yet").wait_for()
    visit.page.screenshot(path=folder / f"model-empty{mark}.png", full_page=True)
    visit.open("/?search=nothing")
    visit.page.wait_for_timeout(500)
    visit.page.screenshot(path=folder / f"models-empty{mark}.png")
    visit.open("/tokens")
    visit.page.get_by_role("button", name="Create a token").click()
    visit.page.screenshot(path=folder / f"token-create{mark}.png")
    visit.page.get_by_role("textbox", name="Name", exact=True).fill("demo")
    visit.page.get_by_role("button", name="Create", exact=True).click()
    visit.page.get_by_text("Copy the token now").wait_for()
    visit.page.screenshot(path=folder / f"token-secret{mark}.png")
    visit.page.get_by_role("button", name="Done").click()
    visit.page.get_by_role("button", name="Revoke preset admin").click()
    visit.page.screenshot(path=folder / f"token-revoke{mark}.png")
    visit.page.keyboard.press("Escape")
    visit.page.get_by_role("button", name="Help and shortcuts").click()
    visit.page.screenshot(path=folder / f"help{mark}.png")


def take_measured(visit: Visit, folder: Path, mark: str, measured: Measured) -> None:
    """Take pictures of drift and performance, of which one model has some."""
    for name, path in {"drift": "drift", "drift-column": "drift/distance", "performance": "performance"}.items():
        visit.open(measured.link(path))
        visit.page.wait_for_load_state("networkidle")
        visit.page.wait_for_timeout(700)
        visit.page.screenshot(path=folder / f"{name}{mark}.png")


def _take_events(visit: Visit, folder: Path, mark: str) -> None:
    client = Client(visit.url)
    model_id = client.call("GET", "/v3/models?search=arrival_delay")["items"][0]["id"]
    late = {"carrier": "UA", "late_probability": 0.5}
    client.publish(
        model_id, late | {"flight": "UA1545", "distance": "far"}, late | {"flight": "UA1546", "distance": 9000}
    )
    rows = "\n".join(f"{'' if n % 40 == 7 else f'F{n}'},DL,{n}" for n in range(200))
    job_id = client.publish_file(model_id, "flights.csv", f"flight,carrier,distance\n{rows}".encode())
    client.close()
    model = f"/models/{model_id}"
    pages = {
        "ingestion": f"{model}/ingestion",
        "job": f"/jobs/{job_id}",
        "events": f"{model}/events?f=any_violation:distance:",
        "event": f"{model}/events/UA1545",
    }
    for name, path in pages.items():
        visit.open(path)
        visit.page.wait_for_timeout(1500)
        visit.page.screenshot(path=folder / f"{name}{mark}.png")


def take_watched(visit: Visit, folder: Path, mark: str, model: Watched) -> None:
    """Take a picture of each page about alerts, one rule, and the editors of a segment and of a rule."""
    page = visit.page

    def shoot(name: str) -> None:
        page.wait_for_timeout(1500)
        page.screenshot(path=folder / f"{name}{mark}.png", full_page=name.endswith("new"))

    for part in WATCHED:
        visit.open(f"{model.path(part)}?from=all")
        shoot(part)
    visit.open(model.path("rules"))
    page.get_by_role("link", name="Few flights").click()
    shoot("rule")
    visit.open(model.path("segments/new?from=all"))
    page.get_by_label("Name").fill("Long flights of UA")
    page.get_by_label("Definition").fill("carrier == 'UA'\n  and distance > 1000")
    shoot("segment-new")
    visit.open(model.path("rules/new"))
    page.get_by_label("Name").fill("Few flights")
    page.get_by_label("Metric").select_option("traffic")
    page.get_by_label("Fires if").select_option("lesser")
    page.get_by_label("Critical", exact=True).fill("10")
    page.get_by_label("Warning", exact=True).fill("20")
    shoot("rule-new")


def take_demo(data_dir: Path, folder: Path) -> None:
    """Take the pictures of the README, of the data directory of the demo."""
    with serving(data_dir) as server, sync_playwright() as playwright:
        client = Client(server.url)
        model_id = client.call("GET", "/v3/models")["items"][0]["id"]
        client.close()
        with visiting(launch(playwright), server.url, viewport=WIDE) as visit:
            for name in ("drift", "performance", "integrity"):
                visit.open(f"/models/{model_id}/{name}?from=2013-06-01&to=2013-08-01")
                visit.page.wait_for_load_state("networkidle")
                visit.page.wait_for_timeout(5000)
                visit.page.screenshot(path=folder / f"demo-{name}.png")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true", help="both themes, two widths, and dialogs")
    parser.add_argument("--demo", type=Path, help="only the pictures of the README, of this data directory of the demo")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    if arguments.demo:
        take_demo(arguments.demo, arguments.folder)
        return
    with TemporaryDirectory() as data_dir, serving(Path(data_dir) / "data") as server, sync_playwright() as playwright:
        fill(server.url)
        client = Client(server.url)
        measured = publish(client, "cancellation", "airline")
        timed.publish(client, "flights", TIMED)
        model = watched(server.url, client)
        watch(client, model)
        client.close()
        browser = launch(playwright)
        for theme in ("light", "dark") if arguments.all else ("light",):
            for width, size in {"wide": WIDE, "narrow": NARROW}.items() if arguments.all else (("", SMALL),):
                mark = f"-{theme}-{width}" if arguments.all else ""
                _take_login(browser, server.url, arguments.folder, mark, theme=theme, size=size)
                with visiting(browser, server.url, color_scheme=theme, viewport=size) as visit:
                    take(visit, arguments.folder, mark, every=arguments.all)
                    take_measured(visit, arguments.folder, mark, measured)
                    take_watched(visit, arguments.folder, mark, model)


def _take_login(browser: Browser, url: str, folder: Path, mark: str, *, theme: str, size: dict[str, int]) -> None:
    with visiting(browser, url, token=None, color_scheme=theme, viewport=size) as visit:
        visit.page.goto(f"{url}/console/")
        visit.page.get_by_label("Token").wait_for()
        visit.page.screenshot(path=folder / f"login{mark}.png")


if __name__ == "__main__":
    main()
