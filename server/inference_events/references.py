"""JSON pointers, and references in an OpenAPI document, which are JSON pointers."""

from collections.abc import Mapping
from typing import Any


def escape(name: str) -> str:
    """Return a name as a step of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def unescape(step: str) -> str:
    """Return the name that a step of a JSON pointer stands for."""
    return step.replace("~1", "/").replace("~0", "~")


def find(document: Mapping[str, Any], reference: str) -> Any:
    """Return the node at a local reference. Raises KeyError, IndexError, TypeError or ValueError if there is none."""
    node: Any = document
    for name in map(unescape, reference.removeprefix("#/").split("/")):
        node = node[int(name)] if isinstance(node, list) else node[name]
    return node


def resolve(document: Mapping[str, Any], node: Any) -> Any:
    """Follow references such as `#/components/parameters/Limit` to a node that is not a reference."""
    while "$ref" in node:
        node = find(document, node["$ref"])
    return node
