"""The console as it is served: fresh, small, with a strict policy, and only where a browser asks for it."""

import gzip
import re
import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from inference_events.http.console import CONSOLE, console
from inference_events.http.pages import Pages, docs
from tools.console import BUILD, DIGEST, SOURCES, digest, is_fresh

BUNDLE_BYTES = 150 * 1024
FIRST_PAGE_BYTES = 70 * 1024
NAMES = sorted(file.name for file in BUILD.iterdir() if file.name != DIGEST)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    """Give a client of the pages alone."""
    app = Pages(Starlette(), pages=docs(b"openapi: 3.0.3\nservers:\n  - url: /\n") | console())
    with TestClient(app, follow_redirects=False) as client:
        yield client


def packed(names: list[str]) -> int:
    return sum(len(gzip.compress((BUILD / name).read_bytes())) for name in names)


def test_the_build_is_that_of_its_sources() -> None:
    """The committed console is built of the committed sources: run `make console` after a change."""
    assert is_fresh()


def test_a_changed_source_is_noticed(tmp_path: Path) -> None:
    """The digest changes with each source file: its content, its name, and whether it is there."""
    sources = tmp_path / "console"
    shutil.copytree(SOURCES, sources, ignore=shutil.ignore_patterns("node_modules"))
    before = digest(sources)
    assert before == digest()
    main = sources / "src" / "main.tsx"
    main.write_text(f"{main.read_text()}\n")
    changed = digest(sources)
    main.rename(main.with_name("other.tsx"))
    assert len({before, changed, digest(sources)}) == 3


def test_the_bundle_is_small() -> None:
    """All scripts and styles have at most 150 KiB, compressed; the first page needs at most 70."""
    code = [name for name in NAMES if name.endswith((".js", ".css"))]
    assert packed(code) <= BUNDLE_BYTES
    assert (
        packed([*(set(code) & {"index.js", "shared.js", "vendor.js", "models.js", "index.css", "theme.js"})])
        <= FIRST_PAGE_BYTES
    )


def test_the_bundle_names_no_other_server() -> None:
    """No script, style or page of the console loads anything from elsewhere."""
    for name in NAMES:
        if name.endswith((".js", ".css", ".html")):
            text = (BUILD / name).read_text()
            assert not re.search(r"""(src|href|import|from|url\()\s*[=(]?\s*["']?https?://""", text), name


@pytest.mark.parametrize("name", ["", *NAMES])
def test_each_file_has_a_strict_policy(client: TestClient, name: str) -> None:
    """Each file is served with its type, a policy without exceptions, and a tag that saves sending it again."""
    response = client.get(f"{CONSOLE}{name}")
    assert response.status_code == 200
    policy = response.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "trusted-types 'none'"} <= set(
        policy.split("; ")
    )
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.content == (BUILD / (name or "index.html")).read_bytes()
    again = client.get(f"{CONSOLE}{name}", headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = client.get(f"{CONSOLE}{name}", headers={"Accept-Encoding": "identity"})
    assert plain.content == response.content
    assert plain.headers["etag"] != response.headers["etag"]


def test_the_page_has_nothing_inline() -> None:
    """The page has neither inline scripts nor styles, which its policy forbids."""
    page = (BUILD / "index.html").read_text()
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", page)


@pytest.mark.parametrize(
    ("accept", "target"),
    [
        ("text/html,application/xhtml+xml,*/*;q=0.8", "console/"),
        ("*/*", "/docs"),
        ("application/json", "/docs"),
        (None, "/docs"),
    ],
)
def test_the_root_leads_browsers_to_the_console(client: TestClient, accept: str | None, target: str) -> None:
    """Browsers get the console, all other clients what they always got."""
    headers = {} if accept is None else {"Accept": accept}
    response = client.get("/", headers=headers)
    assert (response.status_code, response.headers["location"]) == (307, target)


def test_the_slash_is_added_below_any_prefix(client: TestClient) -> None:
    """Without its slash, the console's address leads to it, relative to the prefix that a proxy strips."""
    assert client.get("/console").headers["location"] == "console/"


def test_the_licences_are_in_the_package() -> None:
    """The licence of each package in the bundle is served beside it."""
    text = files("inference_events").joinpath("console", "licenses.txt").read_text()
    for name in ("preact", "@preact/signals", "@preact/signals-core", "openapi-fetch"):
        assert re.search(rf"^{name} \d", text, re.MULTILINE), name


def test_the_lock_file_has_no_addresses() -> None:
    """The pinned packages come from whatever registry a machine uses."""
    assert '"resolved"' not in (SOURCES / "package-lock.json").read_text()
