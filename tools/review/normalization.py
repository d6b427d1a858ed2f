"""Write equal contracts in one way, so that a comparison sees only what differs for a client.

Defaults are removed, references are followed except those to schemas (their names are classes in generated clients),
and header names and media types are in lower case.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tools.review.document import METHODS, Document

# The objects below each kind of object. A star marks many of them, by name or in a list.
CHILDREN: Mapping[str, Mapping[str, str]] = {
    "document": {"paths": "*path item", "components": "components"},
    "components": {"schemas": "*schema", "securitySchemes": "*security scheme"},
    "path item": {"parameters": "*parameter", **dict.fromkeys(METHODS, "operation")},
    "operation": {"parameters": "*parameter", "requestBody": "request body", "responses": "*response"},
    "parameter": {"schema": "schema", "content": "*media type", "examples": "*example"},
    "header": {"schema": "schema", "content": "*media type", "examples": "*example"},
    "request body": {"content": "*media type"},
    "response": {"headers": "*header", "content": "*media type", "links": "*link"},
    "media type": {"schema": "schema", "encoding": "*encoding", "examples": "*example"},
    "encoding": {"headers": "*header"},
    "schema": {
        "properties": "*schema", "items": "schema", "additionalProperties": "schema", "not": "schema",
        "allOf": "*schema", "oneOf": "*schema", "anyOf": "*schema",
    },
}  # fmt: skip
VALUE_DEFAULTS = {"required": False, "deprecated": False, "allowEmptyValue": False, "allowReserved": False}
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "operation": {
        "deprecated": False,
        "parameters": [],
        "tags": [],
        "callbacks": {},
        "x-retry-record": True,
        "x-all-projects": False,
    },
    "parameter": VALUE_DEFAULTS,
    "header": VALUE_DEFAULTS,
    "request body": {"required": False},
    "response": {"headers": {}, "content": {}, "links": {}},
    "media type": {"schema": {}, "encoding": {}},
    "schema": {
        "nullable": False, "deprecated": False, "readOnly": False, "writeOnly": False, "uniqueItems": False,
        "exclusiveMaximum": False, "exclusiveMinimum": False, "minLength": 0, "minItems": 0, "minProperties": 0,
        "required": [], "properties": {}, "additionalProperties": True,
    },
}  # fmt: skip
STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}
SCALARS = ("boolean", "integer", "number", "string")
# OpenAPI ignores parameters and headers of these names: other parts of the contract describe them.
IGNORED_PARAMETERS = ("accept", "authorization", "content-type")
IGNORED_HEADER = "content-type"


def normalize(document: Document) -> Document:
    """Return the document in its normal form; raises KeyError if a reference points at nothing."""
    return Document(_Normalization(document).node("document", document.root))


class _Normalization:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._finish: Mapping[str, Callable[[dict[str, Any]], None]] = {
            "path item": _finish_parameters,
            "operation": _finish_parameters,
            "parameter": self._finish_parameter,
            "header": self._finish_header,
            "request body": _finish_content,
            "response": _finish_response,
            "schema": _finish_schema,
        }

    def node(self, kind: str, node: Any) -> Any:
        """Return the normal form of one object; other values, as in `additionalProperties: false`, stay."""
        if not isinstance(node, Mapping):
            return node
        if kind == "schema" and "$ref" in node:
            return {"$ref": node["$ref"]}
        children = CHILDREN.get(kind, {})
        normal = {
            key: self._child(children[key], value) if key in children else value
            for key, value in self._document.resolve(node).items()
        }
        for key, value in DEFAULTS.get(kind, {}).items():
            if key in normal and normal[key] == value:
                del normal[key]
        if kind in self._finish:
            self._finish[kind](normal)
        return normal

    def _child(self, kind: str, value: Any) -> Any:
        if not kind.startswith("*"):
            return self.node(kind, value)
        if isinstance(value, Mapping):
            return {str(name): self.node(kind[1:], each) for name, each in value.items()}
        return [self.node(kind[1:], each) for each in value]

    def _finish_parameter(self, node: dict[str, Any]) -> None:
        if node["in"] == "header":
            node["name"] = node["name"].lower()
        self._remove_style(node, STYLES[node["in"]])

    def _finish_header(self, node: dict[str, Any]) -> None:
        self._remove_style(node, "simple")

    def _remove_style(self, node: dict[str, Any], usual: str) -> None:
        style = node.get("style", usual)
        is_scalar = self._document.resolve(node.get("schema", {})).get("type") in SCALARS
        if is_scalar or node.get("explode") is (style == "form"):
            node.pop("explode", None)
        if style == usual:
            node.pop("style", None)
        _finish_content(node)


def _finish_parameters(node: dict[str, Any]) -> None:
    node["parameters"] = [
        each for each in node.get("parameters", []) if each["in"] != "header" or each["name"] not in IGNORED_PARAMETERS
    ]


def _finish_response(node: dict[str, Any]) -> None:
    headers = {name.lower(): header for name, header in node.get("headers", {}).items()}
    headers.pop(IGNORED_HEADER, None)
    node["headers"] = headers
    _finish_content(node)


def _finish_content(node: dict[str, Any]) -> None:
    if "content" in node:
        node["content"] = {media_type(name): each for name, each in node["content"].items()}


def _finish_schema(node: dict[str, Any]) -> None:
    if node.get("additionalProperties") == {}:
        del node["additionalProperties"]
    if "not" in node:
        node["not"] = _without_order(node["not"])


def _without_order(node: Any) -> Any:
    """Return a schema without its texts and the order of its lists, which mean nothing in a comparison."""
    if isinstance(node, list):
        return [_without_order(each) for each in node]
    if not isinstance(node, Mapping):
        return node
    kept = {key: value for key, value in node.items() if key not in ("description", "example")}
    return {
        key: sorted(value, key=repr) if key in ("enum", "required") else _without_order(value)
        for key, value in kept.items()
    }


def media_type(text: str) -> str:
    """Return a media type in lower case, its parameters in order, without UTF-8, which is the default."""
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    return "; ".join([name, *_without_utf8(parameters)])


def _without_utf8(parameters: Iterable[str]) -> list[str]:
    return sorted(each for each in parameters if each.replace('"', "") != "charset=utf-8")
