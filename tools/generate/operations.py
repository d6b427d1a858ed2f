"""Turn the operations of an OpenAPI 3.0 document into a typed Protocol, their statuses and their scopes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

TYPE_NAMES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}

FORM = "multipart/form-data"

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

PREAMBLE = '''
"""What a server of this API implements: one method per operation, typed by the specification."""

from pathlib import Path
from typing import Final, Literal, Protocol

from . import types


class UploadedFile(Protocol):
    """Point at a file that was sent as a form part: size in bytes, SHA-256 in hex."""

    @property
    def filename(self) -> str: ...
    @property
    def path(self) -> Path: ...
    @property
    def size(self) -> int: ...
    @property
    def sha256(self) -> str: ...


class FileDownload(Protocol):
    """Point at a file that is the answer. It is removed once it has been sent."""

    @property
    def filename(self) -> str: ...
    @property
    def path(self) -> Path: ...
    @property
    def media_type(self) -> str: ...


class Operations(Protocol):
    """Serve every operation: arguments are validated, what is returned is the body of the answer."""
'''


class UnsupportedOperation(Exception):
    """The document says something that a handler's signature cannot express."""


@dataclass(frozen=True)
class Operation:
    """Describe one operation as Python sees it; `status` is that of its success."""

    name: str
    summary: str
    arguments: list[str]
    returns: str
    status: int
    scopes: tuple[str, ...] | None


def operations_module(document: dict[str, Any]) -> str:
    """Return the source of the module with `Operations`, `STATUS` and `SCOPES`.

    Raises UnsupportedOperation, which names the operation.
    """
    operations = list(_operations(document))
    statuses = {operation.name: operation.status for operation in operations}
    scopes = {operation.name: operation.scopes for operation in operations if operation.scopes is not None}
    constants = f"""

STATUS: Final[dict[str, int]] = {statuses!r}

SCOPES: Final[dict[str, tuple[str, ...]]] = {scopes!r}
"""
    return PREAMBLE + "".join(map(_method, operations)) + constants


def _method(operation: Operation) -> str:
    arguments = ", ".join(["self", *(["*", *operation.arguments] if operation.arguments else [])])
    return f"""
    async def {operation.name}({arguments}) -> {operation.returns}:
        ""{json.dumps(operation.summary, ensure_ascii=False)}""
"""


def _operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for method, node in item.items():
            if method in METHODS:
                yield _operation(document, f"{method.upper()} {path}", item, node)


def _operation(document: dict[str, Any], place: str, item: dict[str, Any], node: dict[str, Any]) -> Operation:
    if "operationId" not in node:
        raise UnsupportedOperation(f"{place} has no operationId")
    name = node["operationId"]
    status, response = _success(document, name, node)
    return Operation(
        name=name,
        summary=node["summary"],
        arguments=[*_parameters(document, item, node), *_body(document, name, node)],
        returns=_answer(document, name, response),
        status=status,
        scopes=_scopes(document, name, node),
    )


def _scopes(document: dict[str, Any], name: str, node: dict[str, Any]) -> tuple[str, ...] | None:
    if not node.get("security", document.get("security")):
        return None
    if "x-scopes" not in node:
        raise UnsupportedOperation(f"{name} needs a token but has no x-scopes")
    return tuple(node["x-scopes"])


def _success(document: dict[str, Any], name: str, node: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    successes = {str(status): answer for status, answer in node["responses"].items() if str(status)[0] == "2"}
    if len(successes) != 1:
        listed = ", ".join(successes) or "none"
        raise UnsupportedOperation(f"{name} needs exactly one 2xx status, it has: {listed}")
    [(status, answer)] = successes.items()
    return int(status), _resolved(document, answer)


def _parameters(document: dict[str, Any], item: dict[str, Any], node: dict[str, Any]) -> Iterator[str]:
    """Yield arguments; an operation's own parameter stands for its path's of the same name."""
    given = [_resolved(document, each) for each in item.get("parameters", []) + node.get("parameters", [])]
    for parameter in {(each["in"], each["name"]): each for each in given}.values():
        if parameter["in"] in ("path", "query"):
            yield _argument(document, parameter)


def _argument(document: dict[str, Any], parameter: dict[str, Any]) -> str:
    hint = _type(parameter["schema"])
    default = _resolved(document, parameter["schema"]).get("default")
    if default is not None:
        return f"{parameter['name']}: {hint} = {default!r}"
    if parameter.get("required"):
        return f"{parameter['name']}: {hint}"
    return f"{parameter['name']}: {hint} | None = None"


def _body(document: dict[str, Any], name: str, node: dict[str, Any]) -> Iterator[str]:
    if "requestBody" not in node:
        return
    body = _resolved(document, node["requestBody"])
    if FORM in body["content"]:
        yield from _form_fields(_resolved(document, body["content"][FORM]["schema"]))
        return
    hint = _content_type(document, name, body)
    yield f"body: {hint}" if body.get("required") else f"body: {hint} | None = None"


def _form_fields(form: dict[str, Any]) -> Iterator[str]:
    for name, field in form["properties"].items():
        hint = "UploadedFile" if _is_binary(field) else _type(field)
        yield f"{name}: {hint}" if name in form.get("required", ()) else f"{name}: {hint} | None = None"


def _answer(document: dict[str, Any], name: str, response: dict[str, Any]) -> str:
    schemas = [_resolved(document, each["schema"]) for each in response.get("content", {}).values()]
    if schemas and all(map(_is_binary, schemas)):
        return "FileDownload"
    return _content_type(document, name, response) or "None"


def _is_binary(schema: dict[str, Any]) -> bool:
    return schema.get("format") == "binary"


def _content_type(document: dict[str, Any], name: str, holder: dict[str, Any]) -> str | None:
    content = holder.get("content", {})
    if content and list(content) != ["application/json"]:
        raise UnsupportedOperation(f"{name} carries {', '.join(content)}; only application/json has a type")
    return _type(content["application/json"]["schema"]) if content else None


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return f"types.{schema['$ref'].rsplit('/', 1)[1]}"
    if "enum" in schema:
        return f"Literal[{', '.join(map(repr, schema['enum']))}]"
    if schema.get("type") == "array":
        return f"list[{_type(schema['items'])}]"
    if schema.get("type") not in TYPE_NAMES:
        raise UnsupportedOperation(f"a schema of type {schema.get('type')} must be a named component")
    return TYPE_NAMES[schema["type"]]


def _resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        found: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        node = found
    return node
