"""The project's own files: one version, workflows that can run, templates that can be read."""

import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import metadata, version
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.release import ReleaseRefused, release_notes

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SPEC = (ROOT / "openapi.yaml").read_text()
VERSION = yaml.safe_load(SPEC)["info"]["version"]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
TEMPLATES = sorted((GITHUB / "ISSUE_TEMPLATE").glob("*.yml"))
CHANGELOG = f"# Changelog\n\n## {VERSION}\n\nNew.\n\n* One.\n\n## 0.0.1\n\nOld.\n"


def steps(workflow: Path) -> Iterator[dict[str, Any]]:
    for job in yaml.safe_load(workflow.read_text())["jobs"].values():
        yield from job.get("steps", [])


def test_the_contract_has_the_only_version() -> None:
    """Server and client take their version from the contract."""
    assert "version" not in PROJECT
    assert version("inference-events") == VERSION
    client = tomllib.loads((ROOT / "generated" / "client" / "pyproject.toml").read_text())
    assert client["project"]["version"] == VERSION
    assert re.search(rf"^## {re.escape(VERSION)}( \(unreleased\))?$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert f"dist/inference_events-{VERSION}-py3-none-any.whl" in (ROOT / "README.md").read_text()


def test_the_package_names_authors_licence_and_pythons() -> None:
    """The package's metadata has authors, a licence and the tested versions of Python."""
    shown = metadata("inference-events")
    assert shown["Name"] == PROJECT["name"]
    assert PROJECT["authors"]
    tested = yaml.safe_load((GITHUB / "workflows" / "test.yml").read_text())["jobs"]["test"]["strategy"]["matrix"]
    minor = r"Programming Language :: Python :: (3\.\d+)"
    assert tested["python"] == [m[1] for one in PROJECT["classifiers"] if (m := re.fullmatch(minor, one))]
    assert PROJECT["requires-python"] == f">={tested['python'][0]}"


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_run_targets_that_exist(workflow: Path) -> None:
    """A workflow names its actions with a version, has bounds of time and rights, and runs existing targets."""
    document = yaml.safe_load(workflow.read_text())
    assert document["permissions"] == {"contents": "read"}
    for job in document["jobs"].values():
        assert "uses" in job or job["timeout-minutes"] <= 60
    makefile = (ROOT / "Makefile").read_text()
    for step in steps(workflow):
        assert re.fullmatch(r"actions/[a-z-]+@v\d+", step.get("uses", "actions/none@v1"))
        # The name of a branch or a tag must not become a command.
        assert "${{" not in step.get("run", "")
        for target in re.findall(r"\bmake ([a-z-]+)", step.get("run", "")):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_the_long_run_can_start() -> None:
    """`make test` does not run `make test-faults`, so it checks that pytest can load what the tests there share."""
    dry = subprocess.run(["make", "--dry-run", "test-faults"], cwd=ROOT, capture_output=True, text=True, check=True)
    commands = [line.partition(" -m pytest ")[2] for line in dry.stdout.splitlines() if " -m pytest " in line]
    assert commands
    for command in commands:
        collect = [sys.executable, "-m", "pytest", *shlex.split(command), "--collect-only", "--ignore-glob=*/test_*.py"]
        ended = subprocess.run(collect, cwd=ROOT, stdout=subprocess.DEVNULL)
        assert ended.returncode in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED), command


def test_there_is_a_workflow_for_each_purpose() -> None:
    """Changes are tested and reviewed, and tags are released."""
    assert [workflow.stem for workflow in WORKFLOWS] == ["release", "review", "test"]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_issue_templates_have_fields(template: Path) -> None:
    """Each template is a form that can be filled in."""
    form = yaml.safe_load(template.read_text())
    if template.stem == "config":
        assert form == {"blank_issues_enabled": True}
        return
    assert {"name", "description", "body"} <= set(form)
    ids = [field["id"] for field in form["body"] if field["type"] != "markdown"]
    assert ids
    assert len(ids) == len(set(ids))


def test_dependabot_looks_where_dependencies_are() -> None:
    """Each directory that it watches has a file with dependencies."""
    updates = yaml.safe_load((GITHUB / "dependabot.yml").read_text())["updates"]
    files = {"github-actions": ".github/workflows", "pip": "constraints.txt", "npm": "package-lock.json"}
    assert {update["package-ecosystem"] for update in updates} == set(files)
    for update in updates:
        assert (ROOT / update["directory"].strip("/") / files[update["package-ecosystem"]]).exists()


def test_a_release_has_the_notes_of_its_version() -> None:
    """The notes are the section of the changelog, and nothing of the one before."""
    assert release_notes(f"v{VERSION}", SPEC, CHANGELOG) == "New.\n\n* One.\n"


@pytest.mark.parametrize(
    ("tag", "changelog", "reason"),
    [
        (VERSION, CHANGELOG, "the tag must be v"),
        ("v0.0.1", CHANGELOG, "the tag must be v"),
        (f"v{VERSION}", CHANGELOG.replace(f"## {VERSION}", f"## {VERSION} (unreleased)"), "has no section"),
    ],
)
def test_a_release_that_is_not_ready_is_refused(tag: str, changelog: str, reason: str) -> None:
    """A tag that is not the version, and a changelog that still says unreleased, stop a release."""
    with pytest.raises(ReleaseRefused, match=reason):
        release_notes(tag, SPEC, changelog)
