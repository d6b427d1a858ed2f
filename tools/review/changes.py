"""One difference between two versions of the API, and the Markdown that shows them to a reviewer."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

WIDTH = 120


class Effect(StrEnum):
    """What a change does to a client that was written against the old document."""

    BREAKING = "Breaking"
    ACCEPTED = "Breaking and accepted"
    COMPATIBLE = "Additions and relaxations"
    DOCUMENTATION = "Documentation only"


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


def shown(value: Any) -> str:
    """Write a value of the document as one short line; an absent one as `nothing`."""
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return f"`{text}`" if len(text) <= WIDTH else f"`{text[:WIDTH]} ...`"


def merge(changes: Iterable[Change]) -> list[Change]:
    """Join equal changes of several operations into one that lists them all."""
    joined: dict[Change, list[str]] = {}
    for change in changes:
        operations = joined.setdefault(replace(change, operations=()), [])
        operations += [name for name in change.operations if name not in operations]
    return [replace(change, operations=tuple(names)) for change, names in joined.items()]


def accept(changes: Iterable[Change], accepted: Iterable[Mapping[str, str]]) -> list[Change]:
    """Return the changes with each intended break, known by its `place` and `what`, marked with its `reason`."""
    reasons = {(each["place"], each["what"]): each["reason"] for each in accepted}
    marked = []
    for change in changes:
        reason = reasons.get((change.place, change.what))
        is_accepted = change.effect is Effect.BREAKING and reason is not None
        marked.append(replace(change, effect=Effect.ACCEPTED, why=reason or "") if is_accepted else change)
    return marked


def breaks(changes: Iterable[Change]) -> bool:
    """Tell whether any change breaks a client."""
    return any(change.effect is Effect.BREAKING for change in changes)


def markdown(changes: Iterable[Change], base: str) -> str:
    """Write the report: a verdict, then the changes by effect, the breaking ones first."""
    listed = list(changes)
    numbers = {effect: sum(each.effect is effect for each in listed) for effect in Effect}
    shown = (effect for effect in Effect if numbers[effect] or effect is not Effect.ACCEPTED)
    counts = ", ".join(f"{numbers[effect]} {effect.value.lower()}" for effect in shown)
    lines = [f"# openapi.yaml against `{base}`", "", f"**{counts[0].upper()}{counts[1:]}.**"]
    for effect in Effect:
        chosen = [each for each in listed if each.effect is effect]
        if chosen:
            lines += ["", f"## {effect.value}", "", *_entries(chosen)]
    return "\n".join(lines) + "\n"


def _entries(changes: Iterable[Change]) -> Iterator[str]:
    for number, change in enumerate(changes, start=1):
        values = f": {change.before} -> {change.after}" if change.before or change.after else ""
        place = f"**{change.place}**: " if change.place else ""
        yield f"{number}. {place}{change.what}{values}"
        if change.why:
            yield f"   - Why: {change.why}"
        if change.operations:
            yield f"   - In: {_named(change.operations)}"


def _named(operations: tuple[str, ...], limit: int = 6) -> str:
    names = ", ".join(f"`{name}`" for name in operations[:limit])
    more = len(operations) - limit
    return f"{names} and {more} more" if more > 0 else names
