"""What clients did to a few events, and whether what is stored agrees with any order that the clients could see.

A change lies somewhere between `began` and `ended`. A job counts as done when it was accepted, whenever it runs. Every
value is written once, so a stored value names its change.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import inf
from threading import Lock
from typing import Any

Row = Mapping[str, int | None]


@dataclass(frozen=True)
class Change:
    """Rows that were written, or ids that were deleted (then `rows` have no columns).

    `ended` is infinite if its result is unknown. An update changes only stored events.
    """

    kind: str
    rows: Mapping[str, Row]
    began: float
    ended: float = inf

    @property
    def is_sure(self) -> bool:
        return self.ended < inf and self.kind != "update"

    def follows(self, other: "Change") -> bool:
        """Return whether this change surely came after the other."""
        return self.began > other.ended


@dataclass
class History:
    """The changes of all clients, which are noted from any thread."""

    changes: list[Change] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def note(self, change: Change) -> None:
        with self._lock:
            self.changes.append(change)

    def faults(self, stored: Mapping[str, Mapping[str, Any]], columns: tuple[str, ...]) -> list[str]:
        """Describe each event and each value that no order of the changes explains."""
        return [fault for event_id in self._ids() for fault in self._of_event(event_id, stored, columns)]

    def _ids(self) -> set[str]:
        return {event_id for change in self.changes for event_id in change.rows}

    def _of_event(
        self, event_id: str, stored: Mapping[str, Mapping[str, Any]], columns: tuple[str, ...]
    ) -> Iterator[str]:
        changes = [change for change in self.changes if event_id in change.rows]
        deletions = [change for change in changes if change.kind == "delete"]
        writes = [change for change in changes if change.kind != "delete"]
        if event_id not in stored:
            if not _explains(deletions, writes) and any(write.is_sure for write in writes):
                yield f"{event_id}: lost"
            return
        creating = [write for write in writes if write.kind != "update"]
        if not any(_may_be_after(write, deletions) for write in creating):
            yield f"{event_id}: deleted, and still there"
        for column in columns:
            of_column = [write for write in writes if column in write.rows[event_id]]
            fault = _of_value(stored[event_id].get(column), column, event_id, of_column, deletions)
            if fault is not None:
                yield f"{event_id}.{column}: {fault}"


def _of_value(
    value: int | None, column: str, event_id: str, writes: list[Change], deletions: list[Change]
) -> str | None:
    if value is None:
        clearing = [write for write in writes if write.rows[event_id][column] is None]
        valued = [write for write in writes if write.rows[event_id][column] is not None]
        is_fault = any(write.is_sure for write in valued) and not _explains(clearing + deletions, valued)
        return "a value is lost" if is_fault else None
    authors = [write for write in writes if write.rows[event_id][column] == value]
    if not authors:
        return f"{value} was never written"
    later = [write for write in writes if write.is_sure and write.follows(authors[0])]
    return f"{value} is stored, and {later[0].rows[event_id][column]} came later" if later else None


def _explains(removals: list[Change], writes: list[Change]) -> bool:
    """Return whether one of the removals may have come after all writes that surely happened."""
    return any(not any(write.is_sure and write.follows(removal) for write in writes) for removal in removals)


def _may_be_after(write: Change, deletions: list[Change]) -> bool:
    return not any(deletion.is_sure and deletion.follows(write) for deletion in deletions)
