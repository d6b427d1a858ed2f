"""Schemas have the meaning of OpenAPI 3.0. Faults name fields and the schema's rules, and show no value."""

from typing import Any

import pytest

from inference_events.http.schemas import to_json_schema
from inference_events.http.validation import MAX_FAULTS, Validator
from inference_events.messages import MAX_NAME

CANARY = "canary-7f3a"
SCALAR = {"oneOf": [{"type": "string", "maxLength": 3}, {"type": "number"}]}


def faults(schema: dict[str, Any], value: Any) -> list[str]:
    found = Validator(to_json_schema(schema), {}).faults(value)
    return [f"{fault.pointer} {fault.message}" for fault in found]


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"type": "string"}, 5, " must be a string"),
        ({"type": "object"}, CANARY, " must be an object"),
        ({"type": "integer"}, 1.0, " must be an integer"),
        ({"type": "string", "nullable": True}, 5, " must be a string or null"),
        ({"type": "string", "enum": ["A", "B"]}, CANARY, ' must be one of "A", "B"'),
        ({"type": "string", "format": "uuid"}, CANARY, " must be a UUID"),
        ({"type": "string", "format": "date-time"}, CANARY, " must be an RFC 3339 date and time"),
        ({"type": "string", "pattern": "^[a-b]+$"}, CANARY, " must match ^[a-b]+$"),
        ({"type": "string", "minLength": 30}, CANARY, " must have at least 30 characters"),
        ({"type": "string", "maxLength": 1}, CANARY, " must have at most 1 character"),
        ({"type": "array", "maxItems": 1}, [1, 2], " must have at most 1 item"),
        ({"type": "array", "minItems": 2}, [1], " must have at least 2 items"),
        ({"type": "array", "uniqueItems": True}, [CANARY, CANARY], " must not repeat an item"),
        ({"type": "number", "minimum": 5}, 1, " must be at least 5"),
        ({"type": "number", "maximum": 5}, 10, " must be at most 5"),
        ({"type": "number", "minimum": 5, "exclusiveMinimum": True}, 5, " must be more than 5"),
        ({"type": "number", "maximum": 5, "exclusiveMaximum": True}, 5, " must be less than 5"),
        ({"type": "number", "multipleOf": 2}, 3, " breaks the rule `multipleOf` of its schema"),
        ({"type": "object", "required": ["a/b"]}, {}, "/a~1b is required"),
        ({"properties": {"a": {}}, "additionalProperties": False}, {"b/c": CANARY}, "/b~1c unknown field"),
        ({"type": "object", "additionalProperties": False}, {"a": CANARY}, " unknown field"),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, {"a": 1}, "/a must be a string"),
        ({"type": "array", "items": {"type": "string"}}, ["", 1], "/1 must be a string"),
        (SCALAR, [CANARY], " must be a string or a number"),
        (SCALAR, CANARY, " must have at most 3 characters"),
        ({"oneOf": [{"type": "number"}, {"minimum": 1}]}, 5, " must match only one of the documented forms"),
    ],
)
def test_faults_state_the_rule(schema: dict[str, Any], value: Any, expected: str) -> None:
    """Each keyword has a message, which names the place and the rule."""
    assert faults(schema, value) == [expected]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "nullable": True}, None),
        ({"type": "string", "nullable": True, "enum": ["A"]}, None),
        ({"type": "object", "properties": {"nullable": {"type": "string"}}}, {"nullable": "a"}),
        (
            {"type": "object", "properties": {"example": {"type": "integer", "nullable": True}}},
            {"example": None},
        ),
        ({"type": "number", "minimum": 5, "exclusiveMinimum": False}, 5),
    ],
)
def test_openapi_words_keep_their_meaning(schema: dict[str, Any], value: Any) -> None:
    """`nullable` and the boolean bounds of OpenAPI 3.0 work; fields that bear such names are only fields."""
    assert faults(schema, value) == []


def test_faults_are_bounded() -> None:
    """Neither many faults nor long names make a long response."""
    assert len(faults({"items": {"type": "string"}}, list(range(1000)))) == MAX_FAULTS
    (fault,) = faults({"additionalProperties": {"type": "string"}}, {"k" * 10_000: 1})
    assert fault == f"/{'k' * MAX_NAME}… must be a string"
    closed = {"properties": {"a": {}}, "additionalProperties": False}
    assert faults(closed, {"k" * 10_000: 1}) == [f"/{'k' * MAX_NAME}… unknown field"]
    assert len(faults(closed, {f"k{number}": 1 for number in range(1000)})) == MAX_FAULTS


def test_a_schema_may_have_a_message_of_its_own() -> None:
    """`x-message` replaces the message made from a keyword, also behind a reference."""
    named = {"type": "string", "enum": ["A"], "x-message": "must be A: nothing else is here"}
    assert faults(named, "B") == [" must be A: nothing else is here"]
    assert faults({"properties": {"name": named}}, {"name": "B"}) == ["/name must be A: nothing else is here"]


def test_a_message_may_name_the_field_that_it_is_about() -> None:
    """A rule between fields is a `not` with a message of its own; `x-message-at` names the field to change."""
    lacks_name = {"type": "object", "required": ["kind"], "properties": {"name": {"enum": [None]}}}
    rule = {"not": lacks_name, "x-message": "is needed", "x-message-at": "name"}
    either = {"type": "object", "allOf": [rule]}
    assert faults(either, {"kind": "A"}) == ["/name is needed"]
    assert faults(either, {"kind": "A", "name": None}) == ["/name is needed"]
    assert faults(either, {"kind": "A", "name": "a"}) == []
    assert faults({"properties": {"in": either}}, {"in": {"kind": "A"}}) == ["/in/name is needed"]
    assert faults(either, []) == [" must be an object"]


def test_the_alternative_that_was_meant_is_reported() -> None:
    """If a value may have several forms, the faults are those of the form whose required fields it has."""
    rule = {"type": "object", "required": ["operator"], "properties": {"operator": {"enum": ["less"]}}}
    condition = {"type": "object", "required": ["rules"], "properties": {"rules": {"type": "array", "items": rule}}}
    either = {"anyOf": [rule, condition]}
    assert faults(either, {"operator": "more"}) == ['/operator must be one of "less"']
    assert faults(either, {"rules": [{"operator": "more"}]}) == ['/rules/0/operator must be one of "less"']


def test_each_unknown_field_is_named() -> None:
    """Several unknown fields are several faults, each with its own pointer."""
    closed = {"properties": {"a": {"properties": {"b": {}}, "additionalProperties": False}}}
    assert faults(closed, {"a": {"b": 1, "c": 1, "d": 1}}) == ["/a/c unknown field", "/a/d unknown field"]
