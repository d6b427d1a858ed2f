"""Reading an OpenAPI 3.0 document: references and operations."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from inference_events.references import resolve

Node: TypeAlias = Mapping[str, Any]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
SCHEMAS = "#/components/schemas/"
TEMPLATE = re.compile(r"\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation with what it inherits from its path and from the document."""

    method: str
    path: str
    node: Node
    parameters: Mapping[tuple[str, str], Node]
    security: tuple[Node, ...]
    servers: tuple[Node, ...]

    @property
    def name(self) -> str:
        """Return the name that reports use, as in `POST /v3/events`."""
        return f"{self.method.upper()} {self.path}"


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

    @property
    def schemas(self) -> Node:
        """Return the component schemas by name."""
        return self._components("schemas")

    @property
    def security_schemes(self) -> Node:
        """Return the security schemes by name."""
        return self._components("securitySchemes")

    def resolve(self, node: Node) -> Node:
        """Follow references until a node that is none; raises KeyError if one points at nothing."""
        resolved: Node = resolve(self.root, node)
        return resolved

    def operations(self) -> Iterator[Operation]:
        """Yield every operation."""
        for path, item in self.root["paths"].items():
            for method in METHODS:
                if method in item:
                    yield self._operation(method, path, item)

    def _operation(self, method: str, path: str, item: Node) -> Operation:
        node: Node = item[method]
        declared = map(self.resolve, [*item.get("parameters", []), *node.get("parameters", [])])
        return Operation(
            method,
            path,
            node,
            {(each["in"], each["name"]): each for each in declared},
            tuple(node.get("security", self.root.get("security", [])) or [{}]),
            tuple(node.get("servers") or item.get("servers") or self.root.get("servers") or [{"url": "/"}]),
        )

    def _components(self, kind: str) -> Node:
        found: Node = self.root.get("components", {}).get(kind, {})
        return found


def component(node: Node) -> str:
    """Return the name of the component that a reference points at; empty if the node is no reference."""
    return str(node.get("$ref", "")).rpartition("/")[2]


def template_names(path: str) -> list[str]:
    """Return the names of a path's parameters in their order."""
    return TEMPLATE.findall(path)
