"""The review compares the contract with the last released one, and accepts intended breaks."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.review.edits import (
    CREATE,
    LIST,
    ORDER,
    SCHEMAS,
    SHOP,
    Edit,
    all_of,
    drop,
    edited,
    put,
    rename_schema,
)
from tools.review.accepted import HEADER, InvalidEntryError, load
from tools.review.breaking import report
from tools.review.release import NotReleasableError, release
from tools.review.released import NoReleaseError

ROOT = Path(__file__).parents[2]
LOWER_LIMIT = put(10, "components", "parameters", "Limit", "schema", "maximum")
ENTRY = {"place": "query parameter limit", "what": "maximum narrowed", "reason": "Pages were too large."}


def write(path: Path, value: Any) -> None:
    path.write_text(yaml.safe_dump(value, sort_keys=False), encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose contract is the one that it released last."""
    (tmp_path / "contract").mkdir()
    for name in ("openapi.yaml", "contract/1.0.0.yaml"):
        write(tmp_path / name, dict(SHOP.root))
    write(tmp_path / "contract" / "accepted-breaks.yaml", [])
    return tmp_path


def change(project: Path, edit: Edit) -> None:
    write(project / "openapi.yaml", edited(SHOP.root, edit).root)


def accept(project: Path, *entries: dict[str, Any]) -> None:
    write(project / "contract" / "accepted-breaks.yaml", list(entries))


def test_the_contract_breaks_only_what_is_accepted() -> None:
    """openapi.yaml breaks no client of the last release except as the list accepts, and the list has no stale entry."""
    assert not report(ROOT).failed, report(ROOT).markdown()


def test_the_last_release_counts(project: Path) -> None:
    """The contract is compared with the newest version, by numbers and not by letters."""
    write(project / "contract" / "1.10.0.yaml", edited(SHOP.root, LOWER_LIMIT).root)
    write(project / "contract" / "1.9.0.yaml", dict(SHOP.root))
    change(project, LOWER_LIMIT)
    assert report(project).released == "1.10.0"
    assert report(project).changes == ()


def test_a_directory_without_a_release_is_an_error(project: Path) -> None:
    """Without a released contract there is no report, instead of an empty one."""
    (project / "contract" / "1.0.0.yaml").unlink()
    with pytest.raises(NoReleaseError):
        report(project)


def test_an_accepted_break_fails_nothing(project: Path) -> None:
    """An intended break is reported with its reason and fails nothing."""
    change(project, LOWER_LIMIT)
    assert report(project).failed
    accept(project, ENTRY)
    assert not report(project).failed
    assert "## Breaking and accepted" in report(project).markdown()
    assert "Why: Pages were too large." in report(project).markdown()


def test_an_accepted_break_covers_no_other(project: Path) -> None:
    """Another break beside an accepted one still fails."""
    change(project, all_of(LOWER_LIMIT, drop(*ORDER, "paid_at")))
    accept(project, ENTRY)
    assert report(project).failed


def test_an_entry_may_be_for_some_operations(project: Path) -> None:
    """An entry with operations accepts the break in those, and in no other."""
    change(project, all_of(put("a", *LIST, "operationId"), put("b", *CREATE, "operationId")))
    entry = {"place": "", "what": "operationId changed", "reason": "Shorter.", "operations": ["GET /orders"]}
    accept(project, entry)
    found = {each.operations: each.effect.name for each in report(project).changes if each.what == entry["what"]}
    assert found == {("GET /orders",): "ACCEPTED", ("POST /orders",): "BREAKING"}


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        (ENTRY | {"what": "minimum narrowed"}, "**query parameter limit**: minimum narrowed"),
        (ENTRY | {"place": "query parameter other"}, "**query parameter other**: maximum narrowed"),
        (ENTRY | {"operations": ["GET /orders", "PUT /x"]}, "**query parameter limit**: maximum narrowed, in PUT /x"),
    ],
)
def test_an_accepted_break_that_does_not_exist_fails(project: Path, entry: dict[str, Any], line: str) -> None:
    """An entry, or an operation of one, that matches no break is stale and fails the review."""
    change(project, LOWER_LIMIT)
    accept(project, ENTRY, entry)
    assert report(project).stale == (line,)
    assert report(project).failed
    assert f"1. {line}" in report(project).markdown()


