"""Ingestion and jobs on their pages: figures that move, a job that is followed to its end, rejected rows by reason."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.browsing import SERVER_PYTHON, TOKEN, Visit, serving, visiting
from tests.console.data import Client
from tests.program import Program

ROWS = 100_000
NO_ID, NO_TIME, WRONG_TIME = (17, 40_017), (50_000, 50_001, 99_999), (3,)
MODEL = {
    "name": "followed",
    "task": "not_set",
    "schema": {
        "columns": [
            {"name": "flight", "data_type": "str"},
            {"name": "at", "data_type": "timestamp"},
            {"name": "distance", "data_type": "int", "min": 0, "max": 5000},
        ]
    },
    "spec": {"inputs": ["distance"], "metadata": ["flight", "at"]},
    "event_id_col": "flight",
    "event_ts_col": "at",
}


def create(client: Client) -> str:
    """Create the model of these tests and return its id."""
    projects = client.call("GET", "/v3/projects")["items"]
    project_id = projects[0]["id"] if projects else client.call("POST", "/v3/projects", {"name": "jobs"})["id"]
    model_id: str = client.call("POST", "/v3/models", MODEL | {"project_id": project_id})["id"]
    return model_id


def csv_with_faults(rows: int = ROWS) -> bytes:
    """Return rows of which some have no id, some a time that is none, and one a time beyond all others."""
    lines = ["flight,at,distance"]
    for row in range(rows):
        id = "" if row in NO_ID else f"F{row}"
        time = "never" if row in NO_TIME else "99999-01-01" if row in WRONG_TIME else "2026-01-02T03:04:05Z"
        lines.append(f"{id},{time},{row % 6000}")
    return "\n".join(lines).encode()


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Program, Client, str]]:
    """Give a server that commits rows of files in small chunks, a client of it and a model."""
    with serving(tmp_path_factory.mktemp("jobs") / "data", file_chunk_rows=2000) as program:
        client = Client(program.url)
        yield program, client, create(client)
        client.close()


def progress_of(page: Page) -> float:
    return float(page.get_by_role("progressbar").first.get_attribute("value") or 0)


def test_a_job_is_followed_and_rejected_rows_are_grouped(browser: Browser, slow: tuple[Program, Client, str]) -> None:
    """Progress moves to its end without a reload; rejected rows are grouped by reason, with their numbers."""
    program, client, model_id = slow
    job_id = client.publish_file(model_id, "flights.csv", csv_with_faults())
    with visiting(browser, program.url) as visit:
        page = visit.page
        visit.open(f"/jobs/{job_id}")
        page.wait_for_function("() => (document.querySelector('progress')?.value ?? 0) > 0")
        first = progress_of(page)
        page.wait_for_function(
            f"() => !document.querySelector('progress') || document.querySelector('progress').value > {first}"
        )
        expect(page.get_by_text("done", exact=True)).to_be_visible(timeout=60_000)
        facts = page.locator("dl.figures")
        rejected = len(NO_ID) + len(NO_TIME) + len(WRONG_TIME)
        expect(facts).to_contain_text(f"Created{ROWS - rejected:,}")
        expect(facts).to_contain_text(f"Rejected{rejected}")
        table = page.get_by_role("region", name="Rejected rows by reason")
        for rows, reason in ((NO_ID, "event_id_col"), (NO_TIME + WRONG_TIME, "cannot be read as a time")):
            row = table.get_by_role("row").filter(has_text=reason)
            expect(row.get_by_role("cell").first).to_have_text(str(len(rows)))
            expect(row).to_contain_text(" · ".join(f"{one:,}" for one in sorted(rows)))
        link = page.get_by_role("region", name="Violations").get_by_role("link", name="distance")
        link.click()
        expect(page.get_by_role("group", name="Filters")).to_contain_text("distance has a range violation")
        expect(page.locator("td.violated").first).to_be_visible()


def test_a_killed_server_comes_back_under_the_page(browser: Browser, tmp_path: Path) -> None:
    """If the server is killed in the middle of a job and started again, the page and the job go on by themselves."""
    data_dir = tmp_path / "data"
    settings: dict[str, str | int] = {"file_chunk_rows": 500}
    program = Program(data_dir, TOKEN, settings, python=SERVER_PYTHON)
    program.start()
    again = Program(data_dir, TOKEN, settings, python=SERVER_PYTHON, port=urlsplit(program.url).port or 0)
    client = Client(program.url)
    job_id = client.publish_file(create(client), "flights.csv", csv_with_faults(30_000))
    try:
        with visiting(browser, program.url) as visit:
            visit.open(f"/jobs/{job_id}")
            visit.page.wait_for_function("() => (document.querySelector('progress')?.value ?? 0) > 0")
            program.kill()
            expect(visit.page.get_by_role("alert")).to_contain_text("cannot be reached")
            again.start()
            expect(visit.page.get_by_text("done", exact=True)).to_be_visible(timeout=90_000)
            expect(visit.page.get_by_role("alert")).to_have_count(0)
            visit.faults = [
                fault for fault in visit.faults if "ERR_CONNECTION" not in fault and "ERR_EMPTY" not in fault
            ]
    finally:
        client.close()
        for one in (program, again):
            if one.is_running:
                one.kill()


def test_ingestion_moves(visit: Visit, client: Client) -> None:
    """New requests appear on the open page, of one model and of all, with what was refused and why."""
    model_id = create(client)
    page = visit.page
    visit.open(f"/models/{model_id}/ingestion")
    expect(page.get_by_role("heading", name="Ingestion")).to_be_visible()
    expect(page.get_by_text("No job yet")).to_be_visible()
    client.publish(model_id, *({"flight": f"L{n}", "distance": n} for n in range(321)))
    page.request.post(
        f"{visit.url}/v3/events",
        data={"model_id": model_id, "env_type": "PRODUCTION", "source": {"type": "EVENTS", "events": [{}]}},
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    expect(page.get_by_role("img", name=re.compile("Events of the last hour.*321 events"))).to_be_visible()
    expect(page.get_by_text("BadRequest")).to_be_visible()
    page.get_by_text("Numbers by minute").click()
    expect(page.get_by_role("region", name="Numbers by minute")).to_contain_text("321")
    visit.open("/ingestion")
    row = page.get_by_role("region", name="Models of this hour").get_by_role("row").filter(has_text="followed")
    expect(row).to_contain_text("321")
    row.get_by_role("link").click()
    expect(page.get_by_role("button", name="Publish a file")).to_be_visible()


def test_a_file_is_checked_and_published(visit: Visit, client: Client, tmp_path: Path) -> None:
    """The first rows of a CSV are shown and checked; what cannot work is refused before the upload."""
    model_id = client.call("GET", "/v3/models?search=arrival_delay")["items"][0]["id"]
    page = visit.page
    visit.open(f"/models/{model_id}/ingestion")
    page.get_by_role("button", name="Publish a file").click()
    file = page.get_by_label("CSV or Parquet file")
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("carrier,distance\nUA,1\n")
    file.set_input_files(wrong)
    expect(page.get_by_role("alert")).to_contain_text("flight is missing")
    publish = page.get_by_role("dialog").get_by_role("button", name="Publish", exact=True)
    expect(publish).to_be_disabled()
    right = tmp_path / "right.csv"
    right.write_text('flight,carrier,distance,gate\n"P,1",UA,100,B17\nP2,UA,far,B18\n')
    file.set_input_files(right)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Unknown columns, which are kept as undeclared: gate")
    expect(dialog).to_contain_text("Row 1, counted from 0, has no int in distance")
    expect(dialog.get_by_role("row").nth(1)).to_contain_text("P,1")
    publish.click()
    # The page before lists other jobs, which are done, too.
    expect(page.locator("dl.figures")).to_contain_text("Created2")
    expect(page.get_by_text("done", exact=True)).to_be_visible()


def test_jobs_are_filtered(visit: Visit, client: Client) -> None:
    """Jobs are listed with the newest first, and by status; without a match the page says so and shows the way back."""
    page = visit.page
    job_id = client.publish_file(create_named(client, "listed"), "a.csv", b"flight,distance\nA,1\n")
    visit.open(f"/jobs/{job_id}")
    expect(page.get_by_text("done", exact=True)).to_be_visible()
    visit.open("/jobs")
    page.get_by_label("Status").select_option("failed")
    expect(page.get_by_text("No job has this status.")).to_be_visible()
    page.get_by_role("button", name="Show all jobs").click()
    expect(page.get_by_role("region", name="Jobs").get_by_role("row").nth(1)).to_contain_text("listed")


def create_named(client: Client, name: str) -> str:
    project_id = client.call("GET", "/v3/projects")["items"][0]["id"]
    model_id: str = client.call("POST", "/v3/models", MODEL | {"project_id": project_id, "name": name})["id"]
    return model_id
