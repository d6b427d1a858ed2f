"""Comparing one operation of two versions of the API: its names, parameters, bodies, responses and links."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tools.review.changes import (
    OTHER_FORM,
    Change,
    Direction,
    broken,
    compatible,
    documentation,
    shown,
)
from tools.review.document import Node, Operation, template_names
from tools.review.merging import MergedSchemas
from tools.review.schemas import ANYTHING, SchemaComparison

RETRIES = "a request that is sent again is treated in another way"
# The schema of the JSON value that the text of a parameter holds.
CONTENT = "x-content-schema"
NAMES = "the name in generated clients follows it"


class OperationComparison:
    """The comparison of one operation that both versions have. Both are in normal form."""

    def __init__(self, old: MergedSchemas, new: MergedSchemas, before: Operation, after: Operation) -> None:
        self.before, self.after = before, after
        self._request = SchemaComparison(old, new, Direction.REQUEST)
        self._response = SchemaComparison(old, new, Direction.RESPONSE)

    def changes(self) -> Iterator[Change]:
        """Yield the changes of this operation, without its name."""
        yield from documentation(self.before.node, self.after.node, "")
        yield from self._names()
        yield from self._retry_record()
        yield from self._parameters()
        yield from self._body()
        yield from self._responses()
        yield from self._callbacks()

    def _names(self) -> Iterator[Change]:
        before, after = self.before.node.get("operationId"), self.after.node.get("operationId")
        if before != after:
            yield broken("", "operationId changed", NAMES, shown(before), shown(after))
        tags = self.before.node.get("tags", []), self.after.node.get("tags", [])
        # The first tag is the module in generated clients.
        if tags[0][:1] != tags[1][:1]:
            yield broken("", "tags changed", NAMES, *map(shown, tags))
        elif tags[0] != tags[1]:
            yield compatible("", "further tags changed", *map(shown, tags))

    def _retry_record(self) -> Iterator[Change]:
        before, after = (each.node.get("x-retry-record", True) for each in (self.before, self.after))
        if before != after:
            yield broken("", "x-retry-record changed", RETRIES, shown(before), shown(after))

    def _callbacks(self) -> Iterator[Change]:
        before, after = self.before.node.get("callbacks", {}), self.after.node.get("callbacks", {})
        for name in before:
            if before[name] != after.get(name):
                yield broken(f"callback {name}", "callback changed", "the server calls a client in another way")
        for name in after.keys() - before.keys():
            yield compatible(f"callback {name}", "callback added")

    def _parameters(self) -> Iterator[Change]:
        before, after = parameters(self.before), parameters(self.after)
        for key, old in before.items():
            if key in after:
                yield from self._parameter(old, after[key])
            else:
                yield broken(parameter_place(old), "parameter removed", "a client that sends it is refused or ignored")
        for key, new in after.items():
            if key not in before:
                yield added(parameter_place(new), "parameter", new)

    def _parameter(self, old: Node, new: Node) -> Iterator[Change]:
        place = parameter_place(new)
        if old["name"] != new["name"]:
            why = "requests stay the same; an argument of generated clients has another name"
            yield compatible(place, "path parameter renamed", shown(old["name"]), shown(new["name"]), why)
        yield from required(old, new, place, Direction.REQUEST)
        if old.get("allowEmptyValue", False) != new.get("allowEmptyValue", False):
            what = "allowEmptyValue changed"
            is_narrower = old.get("allowEmptyValue", False)
            yield broken(place, what, "an empty value is refused") if is_narrower else compatible(place, what)
        yield from self._value(old, new, place, self._request)
        if CONTENT in old and CONTENT in new:
            yield from self._request.compare(old[CONTENT], new[CONTENT], place)

    def _value(self, old: Node, new: Node, place: str, schemas: SchemaComparison) -> Iterator[Change]:
        """Compare what parameters and headers share."""
        yield from documentation(old, new, place)
        for keyword in ("style", "explode", "allowReserved"):
            before, after = old.get(keyword), new.get(keyword)
            if before != after:
                yield broken(place, f"{keyword} changed", OTHER_FORM, shown(before), shown(after))
        if ("content" in old) != ("content" in new):
            yield broken(place, "content changed", OTHER_FORM)
        elif "content" in old:
            yield from self._content(old, new, place, schemas)
        else:
            yield from schemas.compare(old.get("schema", ANYTHING), new.get("schema", ANYTHING), place)

    def _body(self) -> Iterator[Change]:
        old, new = self.before.node.get("requestBody"), self.after.node.get("requestBody")
        if old is None and new is not None:
            yield added("request", "body", new)
        elif old is not None and new is None:
            yield broken("request", "body removed", "what a client sends is refused or ignored")
        elif old is not None and new is not None:
            yield from documentation(old, new, "request")
            yield from required(old, new, "request", Direction.REQUEST)
            yield from self._content(old, new, "request", self._request)

    def _responses(self) -> Iterator[Change]:
        before, after = self.before.node["responses"], self.after.node["responses"]
        for status in before:
            if status not in after:
                yield response_removed(status)
        for status, new in after.items():
            if status in before:
                yield from self._response_of(before[status], new, f"response {status}")
            else:
                yield response_added(status)

    def _response_of(self, old: Node, new: Node, place: str) -> Iterator[Change]:
        yield from documentation(old, new, place)
        yield from self._headers(old.get("headers", {}), new.get("headers", {}), place)
        yield from links(old.get("links", {}), new.get("links", {}), place)
        yield from self._content(old, new, place, self._response)

    def _headers(self, before: Node, after: Node, place: str) -> Iterator[Change]:
        for name in before:
            if name not in after:
                yield broken(f"{place} > header {name}", "header removed", "a client that reads it finds nothing")
        for name, new in after.items():
            where = f"{place} > header {name}"
            if name not in before:
                yield compatible(where, "header added")
                continue
            yield from required(before[name], new, where, Direction.RESPONSE)
            yield from self._value(before[name], new, where, self._response)

    def _content(self, old: Node, new: Node, place: str, schemas: SchemaComparison) -> Iterator[Change]:
        before, after = old.get("content", {}), new.get("content", {})
        for media in sorted(before.keys() - after.keys()):
            yield broken(place, "media type removed", "a client that speaks this media type fails", shown(media))
        for media, node in after.items():
            if media not in before:
                yield compatible(place, "media type added", after=shown(media))
                continue
            yield from documentation(before[media], node, place)
            yield from encodings(before[media].get("encoding", {}), node.get("encoding", {}), place)
            yield from schemas.compare(before[media].get("schema", ANYTHING), node.get("schema", ANYTHING), place)


def parameters(operation: Operation) -> dict[tuple[str, str], Node]:
    """Key parameters by place and name; those of the path by position, because a request does not show their names."""
    order = template_names(operation.path)
    in_path = [name for where, name in operation.parameters if where == "path"]
    in_path.sort(key=lambda name: order.index(name) if name in order else len(order))
    return {
        (where, str(in_path.index(name)) if where == "path" else name): node
        for (where, name), node in operation.parameters.items()
    }


def parameter_place(node: Node) -> str:
    """Return the place of a parameter for a report."""
    return f"{node['in']} parameter {node['name']}"


def added(place: str, what: str, node: Node) -> Change:
    """Judge a new parameter or body: a break if it is required."""
    if node.get("required"):
        return broken(place, f"required {what} added", "a client that does not send it is refused")
    return compatible(place, f"optional {what} added")


def required(old: Node, new: Node, place: str, direction: Direction) -> Iterator[Change]:
    """Judge the presence of a parameter, body or header."""
    before, after = bool(old.get("required")), bool(new.get("required"))
    if before == after:
        return
    what = "now required" if after else "no longer required"
    if after is (direction is Direction.REQUEST):
        why = "a client that does not send it is refused" if after else "a client relies on its presence"
        yield broken(place, what, why)
    else:
        yield compatible(place, what)


def response_removed(status: str) -> Change:
    """Judge a response that is no longer documented: clients handle it, and now get another."""
    place = f"response {status}"
    if status.startswith("2"):
        why = "a client waits for this success and treats any other as a failure"
        return broken(place, "success response removed", why)
    return broken(place, "response removed", "a client that handles this status meets another one")


def response_added(status: str) -> Change:
    """Judge a new response: a break if it means success, because old clients do not know it."""
    place = f"response {status}"
    if status.startswith("2"):
        return broken(place, "success response added", "a client knows only the successes that were documented")
    return compatible(place, "response added")


def encodings(before: Node, after: Node, place: str) -> Iterator[Change]:
    """Judge how the parts of a form are written."""
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            texts = shown(before.get(name)), shown(after.get(name))
            yield broken(f"{place} > part {name}", "encoding changed", OTHER_FORM, *texts)


def links(before: Node, after: Node, place: str) -> Iterator[Change]:
    """Judge the links of a response."""
    for name in before:
        if name not in after:
            yield broken(f"{place} > link {name}", "link removed", "a client that follows it finds nothing")
    for name, new in after.items():
        where = f"{place} > link {name}"
        if name not in before:
            yield compatible(where, "link added")
            continue
        yield from documentation(before[name], new, where)
        texts = shown(link_target(before[name])), shown(link_target(new))
        if texts[0] != texts[1]:
            yield broken(where, "link changed", "a client that follows it sends another request", *texts)


def link_target(link: Node) -> dict[str, Any]:
    """Return what a link means, without the names of path parameters, which no request shows."""
    target = {key: link[key] for key in ("operationId", "operationRef", "requestBody", "server") if key in link}
    passed: Mapping[str, Any] = link.get("parameters", {})
    values = sorted(re.sub(r"\$request\.path\.\w+", "$request.path", str(value)) for value in passed.values())
    return target | {"parameters": values}
