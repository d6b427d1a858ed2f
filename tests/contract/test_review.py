"""The review names every change of the API that breaks a client, and no other as a break."""

import copy
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

from tools.review.breaking import UnknownRefError, report
from tools.review.changes import Change, Effect, breaks, markdown
from tools.review.comparison import compare
from tools.review.document import Document

SPEC = Path(__file__).parents[2] / "openapi.yaml"
NOW = Document.load(SPEC)

Edit: TypeAlias = Callable[[Any], None]
Place: TypeAlias = tuple[str | int, ...]

SCHEMAS = ("components", "schemas")
PUBLISH = ("paths", "/v3/events", "post")
DELETE = ("paths", "/v3/events", "delete")
LIST_JOBS = ("paths", "/v3/jobs", "get")
JOB = (*SCHEMAS, "Job", "properties")


@dataclass(frozen=True)
class Planted:
    """A change of the document, and the entry that the report must have for it."""

    name: str
    edit: Edit
    what: str
    place: str
    operation: str


def at(root: Any, path: Place) -> Any:
    for part in path:
        root = root[part]
    return root


def put(value: Any, *path: str | int) -> Edit:
    return lambda root: at(root, path[:-1]).__setitem__(path[-1], value)


def drop(*path: str | int) -> Edit:
    return lambda root: at(root, path[:-1]).__delitem__(path[-1])


def append(value: Any, *path: str | int) -> Edit:
    return lambda root: at(root, path).append(value)


def discard(value: Any, *path: str | int) -> Edit:
    return lambda root: at(root, path).remove(value)


def all_of(*edits: Edit) -> Edit:
    def edit(root: Any) -> None:
        for each in edits:
            each(root)

    return edit


def move(source: Place, target: Place) -> Edit:
    return lambda root: at(root, target[:-1]).__setitem__(target[-1], at(root, source[:-1]).pop(source[-1]))


def changed(edit: Edit) -> list[Change]:
    root = copy.deepcopy(dict(NOW.root))
    edit(root)
    return compare(NOW, Document(root))


