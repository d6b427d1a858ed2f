"""The result of one request's write, in a form that its idempotency record keeps.

Responses are made of it outside the writer thread, for the request and for each that repeats it. Only the statuses are
not known before the write.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import orjson

from inference_events.events.types import RowStatus, Statuses, WriteKind

NO_STATUSES = np.zeros(0, np.int8)


class Count(NamedTuple):
    """A number of events of a request. For an update, `rows` lists them, because unknown events do not count."""

    total: int
    rows: Sequence[int] | None = None


class ViolationCount(NamedTuple):
    """Number of events that violate the schema in one column in one way."""

    column: str
    kind: str
    events: Count


class IngestResult(NamedTuple):
    """Status of each event of a request, in its order, and warnings and violations of their columns.

    `date_like` counts the times that were read from eight digits which look like a date.
    """

    kind: WriteKind
    ids: Sequence[str]
    violations: Sequence[ViolationCount]
    ignored_columns: Sequence[str]
    undeclared_columns: Sequence[str]
    missing_timestamp_column: str | None
    timestamp_column: str | None
    date_like: Count
    statuses: Statuses = NO_STATUSES

    def with_statuses(self, statuses: Statuses) -> "IngestResult":
        """Return a copy with the statuses of a write. A single status stands for all events."""
        own = statuses if len(statuses) == len(self.ids) else np.repeat(statuses, len(self.ids))
        return self._replace(statuses=own)

    def counts(self) -> list[int]:
        """Return how many events have each RowStatus, by its number."""
        counted: list[int] = np.bincount(self.statuses, minlength=len(RowStatus)).tolist()
        return counted

    def with_status(self, status: RowStatus) -> list[str]:
        """Return the ids of the events that have a status."""
        return [self.ids[row] for row in np.flatnonzero(self.statuses == status).tolist()]

    def violation_counts(self) -> list[tuple[str, str, int]]:
        """Return column, kind and number of the violations in events that are stored, sorted."""
        counted = ((column, kind, self._stored(count)) for column, kind, count in self.violations)
        return sorted(one for one in counted if one[2])

    def date_like_count(self) -> int:
        """Return how many events that are stored have a time which looks like a date."""
        return self._stored(self.date_like)

    def _stored(self, count: Count) -> int:
        if count.rows is None:
            return count.total
        return int(np.count_nonzero(self.statuses[list(count.rows)] != RowStatus.UNKNOWN))

    def to_json(self) -> bytes:
        """Return everything but the statuses."""
        kept = self._asdict()
        del kept["statuses"]
        return orjson.dumps(kept, default=list)

    @classmethod
    def from_json(cls, text: bytes) -> "IngestResult":
        """Return the result that `to_json` wrote."""
        fields: dict[str, Any] = orjson.loads(text)
        fields["kind"] = WriteKind(fields["kind"])
        fields["date_like"] = Count(*fields["date_like"])
        fields["violations"] = [ViolationCount(column, kind, Count(*c)) for column, kind, c in fields["violations"]]
        return cls(**fields)
