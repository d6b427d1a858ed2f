"""Random filters, generated from the grammar in the contract: its schema `Filter`."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema_rs
import yaml
from hypothesis import strategies as st

from tests.contract.fuzz import CONTRACT

COMPONENTS = "#/components/schemas/"
SCHEMAS = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))["components"]["schemas"]
GRAMMAR = jsonschema_rs.Draft202012Validator({"$ref": f"{COMPONENTS}Filter", "components": {"schemas": SCHEMAS}})
MAX_LENGTH = 4096
# The fields that nearly all lists know. Random names would nearly always be unknown fields.
FIELDS = st.sampled_from(["id", "name", "created_at"])
TEXTS = st.text(max_size=8) | st.sampled_from(["a", "PRODUCTION", "v1", "2024-01-01", "2024-01-01T00:00:00Z"])
NUMBERS = st.integers(-(2**63), 2**64) | st.floats(allow_nan=False, allow_infinity=False)


def strategy(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Return a strategy for the values of a schema that the grammar uses."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(COMPONENTS)
        return FIELDS if name == "FilterField" else st.deferred(lambda: strategy(SCHEMAS[name]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if branches := schema.get("oneOf") or schema.get("anyOf"):
        return st.one_of(*map(strategy, branches))
    match schema.get("type"):
        case "object":
            return _objects(schema)
        case "array":
            least = schema.get("minItems", 0)
            return st.lists(strategy(schema["items"]), min_size=least, max_size=schema.get("maxItems", 3))
        case kind:
            return {"string": TEXTS, "number": NUMBERS}.get(str(kind), st.none())


def _objects(schema: Mapping[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    values = {name: strategy(one) for name, one in schema["properties"].items()}
    required = {name: values.pop(name) for name in schema["required"]}
    return st.fixed_dictionaries(required, optional=values)


FILTERS = strategy(SCHEMAS["Filter"]).map(json.dumps).filter(lambda text: len(text) <= MAX_LENGTH)


def has_filter(url: str) -> bool:
    """Report whether a request has a filter that keeps to the grammar."""
    [text] = parse_qs(urlsplit(url).query).get("filter", [""])[:1]
    try:
        return GRAMMAR.is_valid(json.loads(text))
    except ValueError:
        return False
