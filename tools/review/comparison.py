"""Comparing two versions of the API, operation by operation."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from tools.review.changes import Change, Effect, merge, shown
from tools.review.document import Document, Node, Operation
from tools.review.schemas import Direction, SchemaComparison, documentation

TEXTS = frozenset({"info", "tags", "externalDocs"})


def compare(old: Document, new: Document) -> list[Change]:
    """List what changed for a client, equal changes of several operations joined into one."""
    return merge([*_document(old, new), *_operations(old, new)])


def _document(old: Document, new: Document) -> Iterator[Change]:
    for keyword in sorted({*old.root, *new.root}):
        edited = old.root.get(keyword) != new.root.get(keyword)
        if edited and (keyword in TEXTS or keyword.startswith("x-")):
            yield Change(Effect.DOCUMENTATION, keyword, "edited")
    before, after = base_paths(old), base_paths(new)
    if removed := sorted(before - after):
        why = "every address changes"
        texts = shown(removed), shown(sorted(after))
        yield Change(Effect.BREAKING, "servers", "base path removed", *texts, why)
    yield from _security_schemes(old, new)


def _security_schemes(old: Document, new: Document) -> Iterator[Change]:
    before, after = security_schemes(old), security_schemes(new)
    for name in sorted(before.keys() & after.keys()):
        yield from documentation(before[name], after[name], f"security scheme {name}")
        for keyword in ("type", "in", "name", "scheme"):
            texts = shown(before[name].get(keyword)), shown(after[name].get(keyword))
            if texts[0] != texts[1]:
                why = "a client's credentials are no longer read"
                yield Change(Effect.BREAKING, f"security scheme {name}", f"{keyword} changed", *texts, why)


def _operations(old: Document, new: Document) -> Iterator[Change]:
    before = {operation.name: operation for operation in old.operations()}
    after = {operation.name: operation for operation in new.operations()}
    for name in before:
        if name not in after:
            why = "a client that calls it gets 404 or 405"
            yield Change(Effect.BREAKING, "", "operation removed", why=why, operations=(name,))
    for name, operation in after.items():
        if name not in before:
            yield Change(Effect.COMPATIBLE, "", "operation added", operations=(name,))
            continue
        for change in OperationComparison(old, new, before[name], operation).changes():
            yield replace(change, operations=(name,))


class OperationComparison:
    """The comparison of one operation that both versions have."""

    def __init__(self, old: Document, new: Document, before: Operation, after: Operation) -> None:
        self.old, self.new, self.before, self.after = old, new, before, after
        self._request = SchemaComparison(old, new, Direction.REQUEST)
        self._response = SchemaComparison(old, new, Direction.RESPONSE)

    def changes(self) -> Iterator[Change]:
        """Yield the changes of this operation, without its name."""
        yield from documentation(without_scopes(self.before.node), without_scopes(self.after.node), "")
        yield from self._names()
        yield from self._security()
        yield from self._parameters()
        yield from self._body()
        yield from self._responses()

    def _names(self) -> Iterator[Change]:
        for keyword in ("operationId", "tags"):
            before, after = self.before.node.get(keyword), self.after.node.get(keyword)
            if before != after:
                why = "the name in generated clients follows it"
                yield Change(Effect.BREAKING, "", f"{keyword} changed", shown(before), shown(after), why)

    def _security(self) -> Iterator[Change]:
        before, after = self.before.security, self.after.security
        if set(before) != set(after):
            texts = shown([sorted(each) for each in before]), shown([sorted(each) for each in after])
            kept = all(any(new <= old for new in after) for old in before)
            why = "" if kept else "the credentials that a client sends are no longer enough"
            effect = Effect.COMPATIBLE if kept else Effect.BREAKING
            yield Change(effect, "", "security changed", *texts, why)
        scopes = self.before.node.get("x-scopes"), self.after.node.get("x-scopes")
        if scopes[0] != scopes[1]:
            yield self._scopes(*scopes)

    def _scopes(self, before: list[str] | None, after: list[str] | None) -> Change:
        kept = after is None or (before is not None and set(before) <= set(after))
        why = "" if kept else "a token that is enough today is refused"
        effect = Effect.COMPATIBLE if kept else Effect.BREAKING
        return Change(effect, "", "scopes changed", shown(before), shown(after), why)

    def _parameters(self) -> Iterator[Change]:
        before, after = self.before.parameters, self.after.parameters
        for key, old in before.items():
            place = "{} parameter {}".format(*key)
            if key in after:
                yield from self._parameter(old, after[key], place)
            else:
                why = "a client that sends it is refused or ignored"
                yield Change(Effect.BREAKING, place, "parameter removed", why=why)
        for key, new in after.items():
            if key not in before:
                yield added("{} parameter {}".format(*key), "parameter", new)

    def _parameter(self, old: Node, new: Node, place: str) -> Iterator[Change]:
        yield from documentation(old, new, place)
        yield from required(old, new, place, Direction.REQUEST)
        for keyword in ("style", "explode", "allowReserved"):
            before, after = old.get(keyword), new.get(keyword)
            if before != after:
                why = "the value is written in another way"
                yield Change(Effect.BREAKING, place, f"{keyword} changed", shown(before), shown(after), why)
        yield from self._request.compare(old.get("schema", {}), new.get("schema", {}), place)

    def _body(self) -> Iterator[Change]:
        before, after = self.before.node.get("requestBody"), self.after.node.get("requestBody")
        if before is None and after is not None:
            yield added("request", "body", self.new.resolve(after))
        elif before is not None and after is None:
            why = "what a client sends is refused or ignored"
            yield Change(Effect.BREAKING, "request", "body removed", why=why)
        elif before is not None and after is not None:
            old, new = self.old.resolve(before), self.new.resolve(after)
            yield from documentation(old, new, "request")
            yield from required(old, new, "request", Direction.REQUEST)
            yield from self._content(old, new, "request", self._request)

    def _responses(self) -> Iterator[Change]:
        before, after = self.before.node["responses"], self.after.node["responses"]
        for status in before:
            if status not in after:
                yield response_removed(status)
        for status, node in after.items():
            if status in before:
                old, new = self.old.resolve(before[status]), self.new.resolve(node)
                yield from self._answer(old, new, f"response {status}")
            else:
                yield response_added(status)

    def _answer(self, old: Node, new: Node, place: str) -> Iterator[Change]:
        yield from documentation(old, new, place)
        yield from self._headers(old.get("headers", {}), new.get("headers", {}), place)
        yield from self._content(old, new, place, self._response)

    def _headers(self, before: Node, after: Node, place: str) -> Iterator[Change]:
        for name in before:
            if name not in after:
                why = "a client that reads it finds nothing"
                yield Change(Effect.BREAKING, f"{place} > header {name}", "header removed", why=why)
        for name, node in after.items():
            where = f"{place} > header {name}"
            if name not in before:
                yield Change(Effect.COMPATIBLE, where, "header added")
                continue
            old, new = self.old.resolve(before[name]), self.new.resolve(node)
            yield from documentation(old, new, where)
            yield from required(old, new, where, Direction.RESPONSE)
            yield from self._response.compare(old.get("schema", {}), new.get("schema", {}), where)

    def _content(self, old: Node, new: Node, place: str, schemas: SchemaComparison) -> Iterator[Change]:
        before, after = old.get("content", {}), new.get("content", {})
        for media in sorted(before.keys() - after.keys()):
            why = "a client that speaks this media type is not understood"
            yield Change(Effect.BREAKING, place, "media type removed", shown(media), why=why)
        for media, node in after.items():
            if media not in before:
                yield Change(Effect.COMPATIBLE, place, "media type added", after=shown(media))
                continue
            yield from documentation(before[media], node, place)
            yield from schemas.compare(before[media].get("schema", {}), node.get("schema", {}), place)


def base_paths(document: Document) -> set[str]:
    """Collect the path under which each server offers the API."""
    servers = document.root.get("servers") or [{"url": "/"}]
    return {urlsplit(server["url"]).path.rstrip("/") for server in servers}


def security_schemes(document: Document) -> dict[str, Node]:
    """Key the document's security schemes by name."""
    schemes = document.root.get("components", {}).get("securitySchemes", {})
    return {name: document.resolve(scheme) for name, scheme in schemes.items()}


