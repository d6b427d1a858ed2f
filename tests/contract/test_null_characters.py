"""U+0000 is a 400 in every text that the catalog keeps or compares, and only there."""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_events.http.contract import load_contract
from inference_events.http.null_characters import null_faults
from inference_events.messages import pointer
from inference_events.references import resolve
from tests.contract.fakes import ADMIN, ExampleOperations, OpenGate, create_example_app
from tests.contract.serving import serve
from tests.contract.wire import send

Path = tuple[str | int, ...]

SPEC = load_contract().document
METHODS = ("get", "put", "post", "patch", "delete")
ID = "5b1b1c62-5f4d-4c53-9f3e-0f6a2f0b7a11"
TEXT = "a\x00b"
# The server neither keeps nor compares it.
NOT_KEPT = {"client_name", "organization_name"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    app = create_example_app(tmp_path_factory.mktemp("incoming"), ExampleOperations(), OpenGate())
    with serve(app) as url:
        yield url


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in SPEC["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def bodies(spec: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Yield each example of a JSON body with its schema."""
    content = resolve(SPEC, spec.get("requestBody", {})).get("content", {}).get("application/json")
    if content is not None:
        for example in content["examples"].values():
            yield resolve(SPEC, example)["value"], content["schema"]


def text_fields(schema: Mapping[str, Any], example: Any, path: Path = ()) -> Iterator[Path]:
    """Yield where a body may have free text: each field of the objects that its example has, sent or not."""
    schema = resolve(SPEC, schema)
    for part in ("allOf", "oneOf", "anyOf"):
        for branch in schema.get(part, ()):
            yield from text_fields(branch, example, path)
    if schema.get("type") == "string":
        if "enum" not in schema:
            yield path
    elif schema.get("type") == "array" and isinstance(example, list):
        for place, one in enumerate(example):
            yield from text_fields(schema["items"], one, (*path, place))
    elif isinstance(example, dict):
        # If a body may have only so many fields, the example has them.
        for name, child in schema.get("properties", {}).items():
            if name in example or "maxProperties" not in schema:
                yield from text_fields(child, example.get(name), (*path, name))
    if schema.get("additionalProperties") is True:
        yield (*path, "anything")


def with_text(body: Any, path: Path) -> Any:
    changed = copy.deepcopy(body)
    inner = changed
    for step in path[:-1]:
        inner = inner.setdefault(step, {}) if isinstance(inner, dict) else inner[step]
    inner[path[-1]] = TEXT
    return changed


CASES = [
    (path, method, with_text(body, field), field)
    for path, method, spec in operations()
    if "Events" not in spec["tags"]
    for body, schema in bodies(spec)
    for field in dict.fromkeys(text_fields(schema, body))
]


@pytest.mark.parametrize(("path", "method", "body", "field"), CASES, ids=range(len(CASES)))
def test_no_text_of_a_body_has_it(url: str, path: str, method: str, body: Any, field: Path) -> None:
    """In each text field of each operation that is not about events the character is a 400 that names the field."""
    path = re.sub(r"\{\w+\}", ID, path)
    headers = [("Authorization", f"Bearer {ADMIN}"), ("Content-Type", "application/json")]
    response = send(url, method.upper(), path, headers, json.dumps(body).encode())
    assert response.status == 400
    places = [fault["message"] for fault in json.loads(response.body)["error"]["errors"]]
    assert any(place.startswith(pointer(field)) for place in places), places


def test_every_operation_with_text_is_tried() -> None:
    """The cases above cover the models, with their schemas, and everything else that has a name."""
    tried = {(path, field[-1]) for path, _, _, field in CASES}
    assert {
        ("/v3/projects", "name"),
        ("/v3/models", "description"),
        ("/v3/models", "anything"),
        ("/v3/baselines", "name"),
        ("/v3/segments", "definition"),
        ("/v3/custom-metrics", "name"),
        ("/v3/tokens", "name"),
    } <= tried


QUERIES = [
    (path, method, one["name"])
    for path, method, spec in operations()
    for one in (resolve(SPEC, one) for one in spec.get("parameters", ()))
    if one["in"] == "query" and one["schema"].get("type") == "string" and one["name"] not in NOT_KEPT
]


@pytest.mark.parametrize(("path", "method", "name"), QUERIES)
def test_no_parameter_has_it(url: str, path: str, method: str, name: str) -> None:
    """In the text of a query parameter, and in that of a filter's value, the character is a 400."""
    headers = [("Authorization", f"Bearer {ADMIN}")]
    rule = json.dumps({"field": "name", "operator": "equal", "value": TEXT})
    for text in (TEXT, rule):
        response = send(url, method.upper(), f"{path.replace('{model_id}', ID)}?{name}={quote(text)}", headers)
        assert response.status == 400 or (text is rule and name == "search"), name


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_values_and_ids_of_events_may_have_it(url: str, method: str) -> None:
    """An event's id, values and undeclared columns keep the character; the name of a dataset may not have it."""
    headers = [("Authorization", f"Bearer {ADMIN}"), ("Content-Type", "application/json")]
    body = {"model_id": ID, "env_type": "PRODUCTION", "source": {"type": "EVENTS", "events": [{TEXT: TEXT}]}}
    assert send(url, method, "/v3/events", headers, json.dumps(body).encode()).status == 200
    ids = {"model_id": ID, "env_type": "PRODUCTION", "event_ids": [TEXT]}
    assert send(url, "POST", "/v3/events/query", headers, json.dumps(ids).encode()).status == 200
    for path, named in (("/v3/events", body), ("/v3/events/query", ids)):
        if method == "POST":
            named = {**named, "env_type": "PRE_PRODUCTION", "env_name": TEXT}
            refused = send(url, method, path, headers, json.dumps(named).encode())
            assert (refused.status, b"/env_name: must not have the character U+0000" in refused.body) == (400, True)


VALUES = st.recursive(
    st.none() | st.integers() | st.text("a\x00", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("a\x00", max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(value=VALUES)
def test_it_is_found_wherever_it_is(value: Any) -> None:
    """A JSON value has a fault if and only if its text has the character."""
    assert bool(list(null_faults(value))) is ("\\u0000" in json.dumps(value))
