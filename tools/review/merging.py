"""Merging the parts of an `allOf` into one schema that accepts what all of them accept."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tools.review.document import Document, Node

# 1 marks an upper limit, -1 a lower one.
LIMITS = {
    "maximum": 1, "maxLength": 1, "maxItems": 1, "maxProperties": 1,
    "minimum": -1, "minLength": -1, "minItems": -1, "minProperties": -1,
}  # fmt: skip
EXCLUSIVE = {"maximum": "exclusiveMaximum", "minimum": "exclusiveMinimum"}
UNIONS = ("oneOf", "anyOf")


class MergedSchemas:
    """The schemas of a document, resolved and merged.

    Each result is kept, so that a schema has one identity: the comparison of recursive schemas ends because of it.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._merged: dict[int, tuple[Node, Node]] = {}

    def has_component(self, name: str) -> bool:
        """Return whether the document has a component schema of this name."""
        return name in self._document.schemas

    def get(self, node: Node) -> Node:
        """Return the schema that a node stands for."""
        resolved = self._document.resolve(node)
        if "allOf" not in resolved:
            return resolved
        if id(resolved) not in self._merged:
            own = {key: value for key, value in resolved.items() if key != "allOf"}
            parts = [*map(self.get, resolved["allOf"]), own]
            # The node is kept too: its id would otherwise be given to another one.
            self._merged[id(resolved)] = resolved, merge(parts)
        return self._merged[id(resolved)][1]


def merge(parts: Sequence[Node]) -> Node:
    """Return a schema that accepts what all parts accept; of texts and examples the last one stays."""
    merged: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            merge_values = MERGES.get(key)
            merged[key] = merge_values(merged[key], value) if key in merged and merge_values else value
    merged |= _limits(parts)
    if "nullable" in merged and not _is_nullable(parts):
        del merged["nullable"]
    if sum(any(key in part for key in UNIONS) for part in parts) > 1:
        # No rule compares several unions in one schema. The report asks for a judgement by hand.
        merged["allOf"] = [{key: part[key] for key in UNIONS if key in part} for part in parts]
        for key in (*UNIONS, "discriminator"):
            merged.pop(key, None)
    return merged


def bound(schema: Node, keyword: str) -> tuple[float, bool] | None:
    """Return a limit so that a smaller one is narrower; None if there is no limit."""
    value = schema.get(keyword)
    if value is None:
        return None
    return LIMITS[keyword] * value, not schema.get(EXCLUSIVE.get(keyword, ""), False)


def _limits(parts: Iterable[Node]) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    for keyword in LIMITS:
        limited = [part for part in parts if keyword in part]
        if limited:
            narrowest = min(limited, key=lambda part: bound(part, keyword) or (0, True))
            limits[keyword] = narrowest[keyword]
            if keyword in EXCLUSIVE:
                limits[EXCLUSIVE[keyword]] = narrowest.get(EXCLUSIVE[keyword], False)
    return limits


def _is_nullable(parts: Iterable[Node]) -> bool:
    return all(part.get("nullable", False) for part in parts if "type" in part)


def _both(before: Any, after: Any) -> Any:
    """Return a schema of two parts, which `MergedSchemas` merges when it reaches it."""
    return before if before == after else {"allOf": [before, after]}


def _properties(before: Node, after: Node) -> Node:
    shared = {name: _both(before[name], after[name]) for name in before.keys() & after.keys()}
    return {**before, **after, **shared}


def _additional(before: Any, after: Any) -> Any:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return _both(before, after)
    return before and after


def _type(before: str, after: str) -> str:
    return "integer" if {before, after} == {"integer", "number"} else _text(before, after)


def _multiple(before: float, after: float) -> Any:
    larger, smaller = max(before, after), min(before, after)
    return larger if larger % smaller == 0 else f"{smaller} and {larger}"


def _text(before: Any, after: Any) -> str:
    return " and ".join(sorted({*str(before).split(" and "), *str(after).split(" and ")}))


MERGES: Mapping[str, Callable[[Any, Any], Any]] = {
    "additionalProperties": _additional,
    "enum": lambda before, after: [value for value in before if value in after],
    "format": _text,
    "items": _both,
    "multipleOf": _multiple,
    "not": lambda before, after: {"anyOf": [before, after]},
    "pattern": _text,
    "properties": _properties,
    "readOnly": lambda before, after: before or after,
    "required": lambda before, after: [*before, *(name for name in after if name not in before)],
    "type": _type,
    "uniqueItems": lambda before, after: before or after,
    "writeOnly": lambda before, after: before or after,
}
