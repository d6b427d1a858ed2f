"""What every page promises: accessible, quiet, on the server's own origin, in both themes and at any width."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from tests.console.browsing import Visit, visiting
from tests.console.data import Client
from tests.program import Program

PATHS = [
    "/",
    "/?search=nothing",
    "/first-event",
    "/ingestion",
    "/jobs",
    "/jobs?status=FAILURE",
    "/tokens",
    "/tokens?search=nothing",
    "/settings",
    "/settings?search=x",
    "/webhooks",
    "/webhooks?search=nothing",
    "/deliveries",
    "/nowhere",
]
MODEL_PAGES = [
    "",
    "/traffic",
    "/drift",
    "/performance",
    "/events",
    "/events?f=eq:carrier:%22AA%22&f=broken",
    "/events/UA1",
    "/ingestion",
    "/traffic?by=column:carrier",
    "/traffic?from=2012-01-01&to=2012-02-01",
    "/integrity",
    "/integrity/distance",
    "/integrity/arrived_late?compare=previous",
    "/integrity/nothing",
    "/schema",
    "/alerts",
    "/rules",
    "/rules/new",
    "/segments",
    "/segments/new",
    "/metrics",
    "/metrics/new",
    "/baselines",
]
THEMES = ["light", "dark"]
# Rows with a violation, with an undeclared column, and without an id.
FILE = b"flight,carrier,distance,gate\nJ1,UA,9000,B17\n,UA,1,B18\n"


def watched(client: Client, model_id: str) -> list[str]:
    """Return the pages of a segment, a custom metric and an alert rule of a model."""
    of_model = {"segments": "segments", "metrics": "custom-metrics"}
    found = {part: client.call("GET", f"/v3/models/{model_id}/{path}")["items"] for part, path in of_model.items()}
    found["rules"] = client.call("GET", "/v3/alert-rules?search=few")["items"]
    return [f"{part}/{items[0]['id']}" for part, items in found.items()]


def prepared(visit: Visit, client: Client) -> list[Callable[[], None]]:
    """Return what shows each page, and the dialogs."""
    model_id = client.call("GET", "/v3/models?search=arrival_delay")["items"][0]["id"]
    empty_id = client.call("GET", "/v3/models?search=no_show")["items"][0]["id"]
    page = visit.page

    def dialog(path: str, button: str) -> Callable[[], None]:
        def show() -> None:
            visit.open(path)
            page.get_by_role("button", name=button).first.click()
            page.get_by_role("dialog").wait_for()

        return show

    def at(path: str) -> Callable[[], None]:
        return lambda: visit.open(path)

    of_model = [f"/models/{model_id}{page}" for page in MODEL_PAGES]
    pages = [at(path) for path in (*PATHS, *of_model, f"/models/{empty_id}")]
    dialogs = [dialog("/tokens", name) for name in ("Create a token", "Revoke preset admin", "Rotate preset admin")]
    dialogs += [dialog(f"/models/{model_id}/events/UA1", name) for name in ("Correct arrived_late", "Delete")]
    dialogs.append(dialog(f"/models/{model_id}/ingestion", "Publish a file"))
    pages.append(at(f"/jobs/{client.publish_file(model_id, 'rows.csv', FILE)}"))
    dialogs += [dialog("/webhooks", "New webhook"), dialog(f"/models/{model_id}/baselines", "New baseline")]
    items = [at(f"/models/{model_id}/{path}") for path in watched(client, model_id)]
    return [*pages, *items, *dialogs, dialog("/", "Help and shortcuts")]


@pytest.mark.parametrize("theme", THEMES)
def test_every_page_is_accessible(browser: Browser, server: Program, client: Client, theme: str) -> None:
    """No page, empty or loaded, and no dialog violates WCAG 2.1 A or AA; none logs an error or leaves the server."""
    with visiting(browser, server.url, color_scheme=theme) as visit:
        for show in prepared(visit, client):
            show()
            visit.page.wait_for_timeout(300)
            assert visit.axe() == [], visit.page.url
            visit.page.keyboard.press("Escape")


@pytest.mark.parametrize("theme", THEMES)
def test_login_and_errors_are_accessible(browser: Browser, server: Program, theme: str) -> None:
    """Neither the login nor a failure violates WCAG 2.1 A or AA."""
    with visiting(browser, server.url, token=None, color_scheme=theme) as visit:
        visit.refused = {401}
        visit.page.goto(f"{server.url}/console/")
        visit.page.get_by_label("Token").fill("wrong")
        visit.page.get_by_role("button", name="Log in").click()
        expect(visit.page.get_by_role("alert")).to_contain_text("not valid")
        assert visit.axe() == []
    with visiting(browser, server.url, color_scheme=theme) as visit:
        visit.refused = {404}
        visit.open("/models/00000000-0000-4000-8000-000000000000")
        expect(visit.page.get_by_role("alert")).to_contain_text("Model not found")
        assert visit.axe() == []


def test_narrow_pages_lose_nothing(browser: Browser, server: Program, client: Client) -> None:
    """At 320 pixels, which is a zoom of 400 %, no page scrolls sideways; only tables and programs do, in a box."""
    with visiting(browser, server.url, viewport={"width": 320, "height": 640}) as visit:
        for show in prepared(visit, client):
            show()
            wide = visit.page.evaluate("() => document.documentElement.scrollWidth")
            assert wide <= 320, visit.page.url
            visit.page.keyboard.press("Escape")


def test_the_policy_has_no_exceptions(visit: Visit) -> None:
    """The page's policy allows no inline script or style, no other origin and no HTML from text."""
    response = visit.page.request.get(f"{visit.url}/console/")
    policy = response.headers["content-security-policy"]
    assert "unsafe" not in policy
    for part in (
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ):
        assert part in policy


