"""The first run: from an empty data directory to the first event, without a reload."""

import os
import pty
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.console.browsing import SERVER_PYTHON, serving, visiting
from tests.console.data import Client

CLIENT_PYTHON = os.environ["CLIENT_PYTHON"]
LINK = re.compile(r"(http://\S+)/console/#/login\?code=(\S+)")
CLIPBOARD = ["clipboard-read", "clipboard-write"]


@contextmanager
def started_by_hand(data_dir: Path) -> Iterator[tuple[str, str]]:
    """Start a server in a terminal, and give its URL and the link that it prints."""
    master, slave = pty.openpty()
    command = [SERVER_PYTHON, "-m", "inference_events", "serve", "--port", "0", "--data-dir", str(data_dir)]
    process = subprocess.Popen(command, stdout=slave, stderr=subprocess.DEVNULL)
    os.close(slave)
    try:
        with os.fdopen(master, closefd=True) as terminal:
            found = next(match for line in iter(terminal.readline, "") if (match := LINK.search(line)))
            yield found[1], found[0]
    finally:
        process.terminate()
        process.wait(60)


def run(command: list[str], program: str, folder: Path) -> str:
    done = subprocess.run(command, input=program, cwd=folder, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_from_an_empty_directory_to_the_first_event(browser: Browser, tmp_path: Path) -> None:
    """The printed link logs in once; the copied program runs in a shell; the event shows within 3 s, without a reload.

    The code leaves the address and the history at once.
    """
    with (
        started_by_hand(tmp_path / "data") as (url, link),
        visiting(browser, url, token=None, permissions=CLIPBOARD) as visit,
    ):
        page = visit.page
        page.goto(link)
        expect(page.get_by_role("heading", name="Publish the first event")).to_be_visible()
        assert "code" not in page.url
        page.evaluate("() => { window.isSamePage = true; }")
        page.get_by_role("button", name="Create a token").click()
        page.get_by_role("button", name="Copy program").click()
        program = page.evaluate("() => navigator.clipboard.readText()")
        assert f"URL='{url}'" in program
        run(["bash"], program, tmp_path)
        expect(page.get_by_role("row", name="arrival_delay")).to_contain_text("1", timeout=3000)
        expect(page.get_by_role("cell", name="1", exact=True)).to_be_visible(timeout=3000)
        assert page.evaluate("() => window.isSamePage")
        visit.refused = {401}
        page.goto("about:blank")
        with visiting(browser, url, token=None) as other:
            other.refused = {401}
            other.page.goto(link)
            expect(other.page.get_by_role("alert")).to_contain_text("The code was used")


@pytest.mark.parametrize(
    ("language", "command"),
    [("curl", ["bash"]), ("Python", [SERVER_PYTHON, "-"]), ("fiddler-client", [CLIENT_PYTHON, "-"])],
)
def test_each_program_works_unchanged_and_twice(
    browser: Browser, tmp_path: Path, language: str, command: list[str]
) -> None:
    """The clipboard gets the program that the page shows. It works as it is, and a second run changes nothing."""
    with serving(tmp_path / "data") as server, visiting(browser, server.url, permissions=CLIPBOARD) as visit:
        page = visit.page
        page.get_by_role("button", name="Create a token").click()
        page.get_by_text(language, exact=True).click()
        page.get_by_role("button", name="Copy program").click()
        program = page.evaluate("() => navigator.clipboard.readText()")
        assert program == page.locator("pre").inner_text()
        run(command, program, tmp_path)
        client = Client(server.url)
        (model,) = client.call("GET", "/v3/models")["items"]
        if language != "fiddler-client":
            run(command, program, tmp_path)
        query = {"model_id": model["id"], "env_type": "PRODUCTION"}
        (event,) = client.call("POST", "/v3/events/query", query)["items"]
        assert event["values"]["distance"] == 1400
        client.close()


@pytest.mark.parametrize(
    ("language", "command"),
    [("curl", ["bash"]), ("Python", [SERVER_PYTHON, "-"]), ("fiddler-client", [CLIENT_PYTHON, "-"])],
)
def test_a_model_without_events_shows_how_to_publish_one(
    browser: Browser, tmp_path: Path, language: str, command: list[str]
) -> None:
    """For a model that exists, the program publishes an event that fits its columns, and the page shows it."""
    with serving(tmp_path / "data") as server, visiting(browser, server.url) as visit:
        client = Client(server.url)
        model_id = client.model("first", "first", 0)
        visit.open(f"/models/{model_id}")
        page = visit.page
        page.get_by_role("button", name="Create a token").click()
        page.get_by_text(language, exact=True).click()
        expect(page.locator("pre")).not_to_contain_text("YOUR_TOKEN")
        run(command, page.locator("pre").inner_text(), tmp_path)
        expect(page.get_by_role("heading", name="Overview")).to_be_visible(timeout=4000)
        query = {"model_id": model_id, "env_type": "PRODUCTION"}
        (event,) = client.call("POST", "/v3/events/query", query)["items"]
        assert [one["column"] for one in event["violations"]] == ["arrived_late"]
        client.close()


def test_the_page_waits_without_a_busy_loop(browser: Browser, tmp_path: Path) -> None:
    """An open page asks about every two seconds, so many open pages are no load."""
    with serving(tmp_path / "data") as server, visiting(browser, server.url) as visit:
        asked: list[float] = []
        visit.page.on("request", lambda request: asked.append(time.monotonic()))
        visit.page.wait_for_timeout(5000)
        assert 1 <= len(asked) <= 4
