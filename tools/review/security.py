"""Comparing the security requirements and scopes of an operation."""

from collections.abc import Iterator
from typing import Any

from tools.review.changes import Change, broken, compatible, shown
from tools.review.document import Document, Node, Operation

MEANS = ("type", "in", "name", "scheme", "openIdConnectUrl")


def compare_security(old: Document, new: Document, before: Operation, after: Operation) -> Iterator[Change]:
    """Yield the changes of an operation's requirements. A scheme counts by what it means, not by its name."""
    olds, news = _requirements(old, before), _requirements(new, after)
    if set(olds) != set(news):
        texts = shown([sorted(each) for each in olds]), shown([sorted(each) for each in news])
        if all(any(now <= was for now in news) for was in olds):
            yield compatible("", "security changed", *texts)
        else:
            yield broken("", "security changed", "the credentials that a client sends are no longer enough", *texts)
    yield from _scopes(before.node.get("x-scopes"), after.node.get("x-scopes"))
    yield from _projects(before.node.get("x-all-projects", False), after.node.get("x-all-projects", False))


def _scopes(before: list[str] | None, after: list[str] | None) -> Iterator[Change]:
    """Compare the scopes that open an operation; without a list, every token opens it."""
    if before == after or (before is not None and after is not None and set(before) == set(after)):
        return
    texts = shown(before), shown(after)
    if after is None or (before is not None and set(before) <= set(after)):
        yield compatible("", "scopes changed", *texts)
    else:
        yield broken("", "scopes changed", "a token that is enough today is refused", *texts)


def _projects(before: bool, after: bool) -> Iterator[Change]:
    """Compare whether an operation refuses tokens that are limited to projects."""
    if before and not after:
        yield compatible("", "x-all-projects changed", shown(before), shown(after))
    elif before != after:
        yield broken(
            "", "x-all-projects changed", "a token limited to projects is refused", shown(before), shown(after)
        )


def _requirements(document: Document, operation: Operation) -> list[frozenset[str]]:
    return [
        frozenset(text for name, scopes in requirement.items() for text in _texts(document, name, scopes))
        for requirement in operation.security
    ]


def _texts(document: Document, name: str, scopes: list[str]) -> list[str]:
    scheme = document.security_schemes.get(name)
    means = _means(scheme) if scheme else name
    return [means, *(f"{means} with {scope}" for scope in scopes)]


def _means(scheme: Node) -> str:
    found: list[Any] = [scheme[key] for key in MEANS if key in scheme]
    for kind, flow in sorted(scheme.get("flows", {}).items()):
        urls = (str(flow[key]) for key in ("authorizationUrl", "tokenUrl", "refreshUrl") if key in flow)
        found.append(" ".join([kind, *urls]))
    # The names of HTTP schemes and headers ignore case; those of query parameters and cookies do not.
    ignores_case = scheme.get("type") == "http" or scheme.get("in") == "header"
    text = " ".join(map(str, found))
    return text.lower() if ignores_case else text
