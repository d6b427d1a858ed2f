"""Turn the operations of an OpenAPI 3.0 document into a typed Protocol for each tag, and into tables of their facts."""

import json
import re
from dataclasses import dataclass
from keyword import iskeyword

from tools.generate.arguments import Argument, arguments, is_binary
from tools.generate.document import Node, OperationNode, operations, resolved

TYPE_NAMES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}

PREAMBLE = '''
"""The interface of a server of this API: an object per tag, with a method per operation, typed by the specification.

Arguments are validated; the returned value is the body of the response. An operation belongs to its first tag.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, Literal, Protocol, TypeAlias

from . import types


class UploadedFile(Protocol):
    """Name a file that was sent as a form part and is stored under `key`: size in bytes, SHA-256 in hex.

    It is deleted after the request unless it is kept.
    """

    @property
    def filename(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def sha256(self) -> str: ...
    def keep(self) -> None: ...


class FileDownload(Protocol):
    """A file that is the response. It is removed once it has been sent."""

    @property
    def filename(self) -> str: ...
    @property
    def path(self) -> Path: ...
    @property
    def media_type(self) -> str: ...


Handler: TypeAlias = Callable[..., Awaitable[Any]]
'''


@dataclass(frozen=True)
class Method:
    """Describe one operation as Python sees it; `status` is that of its success, `tag` the name of its object."""

    name: str
    tag: str
    summary: str
    arguments: list[str]
    returns: str
    status: int
    scopes: tuple[str, ...] | None


def operations_module(document: Node) -> str:
    """Return the source of the module with a Protocol per tag, `handlers`, `STATUS`, `SCOPES` and `ARGUMENTS`.

    The document is one in which `feature_faults` finds nothing.
    """
    found = list(operations(document))
    methods = [_method(document, operation) for operation in found]
    statuses = {method.name: method.status for method in methods}
    scopes = {method.name: method.scopes for method in methods if method.scopes is not None}
    renamed = {
        (argument.place, argument.sent_as): argument.name
        for operation in found
        for argument in arguments(document, operation)
        if argument.name != argument.sent_as
    }
    constants = f"""

STATUS: Final[dict[str, int]] = {statuses!r}

SCOPES: Final[dict[str, tuple[str, ...]]] = {scopes!r}

# Arguments whose names in Python differ from those in the contract, by place and name there.
ARGUMENTS: Final[dict[tuple[str, str], str]] = {renamed!r}
"""
    tags: dict[str, list[Method]] = {}
    for method in methods:
        tags.setdefault(method.tag, []).append(method)
    return PREAMBLE + "".join(map(_protocol, tags.items())) + _registry(sorted(tags), methods) + constants


def _protocol(tag: tuple[str, list[Method]]) -> str:
    name, methods = tag
    return f"\n\nclass {_class_name(name)}(Protocol):" + "".join(map(_source, methods))


def _registry(tags: list[str], methods: list[Method]) -> str:
    parameters = ", ".join(f"{tag}: {_class_name(tag)}" for tag in tags)
    entries = ", ".join(f'"{method.name}": {method.tag}.{method.name}' for method in methods)
    return f"""

def handlers(*, {parameters}) -> dict[str, Handler]:
    ""\"Return the function of each operation by its operationId.""\"
    return {{{entries}}}
"""


def _tag(operation: OperationNode) -> str:
    """Return the name in Python of an operation's first tag: `Model factory` is `model_factory`."""
    tag = next(iter(operation.node.get("tags", ())), "default")
    name = re.sub(r"\W+", "_", tag.lower(), flags=re.ASCII).strip("_")
    return name if name.isidentifier() and not iskeyword(name) else f"tag_{name}"


def _class_name(tag: str) -> str:
    return f"{''.join(part.capitalize() for part in tag.split('_'))}Operations"


def _source(method: Method) -> str:
    signature = ", ".join(["self", *(["*", *method.arguments] if method.arguments else [])])
    return f"""
    async def {method.name}({signature}) -> {method.returns}:
        ""{json.dumps(method.summary, ensure_ascii=False)}""
"""


def _method(document: Node, operation: OperationNode) -> Method:
    [(status, success)] = ((key, value) for key, value in operation.node["responses"].items() if key[0] == "2")
    is_secured = bool(operation.node.get("security", document.get("security")))
    return Method(
        name=operation.name,
        tag=_tag(operation),
        summary=operation.node["summary"],
        arguments=[_argument(document, each) for each in arguments(document, operation)],
        returns=_returned(document, resolved(document, success)),
        status=int(status),
        scopes=tuple(operation.node["x-scopes"]) if is_secured else None,
    )


def _argument(document: Node, argument: Argument) -> str:
    is_file = is_binary(resolved(document, argument.schema))
    hint = "UploadedFile" if is_file else _type(argument.content or argument.schema)
    default = resolved(document, argument.schema).get("default")
    if default is not None and argument.place != "body":
        return f"{argument.name}: {hint} = {default!r}"
    return f"{argument.name}: {hint}" if argument.required else f"{argument.name}: {hint} | None = None"


def _returned(document: Node, response: Node) -> str:
    schemas = [each["schema"] for each in response["content"].values()]
    if all(is_binary(resolved(document, schema)) for schema in schemas):
        return "FileDownload"
    return _type(schemas[0])


def _type(schema: Node) -> str:
    if "$ref" in schema:
        return f"types.{schema['$ref'].rsplit('/', 1)[1]}"
    if "enum" in schema:
        return f"Literal[{', '.join(map(repr, schema['enum']))}]"
    if schema["type"] == "array":
        return f"list[{_type(schema['items'])}]"
    return TYPE_NAMES[schema["type"]]
