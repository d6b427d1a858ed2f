"""Comparing two schemas from a client's side: what it may send, and what it may receive.

A request breaks when fewer values are accepted; a response breaks when values come that never came before.
Two relaxations follow from how clients read: new fields in a response and wider limits of its numbers, texts
and lists are compatible, since a client neither lists all fields nor measures what it is given.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from tools.review.changes import Change, Effect, shown
from tools.review.document import Document, Node, component


class Direction(StrEnum):
    """Who writes the value."""

    REQUEST = "requests"
    RESPONSE = "responses"


DOCUMENTATION = frozenset(
    {"title", "summary", "description", "example", "examples", "externalDocs", "deprecated", "links"}
)
# 1 marks an upper limit, -1 a lower one.
LIMITS = {
    "maximum": 1, "maxLength": 1, "maxItems": 1, "maxProperties": 1,
    "minimum": -1, "minLength": -1, "minItems": -1, "minProperties": -1,
}  # fmt: skip
UNION = ("oneOf", "anyOf")
RULED = frozenset(LIMITS) | {
    "type", "nullable", "enum", "format", "pattern", "multipleOf", "uniqueItems", "default", "required",
    "properties", "additionalProperties", "items", "exclusiveMaximum", "exclusiveMinimum", "discriminator",
    *UNION,
}  # fmt: skip

REFUSED = "a request that is accepted today may be refused"
UNKNOWN = "a client may receive a value that it cannot read"
BOTH_WAYS = {Direction.REQUEST: REFUSED, Direction.RESPONSE: UNKNOWN}


class SchemaComparison:
    """The comparison of all schemas that one operation uses in one direction.

    Each pair of schemas is compared once, which also ends recursive ones.
    """

    def __init__(self, old: Document, new: Document, direction: Direction) -> None:
        self.old, self.new, self.direction = old, new, direction
        self._seen: set[tuple[int, int]] = set()

    def compare(self, before: Node, after: Node, place: str) -> Iterator[Change]:
        """Yield the changes from `before` to `after`; a component's changes are placed by its name."""
        name = component(after) or component(before)
        place = f"{self.direction} > {name}" if name else place
        pair = (id(self.old.resolve(before)), id(self.new.resolve(after)))
        if pair in self._seen:
            return
        self._seen.add(pair)
        old, new = self.old.schema(before), self.new.schema(after)
        unions = [union_keyword(old), union_keyword(new)]
        if not any(unions):
            yield from self._plain(old, new, place)
            return
        if all(unions):
            yield from self._plain(beside_union(old), beside_union(new), place)
        yield from self._branches(before, after, old, new, place)

    def _plain(self, old: Node, new: Node, place: str) -> Iterator[Change]:
        yield from documentation(old, new, place)
        yield from self._unruled(old, new, place)
        if not compatible_types(old.get("type"), new.get("type")):
            values = (shown(old.get("type")), shown(new.get("type")))
            yield Change(Effect.BREAKING, place, "type changed", *values, BOTH_WAYS[self.direction])
            return
        yield from self._type(old, new, place)
        yield from self._enum(old, new, place)
        yield from self._limits(old, new, place)
        for keyword in ("format", "pattern", "multipleOf"):
            yield from self._restriction(keyword, old, new, place)
        yield from self._default(old, new, place)
        yield from self._required(old, new, place)
        yield from self._properties(old, new, place)
        yield from self._additional(old, new, place)
        if "items" in old or "items" in new:
            yield from self.compare(old.get("items", {}), new.get("items", {}), f"{place} > []")

    def _judged(self, narrower: bool, place: str, what: str, before: str = "", after: str = "") -> Change:
        if narrower is (self.direction is Direction.REQUEST):
            return Change(Effect.BREAKING, place, what, before, after, BOTH_WAYS[self.direction])
        return Change(Effect.COMPATIBLE, place, what, before, after)

    def _unruled(self, old: Node, new: Node, place: str) -> Iterator[Change]:
        for keyword in sorted({*old, *new} - RULED - DOCUMENTATION):
            if old.get(keyword) != new.get(keyword) and not keyword.startswith("x-"):
                why = "there is no rule for this keyword, so judge it by hand"
                values = (shown(old.get(keyword)), shown(new.get(keyword)))
                yield Change(Effect.BREAKING, place, f"{keyword} changed", *values, why)

    def _type(self, old: Node, new: Node, place: str) -> Iterator[Change]:
        before, after = old.get("type"), new.get("type")
        if before != after:
            narrower = before is None or after == "integer"
            yield self._judged(narrower, place, "type changed", shown(before), shown(after))
        for keyword, narrows in (("nullable", False), ("uniqueItems", True)):
            was, now = bool(old.get(keyword)), bool(new.get(keyword))
            if was != now:
                yield self._judged(now is narrows, place, f"{keyword} changed", shown(was), shown(now))

    def _enum(self, old: Node, new: Node, place: str) -> Iterator[Change]:
        before, after = old.get("enum"), new.get("enum")
        if (before is None) != (after is None):
            what = f"enum {'added' if before is None else 'dropped'}"
            yield self._judged(before is None, place, what, shown(before), shown(after))
            return
        for value in before or ():
            if value not in (after or ()):
                yield self._judged(True, place, f"enum value {shown(value)} removed")
        for value in after or ():
            if value not in (before or ()):
                yield self._judged(False, place, f"enum value {shown(value)} added")

    def _limits(self, old: Node, new: Node, place: str) -> Iterator[Change]:
        for keyword, sign in LIMITS.items():
            before, after = bound(old, keyword, sign), bound(new, keyword, sign)
            if before == after:
                continue
            narrower = after is not None and (before is None or after < before)
            values = (limit_text(old, keyword), limit_text(new, keyword))
            if narrower and self.direction is Direction.REQUEST:
                yield Change(Effect.BREAKING, place, f"{keyword} narrowed", *values, REFUSED)
            else:
                what = f"{keyword} {'narrowed' if narrower else 'widened'}"
                yield Change(Effect.COMPATIBLE, place, what, *values)

    def _restriction(self, keyword: str, old: Node, new: Node, place: str) -> Iterator[Change]:
        before, after = old.get(keyword), new.get(keyword)
        if before == after:
            return
        if before is None or after is None:
            what = f"{keyword} {'added' if before is None else 'dropped'}"
            yield self._judged(before is None, place, what, shown(before), shown(after))
        else:
            values = (shown(before), shown(after))
            yield Change(Effect.BREAKING, place, f"{keyword} changed", *values, BOTH_WAYS[self.direction])

    def _default(self, old: Node, new: Node, place: str) -> Iterator[Change]:
        before, after = old.get("default"), new.get("default")
        if before == after:
            return
        breaking = before is not None and self.direction is Direction.REQUEST
        why = "a client that leaves it out gets another behaviour" if breaking else ""
        effect = Effect.BREAKING if breaking else Effect.COMPATIBLE
        yield Change(effect, place, "default changed", shown(before), shown(after), why)

    def _required(self, old: Node, new: Node, place: str) -> Iterator[Change]:
        before, after = set(old.get("required", ())), set(new.get("required", ()))
        request = self.direction is Direction.REQUEST
        for name in sorted(after - before):
            effect = Effect.BREAKING if request else Effect.COMPATIBLE
            why = "a client that does not send it is refused" if request else ""
            known = "now required" if name in old.get("properties", ()) else "required field added"
            yield Change(effect, f"{place} > {name}", known if request else "now required", why=why)
        for name in sorted((before - after) & set(new.get("properties", ()))):
            effect = Effect.COMPATIBLE if request else Effect.BREAKING
            why = "" if request else "a client relies on its presence"
            yield Change(effect, f"{place} > {name}", "no longer required", why=why)

    def _properties(self, old: Node, new: Node, place: str) -> Iterator[Change]:
        before, after = old.get("properties", {}), new.get("properties", {})
        request = self.direction is Direction.REQUEST
        why = f"a client that {'sends it is refused or ignored' if request else 'reads it finds nothing'}"
        for name in sorted(before.keys() - after.keys()):
            yield Change(Effect.BREAKING, f"{place} > {name}", "field removed", why=why)
        for name, schema in after.items():
            where = f"{place} > {name}"
            if name in before:
                yield from self.compare(before[name], schema, where)
            elif not (request and name in new.get("required", ())):
                yield Change(Effect.COMPATIBLE, where, "field added")

    def _additional(self, old: Node, new: Node, place: str) -> Iterator[Change]:
        before, after = old.get("additionalProperties", True), new.get("additionalProperties", True)
        place = f"{place} > other fields"
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from self.compare(before, after, place)
        elif before != after:
            texts = shown(before), shown(after)
            if self.direction is Direction.RESPONSE and False in (before, after):
                yield Change(Effect.COMPATIBLE, place, "changed", *texts)
            else:
                yield self._judged(after is False or before is True, place, "changed", *texts)

    def _branches(self, before: Node, after: Node, old: Node, new: Node, place: str) -> Iterator[Change]:
        tags = [discriminator(old), discriminator(new)]
        if all(tags) and tags[0] != tags[1]:
            why = "clients tell the variants apart by it"
            yield Change(Effect.BREAKING, place, "discriminator changed", shown(tags[0]), shown(tags[1]), why)
        olds = branches(before, old, by_tag=all(tags))
        news = branches(after, new, by_tag=all(tags))
        for key in sorted(olds.keys() - news.keys()):
            yield self._judged(True, place, f"variant `{key}` removed")
        for key in sorted(news.keys() - olds.keys()):
            yield self._judged(False, place, f"variant `{key}` added")
        for key in sorted(news.keys() & olds.keys()):
            yield from self.compare(olds[key], news[key], f"{place} > {key}")


