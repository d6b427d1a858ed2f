"""The contract: `openapi.yaml`, read once and compiled for each operation."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import orjson

from inference_events.http.forms import Form
from inference_events.http.parameters import Parameter, Parameters
from inference_events.http.schemas import to_json_schema
from inference_events.http.validation import Validator
from inference_events.references import resolve
from inference_events_api.operations import SCOPES, STATUS

EVENTS_PATH = "/v3/events"

_METHODS = ("get", "put", "post", "delete", "patch")
_JSON = "application/json"
_FORM = "multipart/form-data"
_URLENCODED = "application/x-www-form-urlencoded"
_TEMPLATE = re.compile(r"\\\{[^/{}]+\\\}")


@dataclass(frozen=True, slots=True)
class Operation:
    """The rules for one operation's requests and responses.

    `scopes` is None if no token is needed; of the scopes, one is enough. `needs_all_projects` refuses tokens that are
    limited to projects. `body` checks a JSON body, which may also be an urlencoded form if `takes_urlencoded`; `form`
    describes a multipart one; `response` checks a JSON response; a response that is a file has one of `file_types`.
    An operation that `has_etag` responds 304 if the client has the response already.
    """

    id: str
    method: str
    path: str
    status: int
    scopes: frozenset[str] | None
    needs_all_projects: bool
    parameters: Parameters
    body: Validator | None
    form: Form | None
    takes_urlencoded: bool
    response: Validator | None
    file_types: frozenset[str]
    has_etag: bool
    is_recorded: bool
    is_about_events: bool


@dataclass(frozen=True, slots=True)
class Contract:
    """Hold the spec as bytes and as a document, its operations by id, and the methods of paths without parameters."""

    source: bytes
    document: dict[str, Any]
    operations: Mapping[str, Operation]
    fixed_paths: Mapping[str, set[str]]

    def methods(self, path: str) -> list[str]:
        """Return the methods of `path`, sorted; empty if the path is not in the contract."""
        if path in self.fixed_paths:
            return sorted(self.fixed_paths[path])
        matching = {one.method for one in self.operations.values() if matches_path(one.path, path)}
        return sorted(_with_head(matching))

    def refuses(self, method: str, path: str) -> bool:
        """Return whether the contract has exactly `path`, without parameters, but not this method."""
        return path in self.fixed_paths and method not in self.fixed_paths[path]


def _with_head(methods: set[str]) -> set[str]:
    return methods | {"HEAD"} if "GET" in methods else methods


def load_contract() -> Contract:
    """Read and compile the spec that is packaged with the generated code."""
    package = files("inference_events_api")
    document = orjson.loads(package.joinpath("openapi.json").read_bytes())
    operations = {operation.id: operation for operation in _operations(document)}
    fixed_paths: dict[str, set[str]] = {}
    for operation in operations.values():
        if "{" not in operation.path:
            fixed_paths.setdefault(operation.path, set()).add(operation.method)
    source = package.joinpath("openapi.yaml").read_bytes()
    return Contract(source, document, operations, {path: _with_head(methods) for path, methods in fixed_paths.items()})


def matches_path(template: str, path: str) -> bool:
    """Return whether `path` matches a template such as `/v3/jobs/{job_id}`."""
    return re.fullmatch(_TEMPLATE.sub("[^/]+", re.escape(template)), path) is not None


def starts_path(template: str, path: str) -> bool:
    """Return whether `path`, or a path above it, matches a template."""
    return re.fullmatch(_TEMPLATE.sub("[^/]+", re.escape(template)) + "(?s:/.*)?", path) is not None


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    schemas = document.get("components", {}).get("schemas", {})
    definitions = {"schemas": {name: to_json_schema(schema) for name, schema in schemas.items()}}
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield _operation(document, definitions, path, method)


def _operation(document: Mapping[str, Any], definitions: Mapping[str, Any], path: str, method: str) -> Operation:
    spec = document["paths"][path][method]
    body = resolve(document, spec.get("requestBody", {})).get("content", {})
    name = spec["operationId"]
    response = resolve(document, spec["responses"][str(STATUS[name])])
    return Operation(
        id=name,
        method=method.upper(),
        path=path,
        status=STATUS[name],
        scopes=frozenset(SCOPES[name]) if name in SCOPES else None,
        needs_all_projects=spec.get("x-all-projects", False),
        parameters=Parameters(_parameters(document, document["paths"][path], spec, definitions)),
        body=_validator(body, definitions) if _JSON in body else None,
        form=_form(document, body[_FORM], definitions) if _FORM in body else None,
        takes_urlencoded=_URLENCODED in body,
        response=_validator(response["content"], definitions) if _JSON in response["content"] else None,
        file_types=frozenset(response["content"]) - {_JSON},
        has_etag="304" in spec["responses"],
        is_recorded=method != "get" and _FORM not in body and spec.get("x-retry-record", True),
        is_about_events="Events" in spec.get("tags", ()),
    )


def _parameters(
    document: Mapping[str, Any], item: Mapping[str, Any], spec: Mapping[str, Any], definitions: Mapping[str, Any]
) -> Iterator[Parameter]:
    """Yield the parameters; an operation's own one replaces its path's of the same name."""
    given = [resolve(document, one) for one in (*item.get("parameters", ()), *spec.get("parameters", ()))]
    for one in {(one["in"], one["name"]): one for one in given}.values():
        yield Parameter.from_spec(one, _flat(document, one["schema"]), definitions)


def _flat(document: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Resolve the references of a schema and of its items and fields."""
    flat = dict(resolve(document, schema))
    if "items" in flat:
        flat["items"] = resolve(document, flat["items"])
    if "properties" in flat:
        flat["properties"] = {name: resolve(document, one) for name, one in flat["properties"].items()}
    return flat


def _validator(content: Mapping[str, Any], definitions: Mapping[str, Any]) -> Validator:
    return Validator(to_json_schema(content[_JSON]["schema"]), definitions)


def _form(document: Mapping[str, Any], content: Mapping[str, Any], definitions: Mapping[str, Any]) -> Form:
    return Form.from_schema(_flat(document, content["schema"]), definitions)