BREAKS = [
    Planted("path removed", drop("paths", "/v3/jobs"), "operation removed", "", "GET /v3/jobs"),
    Planted("method removed", drop(*DELETE), "operation removed", "", "DELETE /v3/events"),
    Planted(
        "response field removed",
        drop(*JOB, "error_reason"),
        "field removed",
        "responses > Job > error_reason",
        "GET /v3/jobs/{job_id}",
    ),
    Planted(
        "response field of another type",
        put({"type": "string"}, *JOB, "progress"),
        "type changed",
        "responses > Job > progress",
        "GET /v3/jobs",
    ),
    Planted(
        "integer in a response becomes a number",
        put("number", *SCHEMAS, "Page", "properties", "total", "type"),
        "type changed",
        "responses > JobList > total",
        "GET /v3/jobs",
    ),
    Planted(
        "response field no longer required",
        discard("status", *SCHEMAS, "Job", "required"),
        "no longer required",
        "responses > Job > status",
        "GET /v3/jobs",
    ),
    Planted(
        "response field made nullable",
        put(True, *JOB, "progress", "nullable"),
        "nullable changed",
        "responses > Job > progress",
        "GET /v3/jobs",
    ),
    Planted(
        "enum value added in a response",
        append("PAUSED", *SCHEMAS, "JobStatus", "enum"),
        'enum value `"PAUSED"` added',
        "responses > JobStatus",
        "GET /v3/jobs",
    ),
    Planted(
        "variant added in a response",
        all_of(
            append({"$ref": "#/components/schemas/Job"}, *SCHEMAS, "PublishResult", "oneOf"),
            put("#/components/schemas/Job", *SCHEMAS, "PublishResult", "discriminator", "mapping", "JOB"),
        ),
        "variant `JOB` added",
        "responses > PublishResult",
        "POST /v3/events",
    ),
    Planted(
        "required request field added",
        all_of(
            put({"type": "string"}, *SCHEMAS, "DeleteEventsRequest", "properties", "why"),
            append("why", *SCHEMAS, "DeleteEventsRequest", "required"),
        ),
        "required field added",
        "requests > DeleteEventsRequest > why",
        "DELETE /v3/events",
    ),
    Planted(
        "request field now required",
        append("event_ids", *SCHEMAS, "DeleteEventsRequest", "required"),
        "now required",
        "requests > DeleteEventsRequest > event_ids",
        "DELETE /v3/events",
    ),
    Planted(
        "request field removed",
        drop(*SCHEMAS, "DeleteEventsRequest", "properties", "update_metrics"),
        "field removed",
        "requests > DeleteEventsRequest > update_metrics",
        "DELETE /v3/events",
    ),
    Planted(
        "request field no longer nullable",
        put(False, *SCHEMAS, "PublishEventsRequest", "properties", "env_name", "nullable"),
        "nullable changed",
        "requests > PublishEventsRequest > env_name",
        "POST /v3/events",
    ),
    Planted(
        "enum value removed in a request",
        discard("PRE_PRODUCTION", *SCHEMAS, "EnvType", "enum"),
        'enum value `"PRE_PRODUCTION"` removed',
        "requests > EnvType",
        "POST /v3/events",
    ),
    Planted(
        "variant removed in a request",
        all_of(
            drop(*SCHEMAS, "Source", "oneOf", 1),
            drop(*SCHEMAS, "Source", "discriminator", "mapping", "FILE"),
        ),
        "variant `FILE` removed",
        "requests > Source",
        "POST /v3/events",
    ),
    Planted(
        "maxItems lowered in a request",
        put(100, *SCHEMAS, "EventsSource", "properties", "events", "maxItems"),
        "maxItems narrowed",
        "requests > EventsSource > events",
        "POST /v3/events",
    ),
    Planted(
        "pattern added in a request",
        put("^[a-z]+$", *SCHEMAS, "PublishEventsRequest", "properties", "env_name", "pattern"),
        "pattern added",
        "requests > PublishEventsRequest > env_name",
        "POST /v3/events",
    ),
    Planted(
        "format changed",
        put("date-time", *SCHEMAS, "FileSource", "properties", "file_id", "format"),
        "format changed",
        "requests > FileSource > file_id",
        "POST /v3/events",
    ),
    Planted(
        "additional fields refused",
        put(False, *SCHEMAS, "Event", "additionalProperties"),
        "changed",
        "requests > Event > other fields",
        "POST /v3/events",
    ),
    Planted(
        "query maximum narrowed",
        put(100, "components", "parameters", "Limit", "schema", "maximum"),
        "maximum narrowed",
        "query parameter limit",
        "GET /v3/jobs",
    ),
    Planted(
        "default changed",
        put(10, "components", "parameters", "Limit", "schema", "default"),
        "default changed",
        "query parameter limit",
        "GET /v3/models",
    ),
    Planted(
        "parameter now required",
        put(True, "components", "parameters", "Offset", "required"),
        "now required",
        "query parameter offset",
        "GET /v3/jobs",
    ),
    Planted(
        "required parameter added",
        append({"name": "who", "in": "query", "required": True}, *LIST_JOBS, "parameters"),
        "required parameter added",
        "query parameter who",
        "GET /v3/jobs",
    ),
    Planted(
        "parameter removed",
        drop(*LIST_JOBS, "parameters", 1),
        "parameter removed",
        "query parameter offset",
        "GET /v3/jobs",
    ),
    Planted(
        "success status changed",
        move((*DELETE, "responses", "202"), (*DELETE, "responses", "200")),
        "success response removed",
        "response 202",
        "DELETE /v3/events",
    ),
    Planted(
        "media type changed",
        move(
            (*PUBLISH, "requestBody", "content", "application/json"),
            (*PUBLISH, "requestBody", "content", "application/x-ndjson"),
        ),
        "media type removed",
        "request",
        "POST /v3/events",
    ),
    Planted("scope withdrawn", discard("read", *LIST_JOBS, "x-scopes"), "scopes changed", "", "GET /v3/jobs"),
    Planted(
        "token needed",
        drop("paths", "/healthz", "get", "security"),
        "security changed",
        "",
        "GET /healthz",
    ),
    Planted(
        "operation renamed",
        put("jobs", *LIST_JOBS, "operationId"),
        "operationId changed",
        "",
        "GET /v3/jobs",
    ),
    Planted(
        "response header removed",
        drop("components", "responses", "ServiceUnavailable", "headers", "Retry-After"),
        "header removed",
        "response 503 > header Retry-After",
        "POST /v3/events",
    ),
    Planted(
        "keyword without a rule",
        put({}, *JOB, "progress", "not"),
        "not changed",
        "responses > Job > progress",
        "GET /v3/jobs",
    ),
]

