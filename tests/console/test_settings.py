"""The page of settings shows what the API reports."""

from playwright.sync_api import expect

from tests.console.browsing import TOKEN, Visit
from tests.console.data import Client


def test_settings_are_those_of_the_server(visit: Visit, client: Client) -> None:
    """Each setting has its value, changed ones are marked, and no secret is on the page."""
    page = visit.page
    visit.open("/settings")
    found = client.call("GET", "/v3/settings")
    rows = page.get_by_role("region", name="Settings").locator("tbody tr")
    expect(rows).to_have_count(len(found["settings"]))
    for setting in found["settings"]:
        if not setting["is_secret"]:
            row = page.locator("tr", has=page.locator("code", has_text=setting["name"])).first
            expect(row).to_contain_text(setting["value"] or "none")
    changed = [one["name"] for one in found["settings"] if not one["is_default"]]
    page.get_by_label("Changed only").check()
    expect(rows.locator("th")).to_have_text(changed)
    assert TOKEN not in page.content()
    for version in found["versions"]:
        expect(page.get_by_role("row", name=version["name"]).last).to_contain_text(version["version"])
