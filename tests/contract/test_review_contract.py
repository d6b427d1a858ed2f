"""The review watches openapi.yaml itself: a lost part is a break, and another form of the same is no change."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.review.edits import SCHEMAS, Edit, at, changes
from tools.review.changes import Change, Effect
from tools.review.comparison import compare
from tools.review.document import METHODS, Document
from tools.review.document import SCHEMAS as PREFIX
from tools.review.names import used_schemas
from tools.review.normalization import normalize

SPEC = Path(__file__).parents[2] / "openapi.yaml"
NOW = Document.load(SPEC)


def operations(root: Any) -> Iterator[tuple[str, Any]]:
    for path, item in root["paths"].items():
        for method in METHODS:
            if method in item:
                yield f"{method.upper()} {path}", item[method]


def in_each_operation(edit: Callable[[Any], None]) -> Edit:
    """Return an edit of every operation at once."""

    def edited(root: Any) -> None:
        for _, node in operations(root):
            edit(node)

    return edited


def broken(edit: Edit) -> list[Change]:
    return [change for change in changes(edit, NOW) if change.effect is Effect.BREAKING]


def remove_an_error(operation: Any) -> None:
    operation["responses"].pop("500", None)


def remove_headers(root: Any) -> None:
    for response in at(root, ("components", "responses")).values():
        response.pop("headers", None)


def remove_links(operation: Any) -> None:
    for response in operation["responses"].values():
        response.pop("links", None)


def remove_first_scope(operation: Any) -> None:
    if "x-scopes" in operation:
        del operation["x-scopes"][0]


EDITS: dict[str, tuple[Edit, str, Callable[[Any], bool]]] = {
    "operationId": (
        in_each_operation(lambda node: node.__setitem__("operationId", "x_" + node["operationId"])),
        "operationId changed",
        lambda node: True,
    ),
    "tag": (in_each_operation(lambda node: node.__setitem__("tags", ["Other"])), "tags changed", lambda node: True),
    "scopes": (in_each_operation(remove_first_scope), "scopes changed", lambda node: bool(node.get("x-scopes"))),
    "retry record": (
        in_each_operation(lambda node: node.__setitem__("x-retry-record", not node.get("x-retry-record", True))),
        "x-retry-record changed",
        lambda node: True,
    ),
    "body": (
        in_each_operation(lambda node: node.pop("requestBody", None)),
        "body removed",
        lambda node: "requestBody" in node,
    ),
    "error status": (in_each_operation(remove_an_error), "response removed", lambda node: "500" in node["responses"]),
    "links": (
        in_each_operation(remove_links),
        "link removed",
        lambda node: any("links" in response for response in node["responses"].values()),
    ),
    "headers": (
        remove_headers,
        "header removed",
        lambda node: any("headers" in NOW.resolve(response) for response in node["responses"].values()),
    ),
}


@pytest.mark.parametrize(("edit", "what", "has"), EDITS.values(), ids=EDITS)
def test_each_operation_is_watched(edit: Edit, what: str, has: Callable[[Any], bool]) -> None:
    """If all operations lose a part, the break names each operation that had it."""
    named = {name for change in broken(edit) if change.what == what for name in change.operations}
    assert named == {name for name, node in operations(NOW.root) if has(node)}
    assert named


def test_each_schema_is_watched() -> None:
    """Each component schema that operations use is named by a break if it gets another name."""

    text = json.dumps(NOW.root, default=str).replace(f'"{PREFIX}', f'"{PREFIX}New')
    renamed = json.loads(text)
    schemas = renamed["components"]["schemas"]
    renamed["components"]["schemas"] = {f"New{name}": schema for name, schema in schemas.items()}
    # Variants of a union that refer to each other are reported by their names too.
    lost = ("schema renamed", "schema removed")
    found = {change.place for change in compare(NOW, Document(renamed)) if change.what in lost}
    now = normalize(NOW)
    used = {name for _, node in operations(now.root) for name in used_schemas(now, node)}
    assert found == {f"schema {name}" for name in used}
    assert used


def walk(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from walk(child)


def test_another_form_has_no_changes() -> None:
    """Keys in another order, headers in another case and references without need change nothing."""

    def edit(root: Any) -> None:
        for node in walk(root):
            for key, value in list(node.items()):
                node[key] = node.pop(key)
                if key in ("enum", "required", "x-scopes") and isinstance(value, list):
                    value.reverse()
        for response in at(root, ("components", "responses")).values():
            response["headers"] = {name.upper(): node for name, node in response.get("headers", {}).items()}
        for _, operation in operations(root):
            operation["parameters"] = [dict(NOW.resolve(node)) for node in operation.get("parameters", [])]
            operation["responses"] = {
                status: dict(Document(root).resolve(node)) for status, node in operation["responses"].items()
            }

    assert changes(edit, NOW) == []


def test_the_same_document_has_no_changes() -> None:
    """A document compared with a copy of itself yields nothing."""
    assert changes(lambda root: None, NOW) == []


def test_any_yaml_reader_reads_the_document() -> None:
    """The strict reader in Python and the lenient one in C agree on what the document says."""
    assert yaml.safe_load(SPEC.read_text(encoding="utf-8")) == NOW.root


def test_recursive_schemas_end() -> None:
    """Schemas that contain themselves, even at different depths, are compared in finite time."""
    tree: dict[str, Any] = {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/Job"}}}
    deeper = {"type": "object", "properties": {"child": copy.deepcopy(tree)}}
    old = copy.deepcopy(dict(NOW.root))
    at(old, SCHEMAS)["Job"] = tree
    assert changes(lambda root: at(root, SCHEMAS).__setitem__("Job", deeper), Document(old)) == []
