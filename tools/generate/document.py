"""Read an OpenAPI document and find its operations, parameters and references."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from inference_events.references import resolve

Node: TypeAlias = dict[str, Any]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class UnsupportedDocument(Exception):
    """The document has faults: one line each, which names the operation or the place."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class _Loader(yaml.SafeLoader):
    """Refuse a repeated key: plain YAML would drop the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.MarkedYAMLError(problem=f"the key {key} is there twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


@dataclass(frozen=True)
class OperationNode:
    """One operation as the document has it; `name` is its operationId, or method and path if it has none."""

    name: str
    method: str
    path: str
    node: Node
    parameters: tuple[Node, ...]


def load(path: Path) -> Node:
    """Return the document. Raises UnsupportedDocument if the file is not readable as one."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise UnsupportedDocument(f"{path}: {line}{error.problem}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = getattr(error, "strerror", None) or "is not YAML in UTF-8"
        raise UnsupportedDocument(f"{path}: {reason}") from None
    if not isinstance(document, dict):
        raise UnsupportedDocument(f"{path}: is not an OpenAPI document")
    return document


def operations(document: Node) -> Iterator[OperationNode]:
    """Yield every operation in the document's order, references of its parameters resolved."""
    for path, item in document["paths"].items():
        for method in (key for key in item if key in METHODS):
            node = item[method]
            name = str(node.get("operationId", f"{method.upper()} {path}"))
            yield OperationNode(name, method, path, node, _parameters(document, item, node))


def _parameters(document: Node, item: Node, node: Node) -> tuple[Node, ...]:
    """Return the parameters; an operation's own one replaces its path's of the same name."""
    given = [resolved(document, each) for each in [*item.get("parameters", []), *node.get("parameters", [])]]
    return tuple({(each["in"], each["name"]): each for each in given}.values())


def resolved(document: Node, node: Node) -> Node:
    """Follow local references until a node that is none."""
    found: Node = resolve(document, node)
    return found
