"""Edits of a contract, as functions of its root."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from tools.review.changes import Change, Effect
from tools.review.comparison import compare
from tools.review.document import Document, Node

SHOP = Document.load(Path(__file__).with_name("shop.yaml"))

Edit: TypeAlias = Callable[[Any], None]

SCHEMAS = ("components", "schemas")
NEW = (*SCHEMAS, "NewOrder", "properties")
ORDER = (*SCHEMAS, "Order", "properties")
LIST = ("paths", "/orders", "get")
CREATE = ("paths", "/orders", "post")
GET = ("paths", "/orders/{order_id}", "get")
PHOTO = ("paths", "/orders/{order_id}/photo", "put")
SECURITY = ("components", "securitySchemes")


class Break(NamedTuple):
    """An edit that breaks clients, and its entry in the report."""

    name: str
    edit: Edit
    place: str
    what: str


def at(root: Any, path: tuple[str | int, ...]) -> Any:
    for part in path:
        root = root[part]
    return root


def put(value: Any, *path: str | int) -> Edit:
    """Set a value, each time a copy of its own."""
    return lambda root: at(root, path[:-1]).__setitem__(path[-1], copy.deepcopy(value))


def drop(*path: str | int) -> Edit:
    return lambda root: at(root, path[:-1]).__delitem__(path[-1])


def append(value: Any, *path: str | int) -> Edit:
    return lambda root: at(root, path).append(copy.deepcopy(value))


def discard(value: Any, *path: str | int) -> Edit:
    return lambda root: at(root, path).remove(value)


def reverse(*path: str | int) -> Edit:
    """Reverse the order of a list or of the keys of a mapping."""

    def edit(root: Any) -> None:
        found = at(root, path)
        turned = list(reversed(found)) if isinstance(found, list) else dict(reversed(found.items()))
        at(root, path[:-1])[path[-1]] = turned

    return edit


def rename(new: str, *path: str | int) -> Edit:
    """Rename a key in its place."""

    def edit(root: Any) -> None:
        parent = at(root, path[:-1])
        items = [(new if key == path[-1] else key, value) for key, value in parent.items()]
        parent.clear()
        parent.update(items)

    return edit


def replace_value(old: str, new: str) -> Edit:
    """Replace a value in the whole document."""

    def replaced(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: replaced(value) for key, value in node.items()}
        if isinstance(node, list):
            return [replaced(item) for item in node]
        return new if node == old else node

    return lambda root: root.update(replaced(root))


def all_of(*edits: Edit) -> Edit:
    def edit(root: Any) -> None:
        for each in edits:
            each(root)

    return edit


def rename_schema(old: str, new: str) -> Edit:
    return all_of(
        rename(new, *SCHEMAS, old), replace_value(f"#/components/schemas/{old}", f"#/components/schemas/{new}")
    )


def inline(*path: str | int) -> Edit:
    """Put a copy of the schema at the place of the reference to it."""

    def edit(root: Any) -> None:
        node = at(root, path)
        at(root, path[:-1])[path[-1]] = copy.deepcopy(dict(Document(root).resolve(node)))

    return edit


def extract(name: str, *path: str | int) -> Edit:
    """Make an inline schema a component."""

    def edit(root: Any) -> None:
        at(root, SCHEMAS)[name] = at(root, path)
        at(root, path[:-1])[path[-1]] = {"$ref": f"#/components/schemas/{name}"}

    return edit


def edited(root: Node, edit: Edit) -> Document:
    """Return the document after an edit of a copy."""
    whole = copy.deepcopy(dict(root))
    edit(whole)
    return Document(whole)


def changes(edit: Edit, before: Document = SHOP) -> list[Change]:
    return compare(before, edited(before.root, edit))


def breaks(edit: Edit, before: Document = SHOP) -> set[tuple[str, str]]:
    """Return place and kind of each break that an edit causes."""
    found = changes(edit, before)
    return {(change.place, change.what) for change in found if change.effect is Effect.BREAKING}
