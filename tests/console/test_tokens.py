"""Tokens in the console: made, shown once, rotated and revoked, by keyboard too."""

import re

import httpx
from playwright.sync_api import Page, expect

from tests.console.browsing import Visit
from tests.console.data import Client


def status(url: str, secret: str) -> int:
    return httpx.get(f"{url}/v3/server-info", headers={"Authorization": f"Bearer {secret}"}).status_code


def shown_secret(page: Page) -> str:
    secret = page.get_by_role("dialog", name="Copy the token now").locator("code")
    expect(secret).to_have_text(re.compile("^ie_"))
    text: str = secret.inner_text()
    page.get_by_role("button", name="Done").click()
    return text


def test_a_token_is_made_by_keyboard_and_shown_once(visit: Visit) -> None:
    """Without a mouse: open the dialog, fill it, get a secret that works; afterwards the page has it nowhere.

    The focus returns to the button that opened the dialog.
    """
    page = visit.page
    visit.open("/tokens")
    opener = page.get_by_role("button", name="Create a token")
    opener.focus()
    page.keyboard.press("Enter")
    page.keyboard.type("by keyboard")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    secret = shown_secret(page)
    assert status(visit.url, secret) == 200
    expect(page.get_by_role("row", name="by keyboard")).to_contain_text("ingest")
    assert secret not in page.content()
    expect(opener).to_be_focused()


def test_a_token_may_be_limited_and_end(visit: Visit, client: Client) -> None:
    """Scopes, projects and expiry of the dialog are those of the token."""
    page = visit.page
    visit.open("/tokens")
    page.get_by_role("button", name="Create a token").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("limited")
    page.get_by_label("Expires").select_option(label="In 7 days")
    page.get_by_text("Projects all").click()
    page.get_by_label("payments").check()
    page.get_by_role("button", name="Create", exact=True).click()
    shown_secret(page)
    (made,) = client.call("GET", "/v3/tokens?search=limited")["items"]
    (project,) = client.call("GET", "/v3/projects?search=payments")["items"]
    assert (made["scopes"], made["project_ids"]) == (["read"], [project["id"]])
    assert made["expires_at"] is not None


def test_a_token_is_rotated_and_revoked(visit: Visit, client: Client) -> None:
    """A rotation shows a new secret and ends the old one in time; a revocation asks first and ends it at once."""
    page = visit.page
    _, old = client.token("to rotate", "read")
    visit.open("/tokens?search=to rotate")
    page.get_by_role("button", name="Rotate to rotate").click()
    page.get_by_label("The old token stays valid for").select_option(label="no longer")
    page.get_by_role("button", name="Rotate", exact=True).click()
    new = shown_secret(page)
    assert (status(visit.url, old), status(visit.url, new)) == (401, 200)
    page.get_by_role("button", name="Revoke to rotate").click()
    page.keyboard.press("Escape")
    assert status(visit.url, new) == 200
    page.get_by_role("button", name="Revoke to rotate").click()
    page.get_by_role("button", name="Revoke", exact=True).click()
    expect(page.get_by_text("No token has “to rotate”")).to_be_visible()
    assert status(visit.url, new) == 401


def test_the_last_admin_token_is_kept(visit: Visit) -> None:
    """The server's refusal is shown in the dialog, with the id of the request."""
    visit.refused = {409}
    visit.open("/tokens")
    visit.page.get_by_role("button", name="Revoke preset admin").click()
    visit.page.get_by_role("button", name="Revoke", exact=True).click()
    alert = visit.page.get_by_role("dialog").get_by_role("alert")
    expect(alert).to_contain_text("The last admin token that does not expire cannot be revoked; create another first")
    expect(alert.locator("code")).to_be_visible()
