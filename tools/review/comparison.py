"""Comparing two versions of the API, operation by operation."""

from collections.abc import Iterator
from dataclasses import replace

from tools.review.changes import Change, Effect, broken, compatible, documentation, shown
from tools.review.document import TEMPLATE, Document, Node, Operation
from tools.review.merging import MergedSchemas
from tools.review.names import lost_schemas
from tools.review.normalization import normalize
from tools.review.operations import OperationComparison
from tools.review.security import compare_security

TEXTS = frozenset({"openapi", "info", "tags", "externalDocs"})


def compare(old: Document, new: Document) -> list[Change]:
    """List what changed for a client; each change has one operation or none."""
    return [*_texts(old, new), *_operations(normalize(old), normalize(new))]


def _texts(old: Document, new: Document) -> Iterator[Change]:
    for keyword in sorted({*old.root, *new.root}):
        edited = old.root.get(keyword) != new.root.get(keyword)
        if edited and (keyword in TEXTS or keyword.startswith("x-")):
            yield Change(Effect.DOCUMENTATION, keyword, "edited")
    for name in sorted(old.security_schemes.keys() & new.security_schemes.keys()):
        yield from documentation(old.security_schemes[name], new.security_schemes[name], f"security scheme {name}")


def _operations(old: Document, new: Document) -> Iterator[Change]:
    before = {_key(operation): operation for operation in old.operations()}
    after = {_key(operation): operation for operation in new.operations()}
    schemas = MergedSchemas(old), MergedSchemas(new)
    for key, operation in before.items():
        if key not in after:
            removed = broken("", "operation removed", "a client that calls it gets 404 or 405")
            yield replace(removed, operations=(operation.name,))
    for key, operation in after.items():
        if key not in before:
            yield replace(compatible("", "operation added"), operations=(operation.name,))
            continue
        was = before[key]
        changes = [
            *_servers(was, operation),
            *compare_security(old, new, was, operation),
            *OperationComparison(*schemas, was, operation).changes(),
            *lost_schemas(old, new, was.node),
        ]
        yield from (replace(change, operations=(operation.name,)) for change in changes)


def _key(operation: Operation) -> tuple[str, str]:
    """Return what identifies an operation in a request, which does not show the names of path parameters."""
    return operation.method, TEMPLATE.sub("{}", operation.path)


def _servers(before: Operation, after: Operation) -> Iterator[Change]:
    olds, news = _urls(before), _urls(after)
    if removed := sorted(olds - news):
        yield broken("servers", "server removed", "every address changes", shown(removed), shown(sorted(news)))
    elif added := sorted(news - olds):
        yield compatible("servers", "server added", after=shown(added))


def _urls(operation: Operation) -> set[str]:
    return {_url(server) for server in operation.servers}


def _url(server: Node) -> str:
    variables = server.get("variables", {})
    url = TEMPLATE.sub(lambda match: str(variables[match[1]]["default"]), server["url"])
    return url.rstrip("/")
