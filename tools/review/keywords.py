"""Rules for the keywords of a schema that limit one value: its type, values, limits, format and default."""

from collections.abc import Iterator, Sequence
from typing import Any

from tools.review.changes import (
    DOCUMENTATION,
    OTHER_FORM,
    WHY,
    Change,
    Direction,
    broken,
    compatible,
    judged,
    shown,
)
from tools.review.document import Node
from tools.review.merging import EXCLUSIVE, LIMITS, UNIONS, bound

RULED = frozenset(LIMITS) | frozenset(EXCLUSIVE.values()) | DOCUMENTATION | {
    "type", "nullable", "enum", "format", "pattern", "multipleOf", "uniqueItems", "default", "required",
    "properties", "additionalProperties", "items", "discriminator", "readOnly", "writeOnly",
    *UNIONS,
}  # fmt: skip
# Formats that change how a value is written, and formats that contain others.
BINARY = ("binary", "byte")
CONTAINED = {("int32", "int64"), ("float", "double")}


def compatible_types(before: str | None, after: str | None) -> bool:
    """Return whether one of the types contains the other."""
    return before == after or None in (before, after) or {before, after} == {"integer", "number"}


def compare_keywords(old: Node, new: Node, place: str, direction: Direction) -> Iterator[Change]:
    """Yield the changes of one schema whose types are compatible, without those of the schemas in it."""
    yield from _type(old, new, place, direction)
    yield from _enum(old, new, place, direction)
    yield from _extensible_enum(old, new, place, direction)
    yield from _limits(old, new, place, direction)
    yield from _format(old, new, place, direction)
    yield from _restriction("pattern", old, new, place, direction)
    yield from _multiple(old, new, place, direction)
    yield from _default(old, new, place, direction)
    yield from _unruled(old, new, place)


def _type(old: Node, new: Node, place: str, direction: Direction) -> Iterator[Change]:
    before, after = old.get("type"), new.get("type")
    if before != after:
        narrower = before is None or after == "integer"
        yield judged(direction, narrower, place, "type changed", shown(before), shown(after))
    for keyword, narrows in (("nullable", False), ("uniqueItems", True)):
        was, now = bool(old.get(keyword)), bool(new.get(keyword))
        if was != now:
            yield judged(direction, now is narrows, place, f"{keyword} changed", shown(was), shown(now))


def _enum(old: Node, new: Node, place: str, direction: Direction) -> Iterator[Change]:
    before, after = old.get("enum"), new.get("enum")
    if before is None or after is None:
        if before != after:
            yield _put_or_dropped("enum", before, after, place, direction)
        return
    for value in _without(before, after):
        yield judged(direction, True, place, f"enum value `{shown(value)}` removed")
    for value in _without(after, before):
        yield judged(direction, False, place, f"enum value `{shown(value)}` added")


def _extensible_enum(old: Node, new: Node, place: str, direction: Direction) -> Iterator[Change]:
    """Compare the known values of an open list: clients expect new ones, and lose those that go."""
    before, after = old.get("x-extensible-enum", ()), new.get("x-extensible-enum", ())
    if after:
        for value in _without(before, after):
            yield judged(direction, True, place, f"extensible enum value `{shown(value)}` removed")
    for value in _without(after, before):
        yield compatible(place, f"extensible enum value `{shown(value)}` added")


def _limits(old: Node, new: Node, place: str, direction: Direction) -> Iterator[Change]:
    for keyword in LIMITS:
        before, after = bound(old, keyword), bound(new, keyword)
        if before == after:
            continue
        narrower = after is not None and (before is None or after < before)
        texts = _limit_text(old, keyword), _limit_text(new, keyword)
        what = f"{keyword} {'narrowed' if narrower else 'widened'}"
        # A client does not measure what it receives: a wider limit of a response is compatible, too.
        if narrower and direction is Direction.REQUEST:
            yield broken(place, what, WHY[direction], *texts)
        else:
            yield compatible(place, what, *texts)


def _format(old: Node, new: Node, place: str, direction: Direction) -> Iterator[Change]:
    before, after = old.get("format"), new.get("format")
    texts = shown(before), shown(after)
    if before != after and (before in BINARY or after in BINARY):
        yield broken(place, _verb("format", before, after), OTHER_FORM, *texts)
    elif (before, after) in CONTAINED or (after, before) in CONTAINED:
        yield judged(direction, (after, before) in CONTAINED, place, "format changed", *texts)
    else:
        yield from _restriction("format", old, new, place, direction)


def _multiple(old: Node, new: Node, place: str, direction: Direction) -> Iterator[Change]:
    before, after = old.get("multipleOf"), new.get("multipleOf")
    texts = shown(before), shown(after)
    if before == after or not (isinstance(before, int) and isinstance(after, int)):
        yield from _restriction("multipleOf", old, new, place, direction)
    elif after % before == 0 or before % after == 0:
        yield judged(direction, after % before == 0, place, "multipleOf changed", *texts)
    else:
        yield broken(place, "multipleOf changed", WHY[direction], *texts)


def _restriction(keyword: str, old: Node, new: Node, place: str, direction: Direction) -> Iterator[Change]:
    before, after = old.get(keyword), new.get(keyword)
    if before == after:
        return
    if before is None or after is None:
        yield _put_or_dropped(keyword, before, after, place, direction)
    else:
        yield broken(place, f"{keyword} changed", WHY[direction], shown(before), shown(after))


def _default(old: Node, new: Node, place: str, direction: Direction) -> Iterator[Change]:
    before, after = old.get("default"), new.get("default")
    if before == after:
        return
    texts = shown(before), shown(after)
    if before is not None and direction is Direction.REQUEST:
        yield broken(place, "default changed", "a client that does not send it gets another behaviour", *texts)
    else:
        yield compatible(place, "default changed", *texts)


def _unruled(old: Node, new: Node, place: str) -> Iterator[Change]:
    for keyword in sorted({*old, *new} - RULED):
        if old.get(keyword) != new.get(keyword) and not keyword.startswith("x-"):
            why = "there is no rule for this keyword, so judge it by hand"
            yield broken(place, f"{keyword} changed", why, shown(old.get(keyword)), shown(new.get(keyword)))


def _put_or_dropped(keyword: str, before: Any, after: Any, place: str, direction: Direction) -> Change:
    narrower = before is None
    return judged(direction, narrower, place, _verb(keyword, before, after), shown(before), shown(after))


def _verb(keyword: str, before: Any, after: Any) -> str:
    verb = "added" if before is None else "dropped" if after is None else "changed"
    return f"{keyword} {verb}"


def _without(values: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    return [value for value in values if value not in others]


def _limit_text(schema: Node, keyword: str) -> str:
    exclusive = schema.get(EXCLUSIVE.get(keyword, ""), False)
    return shown(schema.get(keyword)) + (" (exclusive)" if exclusive else "")
