"""Names that clients import: a generated client has a class for each component schema."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tools.review.changes import DOCUMENTATION, Change, broken, shown
from tools.review.document import Document, Node, component


def lost_schemas(old: Document, new: Document, node: Node) -> Iterator[Change]:
    """Yield a break for each component that a node uses and whose name is gone: generated clients lose its class."""
    for name in sorted(used_schemas(old, node) - new.schemas.keys()):
        text = _text_without_name(name, old.schemas[name])
        renamed = [
            each
            for each in sorted(new.schemas.keys() - old.schemas.keys())
            if _text_without_name(each, new.schemas[each]) == text
        ]
        why = "generated clients lose the class"
        if renamed:
            yield broken(f"schema {name}", "schema renamed", why, shown(name), shown(renamed[0]))
        else:
            yield broken(f"schema {name}", "schema removed", why)


def used_schemas(document: Document, node: Any) -> set[str]:
    """Return the names of the component schemas that a node uses, directly or through others."""
    used: set[str] = set()
    open_nodes = [node]
    while open_nodes:
        current = open_nodes.pop()
        if isinstance(current, list):
            open_nodes += current
        elif isinstance(current, Mapping):
            open_nodes += current.values()
            name = component(current)
            if name in document.schemas and name not in used:
                used.add(name)
                open_nodes.append(document.schemas[name])
    return used


def _text_without_name(name: str, schema: Node) -> str:
    structure = {key: value for key, value in schema.items() if key not in DOCUMENTATION}
    return json.dumps(structure, sort_keys=True, default=str).replace(f'/{name}"', '/"')
