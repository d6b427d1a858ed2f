"""Reading an OpenAPI 3.0 document: references, operations and merged schemas."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

Node: TypeAlias = Mapping[str, Any]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation with what it inherits from its path and from the document."""

    name: str
    node: Node
    parameters: Mapping[tuple[str, str], Node]
    security: tuple[frozenset[str], ...]


class Document:
    """An OpenAPI document whose references all point into itself."""

    def __init__(self, root: Node) -> None:
        self.root = root

    @classmethod
    def parse(cls, text: str) -> "Document":
        """Read YAML or JSON text; raises ValueError if it is not a mapping."""
        root = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        if not isinstance(root, dict):
            raise ValueError("the document is not a mapping")
        return cls(root)

    @classmethod
    def load(cls, path: Path) -> "Document":
        """Read the document from a file."""
        return cls.parse(path.read_text(encoding="utf-8"))

    def resolve(self, node: Node) -> Node:
        """Follow references until a node that is none; raises KeyError where one points at nothing."""
        while "$ref" in node:
            target: Any = self.root
            for part in str(node["$ref"]).removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def schema(self, node: Node) -> Node:
        """Resolve a schema and merge its allOf: properties and required names add up, the rest replaces."""
        node = self.resolve(node)
        if "allOf" not in node:
            return node
        own = {key: value for key, value in node.items() if key != "allOf"}
        merged: dict[str, Any] = {}
        for part in [*map(self.schema, node["allOf"]), own]:
            properties = {**merged.get("properties", {}), **part.get("properties", {})}
            required = [*merged.get("required", []), *part.get("required", [])]
            merged |= part
            merged |= {"properties": properties} if properties else {}
            merged |= {"required": required} if required else {}
        return merged

    def operations(self) -> Iterator[Operation]:
        """Yield every operation, named as in `POST /v3/events`."""
        for path, item in self.root["paths"].items():
            for method in METHODS:
                if method in item:
                    yield self._operation(f"{method.upper()} {path}", item, item[method])

    def _operation(self, name: str, item: Node, node: Node) -> Operation:
        declared = map(self.resolve, [*item.get("parameters", []), *node.get("parameters", [])])
        security = node.get("security", self.root.get("security", [])) or [{}]
        return Operation(
            name,
            node,
            {(each["in"], each["name"]): each for each in declared},
            tuple(frozenset(requirement) for requirement in security),
        )


def component(node: Node) -> str:
    """Name the component that a reference points at; empty where the node is no reference."""
    return str(node.get("$ref", "")).rpartition("/")[2]
