"""Comparing two schemas from a client's side: the values it may send and receive.

A request breaks if fewer values are accepted. A response breaks if values come that never came before.
Two relaxations follow from how clients read: new fields in a response and wider limits of its numbers, texts
and lists are compatible, because a client neither lists all fields nor measures the values it receives.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tools.review.changes import WHY, Change, Direction, broken, compatible, documentation, judged, shown
from tools.review.document import Node, component
from tools.review.keywords import compare_keywords, compatible_types
from tools.review.merging import MergedSchemas
from tools.review.variants import Variant, beside_union, discriminator, pair, union_keyword, variants

ANYTHING: Node = {}
HIDDEN = {Direction.REQUEST: "readOnly", Direction.RESPONSE: "writeOnly"}


class SchemaComparison:
    """The comparison of all schemas that one operation uses in one direction.

    Each pair of schemas is compared once, which also ends recursive ones.
    """

    def __init__(self, old: MergedSchemas, new: MergedSchemas, direction: Direction) -> None:
        self.old, self.new, self.direction = old, new, direction
        self._seen: set[tuple[int, int]] = set()

    def compare(self, before: Node, after: Node, place: str) -> Iterator[Change]:
        """Yield the changes from `before` to `after`; a component's changes are placed by its name."""
        name = component(after) or component(before)
        place = f"{self.direction} > {name}" if name else place
        old, new = self.old.get(before), self.new.get(after)
        if (id(old), id(new)) in self._seen:
            return
        self._seen.add((id(old), id(new)))
        yield from self._class(component(before), component(after), place)
        unions = [union_keyword(old), union_keyword(new)]
        if not any(unions):
            yield from self._plain(old, new, place)
            return
        if all(unions):
            yield from self._plain(beside_union(old), beside_union(new), place)
        yield from self._union(before, after, place)

    def _class(self, before: str, after: str, place: str) -> Iterator[Change]:
        """Note that a place has another class; `lost_schemas` reports the names that are gone."""
        if before and after and before != after and self.new.has_component(before):
            why = "generated clients have another class here"
            yield compatible(place, "schema replaced", shown(before), shown(after), why)

    def _plain(self, old: Node, new: Node, place: str) -> Iterator[Change]:
        yield from documentation(old, new, place)
        if not compatible_types(old.get("type"), new.get("type")):
            yield broken(place, "type changed", WHY[self.direction], shown(old.get("type")), shown(new.get("type")))
            return
        yield from compare_keywords(old, new, place, self.direction)
        yield from self._discriminator(old, new, place)
        yield from self._required(old, new, place)
        yield from self._properties(old, new, place)
        yield from self._additional(old, new, place)
        if "items" in old or "items" in new:
            yield from self.compare(old.get("items", ANYTHING), new.get("items", ANYTHING), f"{place} > []")

    def _required(self, old: Node, new: Node, place: str) -> Iterator[Change]:
        before, after = set(old.get("required", ())), set(new.get("required", ()))
        olds, news = self._visible(self.old, old), self._visible(self.new, new)
        for name in sorted(after - before - self._hidden(self.new, new)):
            if self.direction is Direction.REQUEST:
                what = "now required" if name in olds else "required field added"
                yield broken(f"{place} > {name}", what, "a client that does not send it is refused")
            else:
                yield compatible(f"{place} > {name}", "now required")
        for name in sorted((before - after) & news.keys()):
            if self.direction is Direction.RESPONSE:
                yield broken(f"{place} > {name}", "no longer required", "a client relies on its presence")
            else:
                yield compatible(f"{place} > {name}", "no longer required")

    def _properties(self, old: Node, new: Node, place: str) -> Iterator[Change]:
        before, after = self._visible(self.old, old), self._visible(self.new, new)
        request = self.direction is Direction.REQUEST
        why = f"a client that {'sends it is refused or ignored' if request else 'reads it finds nothing'}"
        for name in sorted(before.keys() - after.keys()):
            yield broken(f"{place} > {name}", "field removed", why)
        for name, schema in after.items():
            where = f"{place} > {name}"
            if name in before:
                yield from self.compare(before[name], schema, where)
            elif not (request and name in new.get("required", ())):
                yield compatible(where, "field added")

    def _additional(self, old: Node, new: Node, place: str) -> Iterator[Change]:
        before, after = old.get("additionalProperties", True), new.get("additionalProperties", True)
        place = f"{place} > other fields"
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from self.compare(before, after, place)
        elif before != after:
            texts = shown(before), shown(after)
            if self.direction is Direction.RESPONSE and False in (before, after):
                yield compatible(place, "changed", *texts)
            else:
                yield judged(self.direction, after is False or before is True, place, "changed", *texts)

    def _union(self, before: Node, after: Node, place: str) -> Iterator[Change]:
        old, new = self.old.get(before), self.new.get(after)
        yield from self._discriminator(old, new, place)
        yield from self._union_keyword(union_keyword(old), union_keyword(new), place)
        by_tag = all((discriminator(old), discriminator(new)))
        olds, news = variants(before, old, by_tag=by_tag), variants(after, new, by_tag=by_tag)
        found = pair(olds, news, None if by_tag else self._same_structure)
        for variant in found.removed:
            yield judged(self.direction, True, place, f"variant `{variant.key}` removed")
        for variant in found.added:
            yield judged(self.direction, False, place, f"variant `{variant.key}` added")
        for was, now in found.both:
            yield from self.compare(was.node, now.node, f"{place} > {now.key}")

    def _union_keyword(self, before: str | None, after: str | None, place: str) -> Iterator[Change]:
        if None in (before, after) or before == after:
            return
        what = f"{before} became {after}"
        # Only a request can match two variants by mistake: the server means what it sends.
        if after == "oneOf" and self.direction is Direction.REQUEST:
            yield broken(place, what, WHY[self.direction])
        else:
            yield compatible(place, what)

    def _same_structure(self, before: Variant, after: Variant) -> bool:
        """Return whether only the names of two components differ."""
        return self.old.get(before.node) == self.new.get(after.node)

    def _discriminator(self, old: Node, new: Node, place: str) -> Iterator[Change]:
        before, after = discriminator(old), discriminator(new)
        if before is None and after is not None:
            yield compatible(place, "discriminator added", after=shown(after))
        elif before != after:
            why = "clients select the variant by it"
            yield broken(place, "discriminator changed", why, shown(before), shown(after))

    def _visible(self, schemas: MergedSchemas, schema: Node) -> dict[str, Any]:
        hidden = self._hidden(schemas, schema)
        return {name: node for name, node in schema.get("properties", {}).items() if name not in hidden}

    def _hidden(self, schemas: MergedSchemas, schema: Node) -> set[str]:
        """Return the properties that are not sent in this direction."""
        keyword = HIDDEN[self.direction]
        return {name for name, node in schema.get("properties", {}).items() if schemas.get(node).get(keyword)}
