"""The compatibility table shows the records of the tests, and its check finds what differs."""

from typing import Any

import pytest

from inference_events.http.unsupported import UNSUPPORTED
from tests.compat import not_offered
from tests.compat.table import call_verdict, faults, render, verdict
from tests.vendor_calls import CLIENT_CALLS, OLDER_CLIENT_CALLS, client_call

CALLS = {call: [200] for call in (*CLIENT_CALLS, *OLDER_CLIENT_CALLS)}
PROJECTS, PREDICT, JOBS = "GET /v3/projects", "POST /v3/predict", "GET /v3/jobs"


def record(client: str, **operations: tuple[list[str], list[str]]) -> dict[str, Any]:
    named = {name.replace("__", "."): {"ends": ends, "missing": lacks} for name, (ends, lacks) in operations.items()}
    return {"client": client, "operations": named, "calls": CALLS}


@pytest.mark.parametrize(
    ("ends", "missing", "expected"),
    [
        (["404", "returned"], [], "works"),
        (["501", "returned"], ["segments"], "partly: no segments"),
        (["returned"], ["segments", "models"], "partly: no segments, no models"),
        (["501"], [], "not here"),
        (["Unsupported"], [], "refused"),
        (["404", "HTTPError"], [], "untested"),
        ([], [], "untested"),
    ],
)
def test_a_verdict_follows_from_how_calls_ended(ends: list[str], missing: list[str], expected: str) -> None:
    """An operation works only if a call returned, and is unsupported only if server or client gave that reason."""
    assert verdict(record("1.0.0", Model__get=(ends, missing)), "Model.get") == expected


def test_every_operation_of_every_version_has_a_row() -> None:
    """An operation that a version lacks is a dash in its column."""
    new = record("2.0.0", init=(["returned"], []), Model__publish=(["returned"], []), ModelCompact__fetch=(["501"], []))
    old = record("1.0.0", init=(["returned"], []))
    page = render([new, old])
    assert "|  | 2.0.0 | 1.0.0 |" in page
    assert "## Connection" in page
    assert page.count("## Model\n") == 1
    assert "| `Model.publish` | works | - |\n| `ModelCompact.fetch` | not here | - |\n" in page
    assert faults([new, old], page) == []


def test_a_stale_page_is_a_fault() -> None:
    """The check names the command to run."""
    tested = record("1.0.0", init=(["returned"], []))
    page = render([tested])
    assert faults([record("1.1.0", init=(["returned"], []))], page) == ["COMPATIBILITY.md is stale: make compatibility"]


def test_an_operation_without_a_test_is_a_fault() -> None:
    """An operation that a new version of the client brings must be tried before the page can be written."""
    untested = record("1.0.0", init=(["returned"], []), Model__new=([], []))
    assert faults([untested], render([untested])) == [
        "Model.new of client 1.0.0: no test that passes shows how it ends"
    ]


def test_a_refusal_that_no_test_explains_is_a_fault() -> None:
    """An operation that works only in part is not shown as working."""
    unexplained = record("1.0.0", Model__download=(["501", "returned"], []))
    [fault] = faults([unexplained], render([unexplained]))
    assert "no test says what is missing" in fault


@pytest.mark.parametrize(
    ("call", "statuses", "expected"),
    [(PROJECTS, [404, 200], "works"), (PREDICT, [501], "501"), (PROJECTS, [404], "untested"), (PROJECTS, None, "-")],
)
def test_a_verdict_on_a_call_follows_from_its_responses(call: str, statuses: list[int] | None, expected: str) -> None:
    """A call works only if one of them was a success; a version that does not make it has a dash."""
    new, old = record("2.0.0"), record("1.0.0")
    old["calls"] = {} if statuses is None else {call: statuses}
    assert call_verdict([new, old], old, call) == expected


def test_a_call_that_no_test_makes_is_a_fault() -> None:
    """It is a fault if the call fails in all tests, and none if no version makes it: then the contract decides."""
    tested = record("1.0.0", init=(["returned"], []))
    tested["calls"] = {call: [200] for call in CALLS if call not in (JOBS, PREDICT)} | {PROJECTS: [404]}
    assert [call_verdict([tested], tested, call) for call in (JOBS, PREDICT)] == ["served", "501"]
    assert faults([tested], render([tested])) == [f"{PROJECTS} of client 1.0.0: no test that passes shows how it ends"]


def test_a_request_is_found_by_its_template() -> None:
    """A name in the path is one segment, and methods that share a call are one row."""
    assert client_call("GET", "/v3/models/abc/segments") == "GET /v3/models/{model_id}/segments"
    assert client_call("PUT", "/v3/models/abc/deploy-artifact") == "POST PUT /v3/models/{model_id}/deploy-artifact"
    assert client_call("GET", "/v3/models/abc/segments/def") is None
    assert client_call("PUT", "/v3/models") is None


def test_each_501_has_its_reason() -> None:
    """The page has each path that is a 501, and each call of which a part is one, with a reason; and no other."""
    page = not_offered.section()
    assert all(f"`{path}`" in page for path in UNSUPPORTED)
    assert not_offered.WHY.keys() == set(UNSUPPORTED.values())
    assert not_offered.WHY_IN_PART.keys() == set(not_offered.refused_in_part())
