"""Path, query and header parameters, turned into the Python types of the contract."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

import orjson

from inference_events.errors import BadRequest, ErrorDetail
from inference_events.http.null_characters import null_faults
from inference_events.http.schemas import Schema, to_json_schema
from inference_events.http.validation import Validator
from inference_events_api.operations import ARGUMENTS

Headers = Iterable[tuple[bytes, bytes]]

MAX_QUERY_PARAMETERS = 100
# Validation follows nested values by recursion.
MAX_CONTENT_DEPTH = 100

# Names the schema of the JSON value that a parameter's text holds. OpenAPI's own way, `content` in place of `schema`,
# makes generators drop the parameter.
CONTENT = "x-content-schema"

# The vendor's client sends Python's spelling of booleans.
_BOOLEANS = {"true": True, "false": False, "True": True, "False": False}
_INTEGER = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,400}(\.[0-9]{1,400})?([eE][-+]?[0-9]{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Parameter:
    """Describe one parameter of an operation; `kind` is the JSON type of one value.

    `argument` is its name in Python, None if middleware reads the parameter and the handler does not get it. `content`
    checks the JSON value that the text holds, and is None for other text.
    """

    name: str
    argument: str | None
    location: str
    required: bool
    kind: str
    is_uuid: bool
    is_array: bool
    default: Any
    validator: Validator
    content: Validator | None

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any], schema: Schema, definitions: Mapping[str, Any]) -> "Parameter":
        """Read a parameter object; its schema and that of its items are not references."""
        is_array = schema.get("type") == "array"
        item = schema["items"] if is_array else schema
        name, location = spec["name"], spec["in"]
        return cls(
            name=name,
            argument=argument_name(location, name) if spec.get("x-handler-argument", True) else None,
            location=location,
            required=spec.get("required", False),
            kind=item["type"],
            is_uuid=item.get("format") == "uuid",
            is_array=is_array,
            default=schema.get("default"),
            validator=Validator(to_json_schema(schema), definitions),
            content=Validator(to_json_schema(spec[CONTENT]), definitions) if CONTENT in spec else None,
        )

    @property
    def title(self) -> str:
        return f"{self.location} parameter {self.name}"

    def read(self, texts: Sequence[str]) -> Any:
        """Convert and check the values sent for this parameter. Raises BadRequest."""
        value = self._convert(texts)
        faults = self.validator.faults(value)
        if faults:
            raise BadRequest(f"{self.title} {faults[0].message}")
        return value if self.content is None else self._parse(value, self.content)

    def _parse(self, text: str, content: Validator) -> Any:
        """Return the JSON value that the text holds, None for an empty text or object."""
        try:
            value = orjson.loads(text or "{}")
        except orjson.JSONDecodeError:
            raise self._refuse(ErrorDetail("is not readable as JSON")) from None
        if value == {}:
            return None
        if _is_nested_deeper(value, MAX_CONTENT_DEPTH):
            raise self._refuse(ErrorDetail(f"is nested more than {MAX_CONTENT_DEPTH} levels deep"))
        faults = content.faults(value) or (*null_faults(value),)
        if faults:
            raise self._refuse(*faults)
        return value

    def _refuse(self, *faults: ErrorDetail) -> BadRequest:
        return BadRequest.with_details(
            *(replace(one, pointer=f"/{self.location}/{self.name}{one.pointer}") for one in faults)
        )

    def _convert(self, texts: Sequence[str]) -> Any:
        if not self.is_array:
            if len(texts) > 1:
                raise BadRequest(f"{self.title} must be given once")
            return scalar(texts[0], self.kind, self.is_uuid)
        return [scalar(text, self.kind, self.is_uuid) for text in texts]


class Parameters:
    """Read every parameter of one operation."""

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        by_location: dict[str, list[Parameter]] = {"path": [], "query": [], "header": []}
        for parameter in parameters:
            by_location[parameter.location].append(parameter)
        self._path = by_location["path"]
        self._query = by_location["query"]
        self._headers = by_location["header"]
        self._query_names = {parameter.name for parameter in self._query}

    def arguments(self, path: Mapping[str, str], query: bytes, headers: Headers) -> dict[str, Any]:
        """Return the arguments by their names in Python, defaults filled in.

        Raises BadRequest with a fault for each parameter that is wrong, missing or unknown.
        """
        faults: list[ErrorDetail] = []
        sent = self._sent(query, faults)
        arguments = _read_all(self._path, _path_texts(path, self._path), faults)
        arguments |= _read_all(self._query, sent, faults)
        if self._headers:
            arguments |= _read_all(self._headers, _header_texts(headers, self._headers), faults)
        if faults:
            raise BadRequest.with_details(*faults)
        return arguments

    def _sent(self, query: bytes, faults: list[ErrorDetail]) -> dict[str, list[str]]:
        if not query:
            return {}
        sent: dict[str, list[str]] = {}
        for name, text in _query_pairs(query):
            sent.setdefault(name, []).append(text)
        if sent.keys() - self._query_names:
            known = ", ".join(sorted(self._query_names)) or "none"
            faults.append(ErrorDetail(f"has an unknown query parameter; known here: {known}"))
        return sent


def _read_all(
    parameters: Iterable[Parameter], sent: Mapping[str, Sequence[str]], faults: list[ErrorDetail]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for parameter in parameters:
        try:
            value = parameter.default
            if parameter.name in sent:
                value = parameter.read(sent[parameter.name])
            elif parameter.required:
                raise BadRequest(f"{parameter.title} is required")
            if parameter.argument is not None and value is not None:
                values[parameter.argument] = value
        except BadRequest as error:
            faults.extend(error.faults)
    return values


def _is_nested_deeper(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [inner for one in level for inner in _inner(one)]
    return bool(level)


def _inner(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _query_pairs(query: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_QUERY_PARAMETERS,
        )
    except ValueError:
        raise BadRequest("The query string is not readable") from None


def _path_texts(path: Mapping[str, str], parameters: Iterable[Parameter]) -> dict[str, list[str]]:
    """Connexion puts `_` for `-` into the names of a path, which its router does not take."""
    return {parameter.name: [path[parameter.name.replace("-", "_")]] for parameter in parameters}


def _header_texts(headers: Headers, parameters: Iterable[Parameter]) -> dict[str, list[str]]:
    names = {parameter.name.lower().encode(): parameter.name for parameter in parameters}
    texts: dict[str, list[str]] = {}
    for key, value in headers:
        if key in names:
            texts.setdefault(names[key], []).append(value.decode("latin-1"))
    return texts


def argument_name(place: str, name: str) -> str:
    """Return the name in Python of a parameter or of a form's field."""
    return ARGUMENTS.get((place, name), name)


def scalar(text: str, kind: str, is_uuid: bool) -> Any:
    """Read `text` as the JSON type `kind`; unreadable text stays text, which the schema then refuses."""
    match kind:
        case "boolean":
            return _BOOLEANS.get(text, text)
        case "integer" if _INTEGER.fullmatch(text):
            return int(text)
        case "number" if _NUMBER.fullmatch(text):
            return float(text)
        case _:
            return text.lower() if is_uuid else text
