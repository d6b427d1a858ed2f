"""Validation of JSON values against the contract, with faults that name fields and never show a value."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import jsonschema_rs
import orjson
from jsonschema_rs import ValidationError, ValidationErrorKind

from inference_events.errors import ErrorDetail
from inference_events.http.null_characters import IN_VALUE, WITHOUT_NULL
from inference_events.http.schemas import WHOLE_NUMBER, Schema
from inference_events.messages import pointer

MAX_FAULTS = 50
UNKNOWN_FIELD = "unknown field"
# A schema may set its own message instead of the one made from its keywords.
MESSAGE = "x-message"
# The field that the message of a schema is about, unless it is the whole value.
MESSAGE_AT = "x-message-at"

_REFERENCE = re.compile(rb'"#/components/schemas/([^"/]+)')
_ARTICLES = {"integer": "an", "object": "an", "array": "an"}
_FORMATS = {"uuid": "a UUID", "date-time": "an RFC 3339 date and time"}


class WholeNumber:
    """Refuse a float if the contract requires an integer."""

    def __init__(self, parent: Schema, value: Any, path: list[str | int]) -> None:
        pass

    def validate(self, instance: Any) -> None:
        if isinstance(instance, float):
            raise ValueError


class Validator:
    """Check values against one schema of the contract; its references point into `definitions`."""

    def __init__(self, schema: Schema, definitions: Mapping[str, Any]) -> None:
        # Compiled with all definitions, each validator would take a megabyte and a millisecond more.
        self._root = {**schema, "components": {"schemas": _referenced(schema, definitions)}}
        self._compiled = jsonschema_rs.Draft202012Validator(
            self._root,
            validate_formats=True,
            keywords={WHOLE_NUMBER: WholeNumber},
        )

    def faults(self, value: Any) -> tuple[ErrorDetail, ...]:
        """Return the faults of `value`, at most `MAX_FAULTS`; empty if it is valid."""
        if self._compiled.is_valid(value):
            return ()
        return tuple(islice(_unique(self._faults(self._compiled.iter_errors(value))), MAX_FAULTS))

    def _faults(self, errors: Iterable[ValidationError]) -> Iterator[ErrorDetail]:
        for error in errors:
            match error.kind:
                case ValidationErrorKind.Required(name):
                    yield ErrorDetail("is required", pointer([*error.instance_path, name]))
                case ValidationErrorKind.AdditionalProperties(names):
                    yield from (ErrorDetail(UNKNOWN_FIELD, pointer([*error.instance_path, name])) for name in names)
                case ValidationErrorKind.AnyOf(branches) | ValidationErrorKind.OneOfNotValid(branches):
                    yield from self._alternatives(error, branches)
                case kind:
                    schema = self._schema_of(error)
                    field = [schema[MESSAGE_AT]] if MESSAGE_AT in schema else []
                    yield ErrorDetail(schema.get(MESSAGE) or _words(kind), pointer([*error.instance_path, *field]))

    def _alternatives(self, error: ValidationError, branches: list[list[ValidationError]]) -> Iterator[ErrorDetail]:
        """Report the faults of the branch closest to the value, or the types of all if it fits none.

        A missing field suggests that another branch was meant.
        """
        fitting = [branch for branch in branches if not _has_wrong_type(branch, error.instance_path)]
        if fitting:
            closest = min(fitting, key=lambda branch: (_lacks_field(branch, error.instance_path), len(branch)))
            yield from self._faults(closest)
            return
        types = [name for branch in branches for one in branch for name in _types_of(one)]
        yield ErrorDetail(_type_words(types), pointer(error.instance_path))

    def _schema_of(self, error: ValidationError) -> Mapping[str, Any]:
        """Return the schema whose keyword a value breaks."""
        schema: Any = self._root
        for step in error.schema_path[:-1]:
            schema = schema[step]
        return schema if isinstance(schema, Mapping) else {}


def _referenced(schema: Schema, definitions: Mapping[str, Any]) -> dict[str, Schema]:
    """Return the definitions that a schema refers to, directly or through another."""
    found: dict[str, Schema] = {}
    waiting = [schema]
    while waiting:
        names = {name.decode() for name in _REFERENCE.findall(orjson.dumps(waiting.pop()))} - found.keys()
        found |= {name: definitions["schemas"][name] for name in names}
        waiting += [found[name] for name in names]
    return found


def _unique(faults: Iterable[ErrorDetail]) -> Iterator[ErrorDetail]:
    seen = set()
    for fault in faults:
        if fault not in seen:
            seen.add(fault)
            yield fault


def _has_wrong_type(branch: list[ValidationError], path: list[str | int]) -> bool:
    return any(_types_of(error) and error.instance_path == path for error in branch)


def _lacks_field(branch: list[ValidationError], path: list[str | int]) -> bool:
    return any(isinstance(one.kind, ValidationErrorKind.Required) and one.instance_path == path for one in branch)


def _types_of(error: ValidationError) -> list[str]:
    return error.kind.types if isinstance(error.kind, ValidationErrorKind.Type) else []


def _words(kind: ValidationErrorKind) -> str:
    """Describe a keyword's rule in words, made from the schema only."""
    match kind:
        case ValidationErrorKind.Type(types):
            return _type_words(types)
        case ValidationErrorKind.Enum(options):
            return f"must be one of {_listed(options)}"
        case ValidationErrorKind.Constant(expected):
            return f"must be {_listed([expected])}"
        case ValidationErrorKind.Format(name):
            return f"must be {_FORMATS.get(name, name)}"
        case ValidationErrorKind.Pattern(pattern):
            return IN_VALUE if pattern == WITHOUT_NULL else f"must match {pattern}"
        case ValidationErrorKind.Custom():
            return "must be an integer"
        case ValidationErrorKind.FalseSchema():
            return UNKNOWN_FIELD
        case ValidationErrorKind.UniqueItems():
            return "must not repeat an item"
        case ValidationErrorKind.OneOfMultipleValid():
            return "must match only one of the documented forms"
        case _:
            return _limit_words(kind)


def _limit_words(kind: ValidationErrorKind) -> str:
    match kind:
        case ValidationErrorKind.Minimum(limit):
            return f"must be at least {limit}"
        case ValidationErrorKind.Maximum(limit):
            return f"must be at most {limit}"
        case ValidationErrorKind.ExclusiveMinimum(limit):
            return f"must be more than {limit}"
        case ValidationErrorKind.ExclusiveMaximum(limit):
            return f"must be less than {limit}"
        case ValidationErrorKind.MinLength(limit):
            return f"must have at least {limit} {_plural(limit, 'character')}"
        case ValidationErrorKind.MaxLength(limit):
            return f"must have at most {limit} {_plural(limit, 'character')}"
        case ValidationErrorKind.MinItems(limit):
            return f"must have at least {limit} {_plural(limit, 'item')}"
        case ValidationErrorKind.MaxItems(limit):
            return f"must have at most {limit} {_plural(limit, 'item')}"
        case _:
            return f"breaks the rule `{kind.name}` of its schema"


def _type_words(types: list[str]) -> str:
    names = sorted(dict.fromkeys(types), key=lambda name: name == "null")
    described = [name if name == "null" else f"{_ARTICLES.get(name, 'a')} {name}" for name in names]
    return f"must be {' or '.join(described)}"


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(orjson.dumps(value).decode() for value in values)


def _plural(count: int, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"
