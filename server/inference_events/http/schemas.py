"""OpenAPI 3.0 schemas rewritten as JSON Schema 2020-12."""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

WHOLE_NUMBER = "x-whole-number"

_ANNOTATIONS = frozenset(
    {"nullable", "discriminator", "example", "description", "title", "xml", "externalDocs", "deprecated"}
)
_BOUNDS = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}


def to_json_schema(schema: Mapping[str, Any]) -> Schema:
    """Rewrite one OpenAPI 3.0 schema object.

    `nullable` becomes a type; a discriminator becomes if/then, so that an error names its place in the branch that the
    discriminator chose; an integer is marked with `WHOLE_NUMBER`: in OpenAPI 3.0 `1.0` is not an integer.
    """
    if "discriminator" in schema and "oneOf" in schema:
        return _branches(schema)
    rewritten = {key: _rewrite(key, value) for key, value in schema.items() if key not in _ANNOTATIONS}
    _rewrite_bounds(rewritten)
    if schema.get("type") == "integer":
        rewritten[WHOLE_NUMBER] = True
    if schema.get("nullable"):
        _admit_null(rewritten)
    return rewritten


def _rewrite(key: str, value: Any) -> Any:
    if key == "properties":
        return {name: to_json_schema(child) for name, child in value.items()}
    if key in ("allOf", "anyOf", "oneOf"):
        return [to_json_schema(child) for child in value]
    if key in ("items", "additionalProperties", "not") and isinstance(value, Mapping):
        return to_json_schema(value)
    return value


def _rewrite_bounds(schema: Schema) -> None:
    for exclusive, inclusive in _BOUNDS.items():
        if schema.get(exclusive) is True:
            schema[exclusive] = schema.pop(inclusive)
        elif schema.get(exclusive) is False:
            del schema[exclusive]


def _admit_null(schema: Schema) -> None:
    if "type" in schema:
        schema["type"] = [schema["type"], "null"]
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]


def _branches(schema: Mapping[str, Any]) -> Schema:
    name = schema["discriminator"]["propertyName"]
    mapping = schema["discriminator"]["mapping"]
    return {
        "type": "object",
        "required": [name],
        "properties": {name: {"enum": list(mapping)}},
        "allOf": [
            {"if": {"required": [name], "properties": {name: {"const": value}}}, "then": {"$ref": target}}
            for value, target in mapping.items()
        ],
    }
