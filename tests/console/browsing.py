"""Visit the console with a real browser, and note everything that a page must not do."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Route

from tests.program import Program

TOKEN = "token-of-the-console-tests"
SERVER_PYTHON = os.environ.get("SERVER_PYTHON", "python3")
AXE = Path(__file__).parents[2] / "server/console/node_modules/axe-core/axe.min.js"
NAMES = ("chromium", "chromium-browser", "google-chrome")
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
# Reports of the browser that are no console message.
_REPORTS = """
  window.reports = [];
  document.addEventListener("securitypolicyviolation", (event) =>
    window.reports.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""


class NoBrowser(Exception):
    """No browser is installed."""


def launch(playwright: Playwright) -> Browser:
    """Start the installed browser. Raises NoBrowser."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise NoBrowser("The tests of the console need Chromium: apt-get install chromium")
    # Root cannot use its sandbox.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=found, args=arguments)


@dataclass
class Visit:
    """A page of the console at `url`. `faults` are what no page may do; `refused` are statuses that a test expects."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)
    refused: set[int] = field(default_factory=set)

    def open(self, path: str = "/") -> None:
        """Open a page by the path in its fragment, without reloading the console."""
        target = f"{self.url}/console/#{path}"
        if self.page.url.partition("#")[0] == f"{self.url}/console/":
            self.page.evaluate("(target) => { location.href = target; }", target)
        else:
            self.page.goto(target)
        self.settle()

    def settle(self) -> None:
        """Wait until the page shows something."""
        self.page.wait_for_function("() => document.querySelector('main h1, main [role=alert], main .empty')")

    def log_in(self, token: str = TOKEN) -> None:
        self.page.goto(f"{self.url}/console/")
        self.page.get_by_label("Token").fill(token)
        self.page.get_by_role("button", name="Log in").click()
        self.page.get_by_role("button", name="Log out").wait_for()

    def axe(self) -> list[str]:
        """Return the violations of WCAG 2.1 A and AA, and of good practice, on the page."""
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})")
        return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]

    def watch(self) -> None:
        """Note faults from now on: errors, reports of the policy, and requests that leave the server."""
        self.page.on("console", lambda message: self._note(message.type, message.text))
        self.page.on("pageerror", lambda error: self.faults.append(f"uncaught: {error}"))
        self.page.route("**/*", self._guard)
        self.page.add_init_script(_REPORTS)

    def finish(self) -> None:
        """Fail if the page did what no page may do."""
        self.faults += self.page.evaluate("() => window.reports ?? []")
        assert self.faults == []

    def _note(self, kind: str, text: str) -> None:
        is_expected = any(f"status of {status}" in text for status in self.refused)
        if kind in ("error", "warning") and not is_expected:
            self.faults.append(f"{kind}: {text}")

    def _guard(self, route: Route) -> None:
        if urlsplit(route.request.url).netloc == urlsplit(self.url).netloc:
            route.continue_()
        else:
            self.faults.append(f"left the server: {route.request.url}")
            route.abort()


@contextmanager
def visiting(browser: Browser, url: str, token: str | None = TOKEN, **options: Any) -> Iterator[Visit]:
    """Give a visit in a browser profile of its own, logged in unless `token` is None."""
    context: BrowserContext = browser.new_context(
        **{"viewport": WIDE, "locale": "en-US", "timezone_id": "Asia/Tokyo", **options}
    )
    context.set_default_timeout(15_000)
    visit = Visit(context.new_page(), url)
    visit.watch()
    if token is not None:
        visit.log_in(token)
    try:
        yield visit
        visit.finish()
    finally:
        context.close()


@contextmanager
def serving(data_dir: Path, **settings: str | int) -> Iterator[Program]:
    """Run a server on a data directory."""
    program = Program(data_dir, TOKEN, settings, python=SERVER_PYTHON)
    program.start()
    try:
        yield program
    finally:
        program.stop()
