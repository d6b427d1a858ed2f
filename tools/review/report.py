"""The report of a contract's changes for clients, as Markdown for a reviewer and as JSON for programs."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from tools.review.changes import Change, Effect, breaks

MAX_OPERATIONS = 6


@dataclass(frozen=True, slots=True)
class Report:
    """Changes since a released contract, and the accepted breaks that match no change."""

    released: str
    changes: tuple[Change, ...]
    stale: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Return whether a break is not accepted or an accepted one does not exist."""
        return breaks(self.changes) or bool(self.stale)

    def json(self) -> str:
        """Return the report as a JSON object."""
        changes = [asdict(change) | {"effect": change.effect.name.lower()} for change in self.changes]
        return json.dumps(
            {"released": self.released, "failed": self.failed, "stale": self.stale, "changes": changes}, indent=2
        )

    def markdown(self) -> str:
        """Return the counts, then the changes by effect, the breaking ones first."""
        numbers = {effect: len(self._of(effect)) for effect in Effect}
        counted = (effect for effect in Effect if numbers[effect] or effect is not Effect.ACCEPTED)
        counts = ", ".join(f"{numbers[effect]} {effect.value.lower()}" for effect in counted)
        lines = [f"# openapi.yaml against the contract of {self.released}", "", f"**{counts}.**"]
        if self.stale:
            lines += ["", "## Accepted breaks that match no change", ""]
            lines += [f"{number}. {line}" for number, line in enumerate(self.stale, start=1)]
        for effect in Effect:
            if numbers[effect]:
                lines += ["", f"## {effect.value}", "", *_entries(self._of(effect))]
        return "\n".join(lines)

    def _of(self, effect: Effect) -> list[Change]:
        return [change for change in self.changes if change.effect is effect]


def _entries(changes: Iterable[Change]) -> Iterator[str]:
    for number, change in enumerate(changes, start=1):
        values = f": {_quoted(change.before)} -> {_quoted(change.after)}" if change.before or change.after else ""
        place = f"**{change.place}**: " if change.place else ""
        yield f"{number}. {place}{change.what}{values}"
        if change.why:
            yield f"   - Why: {change.why}"
        if change.operations:
            yield f"   - In: {_named(change.operations)}"


def _quoted(text: str) -> str:
    return f"`{text}`" if text else "nothing"


def _named(operations: tuple[str, ...]) -> str:
    names = ", ".join(f"`{name}`" for name in operations[:MAX_OPERATIONS])
    more = len(operations) - MAX_OPERATIONS
    return f"{names} and {more} more" if more > 0 else names