HARMLESS = {
    "optional request field": put({"type": "string"}, *SCHEMAS, "DeleteEventsRequest", "properties", "comment"),
    "response field": put({"type": "string"}, *JOB, "comment"),
    "required response field": all_of(
        put({"type": "string"}, *JOB, "comment"), append("comment", *SCHEMAS, "Job", "required")
    ),
    "response field no longer nullable": put(False, *JOB, "error_reason", "nullable"),
    "request field no longer required": discard("env_type", *SCHEMAS, "PublishEventsRequest", "required"),
    "wider request limit": put(2000, *SCHEMAS, "EventsSource", "properties", "events", "maxItems"),
    "wider query maximum": put(5000, "components", "parameters", "Limit", "schema", "maximum"),
    "wider response limit": put(200, *JOB, "progress", "maximum"),
    "variant of a request": all_of(
        append({"$ref": "#/components/schemas/Job"}, *SCHEMAS, "Source", "oneOf"),
        put("#/components/schemas/Job", *SCHEMAS, "Source", "discriminator", "mapping", "JOB"),
    ),
    "optional parameter": append({"name": "who", "in": "query"}, *LIST_JOBS, "parameters"),
    "operation": put({"get": at(NOW.root, LIST_JOBS)}, "paths", "/v3/jobs/mine"),
    "error response": put({"description": "Gone."}, *LIST_JOBS, "responses", "410"),
    "scope": append("metrics", *LIST_JOBS, "x-scopes"),
    "no token needed": put([], *LIST_JOBS, "security"),
}

EDITORIAL = {
    "operation text": put("Other words.", *PUBLISH, "description"),
    "field text": put("Other words.", *JOB, "progress", "description"),
    "example": put(7, "components", "parameters", "Limit", "example"),
    "title": put("Another", "info", "title"),
    "response text": put("Other words.", *DELETE, "responses", "202", "description"),
    "inline schema becomes a component": all_of(
        put({**at(NOW.root, JOB)["progress"], "description": "Other words."}, *SCHEMAS, "Share"),
        put({"$ref": "#/components/schemas/Share"}, *JOB, "progress"),
    ),
}


@pytest.mark.parametrize("planted", BREAKS, ids=lambda planted: planted.name)
def test_a_break_is_reported_at_its_place(planted: Planted) -> None:
    """A change that breaks a client is reported as such, with its place, its operation and the reason."""
    found = [
        change
        for change in changed(planted.edit)
        if (change.effect, change.what, change.place) == (Effect.BREAKING, planted.what, planted.place)
    ]
    assert len(found) == 1
    assert planted.operation in found[0].operations
    assert found[0].why


@pytest.mark.parametrize("edit", HARMLESS.values(), ids=HARMLESS)
def test_what_clients_do_not_feel_is_no_break(edit: Edit) -> None:
    """An addition or a relaxation is reported, but never as a break."""
    effects = {change.effect for change in changed(edit)}
    assert Effect.COMPATIBLE in effects
    assert Effect.BREAKING not in effects


@pytest.mark.parametrize("edit", EDITORIAL.values(), ids=EDITORIAL)
def test_words_are_documentation_only(edit: Edit) -> None:
    """A change of texts, examples or the way a schema is written down is reported as documentation."""
    assert {change.effect for change in changed(edit)} == {Effect.DOCUMENTATION}


def test_the_same_document_has_no_changes() -> None:
    """A document compared with itself yields nothing."""
    assert compare(NOW, Document(copy.deepcopy(NOW.root))) == []


