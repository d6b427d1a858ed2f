"""Which hours of an environment changed, for all that keeps figures.

Each write transaction that changes what is stored inserts one row, so that writers do not wait for each other.
"""

import pyarrow as pa
import pyarrow.compute as pc

from inference_events.stores.postgres.connections import Connection

HOUR = 3_600_000_000


class Hours:
    """The first and the last hour (UTC, hours since 1970) of times."""

    def __init__(self) -> None:
        self.first: int | None = None
        self.last: int | None = None

    def add(self, times: pa.ChunkedArray) -> None:
        """Count times in."""
        if not len(times):
            return
        bounds = pc.min_max(times.cast(pa.int64())).as_py()
        first, last = bounds["min"] // HOUR, bounds["max"] // HOUR
        self.first = first if self.first is None else min(self.first, first)
        self.last = last if self.last is None else max(self.last, last)


def note_change(db: Connection, environment: int, hours: Hours) -> None:
    """Note that events of these hours changed, if there are any."""
    if hours.first is not None:
        db.execute(
            "INSERT INTO changes (environment, first_hour, last_hour) VALUES (%s, %s, %s)",
            [environment, hours.first, hours.last],
        )
