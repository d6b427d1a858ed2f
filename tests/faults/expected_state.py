"""The expected state of one client's events: for each one, the state that the server acknowledged last."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
import pyarrow as pa

from tests.faults import content
from tests.faults.content import Numbers


class Kind(Enum):
    """What a request does with its events."""

    PUBLISH = "publish"
    LABEL = "label"
    DELETE = "delete"


@dataclass(frozen=True)
class Change:
    """One request's effect on events, by their numbers. `extras` is the number of added columns in them."""

    kind: Kind
    numbers: Numbers
    revision: int = 0
    extras: int = 0


class ExpectedState:
    """Keep the expected events of one client, whose ids begin with `prefix`.

    An event's state: the revision of its content (0: missing), of its label (0: none), and the number of added columns
    in it. Events of doubtful changes and of unfinished deletions are busy: no request changes them.
    """

    def __init__(self, prefix: str, lane: int) -> None:
        self.prefix = prefix
        self.lane = lane
        self.size = 0
        self.revision = 0
        self.doubtful: list[Change] = []
        self._revisions = np.zeros(1024, np.int64)
        self._labels = np.zeros(1024, np.int64)
        self._extras = np.zeros(1024, np.int64)
        self._busy = np.zeros(1024, np.bool_)

    def claim(self, count: int) -> Numbers:
        """Return numbers of events that no request has named yet."""
        start, self.size = self.size, self.size + count
        while self.size > len(self._revisions):
            self._grow()
        return np.arange(start, self.size)

    def next_revision(self) -> int:
        self.revision += 1
        return self.revision

    def choose(self, rng: np.random.Generator, count: int) -> Numbers:
        """Return up to `count` stored events, at random."""
        drawn = np.unique(rng.integers(0, max(self.size, 1), count))
        return drawn[(self._revisions[drawn] > 0) & ~self._busy[drawn]]

    def are_free(self, numbers: Numbers) -> bool:
        """Return whether none of the events is busy."""
        return not self._busy[numbers].any()

    def hold(self, numbers: Numbers) -> None:
        self._busy[numbers] = True

    def release(self, numbers: Numbers) -> None:
        self._busy[numbers] = False

    def apply(self, change: Change) -> None:
        """Record an acknowledged change."""
        numbers = change.numbers
        match change.kind:
            case Kind.PUBLISH:
                self._revisions[numbers] = change.revision
                self._extras[numbers] = change.extras
            case Kind.LABEL:
                self._labels[numbers] = change.revision
            case Kind.DELETE:
                self._revisions[numbers] = self._labels[numbers] = self._extras[numbers] = 0

    def doubt(self, change: Change) -> None:
        """Record a change whose result is unknown until the next audit."""
        self.hold(change.numbers)
        self.doubtful.append(change)

    def settle(self, change: Change, happened: bool) -> None:
        """Record the result of a doubtful change."""
        if happened:
            self.apply(change)
        self.release(change.numbers)
        self.doubtful.remove(change)

    @property
    def present(self) -> Numbers:
        """The numbers of the events that must be stored."""
        return np.flatnonzero(self._revisions[: self.size])

    def expected(self, numbers: Numbers | None = None) -> pa.Table:
        """Return the events that must be stored, all or those of some numbers, with their values."""
        numbers = self.present if numbers is None else numbers[self._revisions[numbers] > 0]
        return content.expected(
            self.prefix, self.lane, numbers, self._revisions[numbers], self._extras[numbers], self._labels[numbers]
        )

    def expected_after(self, change: Change) -> pa.Table:
        """Return the events of a change as they must be if it was made."""
        numbers = change.numbers
        kept = [state[numbers].copy() for state in (self._revisions, self._labels, self._extras)]
        self.apply(change)
        after = self.expected(numbers)
        self._revisions[numbers], self._labels[numbers], self._extras[numbers] = kept
        return after

    def _grow(self) -> None:
        self._revisions, self._labels, self._extras, self._busy = (
            np.concatenate([state, np.zeros_like(state)])
            for state in (self._revisions, self._labels, self._extras, self._busy)
        )
