"""Login, logout, and what another origin cannot do."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.console.browsing import TOKEN, Visit, serving, visiting
from tests.console.data import Client
from tests.console.proxy import stripping
from tests.program import Program


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def other_origin(folder: Path) -> Iterator[str]:
    """Serve an empty page on another port of the same host."""
    (folder / "page.html").write_text("<!doctype html><title>other</title>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/page.html"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_wrong_token_is_refused_in_place(browser: Browser, server: Program) -> None:
    """The login says that the token is not valid, with the request's id, and keeps what was typed."""
    with visiting(browser, server.url, token=None) as visit:
        visit.refused = {401}
        visit.page.goto(f"{server.url}/console/")
        visit.page.get_by_label("Token").fill("wrong")
        visit.page.keyboard.press("Enter")
        expect(visit.page.get_by_role("alert")).to_contain_text("The token is not valid")
        expect(visit.page.get_by_role("alert").locator("code")).to_have_text(re.compile("^[0-9a-f]{32}$"))
        expect(visit.page.get_by_label("Token")).to_have_value("wrong")


def test_no_script_can_read_the_session(visit: Visit) -> None:
    """Neither cookie nor token is within reach of a script."""
    found = visit.page.evaluate("() => document.cookie + JSON.stringify({...localStorage, ...sessionStorage})")
    assert "inference_events_" not in found
    assert TOKEN not in found


def test_a_new_tab_is_logged_in(visit: Visit) -> None:
    """A page that is opened in another tab needs no login."""
    tab = visit.page.context.new_page()
    tab.goto(f"{visit.url}/console/#/tokens")
    expect(tab.get_by_role("heading", name="Tokens")).to_be_visible()


def test_logout_ends_the_session_on_the_server(visit: Visit) -> None:
    """After a logout, the old cookie opens nothing."""
    # A page may ask for something at the moment of the logout.
    visit.refused = {401}
    kept = visit.page.context.cookies()
    visit.page.get_by_role("button", name="Log out").click()
    expect(visit.page.get_by_label("Token")).to_be_visible()
    visit.page.context.add_cookies(kept)
    refused = visit.page.request.get(f"{visit.url}/v3/session", headers={"X-Console": "1"})
    assert refused.status == 401


def test_a_revoked_token_asks_for_a_login_over_the_page(browser: Browser, server: Program, client: Client) -> None:
    """The login comes over the page at once, what was typed stays, and after it the page goes on without a loop."""
    token_id, secret = client.token("revoked", "admin")
    with visiting(browser, server.url, secret) as visit:
        visit.refused = {401}
        visit.open("/tokens")
        visit.page.get_by_role("button", name="Create a token").click()
        visit.page.get_by_role("textbox", name="Name", exact=True).fill("half typed")
        client.call("DELETE", f"/v3/tokens/{token_id}")
        visit.page.get_by_role("button", name="Create", exact=True).click()
        login = visit.page.get_by_role("dialog", name="Log in again")
        login.get_by_label("Token").fill(TOKEN)
        login.get_by_role("button", name="Log in").click()
        expect(visit.page.get_by_role("dialog", name="Copy the token now")).to_contain_text("half typed")


def test_a_reading_token_has_no_controls_that_it_may_not_use(browser: Browser, server: Program, client: Client) -> None:
    """A `read` token sees no page of an administrator; the address of one shows the server's refusal in place."""
    _, secret = client.token("reader", "read")
    with visiting(browser, server.url, secret) as visit:
        navigation = visit.page.get_by_role("navigation", name="Pages")
        expect(navigation.get_by_role("link", name="Models")).to_be_visible()
        expect(navigation.get_by_role("link", name="Tokens")).to_have_count(0)
        visit.refused = {403}
        visit.open("/tokens")
        expect(visit.page.get_by_role("alert")).to_contain_text("The token needs the scope admin")
        expect(visit.page.get_by_role("button", name="Create a token")).to_have_count(0)
        visit.open("/first-event")
        expect(visit.page.get_by_text("Replace YOUR_TOKEN below")).to_be_visible()


def test_another_origin_reads_and_changes_nothing(visit: Visit, client: Client, tmp_path: Path) -> None:
    """A fetch or form of another port of this host, with the cookie present, reads nothing and changes nothing."""
    before = client.call("GET", "/v3/tokens")["total"]
    with other_origin(tmp_path) as other:
        page = visit.page.context.new_page()
        page.goto(other)
        for options in (
            {},
            {"method": "DELETE"},
            {"method": "POST", "body": "{}", "headers": {"Content-Type": "application/json", "X-Console": "1"}},
        ):
            target = f"{visit.url}/v3/{'tokens' if options else 'session'}"
            sent = {"credentials": "include", **options}
            script = "([url, options]) => fetch(url, options).then((r) => r.text(), (error) => 'blocked')"
            assert page.evaluate(script, [target, sent]) == "blocked"
        form = "(url) => { const form = document.body.appendChild(document.createElement('form'));"
        form += " form.method = 'post'; form.action = url; form.submit(); }"
        with page.expect_navigation() as navigated:
            page.evaluate(form, f"{visit.url}/v3/tokens")
        assert navigated.value is not None
        assert navigated.value.status == 403
    assert client.call("GET", "/v3/tokens")["total"] == before


def test_two_servers_on_one_host_do_not_log_each_other_out(browser: Browser, server: Program, tmp_path: Path) -> None:
    """A login at one port leaves the session at another one alone."""
    with serving(tmp_path / "data") as second, visiting(browser, server.url) as visit:
        tab = visit.page.context.new_page()
        other = Visit(tab, second.url)
        other.log_in()
        visit.page.reload()
        expect(visit.page.get_by_role("heading", name="Models")).to_be_visible()
        tab.reload()
        expect(tab.get_by_role("heading", name="Publish the first event")).to_be_visible()


def test_behind_a_prefix(browser: Browser, server: Program) -> None:
    """Behind a proxy that strips a prefix everything works without a setting, and a missing file is no page."""
    with stripping(server.url, "/a/b") as url, visiting(browser, url) as visit:
        for path, heading in (("/", "Models"), ("/tokens", "Tokens"), ("/settings", "Settings")):
            visit.open(path)
            expect(visit.page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        visit.open("/first-event")
        expect(visit.page.locator("pre")).to_contain_text(f"URL='{url}'")
        visit.page.goto(f"{url}/")
        expect(visit.page.get_by_role("heading", name="Models")).to_be_visible()
        missing = visit.page.request.get(f"{url}/console/missing.js")
        assert (missing.status, missing.headers["content-type"]) == (404, "application/json")