def documentation(old: Node, new: Node, place: str) -> Iterator[Change]:
    """Yield one change for each text, example or extension that differs."""
    for keyword in sorted({*old, *new}):
        documented = keyword in DOCUMENTATION or keyword.startswith("x-")
        if documented and old.get(keyword) != new.get(keyword):
            yield Change(Effect.DOCUMENTATION, place, f"{keyword} edited")


def compatible_types(before: str | None, after: str | None) -> bool:
    """Tell whether one of the types contains the other."""
    return before == after or None in (before, after) or {before, after} == {"integer", "number"}


def bound(schema: Node, keyword: str, sign: int) -> tuple[float, bool] | None:
    """Return a limit so that a smaller one is narrower; None where there is no limit."""
    value = schema.get(keyword)
    if value is None:
        return None
    return sign * value, not schema.get(f"exclusive{keyword.capitalize()}", False)


def limit_text(schema: Node, keyword: str) -> str:
    """Write a limit with its exclusiveness."""
    exclusive = schema.get(f"exclusive{keyword.capitalize()}", False)
    return shown(schema.get(keyword)) + (" (exclusive)" if exclusive else "")


def union_keyword(schema: Node) -> str | None:
    """Name the keyword that lists the schema's variants."""
    return next((keyword for keyword in UNION if keyword in schema), None)


def beside_union(schema: Node) -> Node:
    """Drop a union's variants and keep what stands beside them."""
    return {key: value for key, value in schema.items() if key not in (*UNION, "discriminator")}


def discriminator(schema: Node) -> str | None:
    """Name the field that tells the variants apart."""
    found = schema.get("discriminator")
    return str(found["propertyName"]) if found else None


def branches(node: Node, schema: Node, *, by_tag: bool) -> dict[str, Node]:
    """Key variants by discriminator value, component or type; a plain schema is its only variant."""
    keyword = union_keyword(schema)
    if keyword is None:
        return {component(node) or str(schema.get("type", "any")): node}
    mapping = schema.get("discriminator", {}).get("mapping", {}) if by_tag else {}
    tags = {target.rpartition("/")[2]: value for value, target in mapping.items()}
    keyed: dict[str, Node] = {}
    for branch in schema[keyword]:
        name = component(branch)
        key = tags.get(name) or name or str(branch.get("type", "any"))
        keyed[key if key not in keyed else f"{key} {len(keyed)}"] = branch
    return keyed
