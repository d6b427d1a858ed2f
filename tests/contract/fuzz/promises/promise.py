"""Promises, and the operations of the contract."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from hypothesis import strategies as st

from tests.contract.fuzz import CONTRACT
from tests.contract.fuzz.promises.session import Session

METHODS = ("get", "put", "post", "delete", "patch")
Hold = Callable[[Session, st.DataObject], None]


@dataclass(frozen=True)
class Promise:
    """One promise about some operations. `hold` fails if it is broken; an exhaustive one needs no second example."""

    name: str
    operations: frozenset[str]
    hold: Hold
    is_exhaustive: bool = False


@dataclass(frozen=True)
class Operation:
    """An operation of the contract. `scopes` is None if it needs no token."""

    id: str
    method: str
    path: str
    scopes: frozenset[str] | None
    parameters: Mapping[str, Any]
    needs_all_projects: bool

    @property
    def ids(self) -> list[str]:
        """Return the names of its path parameters."""
        return [name for name, parameter in self.parameters.items() if parameter["in"] == "path"]

    @property
    def query(self) -> set[str]:
        """Return the names of its query parameters."""
        return {name for name, parameter in self.parameters.items() if parameter["in"] == "query"}


def promise(*operations: str, is_exhaustive: bool = False) -> Callable[[Hold], Promise]:
    """Make a promise of the function that checks it."""
    return lambda hold: Promise(hold.__name__, frozenset(operations), hold, is_exhaustive)


def _operations() -> Iterator[Operation]:
    document = yaml.safe_load(CONTRACT.read_text())
    for path, item in document["paths"].items():
        for method in METHODS:
            if (spec := item.get(method)) is not None:
                named = [_resolve(document, node) for node in item.get("parameters", []) + spec.get("parameters", [])]
                is_open = not spec.get("security", document.get("security"))
                scopes = None if is_open else frozenset(spec["x-scopes"])
                parameters = {node["name"]: node for node in named}
                needs_all = spec.get("x-all-projects", False)
                yield Operation(spec["operationId"], method.upper(), path, scopes, parameters, needs_all)


def _resolve(document: Any, node: Any) -> Any:
    while "$ref" in node:
        target = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def _scopes() -> list[str]:
    scopes: list[str] = yaml.safe_load(CONTRACT.read_text())["components"]["schemas"]["TokenScope"]["enum"]
    return scopes


OPERATIONS = {operation.id: operation for operation in _operations()}
SCOPES = _scopes()
