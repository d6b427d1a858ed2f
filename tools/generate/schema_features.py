"""Find parts of a schema that the generators or the server's validation would drop."""

from collections.abc import Iterator
from re import fullmatch
from typing import Any

import jsonschema_rs

from tools.generate.document import Node

COMPONENTS = "#/components/schemas/"
_IGNORED = ("xml", "readOnly", "writeOnly")


class SchemaCheck:
    """Check schemas and what they refer to; each component is reported once."""

    def __init__(self, document: Node) -> None:
        self._schemas: Node = document.get("components", {}).get("schemas", {})
        self._seen: set[str] = set()

    def faults(self, schema: Node, place: str = "") -> Iterator[str]:
        """Yield the unsupported features; `place` is the component that contains the schema."""
        if "$ref" in schema:
            yield from self._reference(schema["$ref"])
            return
        where = f" in the schema {place}" if place else ""
        yield from (f"{fault}{where}" for fault in _own_faults(schema))
        for child in _children(schema):
            yield from self.faults(child, place)

    def _reference(self, target: str) -> Iterator[str]:
        name = target.removeprefix(COMPONENTS)
        if target in self._seen:
            return
        self._seen.add(target)
        if name not in self._schemas:
            yield f"the reference {target} is not supported; a schema must be at {COMPONENTS}"
        elif not fullmatch(r"[A-Z][A-Za-z0-9]*", name):
            yield f"the schema name {name} is not supported; write it like EventSource"
        else:
            yield from self.faults(self._schemas[name], name)


def _own_faults(schema: Node) -> Iterator[str]:
    yield from (f"{keyword} is not supported" for keyword in _IGNORED if schema.get(keyword))
    if "not" in schema and "x-message" not in schema:
        yield "not is not supported without an x-message, which the server answers with"
    if schema.get("nullable") and "type" not in schema:
        yield "nullable is not supported beside anything but a type"
    for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if schema.get(exclusive) and inclusive not in schema:
            yield f"{exclusive} is not supported without {inclusive}"
    if "pattern" in schema and not _is_pattern(schema["pattern"]):
        yield f"the pattern {schema['pattern']} is not supported"
    if schema.get("type") == "array" and "items" not in schema:
        yield "a list without items is not supported"
    if "discriminator" in schema and not _is_complete(schema):
        yield "a discriminator is not supported unless its mapping refers to exactly the schemas of a oneOf"


def _is_pattern(pattern: str) -> bool:
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except ValueError:
        return False
    return True


def _is_complete(schema: Node) -> bool:
    """The server chooses the branch by the mapping alone and looks at no keyword beside it."""
    branches = [branch.get("$ref") for branch in schema.get("oneOf", ())]
    mapped = schema["discriminator"].get("mapping", {}).values()
    return bool(branches) and set(branches) == set(mapped) and not schema.get("nullable")


def _children(schema: Node) -> Iterator[Any]:
    yield from schema.get("properties", {}).values()
    for keyword in ("allOf", "anyOf", "oneOf"):
        yield from schema.get(keyword, ())
    for keyword in ("items", "additionalProperties", "not"):
        if isinstance(schema.get(keyword), dict):
            yield schema[keyword]