def test_recursive_schemas_end() -> None:
    """Schemas that contain themselves, even at different depths, are compared in finite time."""
    tree: dict[str, Any] = {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/Job"}}}
    deeper = {"type": "object", "properties": {"child": copy.deepcopy(tree)}}
    old, new = copy.deepcopy(dict(NOW.root)), copy.deepcopy(dict(NOW.root))
    put(tree, *SCHEMAS, "Job")(old)
    put(deeper, *SCHEMAS, "Job")(new)
    assert compare(Document(old), Document(new)) == []


def test_one_change_of_a_shared_schema_is_one_entry() -> None:
    """A change that many operations share is one entry that lists them."""
    found = changed(drop(*SCHEMAS, "ErrorDetail", "properties", "help"))
    assert [change.place for change in found if change.what == "field removed"] == ["responses > ErrorDetail > help"]
    assert len(found[0].operations) == len(list(NOW.operations()))


def test_the_report_reads_from_the_worst_down() -> None:
    """The Markdown gives a verdict, then breaks with reasons, then additions, then documentation."""
    edit = all_of(BREAKS[0].edit, HARMLESS["response field"], EDITORIAL["operation text"])
    assert markdown(changed(edit), "main").splitlines() == [
        "# openapi.yaml against `main`",
        "",
        "**1 breaking, 1 additions and relaxations, 1 documentation only.**",
        "",
        "## Breaking",
        "",
        "1. operation removed",
        "   - Why: a client that calls it gets 404 or 405",
        "   - In: `GET /v3/jobs`",
        "",
        "## Additions and relaxations",
        "",
        "1. **responses > Job > comment**: field added",
        "   - In: `GET /v3/jobs/{job_id}`",
        "",
        "## Documentation only",
        "",
        "1. description edited",
        "   - In: `POST /v3/events`",
    ]


def test_the_report_shows_both_values() -> None:
    """A changed value is shown as it was and as it is."""
    edit = put(100, "components", "parameters", "Limit", "schema", "maximum")
    assert "1. **query parameter limit**: maximum narrowed: `1000` -> `100`" in markdown(changed(edit), "main")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository whose first commit has no document and whose second has today's."""
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "empty")
    git(tmp_path, "tag", "before")
    (tmp_path / "openapi.yaml").write_bytes(SPEC.read_bytes())
    git(tmp_path, "add", "openapi.yaml")
    git(tmp_path, "commit", "--quiet", "--message", "contract")
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True)


def test_the_working_tree_is_compared_with_a_commit(repository: Path) -> None:
    """What is not committed yet is compared with the document of the given ref."""
    spec = repository / "openapi.yaml"
    assert not report("HEAD", spec)[1]
    root = copy.deepcopy(dict(NOW.root))
    drop("paths", "/v3/jobs")(root)
    spec.write_text(yaml.safe_dump(root), encoding="utf-8")
    text, broken = report("HEAD", spec)
    assert broken
    assert "`GET /v3/jobs`" in text


def test_an_accepted_break_is_shown_with_its_reason_and_fails_nothing(repository: Path) -> None:
    """An intended break stands in a file, by the place and the words of the report."""
    spec = repository / "openapi.yaml"
    root = copy.deepcopy(dict(NOW.root))
    put(100, "components", "parameters", "Limit", "schema", "maximum")(root)
    spec.write_text(yaml.safe_dump(root), encoding="utf-8")
    assert report("HEAD", spec)[1]
    accepted = repository / "contract" / "accepted-breaks.yaml"
    accepted.parent.mkdir()
    entry = {"place": "query parameter limit", "what": "maximum narrowed", "reason": "Pages were too large."}
    accepted.write_text(yaml.safe_dump([entry]), encoding="utf-8")
    text, broken = report("HEAD", spec)
    assert not broken
    assert "## Breaking and accepted" in text
    assert "Why: Pages were too large." in text


def test_a_ref_without_the_document_is_no_break(repository: Path) -> None:
    """A ref from before the document existed gets a note instead of a report."""
    text, broken = report("before", repository / "openapi.yaml")
    assert "nothing to compare" in text
    assert not broken


@pytest.mark.parametrize("ref", ["nowhere", "--help", ""])
def test_an_unknown_ref_is_refused(repository: Path, ref: str) -> None:
    """A ref that names no commit is an error, not an empty report."""
    with pytest.raises(UnknownRefError):
        report(ref, repository / "openapi.yaml")


def test_only_breaks_fail_the_review() -> None:
    """Additions and documentation alone do not fail a review."""
    assert breaks(changed(BREAKS[0].edit))
    assert not breaks(changed(all_of(HARMLESS["response field"], EDITORIAL["example"])))


def test_any_yaml_reader_reads_the_document() -> None:
    """The strict reader in Python and the lenient one in C agree on what the document says."""
    assert yaml.safe_load(SPEC.read_text(encoding="utf-8")) == NOW.root
