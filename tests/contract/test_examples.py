"""Every example in openapi.yaml is valid: for its schema, for the types of the handlers and for the Python client."""

import importlib.util
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import TypeAdapter
from typing_extensions import TypedDict

import inference_events_client.models as client
from tools.review.document import Document, Operation
from tools.review.examples import Example, ExampleCheck, examples

SPEC = Path(__file__).parents[2] / "openapi.yaml"
DOCUMENT = Document.load(SPEC)
CHECK = ExampleCheck(DOCUMENT)
EXAMPLES = list(examples(DOCUMENT))
MODELLED = [example for example in EXAMPLES if example.model]
# The client has classes for objects only; its enumerations are literals.
OBJECTS = [example for example in MODELLED if isinstance(example.value, Mapping)]
JSON = "application/json"


def place(example: Example) -> str:
    return example.place


def with_instants(value: Any) -> Any:
    """Read RFC 3339 texts as instants: the models write the same one in another way."""
    if isinstance(value, Mapping):
        return {key: with_instants(item) for key, item in value.items()}
    if isinstance(value, list):
        return [with_instants(item) for item in value]
    if isinstance(value, str) and "T" in value:
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return value
    return value


@pytest.mark.parametrize("example", EXAMPLES, ids=place)
def test_an_example_is_valid(example: Example) -> None:
    """An example in the document is valid for its schema, formats included."""
    assert CHECK.faults(example) == []


@pytest.fixture(scope="module")
def handler_types() -> Iterator[ModuleType]:
    """Give the types of the handlers, loaded with that TypedDict which pydantic reads on every version of Python."""
    spec = importlib.util.find_spec("inference_events_api.types")
    assert spec is not None
    assert spec.loader is not None
    types = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, types.__name__, types)
        with patch.context() as loading:
            loading.setattr("typing.TypedDict", TypedDict)
            spec.loader.exec_module(types)
        yield types


@pytest.mark.parametrize("example", MODELLED, ids=place)
def test_the_types_of_the_handlers_admit_an_example(example: Example, handler_types: ModuleType) -> None:
    """An example has the type that a handler gets or returns, and no field that the type lacks."""
    adapter: TypeAdapter[Any] = TypeAdapter(getattr(handler_types, example.model))
    assert adapter.validate_python(example.value) == example.value


@pytest.mark.parametrize("example", OBJECTS, ids=place)
def test_the_client_models_keep_an_example(example: Example) -> None:
    """The client's models read an example and write the same JSON again."""
    written = getattr(client, example.model).from_dict(example.value).to_dict()
    assert with_instants(written) == with_instants(example.value)


@pytest.mark.parametrize("operation", list(DOCUMENT.operations()), ids=lambda operation: operation.name)
def test_bodies_have_examples(operation: Operation) -> None:
    """Every JSON body, sent or received, is shown by an example."""
    bodies = [operation.node.get("requestBody", {}), *operation.node["responses"].values()]
    for body in map(DOCUMENT.resolve, bodies):
        assert body.get("content", {}).get(JSON, {"examples": True}).get("examples")


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "NORMAL"},
        {"data": {"compatible": "yes"}, "api_version": "3.0", "kind": "NORMAL"},
    ],
    ids=["missing field", "wrong type"],
)
def test_a_broken_example_is_found(fault: dict[str, Any]) -> None:
    """An invalid example is named with the place of its fault."""
    schema = {"$ref": "#/components/schemas/VersionCompatibilityResponse"}
    assert CHECK.faults(Example("/here", fault, schema, "VersionCompatibilityResponse"))
