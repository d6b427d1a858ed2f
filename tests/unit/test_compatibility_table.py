"""The compatibility table shows the records of the tests, and its check finds what differs."""

from typing import Any

import pytest

from tests.compat.table import faults, render, verdict


def record(client: str, **operations: tuple[list[str], list[str]]) -> dict[str, Any]:
    named = {name.replace("__", "."): {"ends": ends, "missing": lacks} for name, (ends, lacks) in operations.items()}
    return {"client": client, "operations": named}


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
