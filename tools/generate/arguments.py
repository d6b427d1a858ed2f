"""Decide which arguments a handler gets, and their names in Python."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from keyword import iskeyword

from tools.generate.document import Node, OperationNode, resolved

JSON = "application/json"
FORM = "multipart/form-data"
# A second form of a JSON body whose fields are all texts.
URLENCODED = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Argument:
    """Name an argument in the document (`place` is query, path, header, form or body) and in Python.

    `content` is the schema of the JSON value that the text of a parameter holds, if it holds one.
    """

    place: str
    sent_as: str
    name: str
    schema: Node
    required: bool
    content: Node | None = None

    @property
    def title(self) -> str:
        """Return the argument's name for errors."""
        return "request body" if self.place == "body" else f"{self.place} parameter {self.sent_as}"


def arguments(document: Node, operation: OperationNode) -> Iterator[Argument]:
    """Yield the arguments of an operation. Middleware reads those with `x-handler-argument: false`."""
    for each in operation.parameters:
        if each.get("x-handler-argument", True):
            name = python_name(each["in"], each["name"])
            required, content = each.get("required", False), each.get("x-content-schema")
            yield Argument(each["in"], each["name"], name, each["schema"], required, content)
    body = resolved(document, operation.node.get("requestBody", {}))
    content = body.get("content", {})
    if FORM in content:
        yield from _fields(resolved(document, content[FORM]["schema"]))
    elif JSON in content:
        yield Argument("body", "body", "body", content[JSON]["schema"], True)


def _fields(form: Node) -> Iterator[Argument]:
    for name, field in form["properties"].items():
        yield Argument("form", name, python_name("form", name), field, name in form.get("required", ()))


def python_name(place: str, name: str) -> str:
    """Return the name in Python: `order-by` is `order_by`, `from` is `from_`; names of headers have no case."""
    text = re.sub(r"\W+", "_", name.lower() if place == "header" else name, flags=re.ASCII).strip("_")
    return f"{text}_" if iskeyword(text) or text == "self" else text


def is_binary(schema: Node) -> bool:
    """Report whether a schema means the bytes of a file."""
    return schema.get("format") == "binary"