def without_scopes(operation: Node) -> dict[str, Any]:
    """Leave out the one extension that a client can feel."""
    return {key: value for key, value in operation.items() if key != "x-scopes"}


def added(place: str, what: str, node: Node) -> Change:
    """Judge a new parameter or body: a break where it is required."""
    if node.get("required"):
        why = "a client that does not send it is refused"
        return Change(Effect.BREAKING, place, f"required {what} added", why=why)
    return Change(Effect.COMPATIBLE, place, f"optional {what} added")


def required(old: Node, new: Node, place: str, direction: Direction) -> Iterator[Change]:
    """Judge the presence of a parameter, body or header."""
    before, after = bool(old.get("required")), bool(new.get("required"))
    if before == after:
        return
    what = "now required" if after else "no longer required"
    if after is (direction is Direction.REQUEST):
        why = "a client that does not send it is refused" if after else "a client relies on its presence"
        yield Change(Effect.BREAKING, place, what, why=why)
    else:
        yield Change(Effect.COMPATIBLE, place, what)


def response_removed(status: str) -> Change:
    """Judge an answer that is no longer documented: a break where it meant success."""
    if status.startswith("2"):
        why = "a client waits for this success and treats any other as a failure"
        return Change(Effect.BREAKING, f"response {status}", "success response removed", why=why)
    return Change(Effect.COMPATIBLE, f"response {status}", "response removed")


def response_added(status: str) -> Change:
    """Judge a new answer: a break where it means success, since old clients do not know it."""
    if status.startswith("2"):
        why = "a client knows only the successes that were documented"
        return Change(Effect.BREAKING, f"response {status}", "success response added", why=why)
    return Change(Effect.COMPATIBLE, f"response {status}", "response added")
