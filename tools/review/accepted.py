"""Breaks of the contract that are intended, each with its reason, as `contract/accepted-breaks.yaml` lists them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import yaml

from tools.review.changes import Change, Effect

HEADER = """\
# Breaks of the contract that are intended, each with its reason. `make check-contract` reports them and does not fail
# because of them. It fails if an entry matches no break. A release empties the list.
# `place` and `what` are those that `make check-contract` prints. `operations` limits an entry to some operations.
"""


class InvalidEntryError(Exception):
    """An entry of the list lacks something or has something unknown."""


@dataclass(frozen=True, slots=True)
class AcceptedBreak:
    """One intended break; without operations it is accepted in every one."""

    place: str
    what: str
    reason: str
    operations: tuple[str, ...] = ()

    @classmethod
    def parse(cls, entry: Mapping[str, Any]) -> "AcceptedBreak":
        """Read one entry of the list; raises InvalidEntryError."""
        names = {field.name for field in fields(cls)}
        missing = {"place", "what", "reason"} - entry.keys()
        if missing or entry.keys() - names:
            raise InvalidEntryError(
                f"{dict(entry)} has missing or unknown keys; known keys: {', '.join(sorted(names))}"
            )
        if not entry["place"] and not entry.get("operations"):
            raise InvalidEntryError(f"{dict(entry)} has no place, so it needs operations")
        if not str(entry["reason"]).strip():
            raise InvalidEntryError(f"{dict(entry)} has no reason")
        return cls(**{**entry, "operations": tuple(entry.get("operations", ()))})

    def covers(self, change: Change) -> bool:
        """Return whether this entry accepts a change, which has one operation or none."""
        here = not self.operations or set(change.operations) <= set(self.operations)
        return change.effect is Effect.BREAKING and here and (change.place, change.what) == (self.place, self.what)

    def stale_operations(self, changes: Iterable[Change]) -> list[str] | None:
        """Return the listed operations without such a break; None if the entry matches no break at all."""
        covered = [change for change in changes if self.covers(change)]
        found = {name for change in covered for name in change.operations}
        return [name for name in self.operations if name not in found] if covered else None


def load(path: Path) -> list[AcceptedBreak]:
    """Read the list; raises InvalidEntryError."""
    return [AcceptedBreak.parse(entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8")) or ()]


def empty(path: Path) -> None:
    """Write a list without entries."""
    path.write_text(HEADER, encoding="utf-8")


def accept(changes: Iterable[Change], entries: Iterable[AcceptedBreak]) -> list[Change]:
    """Return the changes with each intended break marked with its reason."""
    listed = list(entries)
    return [_accepted(change, listed) for change in changes]


def stale(changes: Iterable[Change], entries: Iterable[AcceptedBreak]) -> list[str]:
    """Return one line for each entry, or operation of an entry, that matches no break."""
    listed = list(changes)
    lines = []
    for entry in entries:
        name = f"**{entry.place}**: {entry.what}" if entry.place else entry.what
        unmatched = entry.stale_operations(listed)
        if unmatched is None:
            lines.append(name)
        elif unmatched:
            lines.append(f"{name}, in {', '.join(unmatched)}")
    return lines


def _accepted(change: Change, entries: Iterable[AcceptedBreak]) -> Change:
    entry = next((each for each in entries if each.covers(change)), None)
    return replace(change, effect=Effect.ACCEPTED, why=entry.reason) if entry else change