def test_the_theme_is_kept(visit: Visit) -> None:
    """A chosen theme holds after a reload, from the first drawing on, whatever the system prefers."""
    visit.page.emulate_media(color_scheme="light")
    visit.page.get_by_label("Theme").select_option("dark")
    visit.page.reload()
    ground = visit.page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
    assert ground == "rgb(20, 23, 26)"


def test_one_switch_changes_the_zone_of_all_times(visit: Visit) -> None:
    """Times are in UTC at first; the choice is kept; a link with a zone shows that zone, and names a wrong one."""
    page = visit.page
    time = page.locator("tbody time").first
    utc = time.inner_text()
    moment = time.get_attribute("datetime") or ""
    assert utc == moment[:19].replace("T", " ")
    page.get_by_label("Time zone").select_option("America/New_York")
    expect(time).not_to_have_text(utc)
    page.reload()
    expect(page.get_by_label("Time zone")).to_have_value("America/New_York")
    expect(time).not_to_have_text(utc)
    visit.open("/?tz=utc")
    expect(time).to_have_text(utc)
    visit.open("/?tz=Mars/Olympus")
    expect(page.get_by_role("status").first).to_contain_text("Mars/Olympus")


def test_shortcuts_can_be_switched_off(visit: Visit) -> None:
    """Single keys go to pages and rows, do nothing in a field, and nothing at all once they are off."""
    page = visit.page
    page.keyboard.press("g")
    page.keyboard.press("t")
    expect(page.get_by_role("heading", name="Tokens")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("gm?")
    expect(page.get_by_role("searchbox")).to_have_value("gm?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    visit.open("/")
    page.keyboard.press("?")
    page.get_by_label("Use shortcuts of single keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_timeout(300)
    expect(page.get_by_role("heading", name="Models")).to_be_visible()


def test_rows_are_reached_by_keys(visit: Visit) -> None:
    """`j` and `k` move between rows, and Enter opens one."""
    second = visit.page.locator("main tbody tr").nth(1).get_by_role("link").first
    name = second.inner_text()
    for key in ("j", "j", "k", "j", "Enter"):
        visit.page.keyboard.press(key)
    expect(visit.page.get_by_role("banner").get_by_role("link", name=name)).to_be_visible()


def test_a_failing_server_is_named_in_place(visit: Visit) -> None:
    """A 503 and a lost connection show the message and the request's id in the page, and pass by themselves."""
    visit.refused = {503}
    answer = '{"error": {"message": "Too much at once"}}'
    headers = {"X-Request-ID": "abc123", "Retry-After": "1", "Content-Type": "application/json"}
    visit.page.route("**/v3/tokens*", lambda route: route.fulfill(status=503, headers=headers, body=answer))
    visit.open("/tokens")
    expect(visit.page.get_by_role("alert")).to_contain_text("Too much at once")
    expect(visit.page.get_by_role("alert")).to_contain_text("abc123")
    visit.page.unroute("**/v3/tokens*")
    expect(visit.page.get_by_role("row", name="airflow")).to_be_visible()
    expect(visit.page.get_by_role("alert")).to_have_count(0)
