"""Check that a document is sound OpenAPI 3.0 with local references, before its features are looked at."""

from collections.abc import Iterator, Sequence
from typing import Any

from openapi_spec_validator import OpenAPIV30SpecValidator

from tools.generate.document import METHODS, Node, resolved

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
    """YAML reads `200`, `on` and `2024-01-01` as other things than text."""
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
            yield from (f"{_name(document, place)}: {fault}" for fault in _reference(document, value))


def _reference(document: Node, target: str) -> Iterator[str]:
    if not target.startswith("#/"):
        yield f"the reference {target} leaves the document; only local ones are supported"
        return
    try:
        node = resolved(document, {"$ref": target}) if not _is_circular(document, target) else None
    except (KeyError, TypeError):
        yield f"the reference {target} points at nothing"
        return
    if node is None:
        yield f"the reference {target} points at itself"


def _is_circular(document: Node, target: str) -> bool:
    seen = set()
    while target not in seen:
        seen.add(target)
        node: Any = document
        for step in target.removeprefix("#/").split("/"):
            node = node[step.replace("~1", "/").replace("~0", "~")]
        if not (isinstance(node, dict) and "$ref" in node):
            return False
        target = node["$ref"]
    return True


def _schema(document: Node) -> Iterator[str]:
    for error in OpenAPIV30SpecValidator(document).iter_errors():
        place = [str(step) for step in error.absolute_path]
        yield f"{_name(document, place)}: {' > '.join([*place[3:], ''])}{_shortened(error.message)}"


def _shortened(message: str) -> str:
    """Return one line of what the validator says, which quotes whole nodes."""
    line = " ".join(message.split())
    return line if len(line) <= 300 else f"{line[:140]} … {line[-140:]}"


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
