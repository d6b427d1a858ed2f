"""The server does what openapi.yaml says, and clients find it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args

import pytest

from inference_events import errors, warning_details
from inference_events.catalog import files
from inference_events.catalog.listing import OPERATORS
from inference_events.http.contract import load_contract
from inference_events.http.schemas import to_json_schema
from inference_events.http.validation import Validator
from inference_events_client.facade import filters

DOCUMENT = load_contract().document
SCHEMAS: Mapping[str, Any] = DOCUMENT["components"]["schemas"]
DEFINITIONS = {"schemas": {name: to_json_schema(schema) for name, schema in SCHEMAS.items()}}
REQUIRED_HEADERS = {
    "get_pulse 200": {"X-Request-ID", "ETag"},
    "304": {"X-Request-ID", "ETag"},
    "401": {"WWW-Authenticate", "X-Request-ID"},
    "429": {"Retry-After", "X-Request-ID"},
    "503": {"Retry-After", "X-Request-ID"},
    "create_session 200": {"Set-Cookie", "X-Request-ID"},
    "download_events 200": {"Content-Disposition", "X-Request-ID"},
}
SECTIONS = ("Paging", "Versioning", "Retries", "Time", "Types", "Errors", "Access")
SECTION = re.compile(r"\*([A-Z][a-z]+)\* in the\s+introduction")
WRITTEN = ("string", "integer", "number", "array")
FILENAMES = [
    "rows.csv", "ROWS.CSV", ".csv", "a/b\\c.pq", "x.Parquet", "x.tar.gz", "\u202e.csv", "é" * 500 + ".csv",
    "", "rows", "rows.csv ", "rows.csv\n", "rows.gz", "csv", "a\x00b.csv", "a\nb.csv", "a\x1fb.csv", "a\x7fb.csv",
    "x" * 1021 + ".csv", "x" * 1020 + ".csv",
]  # fmt: skip


def resolved(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference to a component."""
    while "$ref" in node:
        _, _, kind, name = node["$ref"].split("/")
        node = DOCUMENT["components"][kind][name]
    return node


def responses() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield operationId, status and response."""
    for item in DOCUMENT["paths"].values():
        for operation in item.values():
            for status, response in operation["responses"].items():
                yield operation["operationId"], status, resolved(response)


def request_properties() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the properties of all bodies that a client sends, as JSON or as a form, each component once."""
    seen: set[str] = set()

    def below(schema: Mapping[str, Any], name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            if name not in seen:
                seen.add(name)
                yield from below(SCHEMAS[name], name)
            return
        for branch in (*schema.get("oneOf", ()), *schema.get("anyOf", ()), *schema.get("allOf", ())):
            yield from below(branch, name)
        for field, one in schema.get("properties", {}).items():
            yield f"{name}.{field}", one
            yield from below(one, name)
        if "items" in schema:
            yield from below(schema["items"], name)

    for item in DOCUMENT["paths"].values():
        for operation in item.values():
            for content in resolved(operation.get("requestBody", {})).get("content", {}).values():
                yield from below(content["schema"], operation["operationId"])
    yield from below({"$ref": "#/components/schemas/Filter"}, "")


def subclasses(cls: type[errors.ApiError]) -> Iterator[type[errors.ApiError]]:
    for one in cls.__subclasses__():
        yield one
        yield from subclasses(one)


def test_the_reasons_of_errors_are_documented() -> None:
    """The contract lists each reason that an error can have, and no other. The list may grow, so it is no enum."""
    reason = SCHEMAS["ErrorDetail"]["properties"]["reason"]
    assert "enum" not in reason
    assert sorted(reason["x-extensible-enum"]) == sorted({one.reason for one in subclasses(errors.ApiError)})


def test_the_reasons_of_warnings_are_documented() -> None:
    """The contract lists each reason that a warning can have, and no other."""
    written = {
        warning_details.DATE_LIKE_NUMBER,
        warning_details.FORMAT_NOT_SAFE,
        warning_details.FEATURE_NOT_COMPUTED,
        warning_details.THRESHOLD_LIKE_SHARE,
    }
    assert set(SCHEMAS["WarningDetail"]["properties"]["reason"]["x-extensible-enum"]) == written


def test_headers_that_are_always_sent_are_required() -> None:
    """Each response declares the headers that it always has, so that tools check them."""
    for operation, status, response in responses():
        headers = {name: resolved(header) for name, header in response["headers"].items()}
        required = REQUIRED_HEADERS.get(f"{operation} {status}") or REQUIRED_HEADERS.get(status) or {"X-Request-ID"}
        assert {name for name, header in headers.items() if header.get("required")} == required, operation


@pytest.mark.parametrize("filename", FILENAMES, ids=range(len(FILENAMES)))
def test_both_kinds_of_upload_take_the_same_filenames(filename: str) -> None:
    """The contract's pattern allows exactly the names that an upload in one piece may have."""
    schema = to_json_schema(SCHEMAS["MultipartInit"])
    is_valid = not Validator(schema, DEFINITIONS).faults({"filename": filename})
    try:
        is_accepted = bool(files.type_of(filename))
    except errors.BadRequest:
        is_accepted = False
    assert is_accepted is is_valid


def test_a_refused_filename_is_explained_in_words() -> None:
    """The message names the endings, and not the pattern."""
    [fault] = Validator(to_json_schema(SCHEMAS["MultipartInit"]), DEFINITIONS).faults({"filename": "rows.txt"})
    assert (fault.pointer, fault.message) == (
        "/filename",
        "must end in .csv, .parquet, .pq or .tar.gz, in any case, and have no control characters",
    )


def test_the_operators_of_filters_are_the_same_everywhere() -> None:
    """The contract, the server and the types of the Python client know the same operators."""
    kinds = {name: set(SCHEMAS[f"Filter{name}Operator"]["enum"]) for name in ("Comparison", "Membership", "Range")}
    kinds["Presence"] = set(SCHEMAS["FilterPresenceOperator"]["enum"])
    assert {one for kind in kinds.values() for one in kind} == OPERATORS
    assert set(SCHEMAS["FilterRule"]["discriminator"]["mapping"]) == OPERATORS
    for name, operators in kinds.items():
        typed = getattr(filters, name)
        assert set(get_args(typed.__annotations__["operator"])) == operators
        assert typed.__required_keys__ == set(SCHEMAS[f"Filter{name}"]["required"])


def test_each_value_of_a_request_has_an_example() -> None:
    """Each text, number and list of a request has an example, unless it has only one possible value."""
    missing = [
        name
        for name, schema in request_properties()
        if schema.get("type") in WRITTEN
        and not {"enum", "example"} & schema.keys()
        and schema.get("format") != "binary"
    ]
    assert missing == []


def test_the_introduction_has_its_sections() -> None:
    """The introduction states once the rules for all operations; each section that a description names exists."""
    headings = re.findall(r"^# (.+)$", DOCUMENT["info"]["description"], re.MULTILINE)
    assert set(SECTIONS) <= set(headings)
    named = {name for text in descriptions(DOCUMENT) for name in SECTION.findall(text)}
    assert named <= set(headings)


def descriptions(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        if isinstance(node.get("description"), str):
            yield node["description"]
        for child in node.values():
            yield from descriptions(child)
    elif isinstance(node, list):
        for child in node:
            yield from descriptions(child)
