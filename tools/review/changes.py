"""One difference between two versions of the API."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from tools.review.document import Node

WIDTH = 120
DOCUMENTATION = frozenset({"title", "summary", "description", "example", "examples", "externalDocs", "deprecated"})
RULED_EXTENSIONS = frozenset({"x-all-projects", "x-extensible-enum", "x-retry-record", "x-scopes"})


class Effect(StrEnum):
    """The effect of a change on a client that was written against the old document."""

    BREAKING = "Breaking"
    ACCEPTED = "Breaking and accepted"
    COMPATIBLE = "Additions and relaxations"
    DOCUMENTATION = "Documentation only"


class Direction(StrEnum):
    """The side that writes a value."""

    REQUEST = "requests"
    RESPONSE = "responses"


REFUSED = "a request that is accepted today may be refused"
UNKNOWN = "a client may receive a value that it cannot read"
WHY = {Direction.REQUEST: REFUSED, Direction.RESPONSE: UNKNOWN}
OTHER_FORM = "the value is written in another way"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: `place` leads to it inside `operations`; `before` and `after` are short texts."""

    effect: Effect
    place: str
    what: str
    before: str = ""
    after: str = ""
    why: str = ""
    operations: tuple[str, ...] = ()


def broken(place: str, what: str, why: str, before: str = "", after: str = "") -> Change:
    """Return a change that breaks clients."""
    return Change(Effect.BREAKING, place, what, before, after, why)


def compatible(place: str, what: str, before: str = "", after: str = "", why: str = "") -> Change:
    """Return a change that clients do not notice."""
    return Change(Effect.COMPATIBLE, place, what, before, after, why)


def judged(direction: Direction, narrower: bool, place: str, what: str, before: str = "", after: str = "") -> Change:
    """Return a change of the accepted values: fewer break a request, more break a response."""
    if narrower is (direction is Direction.REQUEST):
        return broken(place, what, WHY[direction], before, after)
    return compatible(place, what, before, after)


def documentation(old: Node, new: Node, place: str) -> Iterator[Change]:
    """Yield one change for each text, example or extension that differs and has no rule of its own."""
    for keyword in sorted({*old, *new}):
        documented = keyword in DOCUMENTATION or (keyword.startswith("x-") and keyword not in RULED_EXTENSIONS)
        if documented and old.get(keyword) != new.get(keyword):
            yield Change(Effect.DOCUMENTATION, place, f"{keyword} edited")


def shown(value: Any) -> str:
    """Write a value of the document as one short line; an empty text if it is missing."""
    if value is None:
        return ""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return text if len(text) <= WIDTH else f"{text[:WIDTH]} ..."


def join(changes: Iterable[Change]) -> list[Change]:
    """Join equal changes of several operations into one that lists them all."""
    joined: dict[Change, list[str]] = {}
    for change in changes:
        operations = joined.setdefault(replace(change, operations=()), [])
        operations += [name for name in change.operations if name not in operations]
    return [replace(change, operations=tuple(names)) for change, names in joined.items()]


def breaks(changes: Iterable[Change]) -> bool:
    """Return whether any change breaks a client and is not accepted."""
    return any(change.effect is Effect.BREAKING for change in changes)
