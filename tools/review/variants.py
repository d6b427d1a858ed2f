"""Pairing the variants of two unions (`oneOf`, `anyOf`) in any order and with any names of their components."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from tools.review.document import SCHEMAS, Node, component
from tools.review.merging import UNIONS


class Variant(NamedTuple):
    """One schema of a union; its key is its discriminator value, its component's name or its type."""

    key: str
    node: Node


Rule: TypeAlias = Callable[[Variant, Variant], bool]


class Pairing(NamedTuple):
    """The variants of two unions: those that both have, and those of one of them."""

    both: list[tuple[Variant, Variant]]
    removed: list[Variant]
    added: list[Variant]


def union_keyword(schema: Node) -> str | None:
    """Return the keyword that lists the schema's variants."""
    return next((keyword for keyword in UNIONS if keyword in schema), None)


def beside_union(schema: Node) -> Node:
    """Return the schema without its variants."""
    return {key: value for key, value in schema.items() if key not in (*UNIONS, "discriminator")}


def discriminator(schema: Node) -> str | None:
    """Return the name of the field that selects the variant."""
    found = schema.get("discriminator")
    return str(found["propertyName"]) if found else None


def variants(node: Node, schema: Node, *, by_tag: bool) -> list[Variant]:
    """Return the variants of a schema; a schema without a union is its only variant."""
    keyword = union_keyword(schema)
    if keyword is None:
        return [Variant(component(node) or str(schema.get("type", "any")), node)]
    if not by_tag:
        return [Variant(component(branch) or str(branch.get("type", "any")), branch) for branch in schema[keyword]]
    targets = {value: _reference(target) for value, target in schema["discriminator"].get("mapping", {}).items()}
    mapped = [component(target) for target in targets.values()]
    implied = {component(branch): branch for branch in schema[keyword] if component(branch) not in mapped}
    return [Variant(*each) for each in {**targets, **implied}.items()]


def pair(olds: list[Variant], news: list[Variant], equal: Rule | None = None) -> Pairing:
    """Pair variants that are the same, then those of one key, then those that the rule calls equal."""
    old, new = list(olds), list(news)
    rules: list[Rule] = [lambda a, b: a == b, lambda a, b: a.key == b.key]
    both = [each for rule in [*rules, *filter(None, [equal])] for each in _take(old, new, rule)]
    return Pairing(both, old, new)


def _take(old: list[Variant], new: list[Variant], rule: Rule) -> Iterator[tuple[Variant, Variant]]:
    for before in list(old):
        after = next((each for each in new if rule(before, each)), None)
        if after is not None:
            old.remove(before)
            new.remove(after)
            yield before, after


def _reference(target: str) -> Node:
    return {"$ref": target if "/" in target else SCHEMAS + target}