@pytest.mark.parametrize(
    "entry",
    [
        {"place": "servers", "what": "server removed"},
        {"place": "servers", "what": "server removed", "reason": " "},
        {"place": "", "what": "operation removed", "reason": "Unused."},
        ENTRY | {"why": "Unknown."},
    ],
    ids=["no reason", "empty reason", "neither place nor operations", "unknown key"],
)
def test_an_entry_has_a_place_and_a_reason(project: Path, entry: dict[str, Any]) -> None:
    """An entry without a reason, that could cover any operation, or with unknown keys is refused."""
    accept(project, entry)
    with pytest.raises(InvalidEntryError):
        report(project)


def test_the_report_reads_from_the_worst_down(project: Path) -> None:
    """The Markdown gives the counts, then breaks with reasons, then additions, then documentation."""
    change(
        project,
        all_of(
            drop("paths", "/healthz"),
            LOWER_LIMIT,
            put({"type": "string"}, *SCHEMAS, "NewOrder", "properties", "extra"),
            put("Other words.", *CREATE, "description"),
        ),
    )
    assert report(project).markdown().splitlines() == [
        "# openapi.yaml against the contract of 1.0.0",
        "",
        "**2 breaking, 1 additions and relaxations, 1 documentation only.**",
        "",
        "## Breaking",
        "",
        "1. operation removed",
        "   - Why: a client that calls it gets 404 or 405",
        "   - In: `GET /healthz`",
        "2. **query parameter limit**: maximum narrowed: `100` -> `10`",
        "   - Why: a request that is accepted today may be refused",
        "   - In: `GET /orders`",
        "",
        "## Additions and relaxations",
        "",
        "1. **requests > NewOrder > extra**: field added",
        "   - In: `POST /orders`",
        "",
        "## Documentation only",
        "",
        "1. description edited",
        "   - In: `POST /orders`",
    ]


def test_one_change_of_a_shared_schema_is_one_entry(project: Path) -> None:
    """A change that operations share is one entry that lists them; a rename names both names."""
    change(project, rename_schema("Order", "Purchase"))
    found = report(project).changes
    assert [(each.place, each.before, each.after) for each in found] == [("schema Order", '"Order"', '"Purchase"')]
    assert found[0].operations == ("GET /orders", "POST /orders", "GET /orders/{order_id}")


def run(module: str, project: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", f"tools.review.{module}", f"--root={project}", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_program_reads_the_report_as_json(project: Path) -> None:
    """With `--json` the command prints every change as JSON, and its exit code is the verdict."""
    change(project, LOWER_LIMIT)
    done = run("breaking", project, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout) == {
        "released": "1.0.0",
        "failed": True,
        "stale": [],
        "changes": [
            {
                "effect": "breaking",
                "place": "query parameter limit",
                "what": "maximum narrowed",
                "before": "100",
                "after": "10",
                "why": "a request that is accepted today may be refused",
                "operations": ["GET /orders"],
            }
        ],
    }
    accept(project, ENTRY)
    assert run("breaking", project).returncode == 0


def test_an_unreadable_list_has_another_exit_code_than_a_break(project: Path) -> None:
    """The command exits with 2 and names the entry if the list of accepted breaks is invalid."""
    accept(project, {"place": "servers"})
    done = run("breaking", project)
    assert done.returncode == 2
    assert "'place': 'servers'" in done.stderr


def test_a_release_keeps_the_contract_and_empties_the_list(project: Path) -> None:
    """A release copies the contract to a file of its version; no break of it is accepted any more."""
    change(project, all_of(LOWER_LIMIT, put("1.1.0", "info", "version")))
    accept(project, ENTRY)
    released = release(project)
    assert released == project / "contract" / "1.1.0.yaml"
    assert released.read_bytes() == (project / "openapi.yaml").read_bytes()
    assert load(project / "contract" / "accepted-breaks.yaml") == []
    assert report(project).released == "1.1.0"
    assert report(project).changes == ()


@pytest.mark.parametrize("version", ["1.0.0", "0.9.0", "next"])
def test_a_release_has_a_new_version(project: Path, version: str) -> None:
    """A contract whose version is not newer than the last one is not released."""
    change(project, put(version, "info", "version"))
    done = run("release", project)
    assert done.returncode == 1
    assert f"{version} in openapi.yaml is not newer than 1.0.0" in done.stderr


def test_a_release_has_no_open_breaks(project: Path) -> None:
    """A contract with a break that is not accepted is not released, and nothing is written."""
    change(project, all_of(LOWER_LIMIT, put("1.1.0", "info", "version")))
    with pytest.raises(NotReleasableError):
        release(project)
    assert not (project / "contract" / "1.1.0.yaml").exists()


def test_the_list_explains_itself() -> None:
    """The list of the project is as a release writes it: the same words stand at its top."""
    assert (ROOT / "contract" / "accepted-breaks.yaml").read_text(encoding="utf-8").startswith(HEADER)
