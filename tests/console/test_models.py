"""The list of models, also if there are 10,000."""

from playwright.sync_api import Browser, expect

from tests.console.browsing import visiting
from tests.console.data import Client
from tests.program import Program


def test_ten_thousand_models_do_not_stall_the_page(browser: Browser, crowded: Program) -> None:
    """The page shows 50 of 10,000, and a search, an order and the next page each answer without drawing them all."""
    with visiting(browser, crowded.url) as visit:
        page = visit.page
        rows = page.locator("main tbody tr")
        expect(page.get_by_role("status").last).to_have_text("1\u201350 of 10,000 models")
        assert rows.count() == 50
        page.get_by_role("button", name="Next").click()
        expect(rows.first).to_contain_text("model_00050")
        page.get_by_role("button", name="Model", exact=False).first.click()
        expect(rows.first).to_contain_text("model_09999")
        page.get_by_role("searchbox").fill("model_0420")
        expect(page.get_by_role("status").last).to_have_text("1\u201310 of 10 models")


def test_a_link_shows_the_same_to_everyone(browser: Browser, crowded: Program) -> None:
    """Search, order and page are in the address: in another browser it shows the same rows."""
    with visiting(browser, crowded.url) as visit, visiting(browser, crowded.url) as other:
        page = visit.page
        page.get_by_role("searchbox").fill("model_00")
        expect(page.get_by_role("status").last).to_contain_text("of 1,000 models")
        page.get_by_role("button", name="Model", exact=False).first.click()
        expect(page.locator("main tbody tr").first).to_contain_text("model_00999")
        page.get_by_role("button", name="Next").click()
        expect(page.locator("main tbody tr").first).to_contain_text("model_00949")
        other.page.goto(page.url)
        other.page.reload()
        expect(other.page.locator("main tbody tr").first).to_contain_text("model_00949")
        names = "() => [...document.querySelectorAll('main tbody th')].map((cell) => cell.textContent)"
        assert other.page.evaluate(names) == page.evaluate(names)


def test_a_page_beyond_the_end_has_a_way_out(browser: Browser, crowded: Program) -> None:
    """A link to a page that the list no longer has says so, and leads to the first one."""
    with visiting(browser, crowded.url) as visit:
        visit.open("/?offset=20000")
        visit.page.get_by_role("button", name="First page").click()
        expect(visit.page.locator("main tbody tr").first).to_contain_text("model_00000")


def test_refreshing_keeps_focus_and_what_is_typed(browser: Browser, server: Program, client: Client) -> None:
    """New counts appear by themselves; the focused link keeps its focus and a half-typed search its text."""
    with visiting(browser, server.url) as visit:
        page = visit.page
        page.get_by_role("link", name="arrival_delay").focus()
        client.model("other", "appears", 3)
        expect(page.get_by_role("row", name="appears")).to_contain_text("3", timeout=6000)
        expect(page.get_by_role("link", name="arrival_delay")).to_be_focused()


def test_a_wide_model_shows_its_columns_in_parts(browser: Browser, server: Program, client: Client) -> None:
    """A model of 10,000 columns shows 100 of them at first, and finds any of them by name."""
    columns = [{"name": f"column_{n:05}", "data_type": "float"} for n in range(10_000)]
    project_id = client.call("POST", "/v3/projects", {"name": "wide"})["id"]
    body = {"project_id": project_id, "name": "wide", "schema": {"columns": columns}, "spec": {}}
    model_id = client.call("POST", "/v3/models", body)["id"]
    with visiting(browser, server.url) as visit:
        visit.open(f"/models/{model_id}/schema")
        rows = visit.page.get_by_role("region", name="Columns").locator("tbody tr")
        expect(rows).to_have_count(100)
        visit.page.get_by_role("searchbox").fill("column_09876")
        expect(rows).to_have_count(1)


def test_hidden_characters_cannot_disguise_a_column(browser: Browser, server: Program, client: Client) -> None:
    """Characters that reorder or hide text are shown as their codes, and markup is text."""
    names = ["a\u202eb", "<script>alert(1)</script>", "tab\there", "x" * 250]
    project_id = client.call("POST", "/v3/projects", {"name": "odd"})["id"]
    columns = [{"name": name, "data_type": "str"} for name in names]
    body = {"project_id": project_id, "name": "odd", "schema": {"columns": columns}, "spec": {}}
    model_id = client.call("POST", "/v3/models", body)["id"]
    with visiting(browser, server.url) as visit:
        visit.open(f"/models/{model_id}/schema")
        shown = visit.page.get_by_role("region", name="Columns").locator("tbody th")
        expect(shown).to_have_text(["a\\u202eb", "<script>alert(1)</script>", "tab\\u0009here", f"{'x' * 200}…"])
