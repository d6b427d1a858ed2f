"""Check that a document is sound OpenAPI 3.0 with local references, before its features are checked."""

import json
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any

from jsonschema_rs import Draft4Validator, ValidationError, ValidationErrorKind
from openapi_spec_validator import OpenAPIV30SpecValidator

from inference_events.references import escape, find
from tools.generate.document import METHODS, Node

LONGEST_MESSAGE = 300

_KINDS = (list, str, int, float, bool, type(None))


def structure_faults(document: Node) -> list[str]:
    """Return a line for each fault. The later checks assume what the earlier ones found."""
    for check in (_version, _values, _references, _schema):
        if faults := list(dict.fromkeys(check(document))):
            return faults
    return []


def _version(document: Node) -> Iterator[str]:
    version = str(document.get("openapi"))
    if not version.startswith("3.0."):
        yield f"openapi: {version} is not supported; the version must be 3.0.x"


def _values(document: Node) -> Iterator[str]:
    """YAML does not read `200`, `on` and `2024-01-01` as text."""
    for place, value in _walk(document, ()):
        if isinstance(value, dict):
            for key in value:
                if not isinstance(key, str):
                    yield f"{_name(document, place)}: the key {key} must be in quotes"
        elif not isinstance(value, _KINDS):
            yield f"{_name(document, place)}: the value {value} of {place[-1]} must be in quotes"


def _references(document: Node) -> Iterator[str]:
    for place, value in _walk(document, ()):
        if place[-1:] == ("$ref",) and isinstance(value, str):
            yield from (f"{_name(document, place)}: {fault}" for fault in _reference(document, place[:-1], value))


def _reference(document: Node, holder: Sequence[str], target: str) -> Iterator[str]:
    followed: list[str] = []
    while target not in followed:
        followed.append(target)
        if not target.startswith("#/"):
            yield f"the reference {target} leaves the document; only local ones are supported"
            return
        try:
            node = find(document, target)
        except (KeyError, IndexError, TypeError, ValueError):
            yield f"the reference {target} points at nothing"
            return
        if not isinstance(node, dict) or "$ref" not in node:
            return
        target = node["$ref"]
    if f"#/{'/'.join(map(escape, holder))}" in followed:
        yield f"the reference {followed[0]} points at itself"


def _schema(document: Node) -> Iterator[str]:
    schema = files("openapi_spec_validator").joinpath("resources/schemas/v3.0/schema.json").read_bytes()
    for error in Draft4Validator(json.loads(schema), validate_formats=True).iter_errors(document):
        closest = _closest(error)
        place = [str(step) for step in closest.instance_path]
        message = closest.message if len(closest.message) < LONGEST_MESSAGE else f"breaks {closest.kind.name}"
        yield ": ".join(filter(None, [_name(document, place), " > ".join(place[3:]), message]))


def _closest(error: ValidationError) -> ValidationError:
    """Return the deepest fault: it is in the alternative that fits longest, which is probably the intended one."""
    if not isinstance(error.kind, ValidationErrorKind.OneOfNotValid | ValidationErrorKind.AnyOf):
        return error
    inner = [_closest(each) for branch in error.kind.context for each in branch]
    return max(inner, key=lambda each: len(each.instance_path), default=error)


def value_faults(document: Node) -> list[str]:
    """Return a line for each fault that the schema of OpenAPI does not find, such as a default of another type."""
    messages = (error.message.splitlines()[0] for error in OpenAPIV30SpecValidator(document).iter_errors())
    return [f"the document: {message}" for message in messages]


def _name(document: Node, place: Sequence[str]) -> str:
    """Name the operation at a place, or the place if it is in none."""
    if not _is_operation(place):
        return " > ".join(place[:3]) or "the document"
    path, method = place[1:3]
    node = document["paths"][path][method]
    return str(node.get("operationId", f"{method.upper()} {path}")) if isinstance(node, dict) else f"{method} {path}"


def _is_operation(place: Sequence[str]) -> bool:
    return len(place) > 2 and place[0] == "paths" and place[2] in METHODS


def _walk(node: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield place, node
    if isinstance(node, dict):
        for key, child in node.items():
            yield from _walk(child, (*place, str(key)))
    elif isinstance(node, list):
        for number, child in enumerate(node):
            yield from _walk(child, (*place, str(number)))
